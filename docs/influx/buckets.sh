#!/bin/sh
# Buckets with their retention: every cycle for 90 days, minutes for 2 years, ten minutes for ever.
# The journal on board is the truth; what the server forgets is still there, or archived.
# Needs the influx client and a token that may create buckets: export INFLUX_TOKEN=...
set -eu
cd "$(dirname "$0")"
ORG=${1:-fleet}
# compose.yaml makes this one itself.
influx bucket create --org "$ORG" --name capture --retention 90d || true
influx bucket create --org "$ORG" --name capture_1m --retention 730d
influx bucket create --org "$ORG" --name capture_10m --retention 0
for task in downsample-1m downsample-10m downsample-late; do
    influx task create --org "$ORG" --file "$task.flux"
done
