"""The lumped dynamic plant: absorber, stripper, exchanger, tanks as 72 states.

It conserves CO2, water, amine and energy to rounding, because every flow is
taken from one place and given to another, and enthalpies are states.
"""

from typing import ClassVar

import numpy as np

from models import plant_kernel, steady
from models.columns import N_C
from models.numbers import F64
from models.plant_kernel import T_GAS_SPACE
from models.plant_names import (
    BOUNDARY,
    D_NAMES,
    DEFAULT_P,
    INVENTORY_NAMES,
    N_BLOCKS,
    N_BOUNDARY,
    N_X,
    N_Y,
    P_NAMES,
    U_NAMES,
    X_DRUM,
    X_DRUM_H,
    X_GAS,
    X_LCO2,
    X_NAMES,
    Y_NAMES,
)
from models.properties import CP_CO2

__all__ = ["BOUNDARY", "DEFAULT_P", "LumpedPlant"]


class LumpedPlant:
    """PlantModel of the demo rig; stateless apart from work space (one per thread)."""

    x_names: ClassVar[tuple[str, ...]] = X_NAMES
    u_names: ClassVar[tuple[str, ...]] = U_NAMES
    d_names: ClassVar[tuple[str, ...]] = D_NAMES
    p_names: ClassVar[tuple[str, ...]] = P_NAMES
    y_names: ClassVar[tuple[str, ...]] = Y_NAMES
    inventory_names: ClassVar[tuple[str, ...]] = INVENTORY_NAMES
    boundary_names: ClassVar[tuple[str, ...]] = tuple(BOUNDARY)

    def __init__(self) -> None:
        self._c = np.zeros((N_BLOCKS, N_C))
        self._v = np.zeros(4)
        self._y = np.zeros(N_Y)
        self._dx = np.zeros(N_X)
        self._spill = np.zeros(N_BOUNDARY)
        self._sign = np.zeros((len(INVENTORY_NAMES), N_BOUNDARY))
        for j, (sign, balance) in enumerate(BOUNDARY.values()):
            self._sign[INVENTORY_NAMES.index(balance), j] = sign

    @staticmethod
    def default_p() -> F64:
        """Return the default parameters as a new array in p_names order."""
        return np.array(list(DEFAULT_P.values()))

    @staticmethod
    def guess(p: F64) -> F64:
        """Return a plausible hot state, levels nominal; not steady."""
        return steady.guess(p)

    def steady(self, u: F64, d: F64, p: F64) -> F64:
        """Return the steady state with balanced flows for the gas, lean, heat and t of u.

        Levels, 190 kPa and water are held; rich, bottoms, product, reflux and
        make-up in u are ignored (`models.steady.steady_held` returns them).
        Raises ConvergenceError.
        """
        return steady.steady_held(u, d, p, steady.P_STRIPPER_KPA).x

    def rhs(self, x: F64, u: F64, d: F64, p: F64, dx: F64) -> None:
        """Write dx/dt (per second) into dx."""
        plant_kernel.rhs_outputs(x, u, d, p, dx, self._y, self._c, self._v)

    def outputs(self, x: F64, u: F64, d: F64, p: F64) -> F64:
        """Return all outputs, y_names order, as a new array."""
        y = np.zeros(N_Y)
        plant_kernel.rhs_outputs(x, u, d, p, self._dx, y, self._c, self._v)
        return y

    def advance(self, x: F64, u: F64, d: F64, p: F64, dt_s: float, n: int, acc: F64) -> None:
        """Advance x in place by n RK4 steps of dt_s; add boundary integrals to acc."""
        plant_kernel.advance(x, u, d, p, dt_s, n, acc)

    def step(self, x: F64, u: F64, d: F64, p: F64, dt_s: float) -> F64:
        """Return the state dt_s later (one RK4 step, stable up to about 1 s)."""
        new = x.copy()
        plant_kernel.advance(new, u, d, p, dt_s, 1, self._spill)
        return new

    def inventory(self, x: F64, p: F64) -> F64:
        """Return what the plant holds: kmol CO2 (with the LCO2 tank), water, amine; kJ."""
        blocks = x[: 4 * N_BLOCKS].reshape(N_BLOCKS, 4).sum(axis=0)
        blocks[0] += x[X_GAS] + x[X_LCO2]
        blocks[1] += x[X_DRUM]
        blocks[3] += x[X_DRUM_H] + x[X_GAS] * CP_CO2 * T_GAS_SPACE
        total: F64 = blocks
        return total

    def net_in(self, acc: F64) -> F64:
        """Return in minus out per balance, inventory_names order, from boundary integrals."""
        net: F64 = self._sign @ acc
        return net

    def gross_in(self, acc: F64) -> F64:
        """Return the sum of what came in per balance (positive parts of in-flows)."""
        gross: F64 = np.maximum(self._sign, 0.0) @ np.maximum(acc, 0.0)
        return gross
