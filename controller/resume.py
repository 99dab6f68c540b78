"""What a new life of the controller takes over from the one before.

A bypass that was not proven yet, the target a person asked for, the loops' modes
and set-points a person chose, what was captured so far, that it was armed (so that
nobody steering is said), and the standing alarms with their time and their
acknowledgement; never authority, never a lease: a controller begins in MONITOR,
and when it is armed set-points move from what is in force, at their rate.  It enters
the first cycle as a request of its own, so it is in the journal, replay puts
it again, and `step` stays the only thing that changes a state.  `leftover`
makes that request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from controller import interlocks
from controller.alarms import Restored, restored
from controller.eventlog import EventLog
from controller.limits import clamp
from controller.modes import CAPTURE, LOOPS, NORMAL, PERMITTED, Loop, Mode
from controller.points import NAN
from controller.types import State

KIND: Final = "resume"
BY: Final = "restart"
SHELL_ID: Final = 0  # no request of a person has it
LEAST_PRIORITY: Final = 3
MOST: Final = 2**63
LONGEST_GAP_S: Final = 86_400.0
RESTART: Final = "a restart"  # since when nobody steers, in words
ENDING: Final = "ending"  # an argument of the shell's own "disarm": its end is orderly


def left(loop: Loop) -> dict[str, float | str | None]:
    """Return what a person left a loop at, as it stands in the journal."""
    setpoint = loop.setpoint if loop.setpoint == loop.setpoint else None
    return {"mode": loop.target.name, "setpoint": setpoint}


def is_left(source: str) -> bool:
    """Return whether a request with this name leaves a loop at something."""
    return source in ("loop_mode", "loop_setpoint")


def number_of(value: object) -> float:
    """Return a number from a journal, NaN for what is none, not finite or absurdly large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NAN
    return float(value) if -MOST < value < MOST else NAN


def is_sound(a: Restored) -> bool:
    """Return whether an alarm from a journal can have been one."""
    texts, times = (a.id, a.text, a.by), (a.since_ns, a.cleared_ns, a.acked_ns)
    return (
        all(isinstance(t, str) for t in texts)
        and all(isinstance(t, int) and 0 <= t < MOST for t in times)
        and a.since_ns > 0
        and isinstance(a.priority, int)
        and 1 <= a.priority <= LEAST_PRIORITY
        and isinstance(a.data, Mapping)
    )


def _parsed(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def choices_of(text: object) -> Mapping[str, Any]:
    """Return the loops in a request, by name; none for what cannot be read."""
    parsed = _parsed(text)
    return parsed if isinstance(parsed, dict) else {}


def _alarms(text: object) -> list[Restored]:
    """Return the alarms in a request; what can be none is left out."""
    parsed, found = _parsed(text), []
    for item in parsed if isinstance(parsed, list) else []:
        try:
            found.append(Restored(**item))
        except TypeError:
            continue
    return [a for a in found if is_sound(a)]


@dataclass(frozen=True, slots=True)
class Resumed:
    """The state after taking over and one plain sentence about it."""

    state: State
    text: str


def resume(
    state: State,
    args: Mapping[str, float | str],
    texts: Mapping[str, str],
    target_range: tuple[float, float],
    log: EventLog,
) -> Resumed:
    """Return the state with what the run before left: target, loops and standing alarms.

    An alarm the plant folder no longer knows is dropped and counted in the text.
    """
    alarms = _alarms(args.get("alarms"))
    known = [a for a in alarms if a.id in texts]
    target = number_of(args.get("target_pct"))
    if target == target:
        state = replace(state, target_pct=clamp(target, *target_range))
    loops, chosen = _as_left(state.loops, choices_of(args.get("loops")))
    state, captured = _captured(state, args)
    if "armed" in args:
        authority = replace(state.authority, unsteered=RESTART)
        state = replace(state, authority=authority)
        chosen = ["it was armed: nobody steers until a person arms it again", *chosen]
    after = replace(state, alarms=restored(known, log), loops=loops)
    if "bypass" in args:
        after = replace(after, unit=interlocks.ask_bypass(after.unit, log.t_ns))
        chosen = ["a bypass was asked for and not proven: it is asked for again", *chosen]
    if "latched" in args:  # until the PLC's word is read: nothing captures beside it
        after = replace(after, bypass=replace(after.bypass, latched=True))
    dropped = len(alarms) - len(known)
    unknown = f"; {dropped} the plant no longer has were dropped" if dropped else ""
    text = (
        f"Taken over from run {args['run']}: target" if "run" in args else "No run before: target"
    )
    damage = f" Journal: {args['damage']}." if "damage" in args else ""
    told = f"{text} {after.target_pct:g} %, {len(known)} standing alarms{unknown}{captured}"
    return Resumed(after, f"{'; '.join((told, *chosen))}. In MONITOR.{damage}")


def _captured(state: State, args: Mapping[str, float | str]) -> tuple[State, str]:
    """Return the state with the total of the run before, and that in words.

    The time nobody ran is a gap like any other without a figure, of a day at most: a
    ship laid up for longer says nothing by a larger one.
    """
    total_t, gap_s, away_s = (_amount(args.get(k)) for k in ("captured_t", "gap_s", "away_s"))
    if "captured_t" not in args:
        return state, ""
    away_s = min(away_s, LONGEST_GAP_S)
    known = state.estimate
    after = replace(
        known, total_kg=known.total_kg + 1e3 * total_t, gap_s=known.gap_s + gap_s + away_s
    )
    text = f", {total_t:.3f} t captured, {away_s / 60:.1f} min without a controller"
    return replace(state, estimate=after), text


def _amount(value: float | str | None) -> float:
    """Return a number from the journal, 0 for anything that is none or negative."""
    number = number_of(value)
    return number if number >= 0.0 else 0.0


def _as_left(
    loops: tuple[Loop, ...], choices: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Loop, ...], list[str]]:
    """Return the loops as a person left them, and what that is in words."""
    after, told = list(loops), []
    for number, (name, loop) in enumerate(zip(LOOPS, loops, strict=True)):
        choice = choices.get(name)
        if not isinstance(choice, Mapping):
            continue
        mode = Mode.__members__.get(str(choice.get("mode")))
        if mode is None or mode not in PERMITTED[number]:
            continue
        value = number_of(choice.get("setpoint"))
        setpoint = value if value == value else loop.setpoint
        after[number] = replace(loop, target=mode, setpoint=setpoint)
        at = f" at {setpoint:g}" if mode in (Mode.MAN, Mode.AUTO) and setpoint == setpoint else ""
        if mode is not NORMAL[number] or (at and number != CAPTURE):
            told.append(f"loop {name} in {mode.name}{at}")
    return tuple(after), told
