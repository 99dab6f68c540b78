"""A packed column solved to steady state: elements, pseudo-time, Newton, remeshing."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.polynomial import Polynomial
from scipy.linalg import solve_banded

from models.errors import ConvergenceError
from models.galerkin import assemble
from models.numbers import F64

DEGREE = 2
ELEMENTS = 12
"""The shipped grid: quadratic elements, at least three to a bed."""
TOLERANCE = 1e-8
T_STEP = 25.0
"""K: no step moves a temperature further than this."""


@dataclass(frozen=True)
class Intercooler:
    """Liquid taken out between two beds and returned cooled; `share` of the liquid, 0..1."""

    t_return_degC: float
    share: float = 1.0


@dataclass(frozen=True)
class Basis:
    """Polynomials of one degree on [0, 1]: values at Gauss points, D_ij = int p_i p_j', points."""

    nodes: F64
    values: F64
    deriv: F64
    gauss: F64


@cache
def basis(degree: int) -> Basis:
    """Return the Lagrange basis with nodes at both ends (degree 0: the constant)."""
    points, weights = np.polynomial.legendre.leggauss(degree + 1)
    gauss = np.stack([0.5 * (points + 1.0), 0.5 * weights], axis=1)
    nodes = np.linspace(0.0, 1.0, degree + 1) if degree else np.array([0.5])
    parts = []
    for i in range(degree + 1):
        others = np.delete(nodes, i)
        one = Polynomial.fromroots(others) if degree else Polynomial([1.0])
        parts.append(one / one(nodes[i]))
    values = np.array([[p(g) for p in parts] for g in gauss[:, 0]])
    slopes = np.array([[p.deriv()(g) for p in parts] for g in gauss[:, 0]])
    deriv = np.einsum("g,gi,gj->ij", gauss[:, 1], values, slopes)
    return Basis(nodes, np.ascontiguousarray(values), np.ascontiguousarray(deriv), gauss)


@dataclass(frozen=True)
class Grid:
    """Elements of given ends z, m from the bottom, by beds; coolers per element (share, degC)."""

    z: F64
    coolers: F64
    beds: tuple[tuple[int, int], ...]


