"""The best steady capture a plant can hold with the gas, heat and limits it has."""

from collections.abc import Callable

import numpy as np

from models import plant_names as ix
from models import plant_outputs as yx
from models.errors import ConvergenceError
from models.numbers import F64
from models.steady import P_STRIPPER_KPA, T_LEAN_DEGC, T_WASH_DEGC, Steady, steady_held

MIN_HEAT_KW = 60.0
"""Below this the heat only covers losses: nothing is captured for long."""

_GOLDEN = 0.6180339887498949


def inputs(lean_kg_s: float, gas_kg_s: float, q_kW: float) -> F64:
    """Return a u vector with these flows and heat, design temperatures, other flows 0."""
    u = np.zeros(len(ix.U_NAMES))
    u[ix.GAS_FLOW], u[ix.LEAN_FLOW], u[ix.Q_REBOILER] = gas_kg_s, lean_kg_s, q_kW
    u[ix.T_LEAN], u[ix.T_WASH] = T_LEAN_DEGC, T_WASH_DEGC
    return u


def steady_closed(
    lean_kg_s: float,
    gas_kg_s: float,
    q_kW: float,
    d: F64,
    p: F64,
    p_stripper_kPa: float = P_STRIPPER_KPA,
    start: F64 | None = None,
) -> Steady:
    """Return the steady state with levels, pressure and water held; ConvergenceError if none."""
    return steady_held(inputs(lean_kg_s, gas_kg_s, q_kW), d, p, p_stripper_kPa, start)


def capture_of(state: Steady) -> float:
    """Return captured CO2 over CO2 in the treated gas, 0..1 (0 without gas)."""
    came = float(state.y[yx.Y_CO2_IN])
    return 1.0 - float(state.y[yx.Y_CO2_OUT]) / came if came > 0.0 else 0.0


def heated(
    lean_kg_s: float,
    gas_kg_s: float,
    q_max_kW: float,
    t_max_degC: float,
    d: F64,
    p: F64,
    p_stripper_kPa: float = P_STRIPPER_KPA,
) -> tuple[Steady, float]:
    """Return the steady state and heat at the most heat that respects the reboiler limit."""

    def solve(q: float) -> Steady:
        return steady_closed(lean_kg_s, gas_kg_s, q, d, p, p_stripper_kPa)

    state = solve(q_max_kW)
    if state.y[yx.Y_T_REBOILER] <= t_max_degC:
        return state, q_max_kW
    low, high = MIN_HEAT_KW, q_max_kW
    for _ in range(12):
        q = 0.5 * (low + high)
        state = solve(q)
        if state.y[yx.Y_T_REBOILER] > t_max_degC:
            high = q
        else:
            low = q
    return solve(low), low


def _maximum(f: Callable[[float], float], low: float, high: float, tol: float) -> float:
    """Return where a function with one hump is largest by golden section."""
    a = high - _GOLDEN * (high - low)
    b = low + _GOLDEN * (high - low)
    fa, fb = f(a), f(b)
    while high - low > tol:
        if fa >= fb:
            high, b, fb = b, a, fa
            a = high - _GOLDEN * (high - low)
            fa = f(a)
        else:
            low, a, fa = a, b, fb
            b = low + _GOLDEN * (high - low)
            fb = f(b)
    return 0.5 * (low + high)


def best_capture(
    gas_flow_kg_s: float,
    d: F64,
    p: F64,
    q_max_kW: float,
    lean_lo_kg_s: float,
    lean_hi_kg_s: float,
    t_reboiler_max_degC: float = 122.0,
    p_stripper_kPa: float = P_STRIPPER_KPA,
) -> tuple[float, float, float]:
    """Return (capture 0..1, lean kg/s, heat kW) of the best steady point within limits.

    Heat is all there is, less where the reboiler would pass its temperature
    limit; lean flow is where capture is largest, to 1 % of its range.  Without
    gas or heat the answer is (0, lean_lo, 0).
    """
    if gas_flow_kg_s <= 0.0 or d[ix.Y_CO2_IN] <= 0.0 or q_max_kW <= MIN_HEAT_KW:
        return 0.0, lean_lo_kg_s, 0.0

    found: dict[float, tuple[float, float, float]] = {}

    def capture(lean: float) -> float:
        try:
            state, q = heated(
                lean, gas_flow_kg_s, q_max_kW, t_reboiler_max_degC, d, p, p_stripper_kPa
            )
        except ConvergenceError:  # far too much solvent for a trace of heat: never the best
            return 0.0
        found[lean] = (capture_of(state), lean, q)
        return found[lean][0]

    for end in (lean_lo_kg_s, lean_hi_kg_s):
        capture(end)
    _maximum(capture, lean_lo_kg_s, lean_hi_kg_s, 0.01 * (lean_hi_kg_s - lean_lo_kg_s))
    return max(found.values(), default=(0.0, lean_lo_kg_s, 0.0))
