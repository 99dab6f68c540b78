"""What every plant model offers: simulator, estimator and MPC use only this."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


class PlantModel(Protocol):
    """A dynamic plant dx/dt = rhs(x, u, d, p), y = outputs(x, u, d, p).

    Names give position and unit of each entry (``lean_flow_kg_s``).  All
    arrays are float64, contiguous; `rhs` writes into `dx` and allocates nothing.
    `steady` raises ConvergenceError with what failed.  `inventory` returns
    moles or energy per balance: names in `inventory_names`.
    """

    x_names: tuple[str, ...]
    u_names: tuple[str, ...]
    d_names: tuple[str, ...]
    p_names: tuple[str, ...]
    y_names: tuple[str, ...]
    inventory_names: tuple[str, ...]

    def steady(self, u: F64, d: F64, p: F64) -> F64: ...

    def rhs(self, x: F64, u: F64, d: F64, p: F64, dx: F64) -> None: ...

    def outputs(self, x: F64, u: F64, d: F64, p: F64) -> F64: ...

    def step(self, x: F64, u: F64, d: F64, p: F64, dt_s: float) -> F64: ...

    def inventory(self, x: F64, p: F64) -> F64: ...
