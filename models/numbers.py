"""The number types of the models: every formula takes a float or an array of them."""

from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
N = TypeVar("N", float, F64)


def positive(x: N) -> N:
    """Return x where it is above zero, else nan: a denominator that cannot raise or warn."""
    return where_positive(x, x)


def where_positive(x: N, value: N) -> N:
    """Return the value where x is above zero, else nan."""
    if isinstance(x, np.ndarray):
        return np.where(x > 0.0, value, np.nan)
    return value if x > 0.0 else float("nan")


def shaped(asked: N, x: F64) -> N:
    """Return x as a float where a number was asked for, else as an array.

    Asked may also be a list or a column of a data frame: what is asked for many is an array.
    """
    return cast(N, x if np.ndim(asked) else float(x))
