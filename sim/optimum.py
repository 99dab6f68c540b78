"""The yardstick: the best steady capture the true plant could hold right now.

Memoised on rounded inputs, because a voyage asks it once a minute and most minutes are
alike: gas flow and CO2 content to 2 %, heat to 2 %.
"""

import math
from typing import Final

import numpy as np

from models.best import best_capture
from models.errors import ConvergenceError
from models.exhaust import STEAM_HEAT_KJ_KG
from models.numbers import F64
from sensors.plantfile import PlantSpec
from sim.ship import Ship
from sim.truth import Truth

_GRID: Final = math.log(1.02)


def _rounded(value: float) -> int:
    """Return the number of the 2 % step a positive value lies on."""
    return round(math.log(max(value, 1e-9)) / _GRID)


class Optimum:
    """Answers for one rig; the truth's parameters do not change during a run."""

    def __init__(self, spec: PlantSpec) -> None:
        self._spec = spec
        self._known: dict[tuple[int, int, int], float] = {}

    def capture_pct(self, truth: Truth, ship: Ship) -> float:
        """Return the best steady capture of the treated gas, %, 0 without gas or heat."""
        spec, gas = self._spec, spec_gas_kg_s(self._spec, truth, ship)
        y = float(truth.d[0]) if truth.co2_in_kg_s > 1e-3 else ship.gas.y_co2_dry
        steam = min(ship.steam_kg_h, spec.reboiler.max_steam_kg_h)
        heat = steam * STEAM_HEAT_KJ_KG / 3600.0
        if gas < 0.1 or heat < 60.0:
            return 0.0
        key = _rounded(gas), _rounded(y), _rounded(heat)
        found = self._known.get(key)
        if found is None:
            gas_r, y_r, heat_r = (math.exp(k * _GRID) for k in key)
            found = self._known[key] = self._solve(gas_r, y_r, heat_r, truth.d, truth.p)
        return found

    def _solve(self, gas: float, y: float, heat_kW: float, d: F64, p: F64) -> float:
        spec = self._spec
        at = np.array([y, 40.0, 102.5, d[3], d[4], d[5]])
        low, high = spec.solvent.min_flow_kg_h / 3600.0, spec.solvent.max_flow_kg_h / 3600.0
        limit = spec.reboiler.max_temperature_degC
        try:
            share, _, _ = best_capture(
                gas, at, p, heat_kW, low, high, limit, spec.stripper.pressure_kPa
            )
        except ConvergenceError:
            return float("nan")
        co2 = gas * 1.5 * y  # kg/s, near enough for the liquefier's limit
        return 100.0 * min(share, spec.product.liquefier_max_kg_h / 3600.0 / co2)


def spec_gas_kg_s(spec: PlantSpec, truth: Truth, ship: Ship) -> float:
    """Return the gas to treat, kg/s: what flows now, else what the rig would draw."""
    if truth.co2_in_kg_s > 1e-3:
        return float(truth.u[0])
    available = spec.gas.available_fraction * ship.exhaust_kg_s
    return min(spec.gas.design_flow_kg_h / 3600.0, available)