def grid(
    height_m: float,
    coolers: tuple[Intercooler | None, ...],
    elements: int,
    graded: bool = True,
) -> Grid:
    """Return a grid, denser (graded) at bed ends; coolers[i] stands above bed i, bottom up.

    One entry per bed; the last, above the top bed, is ignored.
    """
    n_beds = len(coolers)
    sizes = [max(1, (elements + i) // n_beds) for i in range(n_beds)]
    z = [0.0]
    cooling: list[tuple[float, float]] = []
    beds = []
    for i, n in enumerate(sizes):
        s = np.linspace(0.0, 1.0, n + 1)
        if graded:
            s = s - 0.11 * np.sin(2.0 * np.pi * s)
        beds.append((len(z) - 1, len(z) - 1 + n))
        z.extend((i + s[1:]) * height_m / n_beds)
        cooler = coolers[i] if i < n_beds - 1 else None
        cooling.extend([(0.0, 0.0)] * (n - 1))
        cooling.append((cooler.share, cooler.t_return_degC) if cooler else (0.0, 0.0))
    return Grid(np.array(z), np.array(cooling), tuple(beds))


@dataclass
class Problem:
    """One column's balances: coefficients, numbers of the case, grid, ends, flux mode, scales."""

    what: str
    c: F64
    q: F64
    grid: Grid
    kind: int
    low: F64
    high: F64
    mode: int
    scale: F64
    degree: int = DEGREE

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return 6 + 6 * (self.degree + 1) * (len(self.grid.z) - 1)

    @property
    def band(self) -> int:
        """Half bandwidth of the Jacobian."""
        return max(8, 6 * (self.degree + 1) - 1)

    def heights(self) -> F64:
        """Return the height of every node, elements bottom up."""
        z = self.grid.z
        part: F64 = (z[:-1, None] + np.diff(z)[:, None] * basis(self.degree).nodes).ravel()
        return part

    def assembled(self, x: F64) -> tuple[F64, F64]:
        """Return residuals and banded Jacobian at x."""
        r, ab = np.empty(x.size), np.empty((2 * self.band + 1, x.size))
        b, g = basis(self.degree), self.grid
        assemble(
            self.c, self.q, g.z, g.coolers, self.kind, self.low, self.high, x,
            b.values, b.deriv, b.gauss, self.mode, r, ab, self.band,
        )  # fmt: skip
        return r, ab

    def inertia(self) -> F64:
        """Return d(hold-up)/d(unknowns), banded: gas and liquid of equal weight per height."""
        b, g = basis(self.degree), self.grid
        n, band = self.degree + 1, self.band
        mass = np.einsum("g,gi,gj->ij", b.gauss[:, 1], b.values, b.values)
        bump = np.zeros((2 * band + 1, self.size))
        for e, h in enumerate(np.diff(g.z) / g.z[-1]):
            at = 3 + 6 * n * e
            for i in range(n):
                for j in range(n):
                    for k in range(6):
                        row, col = at + 6 * i + k, at + 6 * j + k
                        bump[band + row - col, col] = (h if k < 3 else -h) * mass[i, j]
        return bump

    def unknowns(self, at_height: F64, z: F64) -> F64:
        """Return the vector of unknowns of a profile (len(z) x 6) given over heights z."""
        here = self.heights()
        nodes = np.stack([np.interp(here, z, at_height[:, k]) for k in range(6)], axis=1)
        return np.concatenate([at_height[0, :3], nodes.ravel(), at_height[-1, 3:]])


def _size(problem: Problem, r: F64) -> float:
    """Return the root mean square residual, each balance in the scale of its unknown."""
    inner = r[3:-3].reshape(-1, 6) / problem.scale
    return float(np.sqrt(np.mean(inner**2)) + np.abs(r[:3]).max() + np.abs(r[-3:]).max())


def march(problem: Problem, x: F64, inertia: float, max_steps: int) -> tuple[F64, float, int]:
    """Return (x, last scaled step, steps) of implicit pseudo-time steps that grow into Newton's.

    The inverse time step follows the residual (switched evolution relaxation,
    Mulder and van Leer 1985): a wild start moves like a plant, the end like Newton.
    """
    band = problem.band
    r, ab = problem.assembled(x)
    bump = problem.inertia() if inertia else np.zeros_like(ab)
    scale = np.concatenate(
        [problem.scale[:3], np.tile(problem.scale, (x.size - 6) // 6), problem.scale[3:]]
    )
    is_t = np.zeros(x.size, dtype=bool)
    is_t[2] = is_t[-1] = True
    is_t[5:-3:6] = is_t[8:-3:6] = True
    limit = np.where(is_t, T_STEP, 0.7 * scale)
    left = first = _size(problem, r)
    size = np.inf
    for count in range(1, max_steps + 1):
        weight = inertia * min(1.0, left / first) if left > 1e-7 * first else 0.0
        try:
            step = -solve_banded((band, band), ab + weight * bump, r, check_finite=False)
        except np.linalg.LinAlgError:
            return x, np.inf, count
        worst = float(np.abs(step / limit).max())
        if not np.isfinite(worst):
            return x, np.inf, count
        size = float(np.sqrt(np.mean((step / scale) ** 2)))
        x = x + step / max(1.0, worst)
        if size < TOLERANCE:
            return x, size, count
        r, ab = problem.assembled(x)
        left = _size(problem, r)
        if not np.isfinite(left):
            return x, np.inf, count
    return x, size, max_steps


def profile(problem: Problem, x: F64) -> tuple[F64, F64]:
    """Return (z, nodes x 6) of a solved column, bottom up, with what enters at both ends."""
    nodes = x[3:-3].reshape(-1, 6)
    z = problem.heights()
    first = np.concatenate([x[:3], nodes[0, 3:]])
    last = np.concatenate([nodes[-1, :3], x[-3:]])
    top = problem.grid.z[-1]
    return np.concatenate([[0.0], z, [top]]), np.concatenate([[first], nodes, [last]])


def solve(problem: Problem, z: F64, guess: F64) -> tuple[F64, int]:
    """Return (unknowns, steps) from a profile guessed over z; raise ConvergenceError.

    Stirred cells first, brought to rest in pseudo-time: they follow the plant from
    any sane start.  Then the real polynomials from the profile they give.
    """
    cells = replace(problem, degree=0)
    total, size = 0, np.inf
    for inertia in (3.0, 30.0, 300.0):
        x, size, steps = march(cells, cells.unknowns(guess, z), inertia, 150)
        total += steps
        if size < TOLERANCE:
            break
    else:
        raise ConvergenceError(f"{problem.what} (stirred cells)", size)
    if problem.degree == 0:
        return x, total
    at, nodes = profile(cells, x)
    for inertia, patience in ((0.0, 14), (3.0, 60), (30.0, 120), (300.0, 200)):
        x, size, steps = march(problem, problem.unknowns(nodes, at), inertia, patience)
        total += steps
        if size < TOLERANCE:
            return x, total
    raise ConvergenceError(problem.what, size)
