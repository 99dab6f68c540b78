"""Nothing in the journal of the last run keeps a controller from starting, and damage is said."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.historian.errors import SegmentDamaged
from controller.historian.eventlog import DAMAGED
from controller.historian.reader import JournalReader
from controller.leftover import resume_command
from controller.types import Command
from dashboard.alarmlist import alarm_list
from tests.unit.bench_rig import BenchRig
from tests.unit.test_resume import Recorded, first_life

RUN = "20260101T000000-live-1"


@pytest.fixture(scope="module")
def sailed() -> Iterator[Path]:
    """Make the journal of a run that armed, bypassed, raised alarms and was killed."""
    folder = Path(tempfile.mkdtemp())
    first_life(folder)
    (folder / "journal" / "one").rename(folder / "journal" / RUN)
    with sqlite3.connect(segment(folder)) as db:
        db.execute("UPDATE run SET id=?, ended_ns=NULL", (RUN,))
    db.close()
    yield folder
    shutil.rmtree(folder)


def segment(state: Path) -> Path:
    (found,) = (state / "journal").glob("*/*.db")
    return found


@pytest.fixture
def copied(sailed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sailed, tmp_path / "copied"))


def change(state: Path, statement: str, *args: Any) -> None:
    with sqlite3.connect(segment(state)) as db:
        db.execute(statement, args)
    db.close()


def begun(command: Command | None) -> BenchRig:
    """Run the first cycle of a life with what was left; it must not raise."""
    rig = BenchRig()
    outputs = rig._cycle((command,) if command else (), 1.0)
    for event in outputs.events:
        json.dumps(dict(event.data))
    rig.run(3)
    return rig


def test_a_sound_journal_is_taken_over_without_a_word_of_damage(copied: Path) -> None:
    command = resume_command(copied, "demo", 0)
    assert command is not None
    assert "damage" not in command.args
    assert begun(command).state.target_pct == 52.5


ONE_EVENT = "UPDATE event SET {}=? WHERE id=(SELECT max(id) FROM event WHERE kind='alarm')"
CELLS: list[tuple[str, Any]] = [
    ("data", "null"),
    ("data", "[1, 2"),
    ("data", "7"),
    ("data", "[" * 100_000),
    ("data", b"\xff\xfe"),
    ("data", '{"args": 7}'),
    ("t_ns", "yesterday"),
    ("seq", "x"),
    ("priority", 99),
    ("priority", "urgent"),
    ("text", b"\xff"),
    ("source", b"\xff"),
    ("state", 7.5),
]


@pytest.mark.parametrize(("column", "cell"), CELLS)
@pytest.mark.parametrize("kind", ["alarm", "command"])
def test_one_damaged_event_costs_itself_alone(
    copied: Path, column: str, cell: Any, kind: str
) -> None:
    change(copied, ONE_EVENT.format(column).replace("'alarm'", f"'{kind}'"), cell)
    command = resume_command(copied, "demo", 0)
    assert command is not None
    rig = begun(command)
    assert rig.state.target_pct == 52.5, "the target is in the record, not in an event"
    assert len(json.loads(str(command.args["alarms"]))) >= 2
    with JournalReader(copied) as reader:
        assert alarm_list(reader.alarms(RUN))["rows"], "the page shows the rest"


def test_damage_to_an_event_is_said_with_its_number(copied: Path) -> None:
    change(copied, ONE_EVENT.format("data"), "null")
    command = resume_command(copied, "demo", 0)
    assert command is not None
    assert "1 alarm event(s) of run" in str(command.args["damage"])
    with JournalReader(copied) as reader:
        (bad,) = [e for e in reader.events(RUN) if DAMAGED in e.data]
    rig = begun(command)
    assert rig.outputs is not None
    assert str(bad.id) in str(command.args["damage"])


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE event",
        "DROP TABLE layout",
        "DROP TABLE cycle",
        "DROP TABLE run",
        "DELETE FROM run",
        "DELETE FROM layout",
        "UPDATE run SET started_ns='x', kind=7",
        "UPDATE layout SET about='null'",
        "UPDATE layout SET about='{}'",
        "UPDATE layout SET name=name || 'x'",
        "UPDATE layout SET position=-position",
        "UPDATE cycle SET value=x'00', quality=x''",
        "UPDATE cycle SET value='text'",
        "UPDATE cycle SET t_ns='x'",
        "UPDATE cycle SET t_ns=9223372036854775807",
        "UPDATE event SET data='null'",
        "UPDATE event SET t_ns=9223372036854775807",
        "UPDATE event SET t_ns=-5",
        "UPDATE event SET id=-id",
        "ALTER TABLE event DROP COLUMN old",
        "PRAGMA user_version=99",
        "PRAGMA application_id=1",
    ],
)
def test_it_starts_whatever_was_done_to_the_tables(copied: Path, statement: str) -> None:
    change(copied, statement)
    begun(resume_command(copied, "demo", 0))


@pytest.mark.parametrize(
    "args",
    [
        {"alarms": "null", "loops": "7"},
        {"alarms": '[7, {}, {"id": 7}]', "loops": '{"lean": 7}'},
        {"alarms": "[" * 5000, "loops": "{"},
        {"alarms": json.dumps([{"id": "plc_trip", "text": "t", "priority": 1, "since_ns": 2**70}])},
        {"alarms": json.dumps([{"id": "plc_trip", "text": 7, "priority": "x", "since_ns": "y"}])},
        {"loops": json.dumps({"lean": {"mode": "MAN", "setpoint": 10**400}})},
        {"loops": json.dumps({"lean": {"mode": ["MAN"], "setpoint": True}})},
        {"target_pct": float("inf")},
        {"target_pct": 10**400, "captured_t": "x", "gap_s": float("nan"), "away_s": 10**400},
        {"captured_t": float("inf")},
    ],
)
def test_the_first_cycle_takes_any_request_of_that_kind(args: dict[str, Any]) -> None:
    rig = begun(Command(0, "resume", "restart", 0, args))
    assert 0.0 < rig.state.target_pct <= 100.0
    assert rig.calc("captured_total_t") == 0.0


VALUE = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=30),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["null", "{}", "[]", '{"args": null, "setpoint": []}', "ACTIVE", "ACCEPTED"]),
)
TABLES = {
    "event": ["seq", "t_ns", "kind", "source", "state", "priority", '"by"', "text", "data"],
    "cycle": ["t_ns", "mono_ns", "value", "quality", "reason", "age_ms"],
    "layout": ["name", "unit", "kind", "about"],
    "run": ["id", "kind", "plant", "version", "started_ns", "simulator", "created_ns", "ended_ns"],
}
CELL = st.sampled_from([(t, c) for t, columns in TABLES.items() for c in columns]).flatmap(
    lambda place: st.tuples(st.just(place), st.integers(0, 400), VALUE)
)
FLIPS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells=st.lists(CELL, max_size=6), flips=FLIPS)
def test_it_starts_whatever_cells_and_bytes_are_damaged(
    sailed: Path, cells: list[tuple[tuple[str, str], int, Any]], flips: list[tuple[float, int]]
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        state = Path(shutil.copytree(sailed, folder / "state"))
        for (table, column), row, value in cells:
            where = f"rowid=(SELECT rowid FROM {table} LIMIT 1 OFFSET ?)"
            try:
                change(state, f"UPDATE {table} SET {column}=? WHERE {where}", value, row)
            except sqlite3.Error:
                continue  # SQLite itself refuses it
        data = bytearray(segment(state).read_bytes())
        for place, byte in flips:
            data[int(place * (len(data) - 1))] = byte
        segment(state).write_bytes(data)
        rig = begun(resume_command(state, "demo", 0))
        assert rig.outputs is not None
        with JournalReader(state) as reader:  # and a new run is written beside it
            assert isinstance(reader.begun(), list)
        life = Recorded(state, "two")
        life.run(2)
        life.journal.close()
        assert life.journal.fault is None
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["acknowledged", "journal", "inbox.heard"])
def test_files_that_are_none_keep_no_controller_from_starting(copied: Path, name: str) -> None:
    path = copied / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.write_bytes(b"\xff\x00 garbage 99999999999999999999 1 zzzz")
    begun(resume_command(copied, "demo", 0))


def test_a_snapshot_that_is_no_bytes_is_damage(copied: Path) -> None:
    change(copied, "INSERT INTO snapshot(seq, version, state) VALUES (1, 'v', 'text')")
    with JournalReader(copied) as reader, pytest.raises(SegmentDamaged, match="wrong checksum"):
        reader.snapshot(RUN, 1)
