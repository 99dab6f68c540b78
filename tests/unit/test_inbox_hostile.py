"""Whatever stands in the inbox file: requests are heard, a bypass above all, and nothing ends."""

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from controller import inbox as module
from controller.inbox import A_CYCLE, A_SECOND, DEAF_AFTER, NAME, BadRequest, Inbox, post
from controller.types import Command
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
LAST_OF_SQLITE = 2**63 - 1
INTO = 'INSERT INTO request({}posted_ns, kind, "by", args) VALUES ({}?,?,?,?)'


def put(state: Path, *row: Any, number: int | None = None, into: str = INTO) -> None:
    """Write a row as any program may: posted_ns, kind, by, args."""
    with sqlite3.connect(state / NAME) as db:
        cells = row if number is None else (number, *row)
        db.execute(into.format(*(("", "") if number is None else ("id, ", "?, "))), cells)
    db.close()


def now(ahead_s: float = 0.0) -> int:
    return time.time_ns() + int(ahead_s * S)


@pytest.fixture
def inbox(state: Path) -> Iterator[Inbox]:
    made = Inbox(state)
    yield made
    made.close()


def obeyed(commands: Sequence[Command]) -> BenchRig:
    """Run one cycle with these requests; it must not raise, and the journal must take it."""
    rig = BenchRig()
    outputs = rig._cycle(tuple(commands), 1.0)
    for event in outputs.events:
        json.dumps(dict(event.data))
        "\n".join((event.text, event.by, event.source)).encode()
    return rig


UNDECODABLE = INTO.replace("?,?,?,?", "?,?,?,CAST(? AS TEXT)")
BAD: dict[str, tuple[Any, ...]] = {
    "text as time": ("x", "arm", "x", "{}"),
    "infinity as time": (float("inf"), "arm", "x", "{}"),
    "a time long ahead": (LAST_OF_SQLITE, "arm", "x", "{}"),
    "a time before all": (-5, "arm", "x", "{}"),
    "a huge number": (now(), "capture_target", "x", '{"pct": 1' + "0" * 400 + "}"),
    "a huger number": (now(), "capture_target", "x", '{"pct": 1' + "0" * 4500 + "}"),
    "infinity": (now(), "capture_target", "x", '{"pct": Infinity}'),
    "not a number": (now(), "capture_target", "x", '{"pct": NaN}'),
    "true as number": (now(), "capture_target", "x", '{"pct": true}'),
    "deep brackets": (now(), "arm", "x", "[" * 100_000),
    "deep brackets that fit": (now(), "arm", "x", '{"a": ' + "[" * 2000 + "]" * 2000 + "}"),
    "a list as argument": (now(), "loop_mode", "x", '{"loop": ["steam"]}'),
    "no object": (now(), "arm", "x", "7"),
    "null": (now(), "arm", "x", "null"),
    "over 4 kB": (now(), "ack", "x", json.dumps({"alarm": "a" * 5000})),
    "14 MB": (now(), "ack", "x", json.dumps({"alarm": "a" * 14_000_000})),
    "bytes as kind": (now(), b"\xff\x00arm", "x", "{}"),
    "bytes as name": (now(), "arm", b"\xff", "{}"),
    "bytes as arguments": (now(), "arm", "x", b"\xff"),
    "a long kind": (now(), "k" * 1000, "x", "{}"),
    "a long name": (now(), "arm", "n" * 100_000, "{}"),
    "a name of two lines": (now(), "arm", "x\n2026 ERROR forged", "{}"),
    "the controller's own kind": (now(), "resume", "x", '{"target_pct": 20}'),
    "another of its own": (now(), "late", "x", '{"kind": "arm"}'),
    "a lone surrogate": (now(), "capture_target", "x", '{"pct": "\\ud800"}'),
}


