"""The number types of the models: every formula takes a float or an array of them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
N = TypeVar("N", float, F64)


def positive(x: N) -> N:
    """Return x where it is above zero, else nan: a denominator that cannot raise or warn."""
    if isinstance(x, np.ndarray):
        return np.where(x > 0.0, x, np.nan)
    return x if x > 0.0 else float("nan")
