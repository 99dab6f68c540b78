"""The best steady capture a plant can hold with the gas, heat and limits it has.

With all the heat there is, less solvent means a hotter reboiler.  Below the flow at which
it reaches its limit heat must be cut and capture falls with the flow; so the best point
lies at that flow or above it, with all the heat.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from models import plant_names as ix
from models import plant_outputs as yx
from models.errors import ConvergenceError
from models.numbers import F64
from models.steady import P_STRIPPER_KPA, inputs, steady_held

if TYPE_CHECKING:
    from models.flowsheet import FlowsheetPlant

MIN_HEAT_KW: Final = 60.0
"""Below this the heat only covers losses: nothing is captured for long."""
_MARGIN_K: Final = 0.03  # below the reboiler limit: the roots are found to about this
_FLOW_SHARE: Final = 0.01  # of the lean flow range: the top is flat
_GRID: Final = 5
_HEAT_TOLERANCE_KW: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the search: heat there is, lean flow range, reboiler limit, pressure."""

    q_max_kW: float
    lean_lo_kg_s: float
    lean_hi_kg_s: float
    t_reboiler_max_degC: float = 122.0
    p_stripper_kPa: float = P_STRIPPER_KPA


class Search:
    """Steady states of one plant at one gas, each found once, started from the last found."""

    def __init__(
        self, plant: "FlowsheetPlant", gas_kg_s: float, d: F64, p: F64, limits: Limits
    ) -> None:
        self._plant, self._gas, self._d, self._p, self._limits = plant, gas_kg_s, d, p, limits
        self._near: F64 | None = None
        self._known: dict[tuple[float, float], tuple[float, float]] = {}
        self.best = (0.0, limits.lean_lo_kg_s, 0.0)
        """Capture (0..1), lean kg/s and heat kW of the best point seen within the limit."""

    def over_K(self, lean_kg_s: float, q_kW: float) -> float:
        """Return by how much the reboiler passes its limit, with a margin."""
        return self._at(lean_kg_s, q_kW)[0] + _MARGIN_K

    def missed(self, lean_kg_s: float) -> float:
        """Return the share not captured at full heat: what is to be least."""
        return 1.0 - self._at(float(lean_kg_s), self._limits.q_max_kW)[1]

    def _at(self, lean_kg_s: float, q_kW: float) -> tuple[float, float]:
        """Return K over the reboiler limit, and the capture, 0 where that is passed.

        Without a steady state (far too much solvent for a trace of heat) it is cold.
        """
        key = (lean_kg_s, q_kW)
        if key not in self._known:
            over, capture = self._solve(lean_kg_s, q_kW)
            self._known[key] = over, capture if over <= 0.0 else 0.0
            self.best = max(self.best, (self._known[key][1], lean_kg_s, q_kW))
        return self._known[key]

    def _solve(self, lean_kg_s: float, q_kW: float) -> tuple[float, float]:
        u, limits = inputs(lean_kg_s, self._gas, q_kW), self._limits
        try:
            found = steady_held(self._plant, u, self._d, self._p, limits.p_stripper_kPa, self._near)
        except ConvergenceError:
            self._near = None
            return -limits.t_reboiler_max_degC, 0.0
        self._near = found.x
        return float(found.y[yx.Y_T_REBOILER]) - limits.t_reboiler_max_degC, found.capture

    def run(self) -> None:
        """Find the best point."""
        limits = self._limits
        low, high, heat = limits.lean_lo_kg_s, limits.lean_hi_kg_s, limits.q_max_kW
        step = _FLOW_SHARE * (high - low)
        if self.over_K(low, heat) > 0.0:
            if self.over_K(high, heat) > 0.0:  # too much heat for any flow
                brentq(lambda q: self.over_K(high, q), MIN_HEAT_KW, heat, xtol=_HEAT_TOLERANCE_KW)
                return
            low = float(brentq(lambda f: self.over_K(f, heat), low, high, xtol=0.2 * step))
            low = min(low + 0.2 * step, high)
        flows = np.linspace(low, high, _GRID).tolist()
        missed = [self.missed(flow) for flow in flows]  # not always one hump: look everywhere
        best = missed.index(min(missed))
        if best == 0 and self.missed(min(low + step, high)) >= missed[0]:
            return
        bounds = flows[max(best - 1, 0)], flows[min(best + 1, _GRID - 1)]
        minimize_scalar(self.missed, bounds=bounds, options={"xatol": step})


def best_capture(
    plant: "FlowsheetPlant", gas_kg_s: float, d: F64, p: F64, limits: Limits
) -> tuple[float, float, float]:
    """Return (capture 0..1, lean kg/s, heat kW) of the best steady point within limits.

    Lean flow is found to 1 % of its range (the top is flat).  Without gas or heat the
    answer is (0, lowest lean flow, 0).
    """
    search = Search(plant, gas_kg_s, d, p, limits)
    if gas_kg_s > 0.0 and d[ix.Y_CO2_IN] > 0.0 and limits.q_max_kW > MIN_HEAT_KW:
        search.run()
    return search.best
