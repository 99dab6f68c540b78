"""The exact Jacobian of the flowsheet by the complex step, through the structure it has.

The packing: each cell's own derivatives (properties by the complex step, what passes by
hand: `flowsheet_slopes`), chained up the column as rows d(gas)/dx.
Everything else: columns that share no row are perturbed together (colours found
once per mesh).  f(x + ih) has no cancellation, so derivatives are exact to rounding.
"""

import numpy as np

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet_cell import above, boilup
from models.flowsheet_names import Mesh
from models.flowsheet_packing import (
    EVEN,
    GRADED,
    P_LEAST,
    Gas,
    Liquid,
    below,
    drain,
    in_gas,
    wetted,
)
from models.flowsheet_rest import rest
from models.flowsheet_rhs import LOSS_STRIPPER, columns, packed
from models.flowsheet_slopes import BELOW, GAS, H, N, P, corner, passing_slopes
from models.flowsheet_vessels import KETTLE, MEA_PER_KG, R_SPACE
from models.flowsheet_work import Work
from models.kernel import kernel
from models.numbers import F64


@kernel
def _liquid_rows(
    c: F64, x: F64, i: int, own: int, share: float, full: float, design: float, v: F64, rows: F64
) -> Liquid:
    """Set the liquid's slopes by its CO2, water, energy and bed MEA; return the liquid."""
    v[0], v[1], v[2], v[3] = x[3 * i], x[3 * i + 1], x[3 * i + 2], x[own]
    for k in range(4):
        v[k] += 1e-30j
        liquid = wetted(c, v[0], v[1], v[2], v[3] * share, drain(v[3], full, design))
        for r in range(14):
            rows[r, 6 + k] = liquid[r].imag / H
        v[k] = v[k].real
    return wetted(
        c, x[3 * i], x[3 * i + 1], x[3 * i + 2], x[own] * share, drain(x[own], full, design)
    )


@kernel
def _gas_rows(
    c: F64, gas: F64, inert: float, p: float, dp: float, held: float, v: F64, rows: F64
) -> Gas:
    """Set the gas film's slopes by its CO2, water, degC, pressure, and the liquid held."""
    v[0], v[1], v[2], v[3], v[4] = gas[0], gas[1], gas[2], p, held
    for k in range(5):
        if k == 3 and dp == 0.0:
            continue
        v[k] += 1e-30j
        side = in_gas(c, v[0], v[1], inert, v[2], v[3], v[4])
        v[k] = v[k].real
        for r in range(4):
            slope = side[r].imag / H
            if k < 3:
                rows[GAS + r, k] = slope
            elif k == 3:
                rows[GAS + r, 5] = slope
            else:
                for j in range(6, N):
                    rows[GAS + r, j] = slope * rows[12, j]
    return in_gas(c, gas[0], gas[1], inert, gas[2], p, held)


@kernel
def _cell_rows(
    x: F64,
    i: int,
    own: int,
    share: float,
    full: float,
    design: float,
    inert: float,
    p: float,
    dp: float,
    ua: float,
    c: F64,
    dz: float,
    gas: F64,
    v: F64,
    rows: F64,
    jac: F64,
) -> None:
    """Fill jac (7 x 10): take-up of CO2, water, heat net of loss, gas degC, equilibrium
    pressures of CO2 and water, loss; for the columns see `flowsheet_slopes.N`.

    A negative gas[3] says that nothing is below.
    """
    liquid = _liquid_rows(c, x, i, own, share, full, design, v, rows)
    side = _gas_rows(c, gas, inert, p, dp, liquid[12], v, rows)
    s_c, s_w = 1e-3 * liquid[5], liquid[1]
    for j in range(6, N):
        jac[4, j], jac[5, j], jac[6, j] = 1e-3 * rows[5, j], rows[1, j], ua * rows[0, j]
    lowest = gas[3] < 0.0
    for j in range(N):
        rows[BELOW, j] = jac[4, j] if lowest else 1.0 * (j == 3)
        rows[BELOW + 1, j] = jac[5, j] if lowest else 1.0 * (j == 4)
    rows[P, 5] = 1.0 - corner(P_LEAST - p, 0.1)
    below_c, below_w = (s_c, s_w) if lowest else (gas[3], gas[4])
    kept = p + above(P_LEAST - p, 0.1)
    passing_slopes(c, dz, liquid, side, below_c, below_w, inert, kept, gas, rows, jac)
    for j in range(6, N):
        jac[2, j] -= jac[6, j]
    gas[3], gas[4] = s_c, s_w


