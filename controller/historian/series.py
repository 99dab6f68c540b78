"""Reading a few channels over a stretch of time, fast, from one segment."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from controller.historian.chain import sound_rows
from controller.historian.rollup import NS
from controller.historian.schema import CYCLE_COLUMNS, ROLLUP_COLUMNS, rollup_table

ROWS_AT_MOST: Final = 7500  # of one width before a wider roll-up answers

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """k points of c channels: t_ns int64[k], quality uint8[k, c], the others float64[k, c]."""

    t_ns: NDArray[np.int64]
    value: F64
    low: F64
    high: F64
    quality: NDArray[np.uint8]

    @classmethod
    def empty(cls, c: int) -> "Block":
        """Return no points of c channels."""
        none = np.empty((0, c))
        return cls(np.empty(0, np.int64), none, none, none, np.empty((0, c), np.uint8))

    def spread(self, places: Sequence[int], c: int) -> "Block":
        """Return c channels, these at their places; the others NaN and BAD."""
        k = self.t_ns.size
        value, low, high = (np.full((k, c), np.nan) for _ in range(3))
        quality = np.zeros((k, c), np.uint8)
        value[:, places], low[:, places], high[:, places] = self.value, self.low, self.high
        quality[:, places] = self.quality
        return Block(self.t_ns, value, low, high, quality)

    @classmethod
    def joined(cls, blocks: Sequence["Block"]) -> "Block":
        """Return the points of several blocks, by time where the clock was set back."""
        joined = cls(
            np.concatenate([b.t_ns for b in blocks]),
            np.concatenate([b.value for b in blocks]),
            np.concatenate([b.low for b in blocks]),
            np.concatenate([b.high for b in blocks]),
            np.concatenate([b.quality for b in blocks]),
        )
        if joined.t_ns.size < 2 or (np.diff(joined.t_ns) >= 0).all():
            return joined
        k = np.argsort(joined.t_ns, kind="stable")
        return cls(
            joined.t_ns[k], joined.value[k], joined.low[k], joined.high[k], joined.quality[k]
        )


def widths_for(cycles: int) -> tuple[int, ...]:
    """Return the widths of roll-ups that answer for so many cycles, widest first; () for none."""
    if cycles <= ROWS_AT_MOST:
        return ()
    return (60,) if cycles <= 60 * ROWS_AT_MOST else (600, 60)


def cycles_in(db: sqlite3.Connection, t0_ns: int, t1_ns: int) -> int:
    """Return about how many cycles lie in [t0_ns, t1_ns]; exact while the clock is steady."""
    query = "SELECT seq FROM cycle WHERE t_ns BETWEEN ? AND ? ORDER BY t_ns"
    first = db.execute(f"{query} LIMIT 1", (t0_ns, t1_ns)).fetchone()
    last = db.execute(f"{query} DESC LIMIT 1", (t0_ns, t1_ns)).fetchone()
    return 0 if first is None else abs(last[0] - first[0]) + 1


def raw(db: sqlite3.Connection, n: int, columns: Sequence[int], t0_ns: int, t1_ns: int) -> Block:
    """Return every cycle in [t0_ns, t1_ns] of the given columns of n channels."""
    where = "WHERE t_ns BETWEEN ? AND ? ORDER BY t_ns"
    rows = sound_rows(db, "cycle", CYCLE_COLUMNS, where, (t0_ns, t1_ns))
    if not rows:
        return Block.empty(len(columns))
    t_ns = np.array([row[1] for row in rows], dtype=np.int64)
    value = _floats(rows, 4, n, columns)
    return Block(t_ns, value, value, value, _grades(rows, 5, n, columns))


def spans(
    db: sqlite3.Connection, width_s: int, n: int, columns: Sequence[int], t0_ns: int, t1_ns: int
) -> Block:
    """Return the finished roll-ups that begin in [t0_ns, t1_ns], stamped at their middle."""
    table = rollup_table(db, width_s)
    where = "WHERE t_ns BETWEEN ? AND ? ORDER BY t_ns"
    # Version 1 has no first_seq: its rows have no checksum either, so any key will do.
    key = ROLLUP_COLUMNS if table != "rollup" else ROLLUP_COLUMNS.replace("first_seq", "t_ns")
    rows = sound_rows(db, table, key, where, (t0_ns, t1_ns)) if table else []
    if not rows:
        return Block.empty(len(columns))
    low, mean, high = (_floats(rows, k, n, columns) for k in (3, 4, 5))
    t_ns = np.array([row[1] for row in rows], dtype=np.int64) + width_s * NS // 2
    return Block(t_ns, mean, low, high, _grades(rows, 6, n, columns))


def _floats(rows: Sequence[Any], cell: int, n: int, columns: Sequence[int]) -> F64:
    joined = b"".join([row[cell] for row in rows])
    return np.frombuffer(joined, dtype="<f8").reshape(-1, n)[:, list(columns)]


def _grades(rows: Sequence[Any], cell: int, n: int, columns: Sequence[int]) -> NDArray[np.uint8]:
    joined = b"".join([row[cell] for row in rows])
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, n)[:, list(columns)]


def thinned(block: Block, max_points: int) -> Block:
    """Return at most max_points points: mean, low, high, worst quality of each stretch."""
    k = block.t_ns.size
    if k <= max_points or max_points < 1:
        return block
    starts = np.linspace(0, k, max_points, endpoint=False).astype(np.intp)
    finite = np.isfinite(block.value)
    count = np.add.reduceat(finite, starts, axis=0, dtype=np.int64)
    total = np.add.reduceat(np.where(finite, block.value, 0.0), starts, axis=0)
    mean = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return Block(
        block.t_ns[starts],
        mean,
        np.fmin.reduceat(block.low, starts, axis=0),
        np.fmax.reduceat(block.high, starts, axis=0),
        np.minimum.reduceat(block.quality, starts, axis=0),
    )
