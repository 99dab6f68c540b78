"""What is acknowledged is the occurrence that was looked at, and no other."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.historian.eventlog import StandingAlarm
from dashboard.alarmlist import alarm_list
from dashboard.requests import requests_of
from seastack import ask as asking
from seastack.ask import Verdict
from seastack.cli import app
from tests.unit.bench_rig import BenchRig
from tests.unit.test_resume import first_life, standing


def raise_it(rig: BenchRig) -> int:
    """Return when the alarm was raised, ms."""
    rig.say(PT_102=33.0)
    events = [e for _ in range(12) for e in rig.run(1).events]
    return next(e.t_ns for e in events if e.source == "back_pressure_high_high_2") // 1_000_000


def clear_it(rig: BenchRig) -> None:
    rig.say(PT_102=12.0)
    rig.run(20)


def verdict(rig: BenchRig, raised_ms: object) -> tuple[str, str]:
    args = {"alarm": "back_pressure_high_high_2", "raised_ms": raised_ms}
    outputs = rig.ask("ack", **args)  # type: ignore[arg-type]
    (event,) = [e for e in outputs.events if e.kind == "command"]
    return event.state, event.text


def test_the_occurrence_that_was_shown_is_acknowledged() -> None:
    rig = BenchRig()
    shown = raise_it(rig)
    assert verdict(rig, float(shown))[0] == "ACCEPTED"
    assert verdict(rig, shown) == ("REFUSED", "Already acknowledged.")


@pytest.mark.parametrize("cleared", [True, False])
def test_one_that_was_raised_again_since_is_not(cleared: bool) -> None:
    rig = BenchRig()
    shown = raise_it(rig)
    if cleared:
        rig.ask("ack", alarm="all")
    clear_it(rig)
    again = raise_it(rig)
    assert again != shown
    state, text = verdict(rig, shown)
    assert state == "REFUSED"
    assert "stands again since 2023-11-14 22:1" in text
    assert "look at it first" in text
    assert rig.calc("alarms_unacked") == 1.0
    assert verdict(rig, again)[0] == "ACCEPTED"


@pytest.mark.parametrize("raised_ms", [float("nan"), "yesterday", True, -1, 10**400, [1], 0])
def test_a_time_that_is_none_is_refused(raised_ms: object) -> None:
    rig = BenchRig()
    raise_it(rig)
    assert verdict(rig, raised_ms)[0] == "REFUSED"
    assert rig.calc("alarms_unacked") == 1.0


def test_it_keeps_its_time_over_a_step_of_the_clock() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.t_ns += 3_600_000_000_000
    shown = raise_it(rig)
    assert shown * 1_000_000 > rig.state.steady_ns, "UTC, not the time timers count with"
    assert verdict(rig, shown)[0] == "ACCEPTED"


def test_the_page_sends_back_the_occurrence_it_shows() -> None:
    alarm = StandingAlarm("a", 1, True, False, 1_700_000_000_123_000_000, "A", {})
    press = {"kind": "ack", "args": {"alarms": alarm_list([alarm])["rows"]}, "by": ""}
    (request,) = requests_of(press)
    assert request.args == {"alarm": "a", "raised_ms": 1_700_000_000_123}


@pytest.mark.parametrize("asked", ["back_pressure_high_2", "all", "lease_lost"])
def test_the_command_line_acknowledges_what_stands_now(
    state: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    first_life(state)
    sent: list[dict[str, float | str]] = []

    def heard(_: Path, kind: str, args: dict[str, float | str], by: str) -> Verdict:
        sent.append(args)
        return Verdict(True, f"{kind} by {by}")

    monkeypatch.setattr(asking, "ask", heard)
    result = CliRunner().invoke(app, ["ack", asked, "--state", str(state), "--by", "me"])
    assert result.exit_code == 0, result.output
    new = {i: a.t_ns // 1_000_000 for i, a in standing(state, "one").items() if not a.acknowledged}
    expected = new if asked == "all" else {asked: new.get(asked, 0)}
    assert {a["alarm"]: a["raised_ms"] for a in sent} == expected