@kernel
def _axpy(f: float, a: F64, out: F64, n: int) -> None:
    for c in range(n):
        out[c] += f * a[c]


@kernel
def _combine(f: F64, s: F64, out: F64, first: int, last: int) -> None:
    """Set out to what the gas brings of each state's influence."""
    for c in range(first, last):
        out[c] = f[0] * s[0, c] + f[1] * s[1, c] + f[2] * s[2, c]


@kernel
def _chain(
    i: int, own: int, low: int, under: int, first: int, lump: int, gas_at: int, dp: float,
    local: F64, pressures: F64, s: F64, t: F64, jac: F64,
) -> None:  # fmt: skip
    """Turn a cell's own derivatives into rows of jac; s (gas) and pressures (below) move on.

    The gas knows the states from `first` up to this cell, and the lumps.  `low` is where
    the cell below begins, `under` its bed; `t` is room for a row.
    """
    n, last = s.shape[1], 3 * i + 3
    for r in range(4):
        f = local[r]
        row = t if r == 3 else jac[3 * i + r]
        _combine(f, s, row, first, last)
        _combine(f, s, row, lump, n)
        for j in range(3):
            row[low + j] += f[3] * pressures[0, j] + f[4] * pressures[1, j]
            row[3 * i + j] += f[6 + j]
        row[under] += f[3] * pressures[0, 3] + f[4] * pressures[1, 3]
        row[own] += f[9]
        row[gas_at] += f[5] * dp
    for j in range(4):
        pressures[0, j], pressures[1, j] = local[4, 6 + j], local[5, 6 + j]
    for part in ((first, last), (lump, n)):
        for c in range(part[0], part[1]):
            s[0, c] -= jac[3 * i, c]
            s[1, c] -= jac[3 * i + 1, c]
            s[2, c] = t[c]


@kernel
def _climb(
    x: F64,
    at: int,
    cells: int,
    bed: int,
    n_beds: int,
    full: float,
    design: float,
    inert: float,
    p: float,
    dp: float,
    gas_at: int,
    ua: float,
    c_film: F64,
    height: float,
    lowest: float,
    gas: F64,
    s: F64,
    w: Work,
    jac: F64,
    loss_row: F64,
) -> None:
    """Chain the cells of a column: s (3 x states) becomes d(gas out)/dx, jac gains take-up rows."""
    gas[3] = gas[4] = -1.0
    w.pressures[:] = 0.0
    w.slopes[:] = 0.0
    w.local[:] = 0.0
    m = cells // n_beds
    lump = s.shape[1] - fx.N_LUMPS
    for k in range(cells):
        i, own = at + k, bed + k // m
        share = below(k % m + 1, m, lowest) - below(k % m, m, lowest)
        _cell_rows(
            x, i, own, share, full, design, inert, p, dp, ua * share, c_film, height * share, gas,
            w.v, w.slopes, w.local,
        )  # fmt: skip
        under = bed + max(k - 1, 0) // m
        _chain(
            i, own, 3 * max(i - 1, at), under, 3 * at, lump, gas_at, dp, w.local, w.pressures, s,
            w.row, jac,
        )  # fmt: skip
        for j in range(3):
            loss_row[3 * i + j] += w.local[6, 6 + j]
        loss_row[own] += w.local[6, 9]
        gas[0], gas[1], gas[2] = gas[0] - w.take[i, 0], gas[1] - w.take[i, 1], w.take[i, 5]


@kernel
def _boilup_rows(
    x: F64, p: F64, reb: int, low: float, p_str: float, dp: float, gas_at: int, v: F64, s: F64
) -> None:
    """Set s to d(vapour from the reboiler)/dx."""
    s[:] = 0.0
    for k in range(5):
        for j in range(4):
            v[j] = x[reb + j]
        v[4] = p_str
        v[k] += 1e-30j
        c, w, t = boilup(v[0], v[1], v[2], v[3], v[4], low, KETTLE)
        if k < 4:
            s[0, reb + k], s[1, reb + k], s[2, reb + k] = c.imag / H, w.imag / H, t.imag / H
        else:
            s[0, gas_at], s[1, gas_at], s[2, gas_at] = (
                c.imag / H * dp, w.imag / H * dp, t.imag / H * dp,
            )  # fmt: skip


