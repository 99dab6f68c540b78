"""Requests reach the controller once, in order, and never make it wait."""

import math
import sqlite3
import time
from pathlib import Path

import pytest

from controller.historian.errors import StateDirUnusable
from controller.inbox import LATE_NS, NAME, BadRequest, Inbox, post, withdraw


def test_a_request_arrives_once_with_all_it_says(state: Path) -> None:
    inbox = Inbox(state)
    before = time.time_ns()
    number = post(state, "capture_target", {"pct": 55.0}, "2nd engineer")
    (command,) = inbox.poll()
    assert (command.id, command.kind, command.by) == (number, "capture_target", "2nd engineer")
    assert command.args == {"pct": 55.0}
    assert before <= command.t_ns <= time.time_ns()
    assert inbox.poll() == []
    inbox.close()


def test_requests_come_in_the_order_of_posting(state: Path) -> None:
    inbox = Inbox(state)
    numbers = [post(state, "ack", {"alarm": f"a{i}"}, "demo") for i in range(5)]
    assert [c.id for c in inbox.poll()] == numbers == sorted(numbers)
    inbox.close()


def test_what_was_asked_before_the_start_is_not_done_after_it(state: Path) -> None:
    post(state, "arm", {}, "demo")
    inbox = Inbox(state)
    assert inbox.poll() == []
    post(state, "disarm", {}, "demo")
    assert [c.kind for c in inbox.poll()] == ["disarm"]
    inbox.close()


def test_a_bypass_that_nobody_heard_is_done_by_the_next_start(state: Path) -> None:
    post(state, "bypass", {}, "bridge")
    post(state, "arm", {}, "bridge")
    inbox = Inbox(state)
    assert [(c.kind, c.by) for c in inbox.poll()] == [("bypass", "bridge")]
    assert inbox.poll() == []
    inbox.close()


def test_an_old_bypass_is_not_done_again(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post(state, "bypass", {}, "bridge")
    later = time.time_ns() + LATE_NS + 1
    monkeypatch.setattr(time, "time_ns", lambda: later)
    inbox = Inbox(state)
    assert inbox.poll() == []
    inbox.close()


def test_a_bypass_that_was_never_heard_leaves_a_trace_once(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(state)
    post(state, "bypass", {}, "bridge")
    assert inbox.bypass_waiting()
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    assert not inbox.bypass_waiting()
    inbox.close()
    asked = time.time_ns()
    number = post(state, "bypass", {}, "dashboard")
    monkeypatch.setattr(time, "time_ns", lambda: asked + LATE_NS + 20_000_000_000)
    inbox = Inbox(state)
    assert not inbox.bypass_waiting()
    (missed,) = inbox.missed()
    assert (missed.id, missed.kind, missed.by) == (number, "late", "dashboard")
    assert missed.args == {"kind": "bypass", "waited_s": 30}
    assert asked <= missed.t_ns <= asked + LATE_NS
    assert inbox.missed() == inbox.poll() == []
    inbox.close()
    inbox = Inbox(state)
    assert inbox.missed() == [], "the start before told it"
    inbox.close()


def test_what_waited_too_long_is_handed_over_as_late(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(state)
    number = post(state, "arm", {}, "demo")
    post(state, "bypass", {}, "demo")
    later = time.time_ns() + 25 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: later)
    late, bypass = inbox.poll()
    assert (late.id, late.kind, late.args) == (number, "late", {"kind": "arm", "waited_s": 25})
    assert bypass.kind == "bypass"
    inbox.close()


def test_a_request_can_be_taken_back_but_not_a_bypass(state: Path) -> None:
    inbox = Inbox(state)
    arm, bypass = post(state, "arm", {}, "demo"), post(state, "bypass", {}, "demo")
    assert withdraw(state, arm)
    assert not withdraw(state, arm)
    assert not withdraw(state, bypass)
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    inbox.close()


def test_a_locked_inbox_costs_no_time_and_no_request(state: Path) -> None:
    inbox = Inbox(state)
    post(state, "bypass", {}, "demo")
    blocker = sqlite3.connect(state / NAME, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    blocker.execute("INSERT INTO request(posted_ns, kind, \"by\", args) VALUES (1,'x','y','{}')")
    first = inbox.poll()  # comes back while the lock is held
    patience_ms: tuple[int] = inbox._db.execute("PRAGMA busy_timeout").fetchone()
    assert patience_ms == (0,), "SQLite gives up at once"
    blocker.execute("ROLLBACK")
    blocker.close()
    assert [c.kind for c in [*first, *inbox.poll()]] == ["bypass"]
    inbox.close()


@pytest.mark.parametrize("pct", [math.nan, math.inf, object(), b"1"])
def test_an_argument_that_is_no_number_or_text_is_refused(state: Path, pct: float) -> None:
    with pytest.raises(BadRequest, match="finite numbers or text"):
        post(state, "capture_target", {"pct": pct}, "demo")


@pytest.mark.parametrize(("kind", "by"), [("", "demo"), ("arm", "")])
def test_a_request_without_kind_or_name_is_refused(state: Path, kind: str, by: str) -> None:
    with pytest.raises(BadRequest):
        post(state, kind, {}, by)


def test_an_unusable_directory_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StateDirUnusable, match=r"inbox\.db"):
        post(tmp_path / "nowhere", "arm", {}, "demo")
    with pytest.raises(StateDirUnusable, match=r"inbox\.db"):
        Inbox(tmp_path / "nowhere")


def test_a_row_that_is_no_request_is_left_out(state: Path) -> None:
    inbox = Inbox(state)
    db = sqlite3.connect(state / NAME)
    db.execute("INSERT INTO request(posted_ns, kind, \"by\", args) VALUES (1,'arm','y','[1')")
    db.commit()
    db.close()
    post(state, "disarm", {}, "demo")
    assert [c.kind for c in inbox.poll()] == ["disarm"]
    inbox.close()


def test_a_bypass_is_seen_at_once_however_often_nothing_was(state: Path) -> None:
    inbox = Inbox(state)
    for n in range(40):
        assert not any(inbox.bypass_waiting() for _ in range(3))
        if n % 3 == 0:
            post(state, "arm", {}, "bridge")
            assert not inbox.bypass_waiting()
        post(state, "bypass", {}, "bridge")
        assert inbox.bypass_waiting()
        assert inbox.bypass_waiting(), "until it is polled"
        inbox.poll()
    inbox.close()
