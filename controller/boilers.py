"""Steam the running engines' exhaust should give the rig: the yardstick for the boilers.

Heat of the exhaust down to the boilers' exit, less the ship's own heat, over the
latent heat of the steam.  A boiler that is fouled, bypassed or drained gives less;
that must not pass as low engine load.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from controller.config import PlantConfig
from controller.points import NAN, EnginePoints, View
from controller.ratio import smoothed
from models.exhaust import boiler_heat_kW

LEAST_STEAM: Final = 0.1  # of the reboiler's most: so little expected says nothing


def steam_expected_kg_h(view: View, plant: PlantConfig) -> float:
    """Return the steam to be expected now, kg/h; NaN where an engine's exhaust is not known."""
    ship, steam = plant.spec.ship, plant.control.steam
    heat_kW = 0.0
    for engine in plant.points.engines:
        runs = view.at(engine.running)
        if runs == 0.0:
            continue
        flow = _flow_kg_h(view, engine, plant) if runs == 1.0 else NAN
        heat_kW += float(
            boiler_heat_kW(flow / 3600.0, view.at(engine.exhaust_t), ship.boiler_exit_degC)
        )
    own = view.of("ship_heat")
    own = own if own == own else ship.ship_heat_kW
    left = heat_kW - own
    return left if left != left else 3600.0 * max(left, 0.0) / steam.latent_kJ_kg


@dataclass(frozen=True, slots=True)
class Boilers:
    """Steam that was to be expected, filtered (kg/h), and the filtered shortfall (%)."""

    expected_kg_h: float = 0.0
    short_pct: float = NAN


def advance(
    before: Boilers, expected_kg_h: float, view: View, plant: PlantConfig, dt_s: float
) -> Boilers:
    """Return the share by which the steam available is below what is expected.

    The drums hold a start back: expected is the lower of now and the mean before.
    NaN where one of the two is not known, or so little is expected that it says nothing.
    """
    steam = plant.control.steam
    late = smoothed(before.expected_kg_h, expected_kg_h, steam.drum_s, dt_s)
    available, due = view.of("steam_available"), min(expected_kg_h, late)
    enough = due > LEAST_STEAM * plant.spec.reboiler.max_steam_kg_h
    if not enough or available != available:
        return Boilers(late)
    known = before.short_pct if before.short_pct == before.short_pct else 0.0
    now = 100.0 * (1.0 - available / due)
    return Boilers(late, smoothed(known, now, steam.short_filter_s, dt_s))


def _flow_kg_h(view: View, engine: EnginePoints, plant: PlantConfig) -> float:
    """Return an engine's exhaust as on its test bed at the load it has."""
    load = view.at(engine.power) / plant.spec.ship.engine_mcr_kW
    if not load > 0.0:
        return load  # NaN, or a running engine without load: no exhaust to speak of
    return float(np.interp(load, plant.engine_load, plant.engine_kg_h))