@kernel
def rest_column(
    x: F64,
    z: F64,
    u: F64,
    d: F64,
    p: F64,
    mesh: Mesh,
    inert: float,
    p_hold: float,
    xc: F64,
    zc: F64,
    uc: F64,
    q: F64,
    up: F64,
    out: F64,
    y: F64,
) -> None:
    """Run `rest` on complex copies already perturbed in xc, zc; restores them afterwards."""
    for i in range(u.size):
        uc[i] = u[i]
    for i in range(out.size):
        out[i] = 0.0
    rest(xc, zc, uc, d, p, mesh, inert, p_hold, q, up, out, y)
    for i in range(x.size):
        xc[i] = x[i]
    for i in range(z.size):
        zc[i] = z[i]


@kernel
def _rest_rows(
    x: F64, u: F64, d: F64, p: F64, mesh: Mesh, inert: float, p_hold: float, w: Work, jac: F64
) -> None:
    """Add the derivatives of everything but the packing."""
    n, colour = x.size, w.colour
    w.xc[:] = x
    w.zc[:] = w.z
    for shade in range(colour.max() + 1):
        for c in range(colour.size):
            if colour[c] == shade:
                if c < n:
                    w.xc[c] += 1e-30j
                else:
                    w.zc[c - n] += 1e-30j
        rest_column(
            x, w.z, u, d, p, mesh, inert, p_hold, w.xc, w.zc, w.uc, w.qc, w.upc, w.outc, w.yc
        )
        for c in range(colour.size):
            if colour[c] == shade:
                for at in range(w.first[c], w.first[c + 1]):
                    r = w.rows[at]
                    value = w.outc[r].imag / H
                    if c < n:
                        jac[r, c] += value
                    else:
                        _axpy(value, w.dz[c - n], jac[r], n)


@kernel
def jacobian(x: F64, u: F64, d: F64, p: F64, mesh: Mesh, p_hold: float, w: Work, jac: F64) -> None:
    """Fill jac ((states + boundary flows + 3) x states) at x, exactly."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    n_x = lump + fx.N_LUMPS
    gas_at, reb = lump + fx.GAS, lump + fx.REBOILER
    c, z, b, dz = w.c, w.z, w.b_spare, w.dz
    jac[:] = 0.0
    dz[:] = 0.0
    packed(w.coef, d, p, c)
    inert, p_str = columns(x, u, d, p, mesh, c, w.take, z, w.y_spare, b)
    dp = R_SPACE / p[fx.GAS_SPACE]
    design = p[fx.DESIGN_FLOW] * MEA_PER_KG
    loss = jac[n_x + yx.B_HEAT_LOSS_HEAT]
    gas = np.empty(5)
    gas[0], gas[1], gas[2] = b[yx.B_GAS_IN_CO2], b[yx.B_GAS_IN_WATER], d[ix.T_GAS_IN]
    _climb(
        x, 0, mesh.absorber, lump, 2, 0.5 * p[fx.ABS_HOLDUP] * MEA_PER_KG, design, inert,
        d[ix.P_ABS], 0.0, gas_at, 0.0, c[0], 0.5 * p[fx.ABS_H], EVEN, gas, dz[0:3], w, jac, loss,
    )  # fmt: skip
    _boilup_rows(x, p, reb, 0.05 * p[fx.REB_NOM], p_str, dp, gas_at, w.v, dz[3:6])
    dz[6:9] = dz[3:6]
    gas[0], gas[1], gas[2] = z[3], z[4], z[5]
    _climb(
        x, mesh.absorber, mesh.stripper, lump + 2, 1, p[fx.STR_HOLDUP] * MEA_PER_KG, design, 0.0,
        p_str, dp, gas_at, LOSS_STRIPPER * p[fx.HEAT_LOSS], c[1], p[fx.STR_H], GRADED, gas,
        dz[6:9], w, jac, loss,
    )  # fmt: skip
    _rest_rows(x, u, d, p, mesh, inert, p_hold, w, jac)
    n = n_x + ix.N_BOUNDARY
    for r in range(3):
        _axpy(1.0, jac[n + r], loss, n_x)
