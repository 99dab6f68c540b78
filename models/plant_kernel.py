"""The lumped plant's one right-hand side, its outputs and its integrator, compiled."""

import numpy as np

from models import plant_names as ix
from models import plant_outputs as yx
from models.columns import (
    BOIL_REBOILER,
    DRAIN,
    MASS,
    N_C,
    A,
    T,
    absorber_gas,
    boil,
    drain_kg_s,
    exchanger_kW,
    gas_enthalpy,
    liquid_state,
    move,
    stripper_vapour,
)
from models.kernel import kernel
from models.numbers import F64
from models.properties import (
    CP_CO2,
    CP_MEA,
    CP_WATER,
    H_VAPOUR,
    M_CO2,
    M_H2O,
    M_INERT,
    M_MEA,
    R_GAS,
    psat_water,
)

# heat lost to the surroundings, kW/K, at factor 1
LOSS_STR_CELL = 0.035
LOSS_SUMP = 0.06
LOSS_REBOILER = 0.12
LOSS_TANK = 0.12
# a pump loses suction over the last share of its vessel's nominal content
SUCTION = 0.05
T_GAS_SPACE = 40.0
# saturated steam at 3 barg
T_STEAM = 143.6
CP_STEAM_SPACE = 33.8


@kernel
def table(x: F64, p: F64, c: F64) -> None:
    """Fill the block table from the states: what each liquid is and how fast cells drain."""
    for i in range(ix.N_BLOCKS):
        liquid_state(x, 4 * i, c[i])
    for i in range(ix.N_ABS):
        c[i, DRAIN] = drain_kg_s(c[i, MASS], p[ix.ABS_HOLDUP] / ix.N_ABS)
    for i in range(ix.N_ABS, ix.N_ABS + ix.N_STR):
        c[i, DRAIN] = drain_kg_s(c[i, MASS], p[ix.STR_HOLDUP] / ix.N_STR)


@kernel
def _suction(mass: float, nominal: float) -> float:
    """Return 1, falling to 0 over the last 5 % of a vessel's nominal content."""
    return min(max(mass / (SUCTION * nominal), 0.0), 1.0)


@kernel
def _pumps(u: F64, p: F64, c: F64) -> None:
    """Set what each pump really moves: its demand, less when its vessel runs empty."""
    c[ix.SUMP, DRAIN] = u[ix.RICH_FLOW] * _suction(c[ix.SUMP, MASS], p[ix.SUMP_NOM])
    c[ix.REBOILER, DRAIN] = u[ix.BOTTOMS_FLOW] * _suction(c[ix.REBOILER, MASS], p[ix.REB_NOM])
    c[ix.TANK, DRAIN] = u[ix.LEAN_FLOW] * _suction(c[ix.TANK, MASS], p[ix.TANK_NOM])


@kernel
def _gas_in(u: F64, d: F64, gas: F64, y: F64) -> None:
    """Split the treated gas into kmol/s of inert, CO2 and water; it is saturated."""
    y_w = min(psat_water(d[ix.T_GAS_IN]) / d[ix.P_ABS], 0.9)
    y_c = d[ix.Y_CO2_IN]
    dry = y_c * M_CO2 + (1.0 - y_c) * M_INERT
    n = u[ix.GAS_FLOW] / (dry * (1.0 - y_w) + M_H2O * y_w)
    gas[0] = n * (1.0 - y_w) * (1.0 - y_c)
    gas[1] = n * (1.0 - y_w) * y_c
    gas[2] = n * y_w
    gas[3] = d[ix.T_GAS_IN]
    b = y[ix.Y_BOUNDARY :]
    b[yx.B_GAS_IN_CO2], b[yx.B_GAS_IN_WATER] = gas[1], gas[2]
    b[yx.B_GAS_IN_HEAT] = gas_enthalpy(gas[0], gas[1], gas[2], gas[3])
    y[ix.Y_CO2_IN] = gas[1] * M_CO2
    y[yx.Y_DRY_IN] = y_c


