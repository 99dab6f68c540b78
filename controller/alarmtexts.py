"""Alarms whose words depend on the moment they are raised: which trip, which point.

One function each, found by the alarm's id, else by the role or the calculated
channel it watches.  It gets the rule as alarms.toml has it and returns it with
other words (`replace(rule, text=..., cause=..., action=...)`), nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller import acceptance, masters, trips
from controller.alarmspec import Rule
from controller.bypass import contradiction, says_of, shortfall
from controller.channels import WAYS
from controller.config import PlantConfig
from controller.following import ANSWERS
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
    """Name the first-out of the latched trip, and what joined it since."""
    trip, words = moment.state.trip, moment.plant.first_out
    if not trip.latched:
        return rule
    first = trips.first(trip, words)
    since = trips.listed(trips.others(trip, words))
    text = f"{rule.text}: {first}" + (f"; then {since}" if since else "")
    cause = f"First-out: {first}." + (f" Since then: {since}." if since else "")
    return replace(rule, text=text, cause=cause)


def _shut_down(rule: Rule, moment: Moment) -> Rule:
    """Name the trip on which the ESD was pressed, or what joined the ESD since."""
    trip, words = moment.state.trip, moment.plant.first_out
    if trip.beneath:
        first = trips.first(trip, words)
        return replace(rule, text=f"{rule.text}, on a latched trip: {first}")
    since = trips.listed(trips.others(trip, words))
    if not since:
        return rule
    return replace(rule, text=f"{rule.text}; then {since}", cause=f"{rule.cause} Then: {since}.")


def _back_pressure(rule: Rule, moment: Moment) -> Rule:
    """Say that the rig is shut: then it is not the rig that holds the exhaust back."""
    trip = moment.state.trip
    if not trip.latched:
        return rule
    stopped = "shut down" if trip.kind is trips.Kind.ESD else "tripped"
    return replace(
        rule,
        text=f"{rule.text}, with the rig {stopped}",
        cause="The rig draws no gas: funnel, silencer or boiler is blocked, or a damper is wrong.",
        action="Take load off the engine and tell the bridge; look at the dampers and the funnel.",
    )


def _contradicted(rule: Rule, moment: Moment) -> Rule:
    """Say what the PLC says and which witness says otherwise."""
    proof = moment.plant.bypass_proof
    return replace(rule, text=f"{rule.text}: {contradiction(says_of(moment.view, proof), proof)}")


def _not_proven(rule: Rule, moment: Moment) -> Rule:
    """Say what keeps the bypass from being proven."""
    proof = moment.plant.bypass_proof
    return replace(rule, text=f"{rule.text}: {shortfall(says_of(moment.view, proof), proof)}")


def _other_master(rule: Rule, moment: Moment) -> Rule:
    """Say by which number the other one goes."""
    return replace(rule, text=f"{rule.text}: {masters.words(moment.state.masters)}")


def _refused(rule: Rule, moment: Moment) -> Rule:
    """Say which set-points, and the PLC's reason."""
    plant, said = moment.plant, moment.state.acceptance
    if acceptance.late(said, moment.state.steady_ns):
        what = f"none of the last {said.behind} writes is acknowledged"
    else:
        names = [n.replace("_", " ") for i, n in enumerate(ANSWERS) if said.refused >> i & 1]
        what = ", ".join(names) or "it does not say which"
    why = plant.reject_reasons.get(said.reason, f"reason {said.reason}")
    return replace(rule, text=f"{rule.text}: {what}" + (f" ({why})" if said.reason else ""))


def _nobody_steers(rule: Rule, moment: Moment) -> Rule:
    """Say since when."""
    return replace(rule, text=f"{rule.text} since {moment.state.authority.unsteered}")


def _unheard(rule: Rule, moment: Moment) -> Rule:
    """Say when and by whom the bypass was asked for that nobody heard."""
    return replace(rule, text=f"{rule.text}: {moment.state.unheard.text}")


def _held(rule: Rule, moment: Moment) -> Rule:
    """Name the point for whose sake HOLD is asked, and that capture returns by itself."""
    plant, unit = moment.plant, moment.plant.control.unit
    place = plant.table.index.get(moment.state.unit.held)
    if place is None:
        return rule
    tag = plant.table.tags[place]
    back = "then a person must ask for capture"
    if unit.auto_reentry:
        back = f"it returns by itself {unit.bad_input_return_s:.0f} s after it is"
    return replace(rule, text=f"Unit held: {tag.name} {tag.text} is not GOOD; {back}")


def _quarrel(rule: Rule, moment: Moment) -> Rule:
    """Name the way of measuring that two others contradict."""
    odd = int(moment.calc("witness_odd"))
    if not odd:
        return replace(rule, text=f"{rule.text}; which one is wrong is not known")
    return replace(rule, text=f"{rule.text}: the {WAYS[odd]} is the odd one and is left out")


def _short(rule: Rule, moment: Moment) -> Rule:
    """Say how much steam there is of how much."""
    there, due = moment.view.of("steam_available"), moment.calc("steam_expected_kg_h")
    return replace(rule, text=f"{rule.text}: {there:.0f} of {due:.0f} kg/h")


TOLD: Final[Mapping[str, Callable[[Rule, Moment], Rule]]] = {
    "trip_word": _tripped,
    "trip_latched": _tripped,
    "trip_state": _shut_down,
    "engine_back_pressure": _back_pressure,
    "bypass_state": _contradicted,
    "bypass_overdue": _not_proven,
    "setpoints_refused": _refused,
    "bypass_unheard": _unheard,
    "other_master": _other_master,
    "nobody_steers": _nobody_steers,
    "hold_cause": _held,
    "witness_state": _quarrel,
    "steam_short": _short,
}


def told(rule: Rule, moment: Moment) -> Rule:
    """Return the rule in the words of this moment."""
    words = TOLD.get(rule.id) or TOLD.get(rule.watches)
    return rule if words is None else words(rule, moment)


def joined(rule: Rule, moment: Moment) -> bool:
    """Return whether a further cause came to the trip that this alarm tells."""
    trip = moment.state.trip
    tells = "trip_state" if trip.kind is trips.Kind.ESD else "trip_latched"
    return trip.joined and rule.watches == tells
