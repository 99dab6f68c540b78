"""Counter-current columns in steady state: discontinuous Galerkin, upwind for both streams.

An element carries six profiles, polynomials of degree d: gas CO2, water (mol/s)
and temperature (degC), then the liquid's.  Gas enters an element from below and
liquid from above, so each phase sees its own upwind value: degree 0 is a cascade
of stirred cells, degree 1 has order 3 and degree 2 order 5 at the ends, and none
oscillates where a front is steeper than the element (Reed and Hill 1973; Lesaint
and Raviart 1974).  What is balanced are flows of CO2, water and enthalpy, so
matter and energy close to rounding on any grid.

Unknowns in one vector: 3 at the lower end (gas that enters), the elements bottom
up with their nodes bottom up, 3 at the upper end (liquid that enters).
"""

import numpy as np

from models.flux import flux
from models.gasphase import h_co2, h_inert, h_steam
from models.kernel import kernel
from models.numbers import F64
from models.solution import amine_fraction, h_amine, h_water
from models.vle import h_liquid, p_co2, p_water_over

# numbers of the case: all that is constant over one column
AMINE, INERT, P_BOTTOM, P_SLOPE, LOSS, AMBIENT, SCALE, CP_GAS, CP_LIQUID = range(9)
N_CASE = 9
# ends of the column
GAS_GIVEN, REBOILER = 0, 1


@kernel
def enthalpies(q: F64, y: F64, mode: int) -> tuple[float, float]:
    """Return enthalpy flows of gas and liquid, W over the case's heat capacity flows: kelvins."""
    gas = y[0] * h_co2(y[2]) + y[1] * h_steam(y[2]) + q[1] * h_inert(y[2])
    if mode == 1:
        bound = y[3] * (h_co2(25.0) - 84000.0)
        liquid = q[0] * h_amine(y[5]) + y[4] * h_water(y[5]) + bound
    else:
        liquid = q[0] * h_liquid(y[5], y[3] / q[0], y[4] / q[0])
    return gas / q[7], liquid / q[8]


@kernel
def sources(c: F64, q: F64, z: float, y: F64, mode: int, out: F64) -> None:
    """Fill d(flow)/d(height) of the six balances at height z, upwards positive."""
    p = q[2] + q[3] * z
    n_c, n_w, heat = flux(c, y[3], y[4], q[0], y[5], y[0], y[1], q[1], y[2], p, mode)
    n_c, n_w, heat = n_c * q[6], n_w * q[6], heat * q[6]
    over = heat + n_c * h_co2(y[2]) + n_w * h_steam(y[2])
    out[0] = out[3] = -n_c
    out[1] = out[4] = -n_w
    out[2] = -over / q[7]
    out[5] = (q[4] * (y[5] - q[5]) - over) / q[8]


@kernel
def source_matrix(c: F64, q: F64, z: float, y: F64, mode: int, s: F64, jac: F64) -> None:
    """Fill the sources s and their 6 x 6 derivative by forward differences."""
    sources(c, q, z, y, mode, s)
    moved, out = y.copy(), np.empty(6)
    for j in range(6):
        step = 1e-6 * (1.0 + abs(y[j]))
        moved[j] = y[j] + step
        sources(c, q, z, moved, mode, out)
        moved[j] = y[j]
        for i in range(6):
            jac[i, j] = (out[i] - s[i]) / step


@kernel
def flow_matrix(q: F64, y: F64, mode: int, f: F64, jac: F64) -> None:
    """Fill the six balanced flows at a node and their derivative."""
    f[:] = y
    jac[:, :] = 0.0
    for k in range(6):
        jac[k, k] = 1.0
    f[2], f[5] = enthalpies(q, y, mode)
    moved = y.copy()
    for j in range(6):
        step = 1e-6 * (1.0 + abs(y[j]))
        moved[j] = y[j] + step
        gas, liquid = enthalpies(q, moved, mode)
        moved[j] = y[j]
        jac[2, j] = (gas - f[2]) / step
        jac[5, j] = (liquid - f[5]) / step


