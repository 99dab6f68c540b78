"""Which unit state to ask the PLC for, and the bypass request.

The goal is a person's.  This module may only hold it back (ask for HOLD while
an input is BAD) or drop it (after a bypass or trip, which need a person).  A
rig that waits in HOLD for its engines or its tank keeps the standing request:
its PLC goes on by itself when the permissives return.  CAPTURE and TURNDOWN are
never asked for beside a bypass that waits or is latched, whoever has the rig:
a person's way back asks for READY first, as after a trip, and goes on when the
PLC has taken its latch back.  Nothing here can close a bypass; asking for one
works in every mode.
"""

from dataclasses import dataclass, replace
from typing import Final

from controller.eventlog import EventLog
from controller.states import CAPTURING, TRIPPED, Unit

RESETTING: Final = CAPTURING | {Unit.READY}  # with these goals a bypass is taken back
UNDERSTOOD_S: Final = 5.0  # the PLC echoes a fresh request well within this
RESET_S: Final = 10.0  # and takes a latch back well within this


@dataclass(frozen=True, slots=True)
class UnitRequest:
    """Goal, what is asked of the PLC now, and why they differ.

    `held` is the point for whose sake HOLD is asked instead of the goal ("" for none);
    `clear_since_ns` when that cause went away; `bypass_since_ns` 0 unless a
    bypass request waits for its proof; `reset_ns` since when a latched bypass
    is being taken back for the goal's sake, 0 if it is not; `repeat` while a
    request that a person makes again is made fresh.
    """

    goal: Unit = Unit.HOLD
    asked: Unit = Unit.HOLD
    asked_ns: int = 0
    held: str = ""
    clear_since_ns: int = 0
    hold_seen_ns: int = 0
    bypass_since_ns: int = 0
    reset_ns: int = 0
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Rig:
    """What the PLC and the process say; None where it is not GOOD.

    `bypass_latched` as last known, `bypass_proven` by every witness now;
    `bad_input`: the point that is missing for `bad_for_s`, "" for none.
    """

    unit: Unit | None
    unit_asked: Unit | None
    bypass_latched: bool
    bypass_proven: bool
    lease_held: bool
    lease_fresh: bool
    bad_for_s: float
    bad_input: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """Delays of the interlocks in s."""

    bad_input_hold_s: float
    bad_input_return_s: float
    auto_reentry: bool


def ask_bypass(request: UnitRequest, t_ns: int) -> UnitRequest:
    """Return the request with a bypass to be written until it is proven."""
    return _aim(replace(request, bypass_since_ns=t_ns), Unit.HOLD, Unit.HOLD, t_ns)


def ask_unit(request: UnitRequest, goal: Unit, t_ns: int, latched: bool = False) -> UnitRequest:
    """Return the request with a person's new goal; a waiting bypass request waits on.

    With a bypass `latched` by the PLC the latch is taken back first.
    """
    if not latched or goal not in RESETTING:
        repeat = request.asked is goal and goal not in CAPTURING
        since_ns = request.asked_ns if repeat else t_ns
        return replace(_aim(request, goal, goal, since_ns), repeat=repeat)
    # A PLC sees a fresh request by its change: READY that stands already is none.
    first = Unit.HOLD if request.asked is Unit.READY else Unit.READY
    return replace(_aim(request, goal, first, t_ns), reset_ns=t_ns)


def give_up(request: UnitRequest, log: EventLog) -> UnitRequest:
    """Return the request without a bypass that cannot be proven: a person wants it back."""
    text = "The bypass was never proven; it is no longer asked for: READY takes it back."
    log.add("command", "bypass", "ENDED", text)
    return replace(request, bypass_since_ns=0)


def gated(request: UnitRequest, latched: bool) -> UnitRequest:
    """Return the request as it may be written: never to capture beside a bypass."""
    if request.asked in CAPTURING and (request.bypass_since_ns or latched):
        return replace(request, goal=Unit.HOLD, asked=Unit.HOLD)
    return request


def _aim(request: UnitRequest, goal: Unit, asked: Unit, t_ns: int) -> UnitRequest:
    return replace(
        request,
        goal=goal,
        asked=asked,
        asked_ns=t_ns,
        held="",
        clear_since_ns=0,
        hold_seen_ns=0,
        reset_ns=0,
        repeat=False,
    )


def advance(request: UnitRequest, rig: Rig, times: Times, t_ns: int, log: EventLog) -> UnitRequest:
    """Return the request one cycle later."""
    if request.bypass_since_ns and rig.bypass_proven and t_ns > request.bypass_since_ns:
        log.add("command", "bypass", "DONE", "Bypass is proven: exhaust goes to the funnel.")
        request = replace(request, bypass_since_ns=0)
    if rig.lease_fresh or not rig.lease_held:
        return _follow(request, rig, t_ns)
    request = _dropped(_freshened(request, rig, t_ns), rig, times, t_ns, log)
    if request.reset_ns:
        return _take_back(request, rig, t_ns, log)
    return _hold_back(request, rig, times, t_ns, log)


