"""A real InfluxDB 2.x, when one is named in the environment: rows read back by Flux."""

import os
import time
from pathlib import Path

import pytest

from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.shipper import Shipper
from tests.journals import CHANNELS, a_record, a_run

VARIABLES = ("INFLUXDB_V2_URL", "INFLUXDB_V2_TOKEN", "INFLUXDB_V2_ORG", "INFLUXDB_V2_BUCKET")

pytestmark = [
    pytest.mark.influx,
    pytest.mark.skipif(
        any(v not in os.environ for v in VARIABLES), reason=f"needs {', '.join(VARIABLES)}"
    ),
]


def test_every_cycle_is_in_the_bucket(state: Path) -> None:
    url, token, org, bucket = (os.environ[v] for v in VARIABLES)
    run = f"test-{time.time_ns()}"
    journal = Journal(state, a_run(run), CHANNELS, patient=True)
    for seq in range(1000):
        journal.append(a_record(seq))
    journal.close()
    writer = InfluxWriter(Target(url, org, bucket, token))
    shipper = Shipper(state, writer)
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    shipper.stop()
    assert writer.seqs(run) == set(range(1000))
    writer.close()
