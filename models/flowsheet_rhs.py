"""The flowsheet's one right-hand side: gas through the packing, then everything else.

Scalar text without branches on values: `traced` gives it to CasADi, numba
compiles it for the integrator; both agree to rounding (tested).
"""

import numpy as np

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.coefficients import AREA_FACTOR, KINETICS_FACTOR
from models.flowsheet_cell import boilup, gas_enthalpy
from models.flowsheet_names import Mesh
from models.flowsheet_packing import EVEN, GRADED, below, drain, in_gas, passing, wetted
from models.flowsheet_rest import rest
from models.flowsheet_vessels import KETTLE, M_CO2, M_H2O, M_MEA, MEA_PER_KG, R_SPACE
from models.kernel import kernel
from models.numbers import F64
from models.vle import p_water

M_INERT = 28.7
LOSS_STRIPPER = 0.21


@kernel
def packed(coef: F64, d: F64, p: F64, c: F64) -> None:
    """Fill the film coefficients c (absorber, stripper) from those of the packing and p."""
    for j in range(coef.shape[1]):
        c[0, j], c[1, j] = coef[0, j], coef[1, j]
    c[0, 0] = 0.25 * np.pi * p[fx.ABS_D] ** 2
    c[1, 0] = 0.25 * np.pi * p[fx.STR_D] ** 2
    c[0, AREA_FACTOR] *= p[fx.AREA] * (1.0 - d[ix.DERATE])
    c[0, KINETICS_FACTOR] *= p[fx.KINETICS]
    c[1, AREA_FACTOR] *= p[fx.STRIPPER]


@kernel
def gas_in(u: F64, d: F64, z: F64, y: F64, b: F64) -> float:
    """Set z to the CO2, water and temperature of the treated gas; return its inert, kmol/s."""
    y_w = 1e-3 * p_water(d[ix.T_GAS_IN]) / d[ix.P_ABS]
    y_c = d[ix.Y_CO2_IN]
    dry = y_c * M_CO2 + (1.0 - y_c) * M_INERT
    n = u[ix.GAS_FLOW] / (dry * (1.0 - y_w) + M_H2O * y_w)
    inert = n * (1.0 - y_w) * (1.0 - y_c)
    z[0], z[1], z[2] = n * (1.0 - y_w) * y_c, n * y_w, d[ix.T_GAS_IN]
    b[yx.B_GAS_IN_CO2], b[yx.B_GAS_IN_WATER] = z[0], z[1]
    b[yx.B_GAS_IN_HEAT] = gas_enthalpy(inert, z[0], z[1], z[2])
    y[yx.Y_CO2_IN], y[yx.Y_DRY_IN] = z[0] * M_CO2, y_c
    result: float = inert
    return result


@kernel
def march(
    x: F64,
    at: int,
    cells: int,
    bed: int,
    n_beds: int,
    full: float,
    design: float,
    inert: float,
    p: float,
    t_amb: float,
    ua: float,
    c: F64,
    height: float,
    lowest: float,
    z: F64,
    take: F64,
) -> None:
    """Lead the gas z (CO2, water, degC) up the cells of a column; fill `take` per cell.

    A row of `take`: CO2, water, heat net of loss, liquid degC, heat loss, gas degC.
    """
    below_c = below_w = 0.0 * z[0]
    for k in range(cells):
        i = at + k
        n = cells // n_beds
        own, j = bed + k // n, k % n
        flow = drain(x[own], full, design)
        share = below(j + 1, n, lowest) - below(j, n, lowest)
        mea, dz = x[own] * share, height * share
        liquid = wetted(c, x[3 * i], x[3 * i + 1], x[3 * i + 2], mea, flow)
        if k == 0:
            below_c, below_w = 1e-3 * liquid[5], liquid[1]
        gas = in_gas(c, z[0], z[1], inert, z[2], p, liquid[12])
        co2, water, heat, t_gas = passing(
            c, dz, liquid, gas, below_c, below_w, z[0], z[1], z[2], inert, p
        )
        below_c, below_w = 1e-3 * liquid[5], liquid[1]
        loss = ua * share * (liquid[0] - t_amb)
        take[i, 0], take[i, 1], take[i, 2] = co2, water, heat - loss
        take[i, 3], take[i, 4], take[i, 5] = liquid[0], loss, t_gas
        z[0], z[1], z[2] = z[0] - co2, z[1] - water, t_gas


@kernel
def boil(x: F64, p: F64, lump: int, p_str: float, z: F64) -> None:
    """Set z to the vapour that leaves the reboiler."""
    reb = lump + fx.REBOILER
    z[0], z[1], z[2] = boilup(
        x[reb], x[reb + 1], x[reb + 2], x[reb + 3], p_str, 0.05 * p[fx.REB_NOM], KETTLE
    )


