"""The lumped plant's one right-hand side, its outputs and its integrator, compiled."""

import numpy as np

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
from models.plant_names import (
    ABS_HOLDUP,
    AREA,
    BOTTOMS_FLOW,
    DERATE,
    DRUM_NOM,
    GAS_FLOW,
    GAS_SPACE,
    HEAT_LOSS,
    HX_UA,
    KINETICS,
    LEAN_FLOW,
    MAKEUP,
    N_ABS,
    N_BLOCKS,
    N_BOUNDARY,
    N_STR,
    N_Y,
    OFFLOAD,
    P_ABS,
    PRODUCT_FLOW,
    Q_REBOILER,
    REB_NOM,
    REBOILER,
    REFLUX_FLOW,
    RICH_FLOW,
    SLIP_PPM,
    STR_HOLDUP,
    STRIPPER,
    SUMP,
    SUMP_NOM,
    T_AMB,
    T_COND,
    T_GAS_IN,
    T_LEAN,
    T_WASH,
    TANK,
    TANK_NOM,
    VENT_FLOW,
    X_DRUM,
    X_DRUM_H,
    X_GAS,
    X_LCO2,
    Y_BED,
    Y_BOUNDARY,
    Y_CO2_IN,
    Y_STRIP,
)
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
LOSS_STR_CELL = 0.05
LOSS_SUMP = 0.06
LOSS_REBOILER = 0.18
LOSS_TANK = 0.12
# a pump loses suction over the last share of its vessel's nominal content
SUCTION = 0.05
T_GAS_SPACE = 40.0
CP_STEAM_SPACE = 33.8


@kernel
def _table(x: F64, p: F64, c: F64) -> None:
    for i in range(N_BLOCKS):
        liquid_state(x, 4 * i, c[i])
    for i in range(N_ABS):
        c[i, DRAIN] = drain_kg_s(c[i, MASS], p[ABS_HOLDUP] / N_ABS)
    for i in range(N_ABS, N_ABS + N_STR):
        c[i, DRAIN] = drain_kg_s(c[i, MASS], p[STR_HOLDUP] / N_STR)


@kernel
def _suction(mass: float, nominal: float) -> float:
    return min(max(mass / (SUCTION * nominal), 0.0), 1.0)


@kernel
def _pumps(u: F64, p: F64, c: F64) -> None:
    """Set what each pump really moves: its demand, less when its vessel runs empty."""
    c[SUMP, DRAIN] = u[RICH_FLOW] * _suction(c[SUMP, MASS], p[SUMP_NOM])
    c[REBOILER, DRAIN] = u[BOTTOMS_FLOW] * _suction(c[REBOILER, MASS], p[REB_NOM])
    c[TANK, DRAIN] = u[LEAN_FLOW] * _suction(c[TANK, MASS], p[TANK_NOM])


@kernel
def _gas_in(u: F64, d: F64, gas: F64, y: F64) -> None:
    """Split the treated gas into kmol/s of inert, CO2 and water; it is saturated."""
    y_w = min(psat_water(d[T_GAS_IN]) / d[P_ABS], 0.9)
    y_c = d[Y_CO2_IN]
    dry = y_c * M_CO2 + (1.0 - y_c) * M_INERT
    n = u[GAS_FLOW] / (dry * (1.0 - y_w) + M_H2O * y_w)
    gas[0] = n * (1.0 - y_w) * (1.0 - y_c)
    gas[1] = n * (1.0 - y_w) * y_c
    gas[2] = n * y_w
    gas[3] = d[T_GAS_IN]
    b = y[Y_BOUNDARY:]
    b[0], b[4] = gas[1], gas[2]
    b[10] = gas_enthalpy(gas[0], gas[1], gas[2], gas[3])
    y[0] = gas[1] * M_CO2
    y[3] = y_c


