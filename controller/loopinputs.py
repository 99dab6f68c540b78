"""What each loop needs: may it act, may capture go on, and which point is missing.

A loop acts on good inputs only; else its output is frozen.  Far fewer points are
vital: without them what the rig does is not known, and the unit is asked to HOLD.
The capture loop is never vital (the ratio goes on without it), nor is the steam
the boilers give: what is known of heat still binds downwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.config import PlantConfig
from controller.facts import Facts

NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class Need:
    """Whether a loop may act; the channel of the vital point it misses, else NOWHERE."""

    good: bool
    missing: int = NOWHERE


def needs(facts: Facts, plant: PlantConfig, gas_lost: bool) -> tuple[Need, ...]:
    """Return what each loop has; `gas_lost`: the gas side is gone for longer than a calibration."""
    view, points = facts.view, plant.points
    available, exhaust = view.of("steam_available"), facts.inlet.available_kg_h
    lean_t = (view.of("lean_temperature"), view.at(points.lean_t.active))
    pressure = (view.of("stripper_pressure"), view.at(points.pressure.active))
    lean = _first(facts, points.role["lean_flow"], points.lean.active)
    gas = facts.inlet.co2_kg_h
    if gas != gas and not _no_exhaust(facts):
        lean = _gas(facts, plant)
    steam = _steam(facts, plant)
    treated = _first(facts, points.role["treated_flow"])
    return (
        Need(bool(facts.capture.counted) or _calibrating(facts, gas_lost)),
        Need(lean == NOWHERE and gas == gas, lean),
        Need(steam == NOWHERE and available == available, steam),
        Need(treated == NOWHERE and exhaust == exhaust, treated),
        Need(all(v == v for v in lean_t)),
        Need(all(v == v for v in pressure)),
    )


def _calibrating(facts: Facts, gas_lost: bool) -> bool:
    """Return whether the analysers are only away for a calibration: the trim waits, frozen."""
    view = facts.view
    away = view.quality_of("co2_in") > 0 and view.quality_of("co2_out") > 0
    return away and not gas_lost and not facts.capture.odd


def _no_exhaust(facts: Facts) -> bool:
    """Return whether no engine runs: then there is no CO2 to be measured."""
    return facts.inlet.known and not facts.inlet.running


def _gas(facts: Facts, plant: PlantConfig) -> int:
    """Return the point without which the CO2 that comes in is not known."""
    role = plant.points.role
    treated = _first(facts, role["treated_flow"])
    if treated != NOWHERE:
        return treated
    return role["co2_in"] if facts.inlet.quench_known else role["quench_temperature"]


def _steam(facts: Facts, plant: PlantConfig) -> int:
    """Return the point without which the reboiler cannot be watched: both temperatures."""
    points = plant.points
    known = [c for c in points.reboiler if _first(facts, c) == NOWHERE]
    return _first(facts, points.steam.active) if known else points.reboiler[0]


def _first(facts: Facts, *channels: int) -> int:
    """Return the first channel without a GOOD value, NOWHERE if all have one."""
    return next((c for c in channels if facts.view.at(c) != facts.view.at(c)), NOWHERE)


def missing_point(facts: Facts, plant: PlantConfig) -> int:
    """Return the number (from 1) of the first named point that control misses now, else 0.

    Of the engines only those count that may be running and whose exhaust is not known; of
    two reboiler temperatures one is enough.
    """
    index, view = plant.table.index, facts.view
    lost = [n for n in plant.named_points if view.at(index[n]) != view.at(index[n])]
    if not lost:
        return 0
    needless = {plant.table.tags[c].name for c in _needless(facts, plant)}
    missed = next((name for name in lost if name not in needless), None)
    return 0 if missed is None else plant.named_points.index(missed) + 1


def _needless(facts: Facts, plant: PlantConfig) -> Iterator[int]:
    view, points = facts.view, plant.points
    if any(view.at(c) == view.at(c) for c in points.reboiler):
        yield from points.reboiler
    for engine in points.engines:
        fuel, runs = view.at(engine.fuel_flow), view.at(engine.running)
        if runs == 0.0 or fuel == fuel:
            yield engine.power
