"""Archived days: the same to every reader, and never at the price of a cycle."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from controller.historian import archive, parquet
from controller.historian.archive import ArchiveError, archive_day, closed_days
from controller.historian.errors import HistorianError
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Channel, Record, Run
from controller.historian.segmentfiles import segment_files
from controller.voyage.export import export
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run, an_event, same
from tests.patience import wait_until


def record(seq: int) -> Record:
    return a_record(seq, NOON_NS - 43_200 * SECOND_NS + seq * 10 * SECOND_NS)


def write(state: Path, cycles: int, *, close: bool = True, name: str = "r1") -> Journal:
    journal = Journal(state, a_run(name), CHANNELS, patient=True)
    for seq in range(cycles):
        journal.append(record(seq), [an_event(seq)] if seq % 5000 == 0 else (), None)
    if close:
        journal.close()
    else:
        assert journal.flush()
    assert journal.fault is None
    return journal


def looked_at(state: Path) -> dict[str, object]:
    """Return all that a reader can see of a run, in comparable form."""
    names = [c.name for c in CHANNELS[:3]]
    start, end = NOON_NS - 43_200 * SECOND_NS, NOON_NS + 3 * 86_400 * SECOND_NS
    with JournalReader(state) as reader:
        stretches = [(start, end), (start + 5000 * SECOND_NS, start + 9000 * SECOND_NS), (end, end)]
        trends = [
            {k: v.tobytes() for k, v in reader.series("r1", names, *s, 900).items()}
            for s in stretches
        ]
        latest = reader.latest("r1")
        assert latest is not None
        (info,) = reader.runs()
        return {
            "trends": trends,
            "events": reader.events("r1"),
            "bounds": reader.bounds("r1"),
            "tail": [reader.tail_start("r1", 0, last, 400) for last in (17_000, 8700, 300)],
            "chunk": [r.seq for r in reader.chunk("r1", 8600, 8700, 60)],
            "latest": (latest.seq, latest.value.tobytes()),
            "info": (info.first_t_ns, info.last_t_ns, info.cycles, info.ended_ns, info.run),
            "alarms": reader.alarms("r1"),
        }


def test_to_a_reader_an_archived_day_is_like_any_other(state: Path, tmp_path: Path) -> None:
    write(state, 18_000)
    before = looked_at(state)
    export(state, "r1", tmp_path / "before.parquet")
    days = closed_days(state)
    assert [p.name for p in days] == ["2014-01-24.db", "2014-01-25.db", "2014-01-26.db"]
    done = [archive_day(p) for p in days]
    assert sum(d.cycles for d in done) == 18_000
    assert sum(d.bytes_after for d in done) < sum(d.bytes_before for d in done)
    assert closed_days(state) == []
    assert looked_at(state) == before
    with JournalReader(state) as reader:
        assert all(same(r, record(i)) for i, r in enumerate(reader.records("r1")))
    export(state, "r1", tmp_path / "after.parquet")
    assert pq.read_table(tmp_path / "after.parquet").equals(
        pq.read_table(tmp_path / "before.parquet")
    )


def test_an_archived_day_is_a_table_with_units(state: Path) -> None:
    write(state, 100)
    (day,) = closed_days(state)
    written_ns = day.stat().st_mtime_ns
    archive_day(day)
    (file,) = (state / "journal" / "r1").glob("*.parquet")
    assert file.stat().st_mtime_ns == written_ns
    assert day.with_name("2014-01-24.archive.db").stat().st_mtime_ns == written_ns
    table = pq.read_table(file)
    assert table.num_rows == 100
    assert table.schema.field("AT-101").metadata[b"unit"] == b"vol%"
    assert np.array_equal(table.column("AT-101").to_numpy()[7:8], record(7).value[:1])


def test_the_day_being_written_is_not_closed(state: Path) -> None:
    journal = write(state, 12_000, close=False)
    assert [p.name for p in closed_days(state)] == ["2014-01-24.db"]
    journal.close()
    assert len(closed_days(state)) == 2


def test_a_run_that_was_killed_is_closed_when_the_next_one_begins(state: Path) -> None:
    killed = write(state, 10, close=False)
    assert closed_days(state) == []
    later = write(state, 10, name="r2", close=False)
    assert [p.parent.name for p in closed_days(state)] == ["r1"]
    killed.close()
    later.close()


def test_what_does_not_come_back_the_same_is_not_archived(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(state, 100)
    before = looked_at(state)
    honest = parquet.write

    def one_lost(
        path: Path, run: Run, channels: Sequence[Channel], records: Iterable[Record]
    ) -> int:
        return honest(path, run, channels, [r for r in records if r.seq != 50]) + 1

    monkeypatch.setattr(archive, "write", one_lost)
    (day,) = closed_days(state)
    with pytest.raises(ArchiveError, match="nothing lost"):
        archive_day(day)
    assert {p.name.split("-")[2] for p in day.parent.iterdir()} == {"24.db", "24.seal"}
    assert looked_at(state) == before


def test_a_day_archived_half_way_is_archived_again(state: Path) -> None:
    write(state, 100)
    (day,) = closed_days(state)
    kept = day.read_bytes()
    archive_day(day)
    day.write_bytes(kept)  # as if the power had gone before the segment was deleted
    assert segment_files(day.parent) == [day]
    assert closed_days(state) == [day]
    archive_day(day)
    with JournalReader(state) as reader:
        assert len(list(reader.records("r1"))) == 100


def test_an_archived_day_is_never_written_again(state: Path) -> None:
    write(state, 100)
    archive_day(closed_days(state)[0])
    journal = Journal(state, a_run(), CHANNELS)
    journal.append(record(100))
    wait_until(lambda: journal.fault is not None)
    assert journal.fault is not None
    assert "archived" in journal.fault
    journal.close()
    assert issubclass(ArchiveError, HistorianError)