@kernel
def _wash(c: F64, u: F64, d: F64, p: F64, gas: F64, dx: F64, y: F64) -> None:
    """Cool the gas to saturation at the wash temperature; its water goes to the top cell.

    Water missing for saturation is taken from the top cell while that is wetted.
    """
    top = N_ABS - 1
    t = u[T_WASH]
    y_w = min(psat_water(t) / d[P_ABS], 0.9)
    wet = c[top, DRAIN] / (c[top, DRAIN] + 0.2)
    back = gas[2] - (gas[0] + gas[1]) * y_w / (1.0 - y_w)
    if back < 0.0:
        back *= wet
    slip = 1e-6 * p[SLIP_PPM] * (gas[0] + gas[1]) * wet
    h_in = gas_enthalpy(gas[0], gas[1], gas[2], gas[3])
    water = gas[2] - back
    h_out = gas_enthalpy(gas[0], gas[1], water, t) + slip * CP_MEA * t
    h_back = back * CP_WATER * t
    h_slip = slip * CP_MEA * t
    dx[4 * top + 1] += back
    dx[4 * top + 2] -= slip
    dx[4 * top + 3] += h_back - h_slip
    b = y[Y_BOUNDARY:]
    b[1], b[5], b[9] = gas[1], water, slip
    b[13] = h_out
    b[15] = h_in + h_slip - h_out - h_back
    y[1] = gas[1] * M_CO2
    y[2] = gas[0] * M_INERT + gas[1] * M_CO2 + water * M_H2O
    y[4] = gas[1] / (gas[0] + gas[1] + 1e-12)
    y[5] = t


@kernel
def _give(x: F64, source: int, share: float, into: int, dx: F64) -> None:
    for k in range(4):
        dx[into + k] += share * x[source + k]


@kernel
def _absorber_liquid(x: F64, c: F64, u: F64, dx: F64, y: F64) -> None:
    """Tank through lean cooler to the top cell, down the cells to the sump."""
    share = move(x, 4 * TANK, c[TANK, MASS], c[TANK, DRAIN], dx)
    _give(x, 4 * TANK, share, 4 * (N_ABS - 1), dx)
    t_lean = min(u[T_LEAN], c[TANK, T])
    cp = x[4 * TANK + 1] * CP_WATER + x[4 * TANK + 2] * CP_MEA
    cooled = share * cp * (c[TANK, T] - t_lean)
    dx[4 * (N_ABS - 1) + 3] -= cooled
    y[Y_BOUNDARY + 14] = cooled
    y[14] = t_lean
    for i in range(N_ABS - 1, -1, -1):
        share = move(x, 4 * i, c[i, MASS], c[i, DRAIN], dx)
        below = 4 * (i - 1) if i > 0 else 4 * SUMP
        _give(x, 4 * i, share, below, dx)


@kernel
def _exchange(x: F64, c: F64, p: F64, dx: F64, y: F64) -> None:
    """Rich from the sump to the stripper top, lean from the reboiler to the tank, through
    the lean/rich exchanger.
    """
    rich = move(x, 4 * SUMP, c[SUMP, MASS], c[SUMP, DRAIN], dx)
    lean = move(x, 4 * REBOILER, c[REBOILER, MASS], c[REBOILER, DRAIN], dx)
    top = 4 * (N_ABS + N_STR - 1)
    _give(x, 4 * SUMP, rich, top, dx)
    _give(x, 4 * REBOILER, lean, 4 * TANK, dx)
    c_rich = rich * (x[4 * SUMP + 1] * CP_WATER + x[4 * SUMP + 2] * CP_MEA)
    c_lean = lean * (x[4 * REBOILER + 1] * CP_WATER + x[4 * REBOILER + 2] * CP_MEA)
    q = exchanger_kW(c_lean, c_rich, p[HX_UA], c[REBOILER, T], c[SUMP, T])
    dx[top + 3] += q
    dx[4 * TANK + 3] -= q
    y[10] = c[SUMP, T] + q / (c_rich + 1e-9)
    y[12] = c[REBOILER, T] - q / (c_lean + 1e-9)
    if c_rich < 1e-6:
        y[10] = c[SUMP, T]
    if c_lean < 1e-6:
        y[12] = c[REBOILER, T]
    y[37] = q


