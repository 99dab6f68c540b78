"""The kernels of the plant, compiled in two halves at the same time.

Each half is a list of jobs for one process.  They need not be disjoint, for of two that
need the same kernel one waits (`kernel`); they are in an order in which that is rare:
one goes through the complex text, which the Jacobian needs, one through the slopes.
Compiling a kernel compiles those it calls.  What a job leaves out is compiled by the
first that calls it, so these lists are about time, not about results.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, cast

import numba
import numpy as np
from numba.core import event

from models import flowsheet_jacobian, flowsheet_rhs, flowsheet_steady, flowsheet_step
from models import flowsheet_names as fx
from models import plant_names as ix
from models.coefficients import blank
from models.flowsheet_pattern import Pattern
from models.flowsheet_work import memory, work
from models.kernel import KERNELS

Job = tuple[str, Callable[[], object]]
HALVES: Final = ("slopes", "states")
_ROOTS: Final = (
    "flowsheet_steady.relax",
    "flowsheet_step.advance",
    "flowsheet_step.derivative",
    "flowsheet_rhs.report",
)


def jobs(half: str) -> list[Job]:
    """Return the jobs of one of HALVES, in order; raise KeyError for another."""
    mesh, n = fx.SHIPPED, fx.n_states(fx.SHIPPED)
    x, u, d = np.zeros(n), np.zeros(len(ix.U_NAMES)), np.zeros(len(ix.D_NAMES))
    p, none = np.zeros(len(fx.P_NAMES)), np.zeros(0, np.int64)
    w = work(mesh, np.stack([blank(), blank()]), Pattern(none, none, none))
    m = memory(mesh, x, x, p.size)
    into = (w.xc, w.zc, w.uc, w.qc, w.upc, w.outc, w.yc)
    given = (x, u, d, p, mesh)
    jacobian, step = flowsheet_jacobian, flowsheet_step
    found: dict[str, list[Job]] = {
        "slopes": [
            _job(jacobian.jacobian, *given, 0.0, w, m.jac),
            _job(step.advance, *given, 1.0, 1, x, w, m),
        ],
        "states": [
            _job(jacobian.rest_column, x, w.z, u, d, p, mesh, 0.0, 0.0, *into),
            _job(step.derivative, *given, w),
            _job(jacobian._rest_rows, *given, 0.0, 0.0, w, m.jac),
            _job(step.attempt, *given, 1.0, w, m),
            _job(step.refactor, 1.0, m),
            _job(step.keep, u, d, p, m),
            _job(flowsheet_rhs.report, x, u, mesh, w.take, w.z, w.out, w.y),
            _job(flowsheet_steady.relax, *given, 0.0, 1, w, m),
        ],
    }
    return found[half]


def _job(kernel: Any, *args: object) -> Job:
    name, kind_of = kernel.py_func.__name__, cast("Any", numba.typeof)  # numba leaves it untyped
    return name, lambda: kernel.compile(tuple(kind_of(a) for a in args))


def needed() -> list[str]:
    """Return the names of all kernels of the plant: the roots and what they call."""
    by_function = {kernel: name for name, kernel in KERNELS.items()}
    found: list[str] = []
    waiting = list(_ROOTS)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting += [by_function[k] for k in _called(KERNELS[name]) if k in by_function]
    return found


def _called(kernel: Any) -> Iterator[Any]:
    function = kernel.py_func
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, numba.core.dispatcher.Dispatcher):
            yield value


class Told(event.Listener):
    """Tells the name of each kernel before and after it is compiled: ("begin"|"end", name)."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._names = {id(kernel): name for name, kernel in KERNELS.items()}

    def on_start(self, what: Any) -> None:
        self._say("begin", what)

    def on_end(self, what: Any) -> None:
        self._say("end", what)

    def _say(self, how: str, what: Any) -> None:
        name = self._names.get(id(what.data["dispatcher"]))
        if name is not None:  # else one of numba's own
            self._tell(how, name)


def compile_all(half: Iterable[Job], tell: Callable[[str, str], None]) -> None:
    """Do the jobs, telling what is compiled; what is in the cache is loaded in silence."""
    with event.install_listener("numba:compile", Told(tell)):
        for _, job in half:
            job()