@kernel
def columns(
    x: F64, u: F64, d: F64, p: F64, mesh: Mesh, c: F64, take: F64, z: F64, y: F64, b: F64
) -> tuple[float, float]:
    """Lead the gas through both columns: fills take, z; returns the inert and the pressure."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    design = p[fx.DESIGN_FLOW] * MEA_PER_KG
    inert = gas_in(u, d, z[0:3], y, b)
    full, height = 0.5 * p[fx.ABS_HOLDUP] * MEA_PER_KG, 0.5 * p[fx.ABS_H]
    march(
        x, 0, mesh.absorber, lump, 2, full, design, inert, d[ix.P_ABS], d[ix.T_AMB], 0.0, c[0],
        height, EVEN, z[0:3], take,
    )  # fmt: skip
    p_str = x[lump + fx.GAS] * R_SPACE / p[fx.GAS_SPACE] + 1e-3 * p_water(d[ix.T_COND])
    boil(x, p, lump, p_str, z[3:6])
    z[6], z[7], z[8] = z[3], z[4], z[5]
    full, height = p[fx.STR_HOLDUP] * MEA_PER_KG, p[fx.STR_H]
    ua = LOSS_STRIPPER * p[fx.HEAT_LOSS]
    march(
        x, mesh.absorber, mesh.stripper, lump + 2, 1, full, design, 0.0, p_str, d[ix.T_AMB], ua,
        c[1], height, GRADED, z[6:9], take,
    )  # fmt: skip
    return inert, p_str


@kernel
def rhs(
    x: F64,
    u: F64,
    d: F64,
    p: F64,
    mesh: Mesh,
    p_hold: float,
    coef: F64,
    c: F64,
    take: F64,
    z: F64,
    q: F64,
    up: F64,
    out: F64,
    y: F64,
) -> None:
    """Fill `out` (rates, boundary flows, 3 vessel losses) and y; the rest is work space."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    n_x = lump + fx.N_LUMPS
    for i in range(n_x + ix.N_BOUNDARY + 3):
        out[i] = 0.0
    b = out[n_x:]
    packed(coef, d, p, c)
    inert, _ = columns(x, u, d, p, mesh, c, take, z, y, b)
    loss = 0.0
    for i in range(mesh.absorber + mesh.stripper):
        for k in range(3):
            out[3 * i + k] = take[i, k]
        loss = loss + take[i, 4]
    rest(x, z, u, d, p, mesh, inert, p_hold, q, up, out, y)
    n = ix.N_BOUNDARY
    b[yx.B_HEAT_LOSS_HEAT] = loss + b[n] + b[n + 1] + b[n + 2]


@kernel
def _between(take: F64, at: int, cells: int, place: int, of: int) -> float:
    """Return the liquid temperature at tap `place` of `of`, evenly spread over a column."""
    s = min(max((place + 0.5) / of * cells - 0.5, 0.0), cells - 1.001)
    i = int(s)
    result: float = take[at + i, 3] + (s - i) * (take[at + i + 1, 3] - take[at + i, 3])
    return result


@kernel
def report(x: F64, u: F64, mesh: Mesh, take: F64, z: F64, out: F64, y: F64) -> None:
    """Fill the measures that nothing else depends on, after `rhs`."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    n_x = lump + fx.N_LUMPS
    for i in range(ix.N_ABS):
        y[ix.Y_BED + i] = _between(take, 0, mesh.absorber, i, ix.N_ABS)
    for i in range(ix.N_STR):
        y[ix.Y_STRIP + i] = _between(take, mesh.absorber, mesh.stripper, i, ix.N_STR)
    for i in range(ix.N_BOUNDARY):
        y[ix.Y_BOUNDARY + i] = out[n_x + i]
    y[yx.Y_M_ABSORBER] = (x[lump] + x[lump + 1]) * M_MEA
    y[yx.Y_M_STRIPPER] = x[lump + 2] * M_MEA
    for i in range(mesh.absorber):
        y[yx.Y_M_ABSORBER] += x[3 * i] * M_CO2 + x[3 * i + 1] * M_H2O
    for i in range(mesh.absorber, mesh.absorber + mesh.stripper):
        y[yx.Y_M_STRIPPER] += x[3 * i] * M_CO2 + x[3 * i + 1] * M_H2O
    for at, place in (
        (fx.SUMP, yx.Y_M_SUMP),
        (fx.REBOILER, yx.Y_M_REBOILER),
        (fx.TANK, yx.Y_M_TANK),
    ):
        v = lump + at
        y[place] = x[v] * M_CO2 + x[v + 1] * M_H2O + x[v + 2] * M_MEA
    tank = lump + fx.TANK
    mea = x[tank + 2] * M_MEA
    y[yx.Y_MEA_WT_FRAC] = mea / (mea + x[tank + 1] * M_H2O + 1e-9)
    y[yx.Y_Q_LEAN_COOLER] = out[n_x + yx.B_LEAN_COOLER_HEAT]
    # three intercooled stages to 20 bar, then -25 degC: about 95 and 55 kWh/t
    y[fx.Y_EXTRA] = 342.0 * y[yx.Y_PRODUCT]
    y[fx.Y_EXTRA + 1] = 198.0 * y[yx.Y_PRODUCT]
    y[fx.Y_EXTRA + 2] = x[lump + fx.DEGRADED] * M_MEA
    y[fx.Y_EXTRA + 3] = z[3] * M_CO2 + z[4] * M_H2O
