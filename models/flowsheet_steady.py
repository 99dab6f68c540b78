"""Steady states of the flowsheet: pseudo-transient Newton with the plant's own Jacobian.

Levels, stripper pressure and the lean tank's water and amine are held by flows that
follow the state (`flowsheet_rest.hold`); Euler steps grow as the rates fall, so a cold
start is survived and the end converges quadratically.
"""

import numpy as np

from models import flowsheet_names as fx
from models.dense import factor, solve
from models.flowsheet_jacobian import jacobian
from models.flowsheet_names import Mesh
from models.flowsheet_packing import GRADED, below
from models.flowsheet_rhs import rhs
from models.flowsheet_vessels import MEA_PER_KG
from models.flowsheet_work import Memory, Work
from models.kernel import kernel
from models.numbers import F64
from models.vle import h_liquid

P_STRIPPER_KPA = 190.0
TOLERANCE = 1e-9
WATER = 61.08 / 18.015 * 0.7 / 0.3
"""mol water per mol MEA at 30 wt%."""


@kernel
def _rates(x: F64, u: F64, d: F64, p: F64, mesh: Mesh, p_set: float, w: Work, m: Memory) -> float:
    """Fill w.out; return the largest relative rate, 1/s."""
    rhs(x, u, d, p, mesh, p_set, w.coef, w.c, w.take, w.z, w.q, w.up, w.out, w.y)
    worst = 0.0
    for i in range(x.size):
        rate = abs(w.out[i]) / m.size[i]
        if not np.isfinite(rate):
            return np.inf
        worst = max(worst, rate)
    return worst


@kernel
def _share(x: F64, step: F64, m: Memory) -> float:
    """Return the share of a step that keeps amounts positive and energies within 30 K."""
    share = 1.0
    for i in range(x.size):
        amount = m.floor[i] > -1e3
        room = 0.6 * (x[i] + 1e-9) if amount else 0.3 * m.size[i]
        size = -step[i] if amount else abs(step[i])
        if size > room and room > 0.0:
            share = min(share, room / size)
    return share


@kernel
def relax(
    x: F64, u: F64, d: F64, p: F64, mesh: Mesh, p_set: float, steps: int, w: Work, m: Memory
) -> float:
    """Bring x to the steady state in place; return the largest relative rate left, 1/s."""
    n = x.size
    dt = 50.0
    step, new, f = np.empty(n), np.empty(n), np.empty(n)
    rate = _rates(x, u, d, p, mesh, p_set, w, m)
    f[:] = w.out[:n]
    stale = True
    for _ in range(steps):
        if rate < TOLERANCE or not np.isfinite(rate):
            break
        if stale:
            jacobian(x, u, d, p, mesh, p_set, w, m.jac)
        for i in range(n):
            for j in range(n):
                m.a[i, j] = -m.jac[i, j]
            m.a[i, i] += 1.0 / dt
        factor(m.a, m.upper, m.order)
        step[:] = f
        solve(m.upper, m.order, step)
        share = _share(x, step, m)
        for i in range(n):
            new[i] = x[i] + share * step[i]
        fresh = _rates(new, u, d, p, mesh, p_set, w, m)
        if not fresh < 20.0 * rate:
            dt, stale = 0.2 * dt, False
            continue
        gain = min(max(rate / (fresh + 1e-30), 0.5), 8.0)
        dt = min(dt * gain * (1.5 if share >= 1.0 else 0.7), 1e9)
        x[:] = new
        f[:] = w.out[:n]
        rate, stale = fresh, True
    return _rates(x, u, d, p, mesh, p_set, w, m)


def _cells(
    mea: float, n: int, a: tuple[float, float], t: tuple[float, float], lowest: float = 1.0
) -> list[float]:
    """Return n cells sharing `mea` kmol, loading and temperature going linearly up."""
    cells: list[float] = []
    for k in range(n):
        low, high = below(k, n, lowest), below(k + 1, n, lowest)
        s = 0.5 * (low + high)
        loading, degrees = a[0] + s * (a[1] - a[0]), t[0] + s * (t[1] - t[0])
        each = mea * (high - low)
        cells += [loading * each, WATER * each, each * float(h_liquid(degrees, loading, WATER))]
    return cells


def _vessel(kg: float, a: float, t: float) -> list[float]:
    mea = kg * MEA_PER_KG
    return [a * mea, WATER * mea, mea, mea * float(h_liquid(t, a, WATER))]


def guess(mesh: Mesh, p: F64) -> F64:
    """Return a plausible hot state to start from, whatever the inputs."""
    bed, column = 0.9 * p[fx.ABS_HOLDUP] * MEA_PER_KG, 0.9 * p[fx.STR_HOLDUP] * MEA_PER_KG
    line = p[fx.LINE] * MEA_PER_KG
    drum = 0.2 * p[fx.DRUM_NOM] / 18.015
    return np.array(
        [
            *_cells(bed, mesh.absorber, (0.45, 0.25), (50.0, 50.0)),
            *_cells(column, mesh.stripper, (0.25, 0.42), (116.0, 102.0), GRADED),
            *_cells(line, mesh.line, (0.45, 0.45), (50.0, 100.0)),
            *_cells(line, mesh.line, (0.24, 0.24), (115.0, 60.0)),
            0.5 * bed,
            0.5 * bed,
            column,
            *_vessel(p[fx.SUMP_NOM], 0.45, 47.0),
            *_vessel(p[fx.REB_NOM], 0.24, 118.0),
            *_vessel(p[fx.TANK_NOM], 0.24, 53.0),
            drum,
            drum * 75.6 * 35.0,
            P_STRIPPER_KPA * p[fx.GAS_SPACE] / (8.314462 * 313.15),
            0.0,
            0.0,
        ]
    )


def sizes(mesh: Mesh, p: F64) -> tuple[F64, F64]:
    """Return the magnitude of each state (energies: 100 K) and the least value it may take."""
    x = guess(mesh, p)
    size = np.maximum(np.abs(x), 1e-3)
    floor = np.full(x.size, -1e-9)
    for i, name in enumerate(fx.state_names(mesh)):
        if name.endswith("energy_kJ"):
            vessel = name.split("_")[0] in ("sump", "reboiler", "tank")
            water = x[i - 2] if vessel else x[i - 1]
            size[i], floor[i] = 100.0 * 100.0 * water, -np.inf
    first = fx.first_lump(mesh)
    size[first + fx.LCO2] = size[first + fx.DEGRADED] = 100.0
    return size, floor