@kernel
def place(ab: F64, band: int, row: int, col: int, value: float) -> None:
    """Add a matrix element in LAPACK's banded storage."""
    ab[band + row - col, col] += value


@kernel
def upwind_rows(
    q: F64, x: F64, at: int, own: int, other: int, share: float, t_return: float,
    mode: int, liquid: int, f: F64, jac: F64, r: F64, ab: F64, band: int,
) -> None:  # fmt: skip
    """Add the jump of one phase at an element's inflow end: rows at, own node, other's node.

    `own` and `other` are the places of the phase's three unknowns inside and
    upstream.  Liquid may pass an intercooler on its way (share, t_return).
    """
    y = np.zeros(6)
    first = 3 if liquid == 1 else 0
    sign = -1.0 if liquid == 1 else 1.0
    for k in range(3):
        y[first + k] = x[other + k]
    if liquid == 1:
        y[5] += share * (t_return - y[5])
    g, jg = np.empty(6), np.empty((6, 6))
    flow_matrix(q, y, mode, g, jg)
    for k in range(3):
        a = first + k
        r[at + k] += sign * (f[a] - g[a])
        for j in range(3):
            b = first + j
            gain = 1.0 - share if liquid == 1 and j == 2 else 1.0
            place(ab, band, at + k, own + j, sign * jac[a, b])
            place(ab, band, at + k, other + j, -sign * jg[a, b] * gain)


@kernel
def element_rows(
    c: F64, q: F64, z: float, h: float, x: F64, at: int, basis: F64, deriv: F64, gauss: F64,
    mode: int, f: F64, jf: F64, r: F64, ab: F64, band: int,
) -> None:  # fmt: skip
    """Add an element's transport and sources to rows at.. ; f, jf: flows at its nodes."""
    n = deriv.shape[0]
    s, js, y = np.empty(6), np.empty((6, 6)), np.empty(6)
    for i in range(n):
        for j in range(n):
            for k in range(6):
                r[at + 6 * i + k] += deriv[i, j] * f[j, k]
                for m in range(6):
                    if jf[j, k, m] != 0.0:
                        place(ab, band, at + 6 * i + k, at + 6 * j + m, deriv[i, j] * jf[j, k, m])
    for g in range(gauss.shape[0]):
        y[:] = 0.0
        for j in range(n):
            for k in range(6):
                y[k] += basis[g, j] * x[at + 6 * j + k]
        source_matrix(c, q, z + h * gauss[g, 0], y, mode, s, js)
        for i in range(n):
            w = h * gauss[g, 1] * basis[g, i]
            for k in range(6):
                r[at + 6 * i + k] -= w * s[k]
                for j in range(n):
                    for m in range(6):
                        value = -w * js[k, m] * basis[g, j]
                        place(ab, band, at + 6 * i + k, at + 6 * j + m, value)


@kernel
def reboiler(q: F64, duty: float, gas: F64, liquid: F64, out: F64) -> None:
    """Fill the three equations of an equilibrium reboiler that boils `liquid` into `gas`.

    CO2 and total pressure over the liquid that leaves, and the heat balance.
    """
    p = q[2]
    co2, water = (liquid[0] - gas[0]) / q[0], (liquid[1] - gas[1]) / q[0]
    # a trial step may ask for more than there is; the floor keeps the logarithm real
    a = 0.5 * (co2 + np.sqrt(co2 * co2 + 1e-6))
    wet = 0.5 * (water + np.sqrt(water * water + 1e-2))
    p_c = p_co2(gas[2], a, amine_fraction(wet))
    out[0] = p_c / p - gas[0] / (gas[0] + gas[1] + 1e-9)
    out[1] = (p_c + p_water_over(gas[2], wet)) / p - 1.0
    boiled = gas[0] * h_co2(gas[2]) + gas[1] * h_steam(gas[2])
    h_in = h_liquid(liquid[2], liquid[0] / q[0], liquid[1] / q[0])
    out[2] = (q[0] * (h_in - h_liquid(gas[2], a, wet)) + duty - boiled) / duty


