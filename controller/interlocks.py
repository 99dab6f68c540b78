"""Which unit state to ask the PLC for, and the bypass request.

The goal is a person's.  This module may only hold it back (ask for HOLD while
an input is BAD) or drop it (after a bypass or trip, which need a person).  A
rig that waits in HOLD for its engines or its tank keeps the standing request:
its PLC goes on by itself when the permissives return.  It never makes a fresh
CAPTURE request over a bypass: a standing request the PLC dropped becomes the
goal HOLD here.  Nothing here can close a bypass; asking for one works in every
mode.
"""

from dataclasses import dataclass, replace
from typing import Final

from controller.eventlog import EventLog
from controller.states import CAPTURING, TRIPPED, Unit

UNDERSTOOD_S: Final = 5.0  # the PLC echoes a fresh request well within this


@dataclass(frozen=True, slots=True)
class UnitRequest:
    """Goal, what is asked of the PLC now, and why they differ.

    `held` is the cause of asking for HOLD instead of the goal ("" for none);
    `clear_since_ns` when that cause went away; `bypass_since_ns` 0 unless a
    bypass request waits for its proof.
    """

    goal: Unit = Unit.HOLD
    asked: Unit = Unit.HOLD
    asked_ns: int = 0
    held: str = ""
    clear_since_ns: int = 0
    hold_seen_ns: int = 0
    bypass_since_ns: int = 0


@dataclass(frozen=True, slots=True)
class Rig:
    """What the PLC and the process say; None or NaN where it is not GOOD."""

    unit: Unit | None
    unit_asked: Unit | None
    bypassed: float
    bypass_latched: bool
    lease_held: bool
    lease_fresh: bool
    bad_for_s: float


@dataclass(frozen=True, slots=True)
class Times:
    """Delays of the interlocks in s."""

    bad_input_hold_s: float
    bad_input_return_s: float
    auto_reentry: bool


def ask_bypass(request: UnitRequest, t_ns: int) -> UnitRequest:
    """Return the request with a bypass to be written until it is proven."""
    return replace(request, goal=Unit.HOLD, asked=Unit.HOLD, asked_ns=t_ns, bypass_since_ns=t_ns)


def ask_unit(request: UnitRequest, goal: Unit, t_ns: int) -> UnitRequest:
    """Return the request with a person's new goal; a waiting bypass request waits on."""
    return replace(
        request,
        goal=goal,
        asked=goal,
        asked_ns=t_ns,
        held="",
        clear_since_ns=0,
        hold_seen_ns=0,
    )


def advance(request: UnitRequest, rig: Rig, times: Times, t_ns: int, log: EventLog) -> UnitRequest:
    """Return the request one cycle later."""
    # Proven is: damper shut and blower stopped, because somebody asked for it. In a
    # HOLD the first is true already; without the latch the PLC would go back by itself.
    proven = rig.bypassed == 1.0 and rig.bypass_latched
    if request.bypass_since_ns and proven and t_ns > request.bypass_since_ns:
        log.add("command", "bypass", "DONE", "Bypass is proven: exhaust goes to the funnel.")
        request = replace(request, bypass_since_ns=0)
    if rig.lease_fresh or not rig.lease_held:
        return _follow(request, rig, t_ns)
    request = _dropped(request, rig, times, t_ns, log)
    return _hold_back(request, rig, times, t_ns, log)


def _follow(request: UnitRequest, rig: Rig, t_ns: int) -> UnitRequest:
    # Until the rig is ours the goal is what the PLC is asked for already, so
    # that taking it over changes nothing.
    goal = rig.unit_asked
    if goal is None or (goal is request.goal is request.asked):
        return request
    return replace(
        request, goal=goal, asked=goal, asked_ns=t_ns, held="", clear_since_ns=0, hold_seen_ns=0
    )


def _drop(request: UnitRequest, t_ns: int, log: EventLog, why: str) -> UnitRequest:
    text = f"{why} Capture starts again only when a person asks for it."
    log.add("mode", "unit_goal", "HOLD", text, priority=2, old=request.goal.name, new="HOLD")
    return replace(request, goal=Unit.HOLD, asked=Unit.HOLD, asked_ns=t_ns, held="")


def _dropped(request: UnitRequest, rig: Rig, times: Times, t_ns: int, log: EventLog) -> UnitRequest:
    if request.goal not in CAPTURING:
        return request
    if rig.unit in TRIPPED:
        return _drop(request, t_ns, log, f"The PLC is in {rig.unit.name if rig.unit else ''}.")
    settled = (t_ns - request.asked_ns) * 1e-9 > UNDERSTOOD_S
    refused = rig.unit_asked is not None and rig.unit_asked not in CAPTURING
    if rig.bypass_latched and (settled or request.held):
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
        text = "The unit is asked to HOLD: an input of its control is bad."
        log.add("mode", "unit_request", "HOLD", text, priority=2, old=request.goal.name, new="HOLD")
        return replace(request, asked=Unit.HOLD, asked_ns=t_ns, held="bad input")
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
