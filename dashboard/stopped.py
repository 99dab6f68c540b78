"""What the first card says of a trip or an ESD: which, since when, and how to get out of it."""

from collections.abc import Mapping
from typing import Final

from dashboard.rigstate import Trip
from dashboard.values import Values

_TITLES: Final = {"TRIP": "Tripped", "ESD": "Emergency shut-down"}
_RESET: Final = "Reset (READY), then Ask CAPTURE."


def stopped(values: Values, trip: Trip, since: str) -> Mapping[str, object]:
    """Return the texts that take the place of what limits capture; none while nothing tripped.

    `since` is the clock time of the trip, "" when nobody saw it come.
    """
    if not trip.state:
        return {}
    what = trip.first_out or "The PLC does not tell the cause"
    if trip.beneath and trip.state == "ESD":
        what = f"On a latched trip: {what}"
    stands, way = _way_out(trip)
    return {
        "constraint": _TITLES.get(trip.state, trip.state),
        "constraint_class": "stopped",
        "line1": f"{what}, since {since}." if since else f"{what}.",
        "line2": stands,
        "line3": way if values["authority"].on else f"{way} Arm first, or reset at the panel.",
    }


def _way_out(trip: Trip) -> tuple[str, str]:
    if trip.standing is None:
        return "Whether the cause still stands is not known.", _RESET
    if trip.standing:
        return "The cause still stands: remove it.", f"Then {_RESET}"
    return "The cause is gone; the PLC keeps the latch.", _RESET