def _follow(request: UnitRequest, rig: Rig, t_ns: int) -> UnitRequest:
    # Until the rig is ours the goal is what the PLC is asked for already, so
    # that taking it over changes nothing.
    goal = rig.unit_asked
    if goal in CAPTURING and (request.bypass_since_ns or rig.bypass_latched):
        goal = Unit.HOLD
    if goal is None or (goal is request.goal is request.asked):
        return request
    return _aim(request, goal, goal, t_ns)


def _take_back(request: UnitRequest, rig: Rig, t_ns: int, log: EventLog) -> UnitRequest:
    """Ask for READY until the PLC has taken its bypass latch back, then for the goal."""
    if not rig.bypass_latched:
        text = f"The PLC took its bypass latch back: {request.goal.name} is asked for."
        new = request.goal.name
        log.add("mode", "unit_request", new, text, old=request.asked.name, new=new)
        return _aim(request, request.goal, request.goal, t_ns)
    if (t_ns - request.reset_ns) * 1e-9 > RESET_S:
        return _drop(request, t_ns, log, "The PLC keeps its bypass latched.")
    if request.asked is not Unit.READY and rig.unit_asked is request.asked:
        return replace(request, asked=Unit.READY, asked_ns=t_ns)
    return request


def _freshened(request: UnitRequest, rig: Rig, t_ns: int) -> UnitRequest:
    """Make a request for what is asked already one that the PLC sees.

    A PLC obeys a change of the register, not what stands in it: after a reset that had no
    effect, READY upon READY is nothing new.  So another harmless state is asked in between,
    until the PLC echoes it.  Never for a state that captures.
    """
    if not request.repeat:
        return request
    waited = (t_ns - request.asked_ns) * 1e-9 > UNDERSTOOD_S
    if request.asked is not request.goal:
        if rig.unit_asked is not request.asked and not waited:
            return request
        return replace(request, asked=request.goal, asked_ns=t_ns, repeat=False)
    tripped, seen = rig.unit in TRIPPED, rig.unit_asked is request.goal
    ignored = rig.unit_asked is not None and not seen and waited
    between = Unit.READY if request.goal is Unit.HOLD else Unit.HOLD
    reset = tripped and seen and request.goal is Unit.READY
    if not reset and (not ignored or (tripped and between is Unit.READY)):
        return replace(request, repeat=False)
    return replace(request, asked=between, asked_ns=t_ns)


def _drop(request: UnitRequest, t_ns: int, log: EventLog, why: str) -> UnitRequest:
    text = f"{why} Capture starts again only when a person asks for it."
    log.add("mode", "unit_goal", "HOLD", text, priority=2, old=request.goal.name, new="HOLD")
    return _aim(request, Unit.HOLD, Unit.HOLD, t_ns)


def _dropped(request: UnitRequest, rig: Rig, times: Times, t_ns: int, log: EventLog) -> UnitRequest:
    if request.goal not in CAPTURING:
        return request
    if rig.unit in TRIPPED:
        return _drop(request, t_ns, log, f"The PLC is in {rig.unit.name if rig.unit else ''}.")
    settled = (t_ns - request.asked_ns) * 1e-9 > UNDERSTOOD_S
    refused = rig.unit_asked is not None and rig.unit_asked not in CAPTURING
    if rig.bypass_latched and not request.reset_ns:
        return _drop(request, t_ns, log, "Somebody bypassed the rig.")
    if settled and request.asked in CAPTURING and refused:
        return _drop(request, t_ns, log, "The PLC no longer has a request to capture.")
    return request if times.auto_reentry else _no_reentry(request, rig, t_ns, log)


def _no_reentry(request: UnitRequest, rig: Rig, t_ns: int, log: EventLog) -> UnitRequest:
    if rig.unit in CAPTURING:
        return replace(request, hold_seen_ns=t_ns)
    if rig.unit is Unit.HOLD and request.hold_seen_ns:
        request = replace(request, hold_seen_ns=0)
        return _drop(request, t_ns, log, "The PLC went to HOLD and auto_reentry is off.")
    return request


def _hold_back(
    request: UnitRequest, rig: Rig, times: Times, t_ns: int, log: EventLog
) -> UnitRequest:
    if request.goal not in CAPTURING:
        return request
    if request.held and rig.bad_for_s > 0.0:
        return replace(request, clear_since_ns=0) if request.clear_since_ns else request
    if rig.bad_for_s >= times.bad_input_hold_s:
        cause = rig.bad_input or "bad input"
        text = f"The unit is asked to HOLD: without {cause} capture cannot go on."
        log.add("mode", "unit_request", "HOLD", text, priority=2, old=request.goal.name, new="HOLD")
        return replace(request, asked=Unit.HOLD, asked_ns=t_ns, held=cause)
    if not request.held:
        return request
    since = request.clear_since_ns or t_ns
    if (t_ns - since) * 1e-9 < times.bad_input_return_s:
        return replace(request, clear_since_ns=since)
    if not times.auto_reentry:
        return _drop(request, t_ns, log, f"The hold ({request.held}) is over.")
    text = f"The hold ({request.held}) is over: {request.goal.name} is asked for again."
    log.add("mode", "unit_request", request.goal.name, text, old="HOLD", new=request.goal.name)
    return replace(request, asked=request.goal, asked_ns=t_ns, held="", clear_since_ns=0)