@kernel
def _stripper_liquid(x: F64, c: F64, u: F64, p: F64, dx: F64, y: F64) -> None:
    """Reflux and rich feed down the cells to the reboiler."""
    top = 4 * (N_ABS + N_STR - 1)
    kg = x[X_DRUM] * M_H2O
    reflux = u[REFLUX_FLOW] * _suction(kg, p[DRUM_NOM])
    share = reflux / (kg + 1e-9)
    dx[top + 1] += share * x[X_DRUM]
    dx[top + 3] += share * x[X_DRUM_H]
    dx[X_DRUM] -= share * x[X_DRUM]
    dx[X_DRUM_H] -= share * x[X_DRUM_H]
    y[25] = reflux
    for i in range(N_ABS + N_STR - 1, N_ABS - 1, -1):
        out = move(x, 4 * i, c[i, MASS], c[i, DRAIN], dx)
        below = 4 * (i - 1) if i > N_ABS else 4 * REBOILER
        _give(x, 4 * i, out, below, dx)


@kernel
def _stripper_gas(x: F64, c: F64, u: F64, d: F64, p: F64, v: F64, dx: F64, y: F64) -> None:
    """Reboiler, vapour up the column; leaves the overhead in v; sets the pressure."""
    p_w = psat_water(d[T_COND])
    p_str = max(x[X_GAS], 0.0) * R_GAS * 313.15 / p[GAS_SPACE] + p_w
    co2, water = boil(c[REBOILER], p_str, BOIL_REBOILER, SUCTION * p[REB_NOM])
    v[0], v[1] = co2, water
    v[2] = gas_enthalpy(0.0, co2, water, c[REBOILER, T])
    v[3] = p_str
    reb = 4 * REBOILER
    dx[reb] -= co2
    dx[reb + 1] -= water
    dx[reb + 3] += u[Q_REBOILER] - v[2]
    y[Y_BOUNDARY + 11] = u[Q_REBOILER]
    stripper_vapour(c, N_ABS, v, p_str, p[STRIPPER], dx)
    y[15] = p_str


@kernel
def _overhead(x: F64, c: F64, u: F64, d: F64, p: F64, v: F64, dx: F64, y: F64) -> None:
    """Condenser, reflux drum, gas space, product, vent and the LCO2 tank."""
    co2, water, h, p_str = v[0], v[1], v[2], v[3]
    p_w = min(psat_water(d[T_COND]), 0.5 * p_str)
    # a compressor cannot draw a vacuum: flows fade below 60 kPa of CO2
    have = min(max(x[X_GAS], 0.0) * R_GAS * 313.15 / p[GAS_SPACE] / 60.0, 1.0)
    product = u[PRODUCT_FLOW] / M_CO2 * have
    vent = u[VENT_FLOW] / M_CO2 * have
    kg = x[X_DRUM] * M_H2O
    moist = p_w / (p_str - p_w + 1e-9) * _suction(kg, p[DRUM_NOM])
    t_drum = x[X_DRUM_H] / (x[X_DRUM] * CP_WATER + 1e-9)
    carried = (product + vent) * moist
    h_steam = H_VAPOUR + CP_STEAM_SPACE * T_GAS_SPACE
    dx[X_GAS] += co2 - product - vent
    dx[X_DRUM] += water - carried
    dh_drum = (water * d[T_COND] - carried * t_drum) * CP_WATER
    dx[X_DRUM_H] += dh_drum
    b = y[Y_BOUNDARY:]
    b[7], b[8], b[2] = product * moist, vent * moist, vent
    b[17] = product * (CP_CO2 * T_GAS_SPACE + moist * h_steam)
    b[18] = vent * (CP_CO2 * T_GAS_SPACE + moist * h_steam)
    b[16] = h - co2 * CP_CO2 * T_GAS_SPACE - dh_drum - carried * h_steam
    offload = u[OFFLOAD] / M_CO2 * min(max(x[X_LCO2], 0.0) / 10.0, 1.0)
    dx[X_LCO2] += product - offload
    b[3] = offload
    y[17] = t_drum
    y[18], y[19], y[20] = co2 * M_CO2, product * M_CO2, vent * M_CO2
    y[21] = water * M_H2O
    y[32] = kg
    y[34] = x[X_LCO2] * M_CO2
    y[36] = b[16]


