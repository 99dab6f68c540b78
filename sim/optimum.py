"""The yardstick: the best steady capture the true plant could hold right now.

A voyage asks it once a minute and most minutes are alike, so it is solved on a grid of gas
flow, CO2 content and heat (8 % steps, filled as needed) and joined linearly in their
logarithms: within about 0.1 points of solving every minute.
"""

import math
from itertools import product
from typing import Final

import numpy as np

from models.best import MIN_HEAT_KW, Limits, best_capture
from models.errors import ConvergenceError
from models.exhaust import STEAM_HEAT_KJ_KG
from models.flowsheet import FlowsheetPlant
from models.numbers import F64
from models.properties import M_CO2, M_INERT
from sensors.plantfile import PlantSpec
from sim.ship import Ship
from sim.truth import Truth

_GRID: Final = math.log(1.08)
_CORNERS: Final = tuple(product((0, 1), repeat=3))

Key = tuple[int, int, int, int]


class Optimum:
    """Answers for one rig; the truth's parameters do not change during a run."""

    def __init__(self, spec: PlantSpec, plant: FlowsheetPlant) -> None:
        self._spec, self._plant = spec, plant
        self._known: dict[Key, float] = {}

    def capture_pct(self, truth: Truth, ship: Ship) -> float:
        """Return the best steady capture of the treated gas, %.

        0 without gas or heat; NaN where the plant has no steady state at all.
        """
        spec = self._spec
        flows = truth.co2_in_kg_s > 1e-3
        gas = float(truth.u[0]) if flows else self._to_treat(ship)
        y = float(truth.d[0]) if flows else ship.gas.y_co2_dry
        steam = min(ship.steam_kg_h, spec.reboiler.max_steam_kg_h)
        heat = steam * STEAM_HEAT_KJ_KG / 3600.0
        if gas < 0.1 or heat < MIN_HEAT_KW:
            return 0.0
        share = self._interpolated((gas, y, heat), truth)
        dry = y * M_CO2 / (y * M_CO2 + (1.0 - y) * M_INERT)
        co2_kg_h = 3600.0 * gas * dry * 0.955  # 4.5 mass-% of saturated gas is water
        return 100.0 * min(share, spec.product.liquefier_max_kg_h / co2_kg_h)

    def _to_treat(self, ship: Ship) -> float:
        """Return what the rig would draw if it captured, kg/s."""
        available = self._spec.gas.available_fraction * ship.exhaust_kg_s
        return min(self._spec.gas.design_flow_kg_h / 3600.0, available)

    def _interpolated(self, at: tuple[float, float, float], truth: Truth) -> float:
        places = [math.log(value) / _GRID for value in at]
        low = [math.floor(place) for place in places]
        weight = [place - k for place, k in zip(places, low, strict=True)]
        total = share = 0.0
        for corner in _CORNERS:
            w = math.prod(f if up else 1.0 - f for f, up in zip(weight, corner, strict=True))
            i, j, k = (n + up for n, up in zip(low, corner, strict=True))
            found = self._corner((i, j, k, round(float(truth.d[3]) / 5.0)), truth.d, truth.p)
            if found == found:  # a corner without a steady state has no say
                total, share = total + w, share + w * found
        return share / total if total > 0.0 else math.nan

    def _corner(self, key: Key, d: F64, p: F64) -> float:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._solve(key, d, p)
        return found

    def _solve(self, key: Key, d: F64, p: F64) -> float:
        spec = self._spec
        gas, y, heat_kW = (math.exp(k * _GRID) for k in key[:3])
        at = np.array([y, 40.0, 102.5, d[3], d[4], d[5]])
        low, high = spec.solvent.min_flow_kg_h / 3600.0, spec.solvent.max_flow_kg_h / 3600.0
        limit, p_kPa = spec.reboiler.max_temperature_degC, spec.stripper.pressure_kPa
        limits = Limits(heat_kW, low, high, limit, p_kPa)
        try:
            return best_capture(self._plant, gas, at, p, limits)[0]
        except ConvergenceError:
            return math.nan
