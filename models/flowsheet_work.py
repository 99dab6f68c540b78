"""Work space of the flowsheet's kernels, and the memory of its integrator."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models import flowsheet_names as fx
from models import plant_names as ix
from models.dense import I64
from models.flowsheet_names import Mesh
from models.flowsheet_slopes import N_ROWS, N
from models.numbers import F64

if TYPE_CHECKING:
    from models.flowsheet_pattern import Pattern


class Work(NamedTuple):
    """Arrays that `rhs` and `jacobian` need; contents mean nothing between calls.

    Those from `xc` to `v` are complex128: the text is typed for floats and runs on both.
    """

    coef: F64
    c: F64
    take: F64
    z: F64
    q: F64
    up: F64
    out: F64
    y: F64
    y_spare: F64
    b_spare: F64
    xc: F64
    zc: F64
    uc: F64
    qc: F64
    upc: F64
    outc: F64
    yc: F64
    v: F64
    local: F64
    slopes: F64
    pressures: F64
    row: F64
    dz: F64
    colour: I64
    first: I64
    rows: I64


class Memory(NamedTuple):
    """What the integrator keeps: Jacobian, factors, the inputs they belong to, counters.

    `status`: Jacobian valid, its age (s), step of the factors (s), steps, rejections,
    Jacobians, factorisations.
    """

    jac: F64
    a: F64
    upper: F64
    order: I64
    key: F64
    status: F64
    k1: F64
    k2: F64
    stage: F64
    size: F64
    floor: F64


VALID, AGE, H_FACTORS, STEPS, REJECTED, JACOBIANS, FACTORS = range(7)


def work(mesh: Mesh, coef: F64, pattern: "Pattern") -> Work:
    """Return fresh work space."""
    n, cells = fx.n_states(mesh), mesh.absorber + mesh.stripper
    rows = n + ix.N_BOUNDARY + 3
    kind: type = np.complex128
    return Work(
        coef, np.zeros_like(coef), np.zeros((cells, 6)), np.zeros(fx.N_Z), np.zeros(3),
        np.zeros(3), np.zeros(rows), np.zeros(fx.N_Y), np.zeros(fx.N_Y),
        np.zeros(ix.N_BOUNDARY + 3), np.zeros(n, kind), np.zeros(fx.N_Z, kind),
        np.zeros(len(ix.U_NAMES), kind), np.zeros(3, kind), np.zeros(3, kind),
        np.zeros(rows, kind), np.zeros(fx.N_Y, kind), np.zeros(10, kind), np.zeros((7, N)),
        np.zeros((N_ROWS, N)), np.zeros((2, 4)), np.zeros(n), np.zeros((fx.N_Z, n)),
        pattern.colour, pattern.first, pattern.rows,
    )  # fmt: skip


def memory(mesh: Mesh, size: F64, floor: F64, n_p: int) -> Memory:
    """Return an empty memory; `size` and `floor` are magnitude and least value of each state."""
    n = fx.n_states(mesh)
    rows = n + ix.N_BOUNDARY + 3
    return Memory(
        np.zeros((rows, n)), np.zeros((n, n)), np.zeros((n, n)), np.zeros(n, np.int64),
        np.zeros(len(ix.U_NAMES) + len(ix.D_NAMES) + n_p), np.zeros(7), np.zeros(rows),
        np.zeros(rows), np.zeros(n), size, floor,
    )  # fmt: skip
