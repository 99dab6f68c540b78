"""The best steady capture a plant can hold with the gas, heat and limits it has."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scipy.optimize import minimize_scalar

from models import plant_names as ix
from models import plant_outputs as yx
from models.errors import ConvergenceError
from models.numbers import F64
from models.steady import P_STRIPPER_KPA, Steady, inputs, steady_held

if TYPE_CHECKING:
    from models.flowsheet import FlowsheetPlant

MIN_HEAT_KW: Final = 60.0
"""Below this the heat only covers losses: nothing is captured for long."""
_T_TOLERANCE_K: Final = 0.02


@dataclass(slots=True)
class Limits:
    """What bounds the search: heat there is, lean flow range, reboiler limit, pressure."""

    q_max_kW: float
    lean_lo_kg_s: float
    lean_hi_kg_s: float
    t_reboiler_max_degC: float = 122.0
    p_stripper_kPa: float = P_STRIPPER_KPA


class Search:
    """Steady states of one plant at one gas, each started from the last that was found."""

    def __init__(
        self, plant: "FlowsheetPlant", gas_kg_s: float, d: F64, p: F64, limits: Limits
    ) -> None:
        self.plant, self.gas, self.d, self.p, self.limits = plant, gas_kg_s, d, p, limits
        self.near: F64 | None = None

    def solve(self, lean_kg_s: float, q_kW: float) -> Steady:
        """Return the steady state at this lean flow and heat; raise ConvergenceError."""
        u, p_kPa = inputs(lean_kg_s, self.gas, q_kW), self.limits.p_stripper_kPa
        try:
            found = steady_held(self.plant, u, self.d, self.p, p_kPa, self.near)
        except ConvergenceError:
            if self.near is None:
                raise
            found = steady_held(self.plant, u, self.d, self.p, p_kPa)
        self.near = found.x
        return found

    def heated(self, lean_kg_s: float) -> tuple[Steady, float]:
        """Return the steady state and its heat, kW: all there is, less at the reboiler limit."""
        q, limit = self.limits.q_max_kW, self.limits.t_reboiler_max_degC
        state = self.solve(lean_kg_s, q)
        above, high = float(state.y[yx.Y_T_REBOILER]) - limit, q
        if above <= 0.0:
            return state, q
        low, within = MIN_HEAT_KW, None
        q = max(low, q * (1.0 - 0.03 * above))
        for _ in range(12):  # secant inside a shrinking bracket: T rises with heat
            state = self.solve(lean_kg_s, q)
            over = float(state.y[yx.Y_T_REBOILER]) - limit
            slope = (above - over) / (high - q)
            if over > 0.0:
                above, high = over, q
            else:
                low, within = q, state
                if over >= -_T_TOLERANCE_K:
                    break
            aim = q - (over + 0.5 * _T_TOLERANCE_K) / slope if slope > 0.0 else low
            q = aim if low < aim < high else 0.5 * (low + high)
        return within or self.solve(lean_kg_s, low), low


def best_capture(
    plant: "FlowsheetPlant", gas_kg_s: float, d: F64, p: F64, limits: Limits
) -> tuple[float, float, float]:
    """Return (capture 0..1, lean kg/s, heat kW) of the best steady point within limits.

    Heat is all there is, less where the reboiler would pass its temperature limit; lean
    flow is where capture is largest, to 1 % of its range (the top is flat).  Without gas or
    heat the answer is (0, lowest lean flow, 0).
    """
    low, high = limits.lean_lo_kg_s, limits.lean_hi_kg_s
    nothing = (0.0, low, 0.0)
    if gas_kg_s <= 0.0 or d[ix.Y_CO2_IN] <= 0.0 or limits.q_max_kW <= MIN_HEAT_KW:
        return nothing
    search = Search(plant, gas_kg_s, d, p, limits)
    found = [nothing]

    def missed(lean: float) -> float:
        try:
            state, q = search.heated(float(lean))
        except ConvergenceError:  # far too much solvent for a trace of heat: never the best
            return 1.0
        found.append((state.capture, float(lean), q))
        return 1.0 - state.capture

    missed(low)
    missed(high)
    minimize_scalar(missed, bounds=(low, high), options={"xatol": 0.01 * (high - low)})
    return max(found)
