"""Requests of people, sensible and not: what may stand in an inbox, and what a life leaves."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from controller.modes import LOOPS, Mode
from controller.resume import ENDING, KIND, SHELL_ID
from controller.states import Unit
from controller.types import Command, State

KINDS: Final = (
    *("arm",) * 10, *("disarm", "bypass"), *("capture_target",) * 4, *("unit",) * 4,
    *("loop_mode",) * 8, *("loop_setpoint",) * 4, *("ack",) * 3,
    *("late", "resume", "unbypass", "", "ARM", "owner"),
)  # fmt: skip
_UNITS: Final = (*(u.name for u in Unit), "capture", "CAPTURE", "HOLD", "READY", "", "9")
_MODES: Final = (*(m.name for m in Mode), "cas", "", "CAS9")
_ODD: Final[Sequence[Any]] = (
    *(float("nan"), float("inf"), -float("inf"), -1e9, 1e9, 0, -1, 60, 101.5, True, None, "", "x"),
    *("all", [], [1], {}, {"a": 1}, "\x00", "é" * 300, 10**400, -0.0, 1e-310),
)


def requests(rng: Random, state: State, first: int) -> tuple[Command, ...]:
    """Return no request, mostly; else one or a few, numbered from `first`."""
    if rng.random() < 0.93:
        return ()
    return tuple(_request(rng, state, first + i) for i in range(1 + (rng.random() < 0.2) * 3))


def _request(rng: Random, state: State, number: int) -> Command:
    kind = rng.choice(KINDS)
    args: dict[str, Any] = {
        "pct": _number(rng, 0.0, 110.0),
        "state": _odd(rng, rng.choice(_UNITS)),
        "loop": _odd(rng, rng.choice((*LOOPS, "nothing"))),
        "mode": _odd(rng, rng.choice(_MODES)),
        "value": _number(rng, 0.0, 33_000.0),
        "alarm": _odd(rng, rng.choice(("all", *state.alarms))),
        "kind": _odd(rng, "arm"),
        "waited_s": _number(rng, 0.0, 1e6),
    }
    if rng.random() < 0.1:
        args = {k: v for k, v in args.items() if rng.random() < 0.5}
    return Command(number, kind, rng.choice(("2/E", "restart", "shutdown")), number, args)


def _odd(rng: Random, value: Any) -> Any:
    return rng.choice(_ODD) if rng.random() < 0.1 else value


def _number(rng: Random, low: float, high: float) -> Any:
    return _odd(rng, rng.uniform(low, high))


def inheritance(rng: Random, state: State, t_ns: int) -> Command:
    """Return the request with which a new life takes over from one that had this state."""
    alarms = [
        {"id": k, "text": "t", "priority": a.priority, "since_ns": a.since_ns, "data": {}}
        for k, a in state.alarms.items()
        if a.since_ns
    ]
    loops = {
        name: {"mode": _odd(rng, loop.target.name), "setpoint": _number(rng, 0.0, 33_000.0)}
        for name, loop in zip(LOOPS, state.loops, strict=True)
        if rng.random() < 0.7
    }
    args: dict[str, Any] = {
        "run": "before",
        "alarms": json.dumps(alarms),
        "loops": json.dumps(loops, default=str),
        "target_pct": _number(rng, 0.0, 110.0),
        "captured_t": _number(rng, 0.0, 1e4),
        "gap_s": _number(rng, 0.0, 1e6),
        "away_s": _number(rng, 0.0, 1e6),
    }
    args |= {k: "yes" for k in ("bypass", "armed", "damage") if rng.random() < 0.4}
    return Command(SHELL_ID, KIND, "restart", t_ns, args)


def goodbye(t_ns: int) -> Command:
    """Return the request with which a life ends in order."""
    return Command(SHELL_ID, "disarm", "shutdown", t_ns, {ENDING: 1.0})
