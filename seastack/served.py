"""What the simulated rig served, step by step: the witness for the benches.

A file of float64 rows: plant time as two numbers, then
every value in table order.  Written unbuffered, so a killed simulator leaves
all whole rows behind.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors.image import F64
from sim.rig import Rig

HEAD: Final = 2  # plant time: whole seconds, nanoseconds


class WitnessedRig(Rig):
    """A rig that also writes each step's values to a file."""

    _witness: Path | None = None

    def write_down(self, file: Path | None) -> None:
        """Note the present values and those of every step from now on; None: stop."""
        self._witness = file
        self._note()

    def step(self, dt_s: float = 1.0) -> None:
        """Advance, then write one row."""
        super().step(dt_s)
        self._note()

    def _note(self) -> None:
        if self._witness is None:
            return
        head = divmod(self.t_ns, 1_000_000_000)
        row = np.concatenate((np.array(head, dtype=np.float64), self.value))
        with self._witness.open("ab", buffering=0) as file:
            file.write(row.tobytes())


@dataclass(frozen=True, slots=True)
class Served:
    """All rows of a witness file: t_ns shape (k,), value shape (k, tags)."""

    t_ns: NDArray[np.int64]
    value: F64

    @classmethod
    def load(cls, path: Path, tags: int) -> "Served":
        """Read a witness file; a row cut off by a kill is left out."""
        row = HEAD + tags
        flat = np.fromfile(path, dtype=np.float64)
        table = flat[: flat.size // row * row].reshape(-1, row)
        t_ns = table[:, 0].astype(np.int64) * 1_000_000_000 + table[:, 1].astype(np.int64)
        return cls(t_ns, table[:, HEAD:])