@kernel
def condenser(q: F64, end: F64, gas: F64, liquid: F64, out: F64) -> None:
    """Fill the liquid fed: the feed (CO2, water, T) with water the condenser gives back.

    end = (feed CO2, water, degC, flashed CO2, water, condenser degC or a negative
    number for none, pressure).  Condensate is pure water at the condenser's temperature.
    """
    back = 0.0
    if end[5] > -100.0:
        y_w = p_water_over(end[5], 1e9) / end[6]
        back = gas[1] + end[4] - (gas[0] + end[3]) * y_w / (1.0 - y_w)
    a, wet = end[0] / q[0], end[1] / q[0]
    heat = q[0] * h_liquid(end[2], a, wet) + back * h_water(end[5])
    out[0] = liquid[0] - end[0]
    out[1] = liquid[1] - end[1] - back
    out[2] = (q[0] * h_liquid(liquid[2], a, wet + back / q[0]) - heat) / q[8]


@kernel
def end_rows(
    kind: int, upper: int, q: F64, end: F64, x: F64, own: int, other: int, at: int,
    r: F64, ab: F64, band: int,
) -> None:  # fmt: skip
    """Add one end's three equations; own: its unknowns, other: the phase that leaves there."""
    v = np.concatenate((x[own : own + 3], x[other : other + 3]))
    base, out = np.empty(3), np.empty(3)
    for j in range(-1, 6):
        step = 1e-6 * (1.0 + abs(v[j])) if j >= 0 else 0.0
        if j >= 0:
            v[j] += step
        target = base if j < 0 else out
        if kind == 0:
            for k in range(3):
                target[k] = v[k] - end[k]
        elif upper == 1:
            condenser(q, end, v[3:], v[:3], target)
        else:
            reboiler(q, end[0], v[:3], v[3:], target)
        if j >= 0:
            v[j] -= step
            col = own + j if j < 3 else other + j - 3
            for k in range(3):
                place(ab, band, at + k, col, (out[k] - base[k]) / step)
    for k in range(3):
        r[at + k] += base[k]


@kernel
def assemble(
    c: F64, q: F64, z: F64, coolers: F64, kind: int, low: F64, high: F64, x: F64,
    basis: F64, deriv: F64, gauss: F64, mode: int, r: F64, ab: F64, band: int,
) -> None:  # fmt: skip
    """Fill residuals r and the banded Jacobian ab of the whole column at x.

    z: element ends, m; coolers[e] = (share, return degC) of the liquid entering element e.
    """
    n_e, n = z.shape[0] - 1, deriv.shape[0]
    r[:] = 0.0
    ab[:, :] = 0.0
    block = 6 * n
    top = 3 + block * n_e
    f, jf = np.empty((n, 6)), np.empty((n, 6, 6))
    end_rows(kind, 0, q, low, x, 0, 6, 0, r, ab, band)
    for e in range(n_e):
        at = 3 + block * e
        for i in range(n):
            flow_matrix(q, x[at + 6 * i : at + 6 * i + 6], mode, f[i], jf[i])
        element_rows(
            c, q, z[e], z[e + 1] - z[e], x, at, basis, deriv, gauss, mode, f, jf, r, ab, band
        )
        below = 0 if e == 0 else at - 6
        upwind_rows(q, x, at, at, below, 0.0, 0.0, mode, 0, f[0], jf[0], r, ab, band)
        last = at + 6 * (n - 1) + 3
        above = top if e == n_e - 1 else at + block + 3
        share, t_return = coolers[e, 0], coolers[e, 1]
        upwind_rows(
            q, x, last, last, above, share, t_return, mode, 1, f[n - 1], jf[n - 1], r, ab, band
        )
    end_rows(kind, 1, q, high, x, top, top - 6, top, r, ab, band)
