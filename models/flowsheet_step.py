"""The integrator of the flowsheet: ROS2, a W-method, with a kept Jacobian.

    (I - g h J) k1 = f(x);  (I - g h J) k2 = f(x + h k1) - 2 k1;  x += h (3 k1 + k2) / 2

is of second order for ANY J and L-stable with the true one (Verwer et al. 1999, g = 1 - 1/sqrt 2).
Boundary flows ride along as quadratures of the same method, so that what comes in, goes out
and stays adds up to rounding whatever the step: sums of rows of J are kept exactly.
"""

import numpy as np

from models import plant_names as ix
from models.dense import factor, solve
from models.flowsheet_jacobian import jacobian
from models.flowsheet_names import Mesh
from models.flowsheet_rhs import rhs
from models.flowsheet_work import (
    AGE,
    FACTORS,
    H_FACTORS,
    JACOBIANS,
    REJECTED,
    STEPS,
    VALID,
    Memory,
    Work,
)
from models.kernel import kernel
from models.numbers import F64

GAMMA = 0.2928932188134524
TOLERANCE = 4e-3
"""Of the embedded first-order error, relative to a state's size (100 K for energies)."""
MAX_AGE_S = 300.0
LEAST = 2e-4
"""Share of a step below which errors, but never nonsense, are accepted."""
MOVED = 0.15
# what counts as a large change of each input: u, then d
_SCALE_U = (5.6, 6.7, 6.7, 6.7, 1200.0, 20.0, 0.3, 0.3, 0.3, 20.0, 0.2, 10.0)
_SCALE_D = (0.06, 20.0, 10.0, 20.0, 40.0, 1.0)
_SCALE = np.array([*_SCALE_U, *_SCALE_D])


@kernel
def derivative(x: F64, u: F64, d: F64, p: F64, mesh: Mesh, w: Work) -> None:
    """Fill w.out with rates and boundary flows."""
    rhs(x, u, d, p, mesh, 0.0, w.coef, w.c, w.take, w.z, w.q, w.up, w.out, w.y)


@kernel
def moved(u: F64, d: F64, p: F64, key: F64) -> bool:
    """Tell whether inputs have left those of the kept Jacobian."""
    n, m = u.size, d.size
    for i in range(n):
        if abs(u[i] - key[i]) > MOVED * _SCALE[i]:
            return True
    for i in range(m):
        if abs(d[i] - key[n + i]) > MOVED * _SCALE[n + i]:
            return True
    for i in range(p.size):  # noqa: SIM110 - a kernel
        if p[i] != key[n + m + i]:
            return True
    return False


@kernel
def keep(u: F64, d: F64, p: F64, m: Memory) -> None:
    """Remember the inputs of a Jacobian just taken."""
    n, k = u.size, d.size
    m.key[:n] = u
    m.key[n : n + k] = d
    m.key[n + k :] = p
    m.status[VALID], m.status[AGE], m.status[H_FACTORS] = 1.0, 0.0, 0.0
    m.status[JACOBIANS] += 1.0


@kernel
def refactor(h: float, m: Memory) -> None:
    """Factor I - g h J for this step."""
    n = m.stage.size
    for i in range(n):
        row, source = m.a[i], m.jac[i]
        for j in range(n):
            row[j] = -GAMMA * h * source[j]
        row[i] += 1.0
    factor(m.a, m.upper, m.order)
    m.status[H_FACTORS] = h
    m.status[FACTORS] += 1.0


@kernel
def complete(k: F64, h: float, m: Memory) -> None:
    """Solve for the states' part of a stage, then add the implicit part of its quadratures."""
    n = m.stage.size
    solve(m.upper, m.order, k[:n])
    for r in range(n, n + ix.N_BOUNDARY):
        row = m.jac[r]
        total = 0.0
        for j in range(n):
            total += row[j] * k[j]
        k[r] += GAMMA * h * total


@kernel
def attempt(x: F64, u: F64, d: F64, p: F64, mesh: Mesh, h: float, w: Work, m: Memory) -> float:
    """Compute both stages of one step; return the error over tolerance (inf: unusable)."""
    n = x.size
    derivative(x, u, d, p, mesh, w)
    m.k1[:] = w.out
    complete(m.k1, h, m)
    for i in range(n):
        m.stage[i] = x[i] + h * m.k1[i]
    derivative(m.stage, u, d, p, mesh, w)
    for r in range(m.k2.size):
        m.k2[r] = w.out[r] - 2.0 * m.k1[r]
    complete(m.k2, h, m)
    worst = 0.0
    for i in range(n):
        error = abs(0.5 * h * (m.k1[i] + m.k2[i])) / (TOLERANCE * m.size[i])
        new = x[i] + h * (1.5 * m.k1[i] + 0.5 * m.k2[i])
        if not np.isfinite(error):
            return np.inf
        worst = max(worst, 10.0 if new < m.floor[i] else error)
    return worst


@kernel
def advance(
    x: F64, u: F64, d: F64, p: F64, mesh: Mesh, dt: float, n: int, acc: F64, w: Work, m: Memory
) -> None:
    """Advance x in place by n steps of dt seconds, each halved as often as its error asks.

    acc gains the integrals of the boundary flows.
    """
    n_x = x.size
    s = m.status
    for _ in range(n):
        left, h = dt, dt
        while left > 1e-9 * dt:
            h = min(h, left)
            fresh = s[VALID] == 0.0 or s[AGE] > MAX_AGE_S or moved(u, d, p, m.key)
            if fresh:
                jacobian(x, u, d, p, mesh, 0.0, w, m.jac)
                keep(u, d, p, m)
            if s[H_FACTORS] != h:
                refactor(h, m)
            error = attempt(x, u, d, p, mesh, h, w, m)
            if error > 1.0:
                s[REJECTED] += 1.0
                if s[AGE] > 0.0:
                    s[VALID] = 0.0
                    continue
                if h > dt * LEAST:
                    h *= 0.5 if error < 8.0 else 0.25
                    continue
                if not np.isfinite(error):
                    x[:] = np.nan
                    return
            for i in range(n_x):
                x[i] += h * (1.5 * m.k1[i] + 0.5 * m.k2[i])
            for j in range(acc.size):
                acc[j] += h * (1.5 * m.k1[n_x + j] + 0.5 * m.k2[n_x + j])
            left -= h
            s[AGE] += h
            s[STEPS] += 1.0
            if error < 0.2:
                h *= 2.0
