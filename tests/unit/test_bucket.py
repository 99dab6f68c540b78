"""From the journal to a bucket and back: what a line holds comes back exactly."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from controller.historian.bucket import BucketReader
from controller.historian.errors import StateDirInUse, UnknownRun, Unreachable
from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Channel, Record
from controller.historian.shipper import Shipper
from controller.historian.statedir import StateDir
from controller.voyage.importing import ImportRefused, import_run
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run
from tests.stubserver import StubServer


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as stub:
        yield stub


def shipped(state: Path, server: StubServer, records: list[Record]) -> InfluxWriter:
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for record in records:
        journal.append(record)
    journal.close()
    writer = InfluxWriter(Target(server.url, "ship", "rig", "secret"))
    shipper = Shipper(state, writer)
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    shipper.stop()
    return writer


def compare(kept: list[Record], back: list[Record]) -> None:
    assert [(r.seq, r.t_ns) for r in back] == [(r.seq, r.t_ns) for r in kept]
    for a, b in zip(kept, back, strict=True):
        assert (a.quality == b.quality).all()
        believed = (a.quality > 0) & np.isfinite(a.value)
        assert (a.value[believed] == b.value[believed]).all()
        assert np.isnan(b.value[~believed]).all()


def test_a_run_comes_back_from_a_bucket(state: Path, server: StubServer, tmp_path: Path) -> None:
    records = [a_record(seq) for seq in range(1500)]
    reader = BucketReader("rig", shipped(state, server, records), CHANNELS)
    assert [(t.run, t.plant, t.turn) for t in reader.turns()] == [("r1", "demo", 0)]
    assert import_run(reader, "r1", tmp_path / "ashore") == 1500
    with JournalReader(tmp_path / "ashore") as journal:
        assert journal.run("r1").kind == "import"
        assert journal.channels("r1") == CHANNELS
        compare(records, list(journal.records("r1")))
    with pytest.raises(ImportRefused, match="already"):
        import_run(reader, "r1", tmp_path / "ashore")


def test_nothing_is_imported_beside_a_running_controller(
    state: Path, server: StubServer, tmp_path: Path
) -> None:
    reader = BucketReader("rig", shipped(state, server, [a_record(0)]), CHANNELS)
    with StateDir(tmp_path / "ashore"), pytest.raises(StateDirInUse, match="in use"):
        import_run(reader, "r1", tmp_path / "ashore")
    assert not (tmp_path / "ashore" / "journal").exists()


def test_an_hour_lived_twice_comes_back_in_order(
    state: Path, server: StubServer, tmp_path: Path
) -> None:
    lived = [a_record(s, NOON_NS + (s - 300 * (s >= 400)) * SECOND_NS) for s in range(700)]
    reader = BucketReader("rig", shipped(state, server, lived), CHANNELS)
    assert [t.turn for t in reader.turns()] == [0, 1]
    import_run(reader, "r1", tmp_path / "ashore")
    with JournalReader(tmp_path / "ashore") as journal:
        compare(lived, list(journal.records("r1")))
        assert journal.turns("r1") == [400]


def test_without_a_plant_the_bucket_s_own_names_are_the_channels(
    state: Path, server: StubServer
) -> None:
    reader = BucketReader("rig", shipped(state, server, [a_record(s) for s in range(20)]))
    assert [c.name for c in reader.channels("r1")] == [
        "AT-101",
        "FIC-401.SP",
        "HS-PC-UNIT",
        "capture_best_pct",
    ]


def test_a_channel_the_bucket_never_had_is_bad_not_good(state: Path, server: StubServer) -> None:
    writer = shipped(state, server, [a_record(s) for s in range(5)])
    known = [*CHANNELS, Channel("NEW-1", "kPa", "in")]
    for record in BucketReader("rig", writer, known).records("r1"):
        assert np.isnan(record.value[-1])
        assert record.quality[-1] == 0


def test_what_is_not_there_is_said(server: StubServer) -> None:
    writer = InfluxWriter(Target(server.url, "ship", "rig", "secret"))
    with pytest.raises(UnknownRun, match="r9"):
        BucketReader("rig", writer).run("r9")
    absent = InfluxWriter(Target("http://127.0.0.1:9", "o", "b", "t"))
    with pytest.raises(Unreachable, match="no answer"):
        BucketReader("rig", absent).turns()