@kernel
def _wash(c: F64, u: F64, d: F64, p: F64, gas: F64, dx: F64, y: F64) -> None:
    """Cool the gas to saturation at the wash temperature; its water goes to the top cell.

    Water missing for saturation is taken from the top cell while that is wetted.
    """
    top = ix.N_ABS - 1
    t = u[ix.T_WASH]
    y_w = min(psat_water(t) / d[ix.P_ABS], 0.9)
    wet = c[top, DRAIN] / (c[top, DRAIN] + 0.2)
    back = gas[2] - (gas[0] + gas[1]) * y_w / (1.0 - y_w)
    if back < 0.0:
        back *= wet
    slip = 1e-6 * p[ix.SLIP_PPM] * (gas[0] + gas[1]) * wet
    h_in = gas_enthalpy(gas[0], gas[1], gas[2], gas[3])
    water = gas[2] - back
    h_out = gas_enthalpy(gas[0], gas[1], water, t) + slip * CP_MEA * t
    h_back = back * CP_WATER * t
    h_slip = slip * CP_MEA * t
    dx[4 * top + 1] += back
    dx[4 * top + 2] -= slip
    dx[4 * top + 3] += h_back - h_slip
    b = y[ix.Y_BOUNDARY :]
    b[yx.B_GAS_OUT_CO2], b[yx.B_GAS_OUT_WATER], b[yx.B_GAS_OUT_MEA] = gas[1], water, slip
    b[yx.B_GAS_OUT_HEAT] = h_out
    b[yx.B_WASH_COOLER_HEAT] = h_in + h_slip - h_out - h_back
    y[yx.Y_CO2_OUT] = gas[1] * M_CO2
    y[yx.Y_GAS_OUT] = gas[0] * M_INERT + gas[1] * M_CO2 + water * M_H2O
    y[yx.Y_DRY_OUT] = gas[1] / (gas[0] + gas[1] + 1e-12)
    y[yx.Y_T_GAS_OUT] = t


@kernel
def _give(x: F64, source: int, share: float, into: int, dx: F64) -> None:
    for k in range(4):
        dx[into + k] += share * x[source + k]


@kernel
def _absorber_liquid(x: F64, c: F64, u: F64, dx: F64, y: F64) -> None:
    """Tank through lean cooler to the top cell, down the cells to the sump."""
    share = move(x, 4 * ix.TANK, c[ix.TANK, MASS], c[ix.TANK, DRAIN], dx)
    _give(x, 4 * ix.TANK, share, 4 * (ix.N_ABS - 1), dx)
    t_lean = min(u[ix.T_LEAN], c[ix.TANK, T])
    cp = x[4 * ix.TANK + 1] * CP_WATER + x[4 * ix.TANK + 2] * CP_MEA
    cooled = share * cp * (c[ix.TANK, T] - t_lean)
    dx[4 * (ix.N_ABS - 1) + 3] -= cooled
    y[ix.Y_BOUNDARY + yx.B_LEAN_COOLER_HEAT] = cooled
    y[yx.Y_T_LEAN_IN] = t_lean
    for i in range(ix.N_ABS - 1, -1, -1):
        share = move(x, 4 * i, c[i, MASS], c[i, DRAIN], dx)
        below = 4 * (i - 1) if i > 0 else 4 * ix.SUMP
        _give(x, 4 * i, share, below, dx)


@kernel
def _exchange(x: F64, c: F64, p: F64, dx: F64, y: F64) -> None:
    """Rich from the sump to the stripper top, lean from the reboiler to the tank, through
    the lean/rich exchanger.
    """
    rich = move(x, 4 * ix.SUMP, c[ix.SUMP, MASS], c[ix.SUMP, DRAIN], dx)
    lean = move(x, 4 * ix.REBOILER, c[ix.REBOILER, MASS], c[ix.REBOILER, DRAIN], dx)
    top = 4 * (ix.N_ABS + ix.N_STR - 1)
    _give(x, 4 * ix.SUMP, rich, top, dx)
    _give(x, 4 * ix.REBOILER, lean, 4 * ix.TANK, dx)
    c_rich = rich * (x[4 * ix.SUMP + 1] * CP_WATER + x[4 * ix.SUMP + 2] * CP_MEA)
    c_lean = lean * (x[4 * ix.REBOILER + 1] * CP_WATER + x[4 * ix.REBOILER + 2] * CP_MEA)
    q = exchanger_kW(c_lean, c_rich, p[ix.HX_UA], c[ix.REBOILER, T], c[ix.SUMP, T])
    dx[top + 3] += q
    dx[4 * ix.TANK + 3] -= q
    y[yx.Y_T_RICH_HX] = c[ix.SUMP, T] + q / (c_rich + 1e-9)
    y[yx.Y_T_LEAN_HX] = c[ix.REBOILER, T] - q / (c_lean + 1e-9)
    if c_rich < 1e-6:
        y[yx.Y_T_RICH_HX] = c[ix.SUMP, T]
    if c_lean < 1e-6:
        y[yx.Y_T_LEAN_HX] = c[ix.REBOILER, T]
    y[yx.Y_Q_HX] = q


