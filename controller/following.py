"""Whether our set-points are in force, and whether the rig answers them.

Judged only while they move by our hand.  What cannot be read is not judged:
the verdict of before stands, for lost data is no proof that all is well.
"""

from typing import Final

from controller import actuation, response
from controller.config import PlantConfig
from controller.points import NAN, View
from controller.types import State

ANSWERS: Final = (
    "lean_flow",
    "steam_flow",
    "treated_flow",
    "lean_temperature",
    "stripper_pressure",
)


def unreadable(view: View) -> bool:
    """Return whether the PLC does not say who holds the rig."""
    owner = view.of("lease_owner")
    return owner != owner


def in_force(state: State, view: View, plant: PlantConfig) -> tuple[float, ...]:
    """Return what the PLC last said of each set-point in force, NaN where it never did."""
    now = (NAN if p is None else view.at(p.active) for p in plant.points.setpoints())
    before = state.actuation.in_force
    return tuple(v if v == v else b for v, b in zip(now, before, strict=True))


def astray(state: State, view: View, plant: PlantConfig, t_ns: int) -> tuple[int, ...]:
    """Return since when each set-point in force differs from the one sent, 0: it does not."""
    tolerance = plant.control.actuation.follow_tolerance
    after = []
    for point, sent, since, before in zip(
        plant.points.setpoints(),
        state.actuation.setpoints(),
        state.actuation.astray_ns,
        state.actuation.in_force,
        strict=True,
    ):
        if point is None:
            after.append(0)
            continue
        active = view.at(point.active)
        unknown = active != active
        after.append(
            since
            if unknown
            else actuation.astray(since, point, sent, active, tolerance, t_ns, before)
        )
    return tuple(after)


def answered(state: State, view: View, plant: PlantConfig, t_ns: int) -> tuple[response.Watch, ...]:
    """Return for each set-point in force whether the process value follows it."""
    after = []
    for watch, point, role, patience in zip(
        state.response, plant.points.setpoints(), ANSWERS, plant.patience, strict=True
    ):
        if point is None:
            after.append(response.AT_REST)
            continue
        span = point.high - point.low
        wanted, seen = view.at(point.active) / span, view.of(role) / span
        unknown = wanted - seen != wanted - seen
        after.append(watch if unknown else response.advance(watch, wanted, seen, patience, t_ns))
    return tuple(after)


def count_astray(state: State, view: View, plant: PlantConfig) -> float:
    """Return how many set-points in force are seen to differ; NaN when none is, but some unseen."""
    pairs = [
        (since, view.at(point.active))
        for point, since in zip(plant.points.setpoints(), state.actuation.astray_ns, strict=True)
        if point is not None and since
    ]
    seen = sum(active == active for _, active in pairs)
    return float(seen) if seen or not pairs else NAN
