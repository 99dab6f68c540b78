"""Requests of people: each is judged, obeyed or refused, and answered in the journal.

The verdict event carries the whole request, so that a replay can put the same
question again.  A bypass is never refused.
"""

import math
from dataclasses import dataclass, replace

from controller import alarms, authority, interlocks, masters, modes, resume, trips
from controller.authority import Handshake, Lease
from controller.bypass import unheard
from controller.config import PlantConfig
from controller.eventlog import EventLog
from controller.limits import clamp
from controller.modes import LOOPS, Loop, Mode
from controller.points import NAN
from controller.states import REQUESTABLE, Unit
from controller.types import Command, State


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state after a request, whether it was accepted, and a plain sentence.

    `loop` is what a loop was left at, if the request was about one.
    """

    state: State
    ok: bool
    text: str
    loop: Loop | None = None


def obey(
    state: State, commands: tuple[Command, ...], shake: Handshake, plant: PlantConfig, log: EventLog
) -> State:
    """Return the state after all requests of this cycle, in their order."""
    for command in commands:
        verdict = _judge(state, command, shake, plant, log)
        state = verdict.state
        log.add(
            "command",
            command.kind,
            "ACCEPTED" if verdict.ok else "REFUSED",
            verdict.text,
            by=command.by,
            data={
                "id": command.id,
                "kind": command.kind,
                "t_ns": command.t_ns,
                "args": dict(command.args),
                **({} if verdict.loop is None else resume.left(verdict.loop)),
            },
        )
    return state


def _judge(
    state: State, command: Command, shake: Handshake, plant: PlantConfig, log: EventLog
) -> Verdict:
    match command.kind:
        case "bypass":
            return _bypass(state, log)
        case "arm":
            return _arm(state, command, shake, log)
        case "disarm":
            return _disarm(state, command, shake, log)
        case "capture_target":
            return _target(state, command, plant)
        case "unit":
            return _unit(state, command, plant, log)
        case "loop_mode":
            return _loop_mode(state, command)
        case "loop_setpoint":
            return _loop_setpoint(state, command, plant)
        case "ack":
            return _ack(state, command, plant, log)
        case "late" if command.args.get("kind") == "bypass":
            waited_s = _number(command, "waited_s")
            missed = unheard(command.t_ns, waited_s, command.by, log.t_ns)
            text = f"Bypass {missed.text}; press again, or use the panel."
            return Verdict(replace(state, unheard=missed), False, text)
        case "late":
            kind, waited_s = command.args.get("kind"), _number(command, "waited_s")
            text = f"'{kind}' waited {waited_s:g} s for the controller and is not done; ask again."
            return Verdict(state, False, text)
        case resume.KIND if command.id == resume.SHELL_ID:
            target = plant.control.target
            limits = (target.min_pct, target.max_pct)
            after = resume.resume(state, command.args, plant.alarm_texts, limits, log)
            return Verdict(after.state, True, after.text)
    return Verdict(state, False, f"Unknown request '{command.kind}'.")


def _number(command: Command, key: str) -> float:
    """Return a number that was given, NaN for what is none: text, true, infinity."""
    value = command.args.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NAN
    try:
        return float(value) if math.isfinite(value) else NAN
    except OverflowError:  # an integer of hundreds of digits
        return NAN


def _bypass(state: State, log: EventLog) -> Verdict:
    unit = interlocks.ask_bypass(state.unit, log.t_ns)
    return Verdict(replace(state, unit=unit), True, "Bypass is being asked for until it is proven.")


def _arm(state: State, command: Command, shake: Handshake, log: EventLog) -> Verdict:
    why = authority.refuse_arming(state.authority, shake)
    if why:
        return Verdict(state, False, f"Not armed: {why}.")
    after = authority.arm(state.authority, command.by, log.t_ns, shake.nonce)
    log.add(
        "mode",
        "authority",
        "ARMED",
        "Controller is armed.",
        by=command.by,
        old="MONITOR",
        new="ARMED",
    )
    return Verdict(replace(state, authority=after), True, "Armed: the lease is being asked for.")


def _disarm(state: State, command: Command, shake: Handshake, log: EventLog) -> Verdict:
    ending = command.id == resume.SHELL_ID and resume.ENDING in command.args
    if ending:
        state = replace(state, actuation=replace(state.actuation, ending=True))
    before = state.authority
    ours = not shake.twin and not authority.others(shake.owner, shake.own_id)
    after = authority.disarm(before, resume.RESTART if ending else "", ours)
    if after is before:
        if ending:
            return Verdict(state, True, "Already in MONITOR.")
        accepted = replace(
            state,
            authority=authority.accept_monitor(before),
            masters=masters.accepted(state.masters),
        )
        text = "It stays in MONITOR." if before.unsteered else "Already in MONITOR."
        return Verdict(accepted, True, text)
    log.add(
        "mode",
        "authority",
        "MONITOR",
        "Controller is disarmed.",
        by=command.by,
        old="ARMED",
        new="MONITOR",
    )
    back = "the rig is handed back" if ours else "another controller has the rig"
    return Verdict(replace(state, authority=after), True, f"MONITOR: {back}.")


def _target(state: State, command: Command, plant: PlantConfig) -> Verdict:
    asked, spec = _number(command, "pct"), plant.control.target
    if asked != asked:
        return Verdict(state, False, "A capture target needs a number in %.")
    if not 0.0 <= asked <= 100.0:
        text = f"A capture target of {asked:g} % cannot be: it is a share, from 0 to 100 %."
        return Verdict(state, False, text)
    value = clamp(asked, spec.min_pct, spec.max_pct)
    limited = "" if value == asked else f" (asked {asked:g}, limited)"
    return Verdict(
        replace(state, target_pct=value), True, f"Capture target is {value:g} %{limited}."
    )


def _unit(state: State, command: Command, plant: PlantConfig, log: EventLog) -> Verdict:
    name = command.args.get("state")
    goal = Unit.__members__.get(str(name).upper())
    if goal is None or goal not in REQUESTABLE:
        allowed = ", ".join(sorted(u.name for u in REQUESTABLE))
        return Verdict(
            state, False, f"Unit state '{name}' cannot be asked for; possible: {allowed}."
        )
    tripped = trips.refusal(state.trip, goal, plant.first_out)
    if tripped:
        return Verdict(state, False, tripped)
    if state.authority.lease is not Lease.HELD:
        return Verdict(state, False, "Not the owner of the rig: arm first, or use the panel.")
    request, watch = state.unit, state.bypass
    if request.bypass_since_ns:
        if goal is not Unit.READY or not (watch.latched and watch.overdue):
            return Verdict(state, False, "A bypass is being asked for and not proven yet.")
        request = interlocks.give_up(request, log)
    unit = interlocks.ask_unit(request, goal, log.t_ns, watch.latched)
    if goal is Unit.READY and state.trip.latched:
        return _reset(replace(state, unit=unit), command, plant, log)
    first = " once READY has taken the bypass back" if unit.reset_ns else ""
    text = f"The PLC is asked for {goal.name}{first}; it decides."
    return Verdict(replace(state, unit=unit), True, text)


def _reset(state: State, command: Command, plant: PlantConfig, log: EventLog) -> Verdict:
    """Return the verdict on READY in a trip: whether it had an effect is told later."""
    trip = replace(state.trip, reset_ns=log.t_ns, reset_by=command.by)
    standing = trips.names(trip.standing, plant.first_out)
    still = f" It will not while {trips.listed(standing)} stands." if standing else ""
    text = f"The PLC is asked to reset its {trip.kind.name} (READY).{still}"
    return Verdict(replace(state, trip=trip), True, text)


def _loop(command: Command) -> int | None:
    name = command.args.get("loop")
    return LOOPS.index(str(name)) if name in LOOPS else None


def _with_loop(state: State, number: int, loop: Loop) -> State:
    loops = (*state.loops[:number], loop, *state.loops[number + 1 :])
    return replace(state, loops=loops)


def _in_force(state: State, number: int) -> float:
    return (100.0 * state.regulate.trim, *state.actuation.setpoints())[number]


def _loop_mode(state: State, command: Command) -> Verdict:
    number = _loop(command)
    mode = Mode.__members__.get(str(command.args.get("mode")).upper())
    if number is None or mode is None:
        return Verdict(state, False, f"No such loop or mode; loops are {', '.join(LOOPS)}.")
    changed = modes.request_mode(state.loops[number], number, mode, _in_force(state, number))
    if isinstance(changed, str):
        return Verdict(state, False, changed[0].upper() + changed[1:] + ".")
    text = f"Loop {LOOPS[number]} to {mode.name}."
    return Verdict(_with_loop(state, number, changed), True, text, changed)


def _limits(number: int, plant: PlantConfig) -> tuple[float, float]:
    loop = plant.control.capture_loop
    if number == modes.CAPTURE:
        return 100.0 * loop.trim_min, 100.0 * loop.trim_max
    point = plant.points.setpoints()[number - 1]  # the capture loop has none
    return (point.low, point.high) if point else (NAN, NAN)


def _loop_setpoint(state: State, command: Command, plant: PlantConfig) -> Verdict:
    number, asked = _loop(command), _number(command, "value")
    if number is None or asked != asked:
        return Verdict(state, False, f"Needs a loop ({', '.join(LOOPS)}) and a number.")
    loop = state.loops[number]
    if loop.target not in (Mode.MAN, Mode.AUTO) or (number, loop.target) == (
        modes.CAPTURE,
        Mode.AUTO,
    ):
        return Verdict(
            state, False, f"Loop {LOOPS[number]} is in {loop.target.name}: put it in MAN first."
        )
    low, high = _limits(number, plant)
    if low != low:
        return Verdict(state, False, f"This plant has no set-point of loop {LOOPS[number]}.")
    # A little too far is what a person means and is limited; this far off is a slip or nonsense.
    if not low - (high - low) <= asked <= high + (high - low):
        text = f"{asked:g} cannot be a set-point of loop {LOOPS[number]}: {low:g} to {high:g}."
        return Verdict(state, False, text)
    value = clamp(asked, low, high)
    limited = "" if value == asked else f" (asked {asked:g}, limited)"
    loop = replace(loop, setpoint=value)
    text = f"Set-point of loop {LOOPS[number]} is {value:g}{limited}."
    return Verdict(_with_loop(state, number, loop), True, text, loop)


def _ack(state: State, command: Command, plant: PlantConfig, log: EventLog) -> Verdict:
    wanted = str(command.args.get("alarm", ""))
    shown = command.args.get("raised_ms")
    after = alarms.acknowledge(state.alarms, wanted, command.by, plant.alarm_texts, log, shown)
    if isinstance(after, str):
        return Verdict(state, False, after[0].upper() + after[1:] + ".")
    return Verdict(replace(state, alarms=after), True, f"Acknowledged: {wanted}.")