@kernel
def _stripper_liquid(x: F64, c: F64, u: F64, p: F64, dx: F64, y: F64) -> None:
    """Reflux and rich feed down the cells to the reboiler."""
    top = 4 * (ix.N_ABS + ix.N_STR - 1)
    kg = x[ix.X_DRUM] * M_H2O
    reflux = u[ix.REFLUX_FLOW] * _suction(kg, p[ix.DRUM_NOM])
    share = reflux / (kg + 1e-9)
    dx[top + 1] += share * x[ix.X_DRUM]
    dx[top + 3] += share * x[ix.X_DRUM_H]
    dx[ix.X_DRUM] -= share * x[ix.X_DRUM]
    dx[ix.X_DRUM_H] -= share * x[ix.X_DRUM_H]
    y[yx.Y_REFLUX_FLOW] = reflux
    for i in range(ix.N_ABS + ix.N_STR - 1, ix.N_ABS - 1, -1):
        out = move(x, 4 * i, c[i, MASS], c[i, DRAIN], dx)
        below = 4 * (i - 1) if i > ix.N_ABS else 4 * ix.REBOILER
        _give(x, 4 * i, out, below, dx)


@kernel
def _stripper_gas(x: F64, c: F64, u: F64, d: F64, p: F64, v: F64, dx: F64, y: F64) -> None:
    """Reboiler, vapour up the column; leaves the overhead in v; sets the pressure."""
    p_w = psat_water(d[ix.T_COND])
    p_str = max(x[ix.X_GAS], 0.0) * R_GAS * 313.15 / p[ix.GAS_SPACE] + p_w
    co2, water = boil(c[ix.REBOILER], p_str, BOIL_REBOILER, SUCTION * p[ix.REB_NOM])
    v[0], v[1] = co2, water
    v[2] = gas_enthalpy(0.0, co2, water, c[ix.REBOILER, T])
    v[3] = p_str
    reb = 4 * ix.REBOILER
    dx[reb] -= co2
    dx[reb + 1] -= water
    # uncovered tubes take no heat, and condensing steam cannot heat beyond its own temperature
    hot = min(max((T_STEAM - c[ix.REBOILER, T]) / 10.0, 0.0), 1.0)
    q = u[ix.Q_REBOILER] * hot * _suction(c[ix.REBOILER, MASS], p[ix.REB_NOM])
    dx[reb + 3] += q - v[2]
    y[ix.Y_BOUNDARY + yx.B_REBOILER_HEAT] = q
    stripper_vapour(c, ix.N_ABS, v, p_str, p[ix.STRIPPER], dx)
    y[yx.Y_P_STRIPPER] = p_str


