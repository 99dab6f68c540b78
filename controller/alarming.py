"""Put this cycle's values before the alarm rules.

Only rules that stand or trip become conditions: the quiet ones cost nothing.
One cause is one alarm: a link that is down speaks for its instruments, many
instruments of a link at fault at once are one fault, and what merely follows
from an active alarm (`follows` in alarms.toml) is not raised beside it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller import alarms
from controller.alarmcauses import holding
from controller.alarms import Alarms, Condition
from controller.alarmsample import Sample, sample
from controller.alarmspec import Rule
from controller.alarmtexts import Moment, joined, told
from controller.authority import Authority
from controller.config import PlantConfig
from controller.eventlog import EventLog
from controller.faultrules import LinkFaults
from controller.points import GOOD, View
from controller.types import State
from sensors.image import Image
from sensors.quality import BAD_MASK, Reason

# The link's own alarm speaks for these, not the instrument's.
_LINK_REASONS: Final = int(Reason.LINK | Reason.HEARTBEAT | Reason.FIRST_READ | Reason.UNSET)
_FAULT: Final = np.uint32(BAD_MASK & ~_LINK_REASONS)
_SILENT: Final = np.uint32(_LINK_REASONS)
_UNKNOWN: Final = float("nan")

Mask = NDArray[np.bool_]


def alarmed(
    state: State,
    view: View,
    values: list[float],
    checked: Image,
    plant: PlantConfig,
    log: EventLog,
) -> State:
    """Return the state with alarms raised, cleared and counted."""
    reason = checked.reason[plant.fault_channels]
    silent = (reason & _SILENT) != 0
    faulty = ((reason & _FAULT) != 0) & ~silent
    moment = Moment(state, view, values, plant)
    conditions = [
        *_process(moment, checked, _garbled(faulty, plant), log.t_ns),
        *_links(state.alarms, faulty, silent, plant, log.t_ns),
        *_instruments(state.alarms, faulty, silent, plant),
    ]
    conditions.sort(key=lambda one: plant.alarm_order[one.rule.id])  # causes first
    after = alarms.advance(state.alarms, conditions, log.t_ns, log)
    counts = alarms.counts(after)
    if after is state.alarms and state.alarm_counts == counts:
        return state
    return replace(state, alarms=after, alarm_counts=counts)


def _process(
    moment: Moment, checked: Image, garbled: frozenset[str], t_ns: int
) -> Iterator[Condition]:
    state, plant = moment.state, moment.plant
    armed = state.authority.authority is Authority.ARMED
    tags = plant.table.tags
    for rule in plant.rules:
        if rule.id not in state.alarms and _quiet(rule, moment):
            continue
        if rule.channel >= 0:
            seen = sample(rule, checked, tags[rule.channel].source.link in garbled)
        else:
            seen = Sample(moment.values[rule.signal])
        beyond = alarms.trips(rule, seen.value)
        if rule.id not in state.alarms and not beyond:
            continue
        allowed = _allowed(rule, state.capturing, armed)
        words = told(rule, moment) if beyond else rule
        causes = holding(rule, plant.rule_by_id, state.trip, t_ns)
        again = beyond and joined(rule, moment)
        yield Condition(words, seen.value, allowed, seen.doubt, causes, again)


def _quiet(rule: Rule, moment: Moment) -> bool:
    """Return whether a value is known and inside its limit: most are, and cost no more."""
    if rule.channel < 0:
        value = moment.values[rule.signal]
    elif moment.view.quality[rule.channel] == GOOD:
        value = moment.view.value[rule.channel]
    else:
        return False
    return value <= rule.limit if rule.high else value >= rule.limit  # False for NaN


def _allowed(rule: Rule, capturing: bool, armed: bool) -> bool:
    if rule.when == "always":
        return True
    return capturing if rule.when == "capturing" else armed


def _many(group: LinkFaults, mask: Mask) -> bool:
    return int(np.count_nonzero(mask[list(group.places)])) >= group.many


def _garbled(faulty: Mask, plant: PlantConfig) -> frozenset[str]:
    """Return the links of which so much is at fault that none of it is a measurement."""
    if not faulty.any():
        return frozenset()
    return frozenset(group.link for group in plant.link_faults if _many(group, faulty))


def _links(
    standing: Alarms, faulty: Mask, silent: Mask, plant: PlantConfig, t_ns: int
) -> Iterator[Condition]:
    """Tell the common fault of each link; while points are silent nobody knows it is over.

    It is due with the first of its instruments: that one may have failed a moment earlier.
    """
    if not standing and not faulty.any():
        return
    for group in plant.link_faults:
        if _many(group, faulty):
            due = _one_is_due(group, standing, faulty, plant, t_ns)
            yield Condition(replace(group.rule, on_ns=0) if due else group.rule, 1.0)
        elif group.rule.id in standing:
            yield Condition(group.rule, _UNKNOWN if _many(group, faulty | silent) else 0.0)


def _one_is_due(
    group: LinkFaults, standing: Alarms, faulty: Mask, plant: PlantConfig, t_ns: int
) -> bool:
    """Return whether the delay of one of the faulty instruments of a link is over."""
    for place in group.places:
        if faulty[place]:
            rule = plant.faults[int(plant.fault_channels[place])]
            one = standing.get(rule.id)
            if one and not one.active and one.pending_ns and t_ns - one.pending_ns >= rule.on_ns:
                return True
    return False


def _instruments(
    standing: Alarms, faulty: Mask, silent: Mask, plant: PlantConfig
) -> Iterator[Condition]:
    """Tell the fault of each instrument; a silent one is neither at fault nor well."""
    for channel in plant.fault_channels[faulty].tolist():
        yield Condition(plant.faults[channel], 1.0)
    if standing:
        well = ~faulty
        for channel, unknown in zip(
            plant.fault_channels[well].tolist(), silent[well].tolist(), strict=True
        ):
            if plant.faults[channel].id in standing:
                yield Condition(plant.faults[channel], _UNKNOWN if unknown else 0.0)
