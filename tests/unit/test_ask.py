"""Who holds a state directory: the lock says it, not a number left in a file."""

import os
from pathlib import Path

import pytest

from controller.historian.statedir import StateDir
from controller.inbox import NAME, Inbox
from seastack import ask as ask_module
from seastack.ask import ask, controller_pid
from seastack.problems import UserError


def test_nobody_holds_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert controller_pid(tmp_path / "nowhere") is None


def test_a_number_left_behind_is_nobody_even_if_that_process_lives(state: Path) -> None:
    (state / "lock").write_text(f"{os.getppid()}\n")
    assert controller_pid(state) is None


def test_the_holder_is_named_while_it_holds(state: Path) -> None:
    with StateDir(state):
        assert controller_pid(state) == os.getpid()
        (state / "lock").write_text("")  # between taking the lock and writing the number
        assert controller_pid(state) == 0
    assert controller_pid(state) is None


def test_asking_does_not_keep_the_lock(state: Path) -> None:
    StateDir(state).close()
    assert controller_pid(state) is None
    StateDir(state).close()


def test_waiting_for_a_verdict_tells_a_damaged_segment_once(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    old = state / "journal" / "r1" / "2014-01-24.db"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"no database at all" * 100)
    monkeypatch.setattr("seastack.ask.WAIT_S", 0.35)
    with StateDir(state):
        assert not ask(state, "capture_target", {"pct": 50.0}, "2/E").accepted
    assert len(caplog.records) == 1


def test_a_bypass_of_the_command_line_stands_for_a_controller_that_starts(state: Path) -> None:
    with pytest.raises(UserError, match="no controller runs"):
        ask(state, "bypass", {}, "bridge")
    assert not (state / NAME).exists(), "nothing is made in a directory that was never used"
    Inbox(state).close()
    with pytest.raises(UserError, match="stands for one that starts within 10 s"):
        ask(state, "bypass", {}, "bridge")
    with pytest.raises(UserError, match="no controller runs"):
        ask(state, "arm", {}, "bridge")
    inbox = Inbox(state)
    assert [c.kind for c in inbox.poll()] == ["bypass"]
    inbox.close()


@pytest.mark.parametrize(
    ("kind", "said", "left"),
    [("arm", "the request is withdrawn", []), ("bypass", "the request stands", ["bypass"])],
)
def test_what_nobody_answered_is_not_done_later_but_for_a_bypass(
    state: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str, left: list[str]
) -> None:
    monkeypatch.setattr(ask_module, "WAIT_S", 0.05)
    with StateDir(state):
        inbox = Inbox(state)
        verdict = ask(state, kind, {}, "bridge")
        assert not verdict.accepted
        assert said in verdict.text
        assert "panel" in verdict.text
        assert [c.kind for c in inbox.poll()] == left
        inbox.close()
