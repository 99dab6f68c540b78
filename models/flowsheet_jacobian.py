"""The exact Jacobian of the flowsheet by the complex step, through the structure it has.

The packing: each cell's own derivatives, chained up the column as rows d(gas)/dx.
Everything else: columns that share no row are perturbed together (colours found
once per mesh).  f(x + ih) has no cancellation, so derivatives are exact to rounding.
"""

import numpy as np

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet_cell import boilup
from models.flowsheet_names import Mesh
from models.flowsheet_packing import EVEN, GRADED, below, drain, in_gas, passing, wetted
from models.flowsheet_rest import rest
from models.flowsheet_rhs import LOSS_STRIPPER, columns, packed
from models.flowsheet_vessels import KETTLE, MEA_PER_KG, R_SPACE
from models.flowsheet_work import Work
from models.kernel import kernel
from models.numbers import F64

H = 1e-30


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
    jac: F64,
) -> None:
    """Fill jac (7 x 10): take-up of CO2, water, heat net of loss, gas degC, equilibrium
    pressures of CO2 and water, loss by gas CO2, water, degC, the equilibrium below,
    pressure, and the liquid's CO2, water, energy and bed MEA.

    A negative gas[3] says that nothing is below.
    """
    v[0], v[1], v[2], v[3], v[4], v[5] = gas[0], gas[1], gas[2], gas[3], gas[4], p
    v[6], v[7], v[8], v[9] = x[3 * i], x[3 * i + 1], x[3 * i + 2], x[own]
    still = wetted(c, v[6], v[7], v[8], v[9] * share, drain(v[9], full, design))
    gas_still = in_gas(c, v[0], v[1], inert, v[2], v[5], still[12])
    unit = 0.0 * v[0] + 1j
    slope = in_gas(c, v[0], v[1], inert, v[2], v[5], still[12] + 1e-30 * unit)
    for k in range(10):
        if k == 5 and dp == 0.0:
            jac[:, 5] = 0.0
            continue
        real = v[k]
        v[k] += 1e-30j
        liquid, side = still, gas_still
        if k > 5:
            liquid = wetted(c, v[6], v[7], v[8], v[9] * share, drain(v[9], full, design))
            # the liquid reaches the gas film through the hold-up alone
            by = unit * (liquid[12].imag / H)
            side = (
                gas_still[0],
                gas_still[1] + by * slope[1].imag,
                gas_still[2] + by * slope[2].imag,
                gas_still[3] + by * slope[3].imag,
            )
        elif k < 3 or k == 5:
            side = in_gas(c, v[0], v[1], inert, v[2], v[5], still[12])
        below_c, below_w = v[3], v[4]
        if gas[3] < 0.0:
            below_c, below_w = 1e-3 * liquid[5], liquid[1]
        co2, water, heat, t_gas = passing(
            c, dz, liquid, side, below_c, below_w, v[0], v[1], v[2], inert, v[5]
        )
        jac[0, k], jac[1, k] = co2.imag / H, water.imag / H
        jac[6, k] = ua * liquid[0].imag / H
        jac[2, k], jac[3, k] = heat.imag / H - jac[6, k], t_gas.imag / H
        jac[4, k], jac[5, k] = 1e-3 * liquid[5].imag / H, liquid[1].imag / H
        v[k] = real
    gas[3], gas[4] = 1e-3 * still[5].real, still[1].real


@kernel
def _axpy(f: float, a: F64, out: F64, n: int) -> None:
    for c in range(n):
        out[c] += f * a[c]


@kernel
def _chain(i: int, own: int, gas_at: int, dp: float, local: F64, s: F64, row: F64) -> None:
    """Turn a cell's own derivatives into rows over all states; s and row[7:9] move on."""
    n = s.shape[1]
    for r in range(4):
        f = local[r]
        for c in range(n):
            row[r, c] = (
                f[0] * s[0, c]
                + f[1] * s[1, c]
                + f[2] * s[2, c]
                + f[3] * row[7, c]
                + f[4] * row[8, c]
            )
        for j in range(3):
            row[r, 3 * i + j] += f[6 + j]
        row[r, own] += f[9]
        row[r, gas_at] += f[5] * dp
    row[7:9] = 0.0
    for j in range(3):
        row[7, 3 * i + j], row[8, 3 * i + j] = local[4, 6 + j], local[5, 6 + j]
    row[7, own], row[8, own] = local[4, 9], local[5, 9]
    for c in range(n):
        s[0, c] -= row[0, c]
        s[1, c] -= row[1, c]
        s[2, c] = row[3, c]


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
    w.row[7:9] = 0.0
    m = cells // n_beds
    for k in range(cells):
        i, own = at + k, bed + k // m
        share = below(k % m + 1, m, lowest) - below(k % m, m, lowest)
        _cell_rows(
            x, i, own, share, full, design, inert, p, dp, ua * share, c_film, height * share, gas,
            w.v, w.local,
        )  # fmt: skip
        _chain(i, own, gas_at, dp, w.local, s, w.row)
        for j in range(3):
            loss_row[3 * i + j] += w.local[6, 6 + j]
        loss_row[own] += w.local[6, 9]
        for r in range(3):
            _axpy(1.0, w.row[r], jac[3 * i + r], s.shape[1])
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
