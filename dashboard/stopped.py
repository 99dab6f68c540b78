"""What the first card says of a trip or an ESD: which, since when, and how to get out of it."""

from collections.abc import Mapping
from typing import Final

from dashboard.rigstate import Trip
from dashboard.values import Values

_TITLES: Final = {"TRIP": "Tripped", "ESD": "Emergency shut-down"}


def stopped(values: Values, trip: Trip, since: str) -> Mapping[str, object]:
    """Return the texts that take the place of what limits capture; none while nothing tripped.

    `since` is the clock time of the trip, "" when nobody saw it come.
    """
    if not trip.state:
        return {"card_class": ""}
    what = trip.first_out or "The PLC does not tell the cause"
    if trip.beneath and trip.state == "ESD":
        what = f"On a latched trip: {what}"
    stands, way = _way_out(trip)
    return {
        "card_class": "stopped",
        "constraint": _TITLES.get(trip.state, trip.state),
        "constraint_class": "stopped",
        "line1": f"{what}.",
        "line2": f"Since {since}; {stands}." if since else f"{stands[0].upper()}{stands[1:]}.",
        "line3": way if values["authority"].on else "Arm and Reset (READY), or reset at the panel.",
    }


def _way_out(trip: Trip) -> tuple[str, str]:
    if trip.standing is None:
        return "whether the cause stands is unknown", "Reset (READY), then Ask CAPTURE."
    if trip.standing:
        return "the cause still stands", "Remove the cause, Reset (READY), Ask CAPTURE."
    return "the cause is gone", "Reset (READY), then Ask CAPTURE."
