#!/bin/sh
# Buckets with their retention, every cycle for 90 days, minutes for 2 years, ten minutes for
# ever, and the down-sampling tasks.  May be run again at any time: what is there stays, tasks
# become those of these files.  compose.yaml runs it once, when the server is set up.
# The journal on board is the truth; what the server forgets is still there, or archived.
# Needs the influx client (2.x) and a token that may create buckets: export INFLUX_TOKEN=...
set -eu
cd "$(dirname "$0")"
ORG=${1:-${DOCKER_INFLUXDB_INIT_ORG:-fleet}}

id_of() { # bucket|task NAME: its id, nothing where there is none
    influx "$1" list --org "$ORG" --hide-headers | awk -v name="$2" '$2 == name { print $1; exit }'
}

bucket() { # NAME RETENTION
    if [ -z "$(id_of bucket "$1")" ]; then
        influx bucket create --org "$ORG" --name "$1" --retention "$2"
    fi
}

bucket capture 90d
bucket capture_1m 730d
bucket capture_10m 0
for task in downsample-1m downsample-10m downsample-late; do
    id=$(id_of task "seastack-$task")
    if [ -n "$id" ]; then
        influx task update --id "$id" --file "$task.flux"
    else
        influx task create --org "$ORG" --file "$task.flux"
    fi
done