@kernel
def _overhead(x: F64, c: F64, u: F64, d: F64, p: F64, v: F64, dx: F64, y: F64) -> None:
    """Condenser, reflux drum, gas space, product, vent and the LCO2 tank."""
    co2, water, h, p_str = v[0], v[1], v[2], v[3]
    p_w = min(psat_water(d[ix.T_COND]), 0.5 * p_str)
    # a compressor cannot draw a vacuum: flows fade below 60 kPa of CO2
    have = min(max(x[ix.X_GAS], 0.0) * R_GAS * 313.15 / p[ix.GAS_SPACE] / 60.0, 1.0)
    product = u[ix.PRODUCT_FLOW] / M_CO2 * have
    vent = u[ix.VENT_FLOW] / M_CO2 * have
    kg = x[ix.X_DRUM] * M_H2O
    moist = p_w / (p_str - p_w + 1e-9) * _suction(kg, p[ix.DRUM_NOM])
    t_drum = x[ix.X_DRUM_H] / (x[ix.X_DRUM] * CP_WATER + 1e-9)
    carried = (product + vent) * moist
    h_steam = H_VAPOUR + CP_STEAM_SPACE * T_GAS_SPACE
    dx[ix.X_GAS] += co2 - product - vent
    dx[ix.X_DRUM] += water - carried
    dh_drum = (water * d[ix.T_COND] - carried * t_drum) * CP_WATER
    dx[ix.X_DRUM_H] += dh_drum
    b = y[ix.Y_BOUNDARY :]
    b[yx.B_PRODUCT_WATER], b[yx.B_VENT_WATER], b[yx.B_VENT_CO2] = (
        product * moist,
        vent * moist,
        vent,
    )
    b[yx.B_PRODUCT_HEAT] = product * (CP_CO2 * T_GAS_SPACE + moist * h_steam)
    b[yx.B_VENT_HEAT] = vent * (CP_CO2 * T_GAS_SPACE + moist * h_steam)
    b[yx.B_CONDENSER_HEAT] = h - co2 * CP_CO2 * T_GAS_SPACE - dh_drum - carried * h_steam
    offload = u[ix.OFFLOAD] / M_CO2 * min(max(x[ix.X_LCO2], 0.0) / 10.0, 1.0)
    dx[ix.X_LCO2] += product - offload
    b[yx.B_OFFLOAD_CO2] = offload
    y[yx.Y_T_REFLUX] = t_drum
    y[yx.Y_PRODUCT_AVAILABLE], y[yx.Y_PRODUCT], y[yx.Y_VENT] = (
        co2 * M_CO2,
        product * M_CO2,
        vent * M_CO2,
    )
    y[yx.Y_CONDENSATE] = water * M_H2O
    y[yx.Y_M_REFLUX] = kg
    y[yx.Y_M_LCO2] = x[ix.X_LCO2] * M_CO2
    y[yx.Y_Q_CONDENSER] = b[yx.B_CONDENSER_HEAT]


@kernel
def _vessels(c: F64, u: F64, d: F64, p: F64, dx: F64, y: F64) -> None:
    """Heat losses of vessels and make-up water to the lean tank."""
    total = 0.0
    for i in range(ix.N_ABS, ix.N_BLOCKS):
        ua, full = LOSS_STR_CELL, p[ix.STR_HOLDUP] / ix.N_STR
        if i == ix.SUMP:
            ua, full = LOSS_SUMP, p[ix.SUMP_NOM]
        elif i == ix.REBOILER:
            ua, full = LOSS_REBOILER, p[ix.REB_NOM]
        elif i == ix.TANK:
            ua, full = LOSS_TANK, p[ix.TANK_NOM]
        loss = p[ix.HEAT_LOSS] * ua * _suction(c[i, MASS], full) * (c[i, T] - d[ix.T_AMB])
        dx[4 * i + 3] -= loss
        total += loss
    makeup = u[ix.MAKEUP] / M_H2O
    dx[4 * ix.TANK + 1] += makeup
    dx[4 * ix.TANK + 3] += makeup * CP_WATER * d[ix.T_AMB]
    b = y[ix.Y_BOUNDARY :]
    b[yx.B_MAKEUP_WATER] = makeup
    b[yx.B_MAKEUP_HEAT] = makeup * CP_WATER * d[ix.T_AMB]
    b[yx.B_HEAT_LOSS_HEAT] = total


