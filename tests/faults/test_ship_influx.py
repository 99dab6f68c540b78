"""A real InfluxDB 2.x, when one is named in the environment: rows read back by Flux."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from controller.historian.bucket import BucketReader
from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.shipper import Shipper
from controller.voyage.importing import import_run
from tests.journals import CHANNELS, SECOND_NS, a_record, a_run

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
    begun_ns = time.time_ns() // SECOND_NS * SECOND_NS - 1000 * SECOND_NS  # no retention forgets it
    journal = Journal(state, a_run(run), CHANNELS, patient=True)
    for seq in range(1000):
        journal.append(a_record(seq, begun_ns + seq * SECOND_NS))
    journal.close()
    writer = InfluxWriter(Target(url, org, bucket, token))
    shipper = Shipper(state, writer)
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    shipper.stop()
    reader = BucketReader(bucket, writer, CHANNELS)
    assert import_run(reader, run, state / "ashore") == 1000
    with JournalReader(state / "ashore") as ashore, JournalReader(state) as aboard:
        pairs = list(zip(ashore.records(run), aboard.records(run), strict=True))
    assert all((a.seq, a.t_ns) == (b.seq, b.t_ns) for a, b in pairs)
    assert all((a.quality == b.quality).all() for a, b in pairs)
    for a, b in pairs:
        believed = (b.quality > 0) & np.isfinite(b.value)
        assert np.array_equal(a.value[believed], b.value[believed])
    writer.close()
