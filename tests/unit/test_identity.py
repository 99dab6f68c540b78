"""Runs, rows and cursors stay apart whatever the wall clock says."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from controller.historian.archive import closed_days
from controller.historian.capping import Keeper, Limits
from controller.historian.cursor import Cursor, read_shipped
from controller.historian.errors import HistorianError, UnknownRun
from controller.historian.journal import Journal
from controller.historian.packing import pack
from controller.historian.reader import JournalReader
from controller.historian.record import is_run_name
from controller.historian.runid import NAME, new_run_id, number_of
from controller.historian.segment import Batch, Segment
from controller.historian.unstored import Occupied
from controller.voyage.export import export
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run, an_event, same
from tests.patience import PATIENCE_S, wait_until

DAY_NS = 86_400 * SECOND_NS
WOKE_1970_NS = 12 * SECOND_NS


def lived(state: Path, run: str, t_ns: int, cycles: int = 3) -> None:
    journal = Journal(state, replace(a_run(run), started_ns=t_ns), CHANNELS, patient=True)
    for seq in range(cycles):
        journal.append(a_record(seq, t_ns + seq * SECOND_NS))
    journal.close()
    assert journal.fault is None


@pytest.mark.parametrize(
    "clocks",
    [
        [WOKE_1970_NS] * 4,  # no battery: each life begins in the same second
        [NOON_NS, NOON_NS],  # two starts in one second
        [NOON_NS, NOON_NS - DAY_NS, NOON_NS + DAY_NS],
        [2**63 - 1, 0, -5 * SECOND_NS],
    ],
)
def test_runs_are_apart_and_in_the_order_begun(state: Path, clocks: list[int]) -> None:
    names = [new_run_id("live", t_ns, state) for t_ns in clocks]
    assert len(set(names)) == len(names)
    assert [number_of(name) for name in names] == list(range(1, len(names) + 1))
    assert all(is_run_name(name) for name in names)


def test_copies_of_a_directory_name_their_runs_apart(tmp_path: Path) -> None:
    here, there = (new_run_id("live", NOON_NS, tmp_path / name) for name in ("a", "b"))
    assert here != there


@pytest.mark.parametrize("content", [b"", b"x", b"-7", b"9" * 40, b"\xff\xfe", b"000000001"])
def test_a_counter_that_is_lost_or_damaged_is_found_again_by_the_journal(
    state: Path, content: bytes
) -> None:
    first = new_run_id("live", NOON_NS, state)
    lived(state, first, NOON_NS)
    (state / NAME).write_bytes(content)
    assert number_of(new_run_id("live", WOKE_1970_NS, state)) == 2
    (state / NAME).unlink()
    (state / NAME).mkdir()  # cannot be written
    assert number_of(new_run_id("live", WOKE_1970_NS, state)) == 2


def test_the_run_begun_last_is_the_newest_with_the_clock_a_day_back(state: Path) -> None:
    names = []
    for t_ns in (NOON_NS, NOON_NS - DAY_NS, WOKE_1970_NS):
        names.append(new_run_id("live", t_ns, state))
        lived(state, names[-1], t_ns)
        with JournalReader(state) as reader:
            assert reader.newest_run() == names[-1]
            assert [b.run.id for b in reader.begun()] == names
            assert [i.run.id for i in reader.runs()] == names


def test_a_run_begun_under_a_clock_set_back_is_not_archived_while_it_is_written(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, running = new_run_id("live", NOON_NS, state), new_run_id("live", NOON_NS, state)
    lived(state, ended, NOON_NS)
    monkeypatch.setattr("controller.historian.journal.time.time_ns", lambda: WOKE_1970_NS)
    journal = Journal(state, a_run(running), CHANNELS, patient=True)
    journal.append(a_record(0, WOKE_1970_NS))
    assert journal.flush(PATIENCE_S)
    assert [path.parent.name for path in closed_days(state)] == [ended]
    journal.close()


def test_cursors_of_lives_that_began_in_one_second_are_apart(state: Path) -> None:
    one, two = (new_run_id("live", WOKE_1970_NS, state) for _ in range(2))
    cursor = Cursor(state)
    cursor.add(one, (0, 99))
    cursor.close()
    assert read_shipped(state) == {one: [(0, 99)]}
    assert two not in read_shipped(state)


def test_a_row_that_was_not_inserted_is_told_and_never_acknowledged(state: Path) -> None:
    lived(state, "r1", NOON_NS)
    journal = Journal(state, a_run("r1"), CHANNELS, memory=100)
    journal.append(a_record(100, NOON_NS + SECOND_NS), [an_event(100)])
    assert journal.flush(PATIENCE_S)
    second = Journal(state, a_run("r1"), CHANNELS, memory=100)  # the same name, another life
    second.append(a_record(2, NOON_NS + 7 * SECOND_NS))
    wait_until(lambda: second.fault is not None)
    assert "cycle 2 is there already with other content" in str(second.fault)
    assert second.acknowledged == -1
    second.close()
    journal.close()
    with JournalReader(state) as reader:
        kept = list(reader.records("r1"))
    assert [r.seq for r in kept] == [0, 1, 2, 100]
    assert same(kept[2], a_record(2, NOON_NS + 2 * SECOND_NS))


@pytest.mark.parametrize("table", ["cycles", "events", "snapshots", "turns"])
def test_a_batch_may_come_again_and_another_one_under_its_keys_may_not(
    state: Path, table: str
) -> None:
    segment = Segment(state / "journal" / "r1", "2014-01-24", a_run(), CHANNELS, 1)
    first = Batch([pack(a_record(5))], [(1, an_event(5))], [(5, b"one")], {}, [(5, 2, 1)])
    segment.write(first)
    segment.write(first)
    other = Batch([pack(a_record(5, 1))], [(1, an_event(6))], [(5, b"two")], {}, [(5, 3, 1)])
    with pytest.raises(Occupied, match="other content"):
        segment.write(Batch(**{table: getattr(other, table)}))
    segment.write(first)
    segment.close()
    assert issubclass(Occupied, HistorianError)


@pytest.mark.parametrize("name", ["../r1", "../../etc", "/etc", "", ".", "..", "a/b", "r1/", "x\n"])
def test_a_name_that_is_a_path_leads_nowhere(state: Path, name: str) -> None:
    lived(state, "r1", NOON_NS)
    (state / "outside").mkdir()
    shutil.copy(state / "journal" / "r1" / "2014-01-24.db", state / "outside")
    with JournalReader(state) as reader:
        for run in (name, "../outside"):
            with pytest.raises(UnknownRun):
                reader.channels(run)
            with pytest.raises(UnknownRun):
                list(reader.records(run))
            with pytest.raises(UnknownRun):
                export(state, run, state / "x.csv")
    with pytest.raises(HistorianError, match="no name of a run"):
        Journal(state, a_run(name), CHANNELS)


def limited(state: Path, run: str, day: str, days: int) -> list[str]:
    keep = state / "journal" / run / f"{day}.db"
    gone = Keeper(state, Limits(max_days=days)).look(keep)
    return [f"{d.path.parent.name[-15:-9]}/{d.path.stem}" for d in gone]


@pytest.mark.parametrize("then_ns", [WOKE_1970_NS, NOON_NS - DAY_NS])
def test_days_are_not_old_because_the_clock_was_wrong(state: Path, then_ns: int) -> None:
    first, second = (new_run_id("live", 0, state) for _ in range(2))
    lived(state, first, then_ns)
    late_ns = 4_086_936_000 * SECOND_NS  # believes that it is 2099
    lived(state, second, late_ns)
    assert limited(state, second, "2099-07-05", 2) == []
    for n in range(3):
        third = new_run_id("live", 0, state)
        lived(state, third, NOON_NS + n * DAY_NS)
    # Now as many days were written after it as are kept.
    gone = limited(state, third, "2014-01-26", 2)
    assert gone[0].startswith("000001/")
    assert all(not name.startswith("000002/") for name in gone)
