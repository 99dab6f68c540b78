"""Put this cycle's values before the alarm rules.

Only rules that stand or trip become conditions: the quiet ones cost nothing.
A link that is down is one alarm; its instruments' faults are not raised.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from controller import alarms
from controller.alarms import Alarms, Condition
from controller.alarmspec import Rule
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
        *_process(state, view, values, plant),
        *_faults(state.alarms, checked, plant),
    ]
    after = alarms.advance(state.alarms, conditions, log.t_ns, log)
    if after is state.alarms and state.alarm_counts == alarms.counts(after):
        return state
    return replace(state, alarms=after, alarm_counts=alarms.counts(after))


def _process(
    state: State, view: View, values: list[float], plant: PlantConfig
) -> Iterator[Condition]:
    standing = state.alarms
    armed = state.authority.authority is Authority.ARMED
    for rule in plant.rules:
        value = view.at(rule.channel) if rule.channel >= 0 else values[rule.signal]
        if rule.id in standing or alarms.trips(rule, value):
            yield Condition(
                _told(rule, value, view, plant), value, _allowed(rule, state.capturing, armed)
            )


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


def _faults(standing: Alarms, checked: Image, plant: PlantConfig) -> Iterator[Condition]:
    reason = checked.reason[plant.fault_channels]
    silent = (reason & _SILENT) != 0
    faulty = ((reason & _FAULT) != 0) & ~silent
    if faulty.any():
        for channel in plant.fault_channels[faulty].tolist():
            yield Condition(plant.faults[channel], 1.0)
    if standing:
        gone = plant.fault_channels[~faulty & ~silent].tolist()
        for channel in gone:
            if plant.faults[channel].id in standing:
                yield Condition(plant.faults[channel], 0.0)