@kernel
def _vessels(c: F64, u: F64, d: F64, p: F64, dx: F64, y: F64) -> None:
    """Heat losses of vessels and make-up water to the lean tank."""
    total = 0.0
    for i in range(N_ABS, N_BLOCKS):
        ua = LOSS_STR_CELL
        if i == SUMP:
            ua = LOSS_SUMP
        elif i == REBOILER:
            ua = LOSS_REBOILER
        elif i == TANK:
            ua = LOSS_TANK
        loss = p[HEAT_LOSS] * ua * (c[i, T] - d[T_AMB])
        dx[4 * i + 3] -= loss
        total += loss
    makeup = u[MAKEUP] / M_H2O
    dx[4 * TANK + 1] += makeup
    dx[4 * TANK + 3] += makeup * CP_WATER * d[T_AMB]
    b = y[Y_BOUNDARY:]
    b[6] = makeup
    b[12] = makeup * CP_WATER * d[T_AMB]
    b[19] = total


@kernel
def _report(x: F64, c: F64, y: F64) -> None:
    """Fill the outputs that follow from the state of the liquid alone."""
    y[6], y[7], y[8] = c[SUMP, A], c[TANK, A], c[REBOILER, A]
    y[9], y[11], y[13], y[16] = c[SUMP, T], c[REBOILER, T], c[TANK, T], c[REBOILER, T]
    y[22], y[23], y[24] = c[TANK, DRAIN], c[SUMP, DRAIN], c[REBOILER, DRAIN]
    y[26], y[27] = c[0, DRAIN], c[N_ABS, DRAIN]
    y[28], y[29] = 0.0, 0.0
    for i in range(N_ABS):
        y[28] += c[i, MASS]
        y[Y_BED + i] = c[i, T]
    for i in range(N_STR):
        y[29] += c[N_ABS + i, MASS]
        y[Y_STRIP + i] = c[N_ABS + i, T]
    y[30], y[31], y[33] = c[SUMP, MASS], c[REBOILER, MASS], c[TANK, MASS]
    mea = x[4 * TANK + 2] * M_MEA
    y[35] = mea / (mea + x[4 * TANK + 1] * M_H2O + 1e-9)
    y[38] = y[Y_BOUNDARY + 14]


@kernel
def rhs_outputs(x: F64, u: F64, d: F64, p: F64, dx: F64, y: F64, c: F64, v: F64) -> None:
    """Fill dx/dt and all outputs; `c` (blocks x 6) and `v` (4) are work space."""
    dx[:] = 0.0
    _table(x, p, c)
    _pumps(u, p, c)
    _gas_in(u, d, v, y)
    area = p[AREA] * (1.0 - d[DERATE])
    absorber_gas(c, v, d[P_ABS], area, p[KINETICS], 0, dx)
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

    acc (length N_BOUNDARY) gains the time integrals of the boundary flows,
    with the same stage weights, so inventories balance to rounding.
    """
    m = x.size
    k = np.empty(m)
    total = np.empty(m)
    xi = np.empty(m)
    y = np.zeros(N_Y)
    c = np.empty((N_BLOCKS, N_C))
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
            for j in range(N_BOUNDARY):
                acc[j] += weight * y[Y_BOUNDARY + j]
        for i in range(m):
            x[i] += total[i]
