"""The number types of the models: every formula takes a float or an array of them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
N = TypeVar("N", float, F64)