@kernel
def _report(x: F64, c: F64, y: F64) -> None:
    """Fill the outputs that follow from the state of the liquid alone."""
    y[yx.Y_RICH_LOADING], y[yx.Y_LEAN_LOADING], y[yx.Y_LEAN_LOADING_REBOILER] = (
        c[ix.SUMP, A],
        c[ix.TANK, A],
        c[ix.REBOILER, A],
    )
    y[yx.Y_T_RICH], y[yx.Y_T_BOTTOMS], y[yx.Y_T_TANK], y[yx.Y_T_REBOILER] = (
        c[ix.SUMP, T],
        c[ix.REBOILER, T],
        c[ix.TANK, T],
        c[ix.REBOILER, T],
    )
    y[yx.Y_LEAN_FLOW], y[yx.Y_RICH_FLOW], y[yx.Y_BOTTOMS_FLOW] = (
        c[ix.TANK, DRAIN],
        c[ix.SUMP, DRAIN],
        c[ix.REBOILER, DRAIN],
    )
    y[yx.Y_ABSORBER_DRAIN], y[yx.Y_STRIPPER_DRAIN] = c[0, DRAIN], c[ix.N_ABS, DRAIN]
    y[yx.Y_M_ABSORBER], y[yx.Y_M_STRIPPER] = 0.0, 0.0
    for i in range(ix.N_ABS):
        y[yx.Y_M_ABSORBER] += c[i, MASS]
        y[ix.Y_BED + i] = c[i, T]
    for i in range(ix.N_STR):
        y[yx.Y_M_STRIPPER] += c[ix.N_ABS + i, MASS]
        y[ix.Y_STRIP + i] = c[ix.N_ABS + i, T]
    y[yx.Y_M_SUMP], y[yx.Y_M_REBOILER], y[yx.Y_M_TANK] = (
        c[ix.SUMP, MASS],
        c[ix.REBOILER, MASS],
        c[ix.TANK, MASS],
    )
    mea = x[4 * ix.TANK + 2] * M_MEA
    y[yx.Y_MEA_WT_FRAC] = mea / (mea + x[4 * ix.TANK + 1] * M_H2O + 1e-9)
    y[yx.Y_Q_LEAN_COOLER] = y[ix.Y_BOUNDARY + yx.B_LEAN_COOLER_HEAT]


@kernel
def rhs_outputs(x: F64, u: F64, d: F64, p: F64, dx: F64, y: F64, c: F64, v: F64) -> None:
    """Fill dx/dt and all outputs; `c` (blocks x 6) and `v` (4) are work space."""
    dx[:] = 0.0
    table(x, p, c)
    _pumps(u, p, c)
    _gas_in(u, d, v, y)
    area = p[ix.AREA] * (1.0 - d[ix.DERATE])
    absorber_gas(c, v, d[ix.P_ABS], area, p[ix.KINETICS], 0, dx)
    _wash(c, u, d, p, v, dx, y)
    _absorber_liquid(x, c, u, dx, y)
    _exchange(x, c, p, dx, y)
    _stripper_liquid(x, c, u, p, dx, y)
    _stripper_gas(x, c, u, d, p, v, dx, y)
    _overhead(x, c, u, d, p, v, dx, y)
    _vessels(c, u, d, p, dx, y)
    _report(x, c, y)


@kernel
def advance(x: F64, u: F64, d: F64, p: F64, dt_s: float, n: int, acc: F64) -> None:
    """Advance x in place by n classical Runge-Kutta steps of dt_s with inputs held.

    acc (length ix.N_BOUNDARY) gains the time integrals of the boundary flows,
    with the same stage weights, so inventories balance to rounding.
    """
    m = x.size
    k = np.empty(m)
    total = np.empty(m)
    xi = np.empty(m)
    y = np.zeros(ix.N_Y)
    c = np.empty((ix.N_BLOCKS, N_C))
    v = np.empty(4)
    for _ in range(n):
        total[:] = 0.0
        xi[:] = x
        for stage in range(4):
            rhs_outputs(xi, u, d, p, k, y, c, v)
            weight = dt_s / 6.0 if stage == 0 or stage == 3 else dt_s / 3.0
            reach = dt_s if stage == 2 else 0.5 * dt_s
            for i in range(m):
                total[i] += weight * k[i]
                xi[i] = x[i] + reach * k[i]
            for j in range(ix.N_BOUNDARY):
                acc[j] += weight * y[ix.Y_BOUNDARY + j]
        for i in range(m):
            x[i] += total[i]
