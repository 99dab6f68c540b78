"""Alarms whose words depend on the moment they are raised: which trip, which point.

One function each, found by the alarm's id, else by the role or the calculated
channel it watches.  It gets the rule as alarms.toml has it and returns it with
other words (`replace(rule, text=..., cause=..., action=...)`), nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.alarmspec import Rule
from controller.bypass import contradiction, says_of, shortfall
from controller.config import PlantConfig
from controller.points import View
from controller.types import State


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known when an alarm is raised; `values` are the calculated channels."""

    state: State
    view: View
    values: list[float]
    plant: PlantConfig

    def calc(self, name: str) -> float:
        """Return a calculated channel of this cycle."""
        return self.values[self.plant.calc[name]]


def _tripped(rule: Rule, moment: Moment) -> Rule:
    """Name the first cause that the PLC latched."""
    number = moment.view.of("first_out")
    if number != number:
        return rule
    cause = moment.plant.first_out.get(int(number), f"first-out number {number:.0f}")
    return replace(rule, text=f"{rule.text}: {cause}", cause=f"First-out: {cause}.")


def _contradicted(rule: Rule, moment: Moment) -> Rule:
    """Say what the PLC says and which witness says otherwise."""
    proof = moment.plant.bypass_proof
    return replace(rule, text=f"{rule.text}: {contradiction(says_of(moment.view, proof), proof)}")


def _not_proven(rule: Rule, moment: Moment) -> Rule:
    """Say what keeps the bypass from being proven."""
    proof = moment.plant.bypass_proof
    return replace(rule, text=f"{rule.text}: {shortfall(says_of(moment.view, proof), proof)}")


TOLD: Final[Mapping[str, Callable[[Rule, Moment], Rule]]] = {
    "trip_word": _tripped,
    "bypass_state": _contradicted,
    "bypass_overdue": _not_proven,
}


def told(rule: Rule, moment: Moment) -> Rule:
    """Return the rule in the words of this moment."""
    words = TOLD.get(rule.id) or TOLD.get(rule.watches)
    return rule if words is None else words(rule, moment)
