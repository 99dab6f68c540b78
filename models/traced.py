"""The same text for machine and for algebra: kernels seen as plain Python.

A kernel is written once, for one scalar point, without branches on its values.
Numba compiles it; `traced` gives its Python text back with every kernel it
calls replaced by that one's Python text and `exp`, `log`, `sqrt` by CasADi's,
so that CasADi can walk through it and differentiate exactly what runs.
"""

from collections.abc import Callable
from types import FunctionType
from typing import TypeVar, cast

import casadi
import numpy as np

F = TypeVar("F", bound=Callable[..., object])

_SYMBOLIC: dict[object, object] = {np.exp: casadi.exp, np.log: casadi.log, np.sqrt: casadi.sqrt}


def traced(function: F) -> F:
    """Return the Python text of a kernel, symbolic all the way down; takes casadi.SX or floats."""
    return cast("F", _traced(function, {}))


def _traced(function: object, seen: dict[int, FunctionType]) -> FunctionType:
    text = getattr(function, "py_func", function)
    if not isinstance(text, FunctionType):
        raise TypeError(f"{function!r} is no kernel and no Python function")
    if id(text) in seen:
        return seen[id(text)]
    names = dict(text.__globals__)
    copy = FunctionType(text.__code__, names, text.__name__, text.__defaults__, text.__closure__)
    seen[id(text)] = copy
    for name in text.__code__.co_names:
        value = names.get(name)
        if hasattr(value, "py_func"):
            names[name] = _traced(value, seen)
        elif isinstance(value, np.ufunc):
            names[name] = _SYMBOLIC.get(value, value)
    return copy
