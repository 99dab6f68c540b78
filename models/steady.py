"""Steady states of the lumped plant with levels, pressure and water held.

Pseudo-transient Newton: implicit Euler steps that grow as the rates fall, so
that a cold guess is survived and the end converges like Newton's method.
"""

from dataclasses import dataclass

import numpy as np

from models import plant_names as ix
from models import plant_outputs as yx
from models.columns import DRAIN, MASS, N_C
from models.errors import ConvergenceError
from models.kernel import kernel
from models.numbers import F64
from models.plant_kernel import rhs_outputs, table
from models.properties import (
    CP_MEA,
    CP_WATER,
    H_ABSORPTION,
    M_CO2,
    M_H2O,
    M_MEA,
    R_GAS,
    psat_water,
)

MEA_MASS_FRACTION = 0.3
P_STRIPPER_KPA = 190.0
T_LEAN_DEGC = 40.0
T_WASH_DEGC = 41.0
TOLERANCE = 1e-8
_REFLUX_TAU_S = 200.0
_HOLD_S = 30.0


@kernel
def held(x: F64, u: F64, d: F64, p: F64, p_set: float, dx: F64, y: F64, c: F64, v: F64) -> None:
    """Fill dx with levels, pressure and the lean tank's water and MEA held; sets flows in u."""
    table(x, p, c)
    u[ix.RICH_FLOW] = max(c[0, DRAIN] + (c[ix.SUMP, MASS] - p[ix.SUMP_NOM]) / _HOLD_S, 0.0)
    u[ix.BOTTOMS_FLOW] = max(
        c[ix.N_ABS, DRAIN] + (c[ix.REBOILER, MASS] - p[ix.REB_NOM]) / _HOLD_S, 0.0
    )
    u[ix.REFLUX_FLOW] = x[ix.X_DRUM] * M_H2O / _REFLUX_TAU_S
    rhs_outputs(x, u, d, p, dx, y, c, v)
    p_w = psat_water(d[ix.T_COND])
    moist = y[yx.Y_PRODUCT_AVAILABLE] / M_CO2 * p_w / (p_set - p_w)
    dx[ix.X_DRUM] -= moist
    dx[ix.X_DRUM_H] -= moist * CP_WATER * y[yx.Y_T_REFLUX]
    n_gas = (p_set - p_w) * p[ix.GAS_SPACE] / (R_GAS * 313.15)
    mea = MEA_MASS_FRACTION * p[ix.TANK_NOM] / M_MEA
    water = (1.0 - MEA_MASS_FRACTION) * p[ix.TANK_NOM] / M_H2O
    makeup = max(-dx[4 * ix.TANK + 1], 0.0)
    dx[4 * ix.TANK + 3] += makeup * CP_WATER * d[ix.T_AMB]
    dx[ix.X_GAS] = (n_gas - x[ix.X_GAS]) / _HOLD_S
    dx[ix.X_LCO2] = 0.0
    dx[4 * ix.TANK + 1] = (water - x[4 * ix.TANK + 1]) / _HOLD_S
    dx[4 * ix.TANK + 2] = (mea - x[4 * ix.TANK + 2]) / _HOLD_S


@kernel
def _scale(x: F64, s: F64) -> None:
    """Fill the size of each state: amounts themselves, enthalpies as 100 K of their liquid."""
    for i in range(ix.N_X):
        s[i] = abs(x[i]) + 1e-3
    for b in range(ix.N_BLOCKS):
        s[4 * b + 3] = 100.0 * (x[4 * b + 1] * CP_WATER + x[4 * b + 2] * CP_MEA) + 1.0
    s[ix.X_DRUM_H] = 100.0 * x[ix.X_DRUM] * CP_WATER + 1.0


@kernel
def _largest(f: F64, s: F64) -> float:
    worst = 0.0
    for i in range(ix.N_X):
        rate = abs(f[i]) / s[i]
        if not np.isfinite(rate):
            return np.inf
        worst = max(worst, rate)
    return worst


@kernel
def _limit(x: F64, step: F64, s: F64) -> float:
    """Return the share of a Newton step that keeps amounts positive and steps below 20 K."""
    share = 1.0
    for i in range(ix.N_X):
        energy = (i < ix.X_DRUM and i % 4 == 3) or i == ix.X_DRUM_H
        room = 0.2 * s[i] if energy else 0.7 * x[i]
        size = abs(step[i]) if energy else -step[i]
        if size > room:
            share = min(share, room / size)
    return share


