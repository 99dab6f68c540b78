"""The journal stays inside its share of the disk, and says what had to go."""

from pathlib import Path

from controller.historian.capping import cap
from controller.historian.cursor import Cursor
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run

DAY_NS = 86_400 * SECOND_NS


def write(state: Path, name: str, days: int, cycles: int = 50, **options: int) -> Journal:
    journal = Journal(state, a_run(name), CHANNELS, patient=True, **options)
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
    one = next((state / "journal" / "a").glob("*.db")).stat().st_size
    first = cap(state, state, 5 * one)
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
    journal = write(state, "new", 1, max_bytes=1)
    assert journal.fault is None
    assert kept(state) == ["new/24", "old/26"]
    with JournalReader(state) as reader:
        (note,) = reader.events("new", kind="system")
        assert reader.alarms("old") == []
    assert note.state == "CAPPED"
    assert "never shipped and gone for good: old/2014-01-24.db, old/2014-01-25.db" in note.text
