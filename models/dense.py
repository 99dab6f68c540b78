"""Dense linear solves for kernels that run thousands of times a second on small matrices."""

import numpy as np
from numpy.typing import NDArray

from models.kernel import kernel
from models.numbers import F64

I64 = NDArray[np.int64]


@kernel
def factor(a: F64, upper: F64, order: I64) -> None:
    """Factor a (n x n, overwritten) with partial pivoting; `upper` gains its transpose.

    Zeros below the pivot are skipped: the matrices here are half empty.
    """
    n = a.shape[0]
    for k in range(n):
        best, at = abs(a[k, k]), k
        for i in range(k + 1, n):
            if abs(a[i, k]) > best:
                best, at = abs(a[i, k]), i
        order[k] = at
        if at != k:
            for j in range(n):
                a[k, j], a[at, j] = a[at, j], a[k, j]
        pivot = 1.0 / a[k, k]
        top = a[k]
        for i in range(k + 1, n):
            if a[i, k] != 0.0:
                f = a[i, k] * pivot
                row = a[i]
                row[k] = f
                for j in range(k + 1, n):
                    row[j] -= f * top[j]
    for i in range(n):
        for j in range(n):
            upper[i, j] = a[j, i]


@kernel
def solve(upper: F64, order: I64, x: F64) -> None:
    """Solve in place with the transposed factors of `factor`."""
    n = upper.shape[0]
    for k in range(n):
        at = order[k]
        x[k], x[at] = x[at], x[k]
    for k in range(n):
        f = x[k]
        column = upper[k]
        for i in range(k + 1, n):
            x[i] -= f * column[i]
    for k in range(n - 1, -1, -1):
        column = upper[k]
        f = x[k] / column[k]
        x[k] = f
        for i in range(k):
            x[i] -= f * column[i]
