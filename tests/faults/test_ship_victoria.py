"""A real VictoriaMetrics goes away and comes back: every cycle is there afterwards."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.shipper import Shipper
from seastack.bench.victoria import PROGRAM, Victoria
from tests.journals import CHANNELS, a_record, a_run

pytestmark = [
    pytest.mark.victoria,
    pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed"),
]


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Victoria]:
    with Victoria(tmp_path) as server:
        yield server


@pytest.mark.parametrize("kill", [False, True], ids=["sigterm", "sigkill"])
def test_an_outage_loses_nothing(state: Path, victoria: Victoria, kill: bool) -> None:
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    writer = InfluxWriter(Target(victoria.url, "ship", "rig", "none"))
    shipper = Shipper(state, writer, period_s=0.05, backoff_s=(0.1, 0.2))
    shipper.start()
    for seq in range(900):
        journal.append(a_record(seq))
        time.sleep(0.003)
        if seq == 300:
            victoria.kill() if kill else victoria.stop()
        if seq == 600:
            assert shipper.status.state == "unreachable"
            victoria.start()
    journal.close()
    deadline = time.monotonic() + 20.0
    while victoria.seqs("r1") != set(range(900)) and time.monotonic() < deadline:
        time.sleep(0.1)
    shipper.stop()
    with JournalReader(state) as reader:
        kept = {record.seq for record in reader.records("r1")}
    assert victoria.seqs("r1") == kept == set(range(900))
    assert shipper.status.backlog == 0
    writer.close()