@kernel
def relax(x: F64, u: F64, d: F64, p: F64, p_set: float, steps: int) -> float:
    """Bring x to the steady state in place; return the largest relative rate left, 1/s."""
    f, g, s, xi = np.empty(ix.N_X), np.empty(ix.N_X), np.empty(ix.N_X), np.empty(ix.N_X)
    y, c, v = np.zeros(ix.N_Y), np.empty((ix.N_BLOCKS, N_C)), np.empty(4)
    jac = np.empty((ix.N_X, ix.N_X))
    dt = 20.0
    held(x, u, d, p, p_set, f, y, c, v)
    _scale(x, s)
    rate = _largest(f, s)
    for _ in range(steps):
        if rate < TOLERANCE or not np.isfinite(rate):
            break
        xi[:] = x
        for j in range(ix.N_X):
            h = 1e-6 * s[j]
            xi[j] = x[j] + h
            held(xi, u, d, p, p_set, g, y, c, v)
            xi[j] = x[j]
            for i in range(ix.N_X):
                jac[i, j] = (f[i] - g[i]) / h
            jac[j, j] += 1.0 / dt
        step: F64 = np.linalg.solve(jac, f).astype(np.float64)
        share = _limit(x, step, s)
        for i in range(ix.N_X):
            xi[i] = x[i] + share * step[i]
        held(xi, u, d, p, p_set, g, y, c, v)
        new = _largest(g, s)
        if not new < 20.0 * rate:
            dt *= 0.2
            continue
        x[:] = xi
        f[:] = g
        _scale(x, s)
        new = _largest(f, s)
        gain = min(max(rate / (new + 1e-30), 0.5), 4.0)
        dt = min(dt * gain * (1.5 if share >= 1.0 else 0.7), 1e8)
        rate = new
    held(x, u, d, p, p_set, f, y, c, v)  # leaves in u the flows that belong to x
    return rate


def _block(mass_kg: float, a: float, t: float) -> list[float]:
    w = MEA_MASS_FRACTION
    mea = mass_kg / (M_MEA / w + a * M_CO2)
    water = mea * M_MEA * (1.0 - w) / w / M_H2O
    energy = (water * CP_WATER + mea * CP_MEA) * t - H_ABSORPTION * a * mea
    return [a * mea, water, mea, energy]


def guess(p: F64) -> F64:
    """Return a plausible hot state to start from, whatever the inputs."""
    x: list[float] = []
    for i in range(ix.N_ABS):
        x += _block(p[ix.ABS_HOLDUP] / ix.N_ABS, 0.45 - 0.025 * i, 50.0)
    for i in range(ix.N_STR):
        x += _block(p[ix.STR_HOLDUP] / ix.N_STR, 0.25 + 0.03 * i, 115.0 - 2.0 * i)
    x += _block(p[ix.SUMP_NOM], 0.45, 47.0)
    x += _block(p[ix.REB_NOM], 0.24, 118.0)
    x += _block(p[ix.TANK_NOM], 0.24, 53.0)
    drum = p[ix.DRUM_NOM] / M_H2O
    x += [0.2 * drum, 0.2 * drum * CP_WATER * 35.0]
    x += [P_STRIPPER_KPA * p[ix.GAS_SPACE] / (R_GAS * 313.15), 0.0]
    return np.array(x)


@dataclass(frozen=True, slots=True)
class Steady:
    """A steady state: x, the inputs u that hold it, outputs y.

    `water_excess_kg_s` is water gained that no input removes (0 when make-up
    covers a loss): then x is steady but for the lean tank's water.
    """

    x: F64
    u: F64
    y: F64
    water_excess_kg_s: float


def steady_held(u: F64, d: F64, p: F64, p_kPa: float, start: F64 | None = None) -> Steady:
    """Solve with gas, lean, heat and temperatures of u; raise ConvergenceError.

    Rich and bottoms flow hold the levels, product flow holds `p_kPa`, reflux
    returns the condensate, make-up replaces lost water; u's own values of
    these are ignored.  `start` is a state to start from (its drum is reset).
    """
    u = u.copy()
    u[[ix.PRODUCT_FLOW, ix.VENT_FLOW, ix.MAKEUP, ix.OFFLOAD]] = 0.0
    x = guess(p) if start is None else start.copy()
    if start is not None:
        share = 0.2 * p[ix.DRUM_NOM] / max(x[ix.X_DRUM] * M_H2O, 1e-9)
        x[[ix.X_DRUM, ix.X_DRUM_H]] *= share
    lco2, x[ix.X_LCO2] = x[ix.X_LCO2], 0.0
    left = relax(x, u, d, p, p_kPa, 150)
    if not left < 1e-6:
        raise ConvergenceError("lumped plant", left)
    t_drum = x[ix.X_DRUM_H] / (x[ix.X_DRUM] * CP_WATER)
    x[ix.X_DRUM] = p[ix.DRUM_NOM] / M_H2O
    x[ix.X_DRUM_H] = x[ix.X_DRUM] * CP_WATER * t_drum
    x[ix.X_LCO2] = lco2
    return _finish(x, u, d, p)


def _finish(x: F64, u: F64, d: F64, p: F64) -> Steady:
    """Set the flows that balance gas space and lean tank, and evaluate the outputs."""
    dx, y = np.empty(ix.N_X), np.zeros(ix.N_Y)
    c, v = np.empty((ix.N_BLOCKS, N_C)), np.empty(4)
    rhs_outputs(x, u, d, p, dx, y, c, v)
    u[ix.PRODUCT_FLOW] = y[yx.Y_PRODUCT_AVAILABLE]
    lost = -dx[4 * ix.TANK + 1] * M_H2O
    u[ix.MAKEUP] = max(lost, 0.0)
    rhs_outputs(x, u, d, p, dx, y, c, v)
    return Steady(x, u, y, max(-lost, 0.0))
