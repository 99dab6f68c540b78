"""A damaged page costs its cycles and no others, and whoever reads on is told which."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from controller.historian.archive import ArchiveError, archive_day
from controller.historian.cursor import Cursor
from controller.historian.errors import Unreadable
from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.segment import damage_of
from controller.historian.segmentfiles import seal_of
from controller.historian.shipper import Shipper
from controller.voyage.export import export
from seastack.recorded import export_run
from tests.damage import leaves, spoil, the_segment
from tests.journals import CHANNELS, a_record, a_run, same
from tests.stubserver import StubServer

CYCLES = 1500


@pytest.fixture
def old(state: Path) -> Path:
    """Return the segment of a finished run of some leaves."""
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(CYCLES):
        journal.append(a_record(seq), snapshot=b"s" if seq == 0 else None)
    journal.close()
    assert len(leaves(the_segment(state))) > 6
    return the_segment(state)


def read(state: Path) -> tuple[list[int], list[Unreadable]]:
    """Return the seqs of run r1 that can be read, and the holes."""
    holes: list[Unreadable] = []
    with JournalReader(state) as reader:
        records = list(reader.records("r1", on_hole=holes.append))
    assert all(same(r, a_record(r.seq)) for r in records)
    return [r.seq for r in records], holes


def lost(holes: list[Unreadable]) -> list[int]:
    return [seq for h in holes for seq in range(h.first_seq, h.last_seq + 1)]


@pytest.mark.parametrize("byte", [b"\0", b"\xff", b"\x0d"])
@pytest.mark.parametrize("at", [[3], [0], [-1], [2, 3], [1, 4], [0, -1]])
def test_what_lies_around_damaged_pages_is_read(
    state: Path, old: Path, at: list[int], byte: bytes
) -> None:
    pages = leaves(old)
    spoil(old, *(pages[i] for i in at), byte=byte)
    seqs, holes = read(state)
    assert sorted(seqs + lost(holes)) == list(range(CYCLES))
    assert seqs == sorted(seqs)
    assert len(holes) == (1 if at == [2, 3] or len(at) == 1 else 2)
    assert len(lost(holes)) < CYCLES / 3
    assert all("r1/" in str(h) and ".db: cycles" in str(h) for h in holes)
    with JournalReader(state) as reader:
        assert reader.bounds("r1") == (0, CYCLES - 1)
        assert reader.runs()[0].cycles == CYCLES
        assert reader.tail_start("r1", 0, CYCLES - 1, 400) == CYCLES - 400


def test_a_table_without_its_root_is_one_hole(state: Path, old: Path) -> None:
    db = sqlite3.connect(old)
    (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name='cycle'").fetchone()
    db.close()
    spoil(old, root)
    seqs, holes = read(state)
    assert seqs == []
    assert [(h.first_seq, h.last_seq) for h in holes] == [(0, CYCLES - 1)]


def test_a_row_that_is_no_record_is_a_hole_of_one(state: Path, old: Path) -> None:
    db = sqlite3.connect(old)
    db.execute("UPDATE cycle SET value=x'0102' WHERE seq=700")
    db.execute("UPDATE cycle SET quality=5 WHERE seq=900")
    db.commit()
    db.close()
    _, holes = read(state)
    assert lost(holes) == [700, 900]
    assert "cycle 700 cannot be read" in str(holes[0])


def test_the_days_around_a_damaged_one_are_read(state: Path) -> None:
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(43_200 - 700, 43_200 + 700):
        journal.append(a_record(seq))
    journal.close()
    first, second = sorted((state / "journal" / "r1").glob("*.db"))
    spoil(first, leaves(first)[-1])
    spoil(second, leaves(second)[0])
    seqs, holes = read(state)
    assert sorted(seqs + lost(holes)) == list(range(43_200 - 700, 43_200 + 700))
    assert [first.name in str(holes[0]), second.name in str(holes[1])] == [True, True]
    assert holes[0].last_seq + 1 == holes[1].first_seq == 43_200


def test_an_export_writes_the_rest_and_says_what_is_missing(
    state: Path, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(old, leaves(old)[3])
    seqs, holes = read(state)
    file = state / "v.parquet"
    assert export_run(state, "last", file) == 1
    assert pd.read_parquet(file)["seq"].tolist() == seqs
    said = capsys.readouterr().out
    assert f"{len(seqs)} cycles of run r1" in said
    assert f"{CYCLES - len(seqs)} cycles are damaged and were not exported" in said
    assert str(holes[0]) in said


def test_without_anyone_to_tell_a_hole_is_logged(
    state: Path, old: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(old, leaves(old)[3])
    export(state, "r1", state / "v.csv")
    assert [r.name for r in caplog.records] == ["seastack.export"]
    assert "cannot be read" in caplog.text


def test_damage_is_said_in_one_line(old: Path) -> None:
    assert damage_of(old) == ""
    spoil(old, leaves(old)[3])
    assert "Page" in damage_of(old) or "page" in damage_of(old)
    assert "\n" not in damage_of(old)


def test_a_damaged_day_is_not_archived_and_stays(state: Path, old: Path) -> None:
    spoil(old, leaves(old)[3])
    with pytest.raises(ArchiveError, match="not the file that was sealed"):
        archive_day(old)
    seal_of(old).unlink()
    with pytest.raises(ArchiveError, match="cannot be read"):
        archive_day(old)
    assert old.exists()


def test_the_shipper_sends_what_is_sound_and_notes_what_is_not(
    state: Path, old: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(old, leaves(old)[2], leaves(old)[4])
    seqs, holes = read(state)
    journal = Journal(state, a_run("r2"), CHANNELS, patient=True)
    journal.append(a_record(0))
    assert journal.flush()
    with StubServer() as server:
        writer = InfluxWriter(Target(server.url, "ship", "rig", "secret"))
        shipper = Shipper(state, writer)
        waits = [shipper.round() for _ in range(6)]
        assert max(waits) == 1.0
        assert (shipper.status.state, shipper.status.backlog) == ("shipping", 0)
        assert shipper.status.dead_letters == len(lost(holes))
        shipper.stop()
        again = Shipper(state, writer)
        again.round()
        again.stop()
        sent = {
            int(line.split("seq=")[1].split("i")[0]) for line in server.lines if "run=r1" in line
        }
    assert sent == set(seqs)
    noted = Cursor(state).dead_letters()
    assert [seq for _, seq, _ in noted] == lost(holes)
    assert {why for _, _, why in noted} == {str(h) for h in holes}
    told = [r for r in caplog.records if "dead letters" in r.getMessage()]
    assert len(told) == 2
    journal.close()


def test_a_run_the_shipper_cannot_read_does_not_hold_up_the_others(
    state: Path, old: Path, caplog: pytest.LogCaptureFixture
) -> None:
    db = sqlite3.connect(old)
    (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name='turn'").fetchone()
    db.close()
    spoil(old, root)
    journal = Journal(state, a_run("r2"), CHANNELS, patient=True)
    for seq in range(5):
        journal.append(a_record(seq))
    journal.close()
    with StubServer() as server:
        shipper = Shipper(state, InfluxWriter(Target(server.url, "ship", "rig", "secret")))
        assert [shipper.round() for _ in range(3)] == [1.0, 1.0, 1.0]
        shipper.stop()
        assert server.seqs == [0, 1, 2, 3, 4]
    assert "run r1 cannot be sent" in shipper.status.problem
    assert len([r for r in caplog.records if "cannot be sent" in r.getMessage()]) == 1
