"""Which of its causes may hold an alarm back now.

A trip shuts the rig and stops what it does, so it explains what follows from being stopped
for as long as it stands.  It explains a value that is still dangerous only for a moment, and
only when that value is what the rig tripped on: an engine that breathes against a shut rig
is told, whatever was latched before.
"""

from collections.abc import Mapping

from controller.alarmchecks import TRIP_SIGNALS
from controller.alarmspec import Rule
from controller.trips import Trip


def holding(rule: Rule, rules: Mapping[str, Rule], trip: Trip, t_ns: int) -> tuple[str, ...]:
    """Return the causes that hold a rule back while they are active."""
    if not rule.trip_causes or _explains(rule, trip, t_ns):
        return rule.parents
    return tuple(p for p in rule.parents if rules[p].watches not in TRIP_SIGNALS)


def _explains(rule: Rule, trip: Trip, t_ns: int) -> bool:
    """Return whether the rig tripped on this, a moment ago."""
    mine = any(trip.causes >> number - 1 & 1 for number in rule.trip_causes)
    return mine and trip.since_ns != 0 and t_ns - trip.since_ns < rule.trip_ns
