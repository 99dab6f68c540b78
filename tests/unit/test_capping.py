"""The journal stays inside its share of the disk, and says what had to go."""

from pathlib import Path

import pytest

from controller.historian.archive import archive_day, closed_days
from controller.historian.capping import Keeper, Limits, cap
from controller.historian.cursor import Cursor
from controller.historian.journal import DEFAULT_LIMITS, Journal
from controller.historian.reader import JournalReader
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run

DAY_NS = 86_400 * SECOND_NS


def write(
    state: Path, name: str, days: int, cycles: int = 50, *, limits: Limits = DEFAULT_LIMITS
) -> Journal:
    journal = Journal(state, a_run(name), CHANNELS, patient=True, limits=limits)
    for seq in range(days * cycles):
        journal.append(a_record(seq, NOON_NS + seq // cycles * DAY_NS + seq % cycles * SECOND_NS))
    journal.close()
    return journal


def kept(state: Path) -> list[str]:
    return sorted(f"{p.parent.name}/{p.stem[-2:]}" for p in (state / "journal").glob("*/*.db"))


def test_within_its_limit_nothing_goes(state: Path) -> None:
    write(state, "a", 3)
    assert cap(state, state, 10**9) == []
    assert kept(state) == ["a/24", "a/25", "a/26"]


def test_what_the_server_has_goes_first_and_every_run_keeps_its_last(state: Path) -> None:
    write(state, "a", 3)
    write(state, "b", 3)
    cursor = Cursor(state)
    cursor.add("b", (0, 99))
    cursor.close()
    everything = sum(p.stat().st_size for p in (state / "journal").glob("*/*"))
    first = cap(state, state, everything - 1)
    assert [(d.path.parent.name, d.path.stem[-2:], d.shipped) for d in first] == [("b", "24", True)]
    rest = cap(state, state, 0)
    assert [(d.path.parent.name, d.path.stem[-2:], d.shipped) for d in rest] == [
        ("b", "25", True),
        ("a", "24", False),
        ("a", "25", False),
    ]
    assert kept(state) == ["a/26", "b/26"]


def test_a_running_journal_caps_itself_and_leaves_a_note(state: Path) -> None:
    write(state, "old", 3)
    journal = write(state, "new", 1, limits=Limits(1))
    assert journal.fault is None
    assert kept(state) == ["new/24", "old/26"]
    with JournalReader(state) as reader:
        (note,) = [e for e in reader.events("new", kind="system") if e.state != "SEALED"]
        assert reader.alarms("old") == []
    assert note.state == "CAPPED"
    assert "never shipped and gone for good: old/2014-01-24.db, old/2014-01-25.db" in note.text


def test_what_is_too_old_goes_whatever_its_size(state: Path) -> None:
    write(state, "a", 3)
    write(state, "b", 5)
    now = state / "journal" / "b" / "2014-01-28.db"
    gone = Keeper(state, Limits(max_days=2)).look(now)
    assert [d.path.stem[-2:] for d in gone] == ["24", "25", "24", "25"]
    assert kept(state) == ["a/26", "b/26", "b/27", "b/28"]


def test_a_day_that_was_archived_counts_and_goes_as_one(state: Path) -> None:
    write(state, "a", 2)
    write(state, "b", 2)
    for day in closed_days(state):
        archive_day(day)
    gone = cap(state, state / "journal" / "b" / "2014-01-25.archive.db", 0)
    assert [d.path.name for d in gone] == ["2014-01-24.archive.db"] * 2
    assert not list((state / "journal").glob("*/2014-01-24*"))
    assert len(list((state / "journal").glob("*/2014-01-25.parquet"))) == 2


def test_how_full_it_is_counts_what_exists_nowhere_else(state: Path) -> None:
    write(state, "a", 4)
    size = sum(p.stat().st_size for p in (state / "journal").glob("*/*"))
    keeper = Keeper(state, Limits(2 * size))
    now = state / "journal" / "a" / "2014-01-27.db"
    assert keeper.look(now) == []
    assert keeper.used_pct == pytest.approx(50.0)
    cursor = Cursor(state)
    cursor.add("a", (0, 99))
    cursor.close()
    keeper.look(now)
    assert keeper.used_pct == pytest.approx(25.0, rel=0.1)
