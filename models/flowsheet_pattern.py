"""Which states the flowsheet's rest depends on, found once per mesh by probing, and colours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import flowsheet_names as fx
from models import plant_names as ix
from models.dense import I64
from models.flowsheet_jacobian import rest_column
from models.flowsheet_names import Mesh
from models.numbers import F64


@dataclass(frozen=True, slots=True)
class Pattern:
    """Columns (states, then gas streams) of one colour share no row.

    Rows of column c are rows[first[c]:first[c + 1]].
    """

    colour: I64
    first: I64
    rows: I64


_KNOWN: dict[tuple[Mesh, bool], Pattern] = {}


def pattern(mesh: Mesh, held: bool, x: F64, z: F64, u: F64, d: F64, p: F64) -> Pattern:
    """Return the pattern of a mesh, probing it at a state with everything flowing."""
    key = (mesh, held)
    if key not in _KNOWN:
        _KNOWN[key] = _probe(mesh, held, x, z, u, d, p)
    return _KNOWN[key]


def _probe(mesh: Mesh, held: bool, x: F64, z: F64, u: F64, d: F64, p: F64) -> Pattern:
    n = x.size
    n_rows = n + ix.N_BOUNDARY + 3
    out, y = np.zeros(n_rows, complex), np.zeros(fx.N_Y, complex)
    xc, zc, uc = x.astype(complex), z.astype(complex), u.astype(complex)
    q, up = np.zeros(3, complex), np.zeros(3, complex)
    found = np.zeros((n_rows, n + fx.N_Z), dtype=bool)
    for c in range(n + fx.N_Z):
        (xc if c < n else zc)[c if c < n else c - n] += 1e-30j
        rest_column(x, z, u, d, p, mesh, 0.18, 190.0 if held else 0.0, xc, zc, uc, q, up, out, y)
        found[:, c] = out.imag != 0.0
    first = np.concatenate([[0], np.cumsum(found.sum(axis=0))]).astype(np.int64)
    rows = np.nonzero(found.T)[1].astype(np.int64)
    return Pattern(_colours(found), first, rows)


def _colours(found: NDArray[np.bool_]) -> I64:
    """Give each column the first colour no other column with a row in common has."""
    taken: list[NDArray[np.bool_]] = []
    colour = np.zeros(found.shape[1], dtype=np.int64)
    for c in np.argsort(-found.sum(axis=0), kind="stable"):
        for k, rows in enumerate(taken):
            if not (rows & found[:, c]).any():
                colour[c], taken[k] = k, rows | found[:, c]
                break
        else:
            colour[c] = len(taken)
            taken.append(found[:, c].copy())
    return colour
