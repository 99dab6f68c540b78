"""Put this cycle's values before the alarm rules.

Only rules that stand or trip become conditions: the quiet ones cost nothing.
One cause is one alarm: a link that is down speaks for its instruments, many
instruments of a link at fault at once are one fault, and what merely follows
from an alarm that stands (`follows` in alarms.toml) is not raised beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller import alarms
from controller.alarms import Alarms, Condition
from controller.alarmspec import LinkFaults, Rule
from controller.authority import Authority
from controller.config import PlantConfig
from controller.eventlog import EventLog
from controller.points import View
from controller.types import State
from sensors.image import Image
from sensors.quality import BAD_MASK, Reason

# The link's own alarm speaks for these, not the instrument's.
_LINK_REASONS: Final = int(Reason.LINK | Reason.HEARTBEAT | Reason.FIRST_READ | Reason.UNSET)
_FAULT: Final = np.uint32(BAD_MASK & ~_LINK_REASONS)
_SILENT: Final = np.uint32(_LINK_REASONS)
# What follows from a cause outlives it: the lease is asked for again every few
# seconds, the unit comes back from HOLD, filters settle.
SETTLE_NS: Final = 30_000_000_000


def alarmed(
    state: State,
    view: View,
    values: list[float],
    checked: Image,
    plant: PlantConfig,
    log: EventLog,
) -> State:
    """Return the state with alarms raised, cleared and counted."""
    conditions = [
        *_process(state, view, values, plant, log.t_ns),
        *_faults(state, checked, plant, log.t_ns),
    ]
    after = alarms.advance(state.alarms, conditions, log.t_ns, log)
    parents = _parents(state.parents_ns, after, plant, log.t_ns)
    counts = alarms.counts(after)
    if after is state.alarms and parents is state.parents_ns and state.alarm_counts == counts:
        return state
    return replace(state, alarms=after, alarm_counts=counts, parents_ns=parents)


def _parents(
    before: Mapping[str, int], standing: Alarms, plant: PlantConfig, t_ns: int
) -> Mapping[str, int]:
    """Return when each alarm that others follow from last stood."""
    if not standing:
        return before
    now = {p: t_ns for p in plant.alarm_parents if alarms.stands(standing, p)}
    return {**before, **now} if now else before


def _follows(rule: Rule, state: State, t_ns: int) -> bool:
    """Return whether a cause of this rule stands, or stood a moment ago."""
    seen = state.parents_ns
    return any(p in seen and t_ns - seen[p] < SETTLE_NS for p in rule.parents)


def _process(
    state: State, view: View, values: list[float], plant: PlantConfig, t_ns: int
) -> Iterator[Condition]:
    standing = state.alarms
    armed = state.authority.authority is Authority.ARMED
    for rule in plant.rules:
        value = view.at(rule.channel) if rule.channel >= 0 else values[rule.signal]
        known = standing.get(rule.id)
        if known is None and not alarms.trips(rule, value):
            continue
        allowed = _allowed(rule, state.capturing, armed)
        if rule.parents and _follows(rule, state, t_ns) and alarms.trips(rule, value):
            if known is not None and known.active:
                continue  # it stood before its cause: it keeps standing
            allowed = False
        yield Condition(_told(rule, value, view, plant), value, allowed)


def _told(rule: Rule, value: float, view: View, plant: PlantConfig) -> Rule:
    """Return the rule; the PLC trip's text with the latched first-out in it."""
    number = view.of("first_out")
    if rule.channel != plant.trip_channel or value != value or number != number:
        return rule
    cause = plant.first_out.get(int(number), f"first-out number {number:.0f}")
    return replace(rule, text=f"{rule.text}: {cause}", cause=f"First-out: {cause}.")


def _allowed(rule: Rule, capturing: bool, armed: bool) -> bool:
    if rule.when == "always":
        return True
    return capturing if rule.when == "capturing" else armed


def _faults(state: State, checked: Image, plant: PlantConfig, t_ns: int) -> Iterator[Condition]:
    standing = state.alarms
    reason = checked.reason[plant.fault_channels]
    silent = (reason & _SILENT) != 0
    faulty = ((reason & _FAULT) != 0) & ~silent
    gone = ~faulty & ~silent
    if faulty.any() or standing:
        for group in plant.link_faults:
            follows = _follows(group.rule, state, t_ns)
            yield from _together(group, standing, faulty, gone, follows)
    if faulty.any():
        for channel in plant.fault_channels[faulty].tolist():
            yield Condition(plant.faults[channel], 1.0)
    if standing:
        for channel in plant.fault_channels[gone].tolist():
            if plant.faults[channel].id in standing:
                yield Condition(plant.faults[channel], 0.0)


def _together(
    group: LinkFaults,
    standing: Alarms,
    faulty: NDArray[np.bool_],
    gone: NDArray[np.bool_],
    follows: bool,
) -> Iterator[Condition]:
    """Tell the common fault of a link; its instruments' own are then left out, in place.

    So are both when the link itself is lost, or was a moment ago (`follows`).
    """
    places = list(group.places)
    many = int(np.count_nonzero(faulty[places])) >= group.many
    known = standing.get(group.rule.id)
    if many:
        raised = known is not None and known.active  # before its cause: it keeps standing
        yield Condition(group.rule, 1.0, allowed=raised or not follows)
    elif group.rule.id in standing and gone[places].any():
        yield Condition(group.rule, 0.0)
    if many or follows or alarms.stands(standing, group.rule.id):
        faulty[places] = False