@pytest.mark.parametrize("row", BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_left_out_told_once_and_blocks_nothing(
    state: Path, inbox: Inbox, row: tuple[Any, ...]
) -> None:
    put(state, *row)
    post(state, "bypass", {}, "bridge")
    post(state, "disarm", {}, "2/E")
    commands = inbox.poll()
    assert [c.kind for c in commands] == ["bypass", "disarm"]
    assert obeyed(commands).saw("bypass", "ACCEPTED")
    assert inbox.skipped == 1
    assert len(inbox.news()) == 1
    assert (inbox.poll(), inbox.news(), inbox.skipped) == ([], [], 1)


@pytest.mark.parametrize("number", [0, -5, LAST_OF_SQLITE, 2**53])
@pytest.mark.parametrize("kind", ["resume", "disarm", "arm"])
def test_an_impossible_number_is_left_out_and_posting_goes_on(
    state: Path, inbox: Inbox, number: int, kind: str
) -> None:
    put(state, now(), kind, "x", '{"ending": 1}', number=number)
    assert inbox.poll() == []
    assert inbox.skipped == 1
    posted = [post(state, "capture_target", {"pct": 50.0 + i}, "x") for i in range(3)]
    assert [c.id for c in inbox.poll()] == posted
    assert inbox.skipped == 1
    again = Inbox(state)
    assert again.poll() == []
    assert post(state, "bypass", {}, "x") == posted[-1] + 1
    assert [c.kind for c in again.poll()] == ["bypass"]
    again.close()


def test_text_that_is_no_utf_8_is_left_out(state: Path, inbox: Inbox) -> None:
    put(state, 0, "x", "x", b"\xff", into=UNDECODABLE)
    post(state, "bypass", {}, "bridge")
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    assert inbox.skipped == 1


DAMAGED: dict[str, tuple[Any, ...]] = {
    "a bad name": (now(), "bypass", b"\xff\xfe", "{}"),
    "a huge name": (now(), "bypass", "n" * 1_000_000, "{}"),
    "no name": (now(), "bypass", "", "{}"),
    "bad arguments": (now(), "bypass", "x", b"\xff"),
    "deep arguments": (now(), "bypass", "x", "[" * 100_000),
    "huge arguments": (now(), "bypass", "x", "1" * 5_000_000),
    "text as time": ("yesterday", "bypass", "x", "{}"),
    "a time ahead": (now(3600), "bypass", "x", "{}"),
    "the last time there is": (LAST_OF_SQLITE, "bypass", "x", "{}"),
    "a time long past": (0, "bypass", "x", "{}"),
    "a kind of bytes": (now(), b"bypass", "x", "{}"),
}


@pytest.mark.parametrize("number", [None, -1, 0, LAST_OF_SQLITE])
@pytest.mark.parametrize("row", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_bypass_counts_whatever_else_is_damaged_in_its_row(
    state: Path, inbox: Inbox, row: tuple[Any, ...], number: int | None
) -> None:
    put(state, *row, number=number)
    (command,) = inbox.poll()
    assert (command.kind, command.args) == ("bypass", {})
    assert command.id > 0
    assert obeyed([command]).state.unit.bypass_since_ns
    assert inbox.poll() == []


@pytest.mark.parametrize("row", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_bypass_is_not_done_again_by_a_later_start(state: Path, row: tuple[Any, ...]) -> None:
    first = Inbox(state)
    put(state, *row)
    assert [c.kind for c in first.poll()] == ["bypass"]
    assert first.poll() == []  # the cycle that heard it is over; then it dies
    for _ in range(3):
        again = Inbox(state)
        assert again.poll() == []
        again.close()
    first.close()


def test_a_bypass_posted_under_a_clock_that_was_ahead_is_done_once_when_nobody_heard_it(
    state: Path,
) -> None:
    Inbox(state).close()
    put(state, now(3600), "bypass", "x", "{}")
    heard = []
    for _ in range(3):
        life = Inbox(state)
        heard.append([c.kind for c in (*life.poll(), *life.poll())])
        life.close()
    assert heard == [["bypass"], [], []]


def test_a_controller_that_died_in_the_cycle_that_heard_a_bypass_hears_it_again(
    state: Path,
) -> None:
    dying = Inbox(state)
    post(state, "bypass", {}, "x")
    assert [c.kind for c in dying.poll()] == ["bypass"]
    again = Inbox(state)
    assert [c.kind for c in again.poll()] == ["bypass"]
    again.close()
    dying.close()


class Stopwatch:
    """Seconds that go by when the test says so."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.mark.parametrize("period_s", [0.1, 1.0])
def test_at_most_so_many_in_a_second_and_a_bypass_at_once(state: Path, period_s: float) -> None:
    clock = Stopwatch()
    inbox = Inbox(state, clock)
    numbers = [post(state, "ack", {"alarm": f"a{i}"}, "x") for i in range(2 * A_SECOND + 3)]
    bypass = post(state, "bypass", {}, "x")
    assert [c.id for c in inbox.poll()] == [*numbers[:A_SECOND], bypass]
    assert inbox.poll() == []
    again = post(state, "bypass", {}, "x")
    assert [c.id for c in inbox.poll()] == [again]
    heard: list[int] = []
    while clock.s < 2.0:
        clock.s += period_s
        polled = [c.id for c in inbox.poll()]
        assert len(polled) <= A_CYCLE
        heard += polled
        assert len(heard) <= A_SECOND * clock.s + 1e-6
    assert heard == numbers[A_SECOND:]
    inbox.close()


def test_a_flood_of_bad_rows_is_a_line_a_minute(state: Path) -> None:
    clock = Stopwatch()
    inbox, told = Inbox(state, clock), []
    with sqlite3.connect(state / NAME) as db:
        rows = [(now(), "arm", "x", f"[{i}") for i in range(60 * A_SECOND)]
        db.executemany(INTO.format("", ""), rows)
    db.close()
    for _ in range(180):
        clock.s += 1.0
        assert inbox.poll() == []
        told += inbox.news()
    assert inbox.skipped == 60 * A_SECOND
    assert len(told) == 2
    assert told[1].startswith(f"left out, {60 * A_SECOND} so far")
    inbox.close()


def test_a_flood_of_others_pushes_no_bypass_out(
    state: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 5)
    post(state, "bypass", {}, "x")
    for i in range(20):
        post(state, "ack", {"alarm": f"a{i}"}, "x")
    assert "bypass" in [c.kind for c in inbox.poll()]


# ---- the file itself -------------------------------------------------------------------------


def test_a_file_that_was_removed_is_made_again(state: Path, inbox: Inbox) -> None:
    post(state, "disarm", {}, "x")
    inbox.poll()
    for name in os.listdir(state):
        if name.startswith(NAME):
            (state / name).unlink()
    post(state, "bypass", {}, "x")
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    assert inbox.deaf == ""


def test_an_emptied_file_is_heard_again(state: Path, inbox: Inbox) -> None:
    for _ in range(5):
        post(state, "disarm", {}, "x")
    inbox.poll()
    with sqlite3.connect(state / NAME) as db:
        db.execute("DELETE FROM request")
        db.execute("DELETE FROM sqlite_sequence")
    db.close()
    assert post(state, "bypass", {}, "x") == 1
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    assert inbox.poll() == []


@pytest.mark.parametrize("damage", ["garbage", "no column", "no table"])
def test_a_damaged_file_is_set_aside_and_begun_anew(state: Path, inbox: Inbox, damage: str) -> None:
    inbox.poll()
    if damage == "garbage":
        other = state / "other"
        other.write_bytes(b"no database " * 1000)
        other.rename(state / NAME)
    else:
        with sqlite3.connect(state / NAME) as db:
            db.execute("DROP TABLE request")
            if damage == "no column":
                db.execute("CREATE TABLE request(id INTEGER PRIMARY KEY, kind TEXT)")
        db.close()
    for _ in range(2):
        inbox.poll()
    post(state, "bypass", {}, "x")
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    assert inbox.deaf == ""


def test_a_damaged_file_keeps_no_controller_from_starting(state: Path) -> None:
    (state / NAME).write_bytes(b"no database " * 1000)
    made = Inbox(state)
    assert "was damaged" in made.news()[0]
    post(state, "bypass", {}, "x")
    assert [c.kind for c in made.poll()] == ["bypass"]
    assert (state / "inbox.damaged1").exists()
    made.close()


def test_an_inbox_that_cannot_be_read_is_deaf_until_it_can(state: Path, inbox: Inbox) -> None:
    for name in os.listdir(state):
        if name.startswith(NAME):
            (state / name).unlink()
    (state / NAME).mkdir()
    for _ in range(DEAF_AFTER):
        assert inbox.deaf == ""
        assert inbox.poll() == []
    assert inbox.deaf
    (state / NAME).rmdir()
    inbox.poll()
    assert inbox.deaf == ""
    post(state, "bypass", {}, "x")
    assert [c.kind for c in inbox.poll()] == ["bypass"]


# ---- whatever the cells hold -----------------------------------------------------------------

CELLS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        ["bypass", "arm", "ack", "resume", "late", "loop_mode", "{}", '{"pct": 1e400}']
    ),
    st.dictionaries(
        st.sampled_from(["pct", "loop", "mode", "value", "alarm", "raised_ms", "state"]),
        st.one_of(st.floats(), st.integers(), st.text(max_size=8), st.lists(st.none())),
        max_size=3,
    ).map(json.dumps),
)
ROW = st.tuples(CELLS, CELLS, CELLS, CELLS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, max_size=12), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=2))
@example([(0, "x", "x", "x")], [2**63 - 1, 0])
def test_whatever_the_rows_hold_a_bypass_is_heard_within_two_polls(
    rows: list[tuple[Any, ...]], numbers: list[int]
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        inbox = Inbox(folder)
        for i, row in enumerate(rows):
            number = numbers[i] if i < len(numbers) and abs(numbers[i]) > 2**53 else None
            try:
                put(folder, *row, number=number)
            except (sqlite3.Error, UnicodeEncodeError):
                continue  # not even SQLite takes it
        post(folder, "bypass", {}, "the bridge")
        heard = [*inbox.poll(), *inbox.poll()]
        assert "the bridge" in [c.by for c in heard if c.kind == "bypass"]
        assert all(0 < c.id <= 2**53 and c.kind != "resume" for c in heard)
        assert obeyed(heard).state.unit.bypass_since_ns
        assert inbox.poll() == []
        inbox.close()
        Inbox(folder).close()
    finally:
        shutil.rmtree(folder)


# ---- posting ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "args", "by"),
    [
        ("ack", {"alarm": "a" * 5000}, "x"),
        ("ack", {f"a{i}": 1.0 for i in range(17)}, "x"),
        ("ack", {"alarm": "\ud800"}, "x"),
        ("arm", {}, "\ud800"),
        ("arm", {}, "n" * 101),
        ("arm", {}, "two\nlines"),
        ("k" * 65, {}, "x"),
        ("capture_target", {"pct": 10**400}, "x"),
        ("capture_target", {"pct": True}, "x"),
    ],
)
def test_what_no_controller_would_hear_is_not_posted(
    state: Path, kind: str, args: dict[str, float | str], by: str
) -> None:
    with pytest.raises(BadRequest):
        post(state, kind, args, by)


def test_a_bypass_is_always_posted(state: Path, inbox: Inbox) -> None:
    post(state, "bypass", {"a": "\ud800" * 10_000}, "\ud800" + "n" * 500 + "\n")
    (command,) = inbox.poll()
    assert (command.kind, command.args, command.by) == ("bypass", {}, "n" * 99 + "…")
