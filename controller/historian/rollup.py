"""One-minute roll-ups: low, mean, high and worst quality of each channel.

Only values that are finite and not BAD count; a minute without any is NaN with
its worst quality, so a gap stays a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.historian.record import Record

MINUTE_NS: Final = 60_000_000_000
F64 = NDArray[np.float64]
RollupRow = tuple[int, int, bytes, bytes, bytes, bytes]  # as in table `rollup`


@dataclass(frozen=True, slots=True)
class Minute:
    """The minute under way: sums over its cycles so far, arrays of n channels."""

    t_ns: int
    cycles: int
    count: NDArray[np.int64]
    total: F64
    low: F64
    high: F64
    quality: NDArray[np.uint8]

    def row(self) -> RollupRow:
        """Return the row of table `rollup`."""
        mean = np.full(self.total.shape, np.nan)
        np.divide(self.total, self.count, out=mean, where=self.count > 0)
        blobs = [a.astype("<f8", copy=False).tobytes() for a in (self.low, mean, self.high)]
        return (self.t_ns, self.cycles, blobs[0], blobs[1], blobs[2], self.quality.tobytes())


def fold(minute: Minute | None, records: Sequence[Record]) -> tuple[list[RollupRow], Minute | None]:
    """Add records in order; return the rows of finished minutes and the minute under way.

    Pure: a failed commit can be tried again with the same `minute`.
    """
    rows: list[RollupRow] = []
    start = 0
    while start < len(records):
        t_ns = records[start].t_ns // MINUTE_NS * MINUTE_NS
        end = start + 1
        while end < len(records) and records[end].t_ns // MINUTE_NS * MINUTE_NS == t_ns:
            end += 1
        part = _summed(t_ns, records[start:end])
        if minute is not None and minute.t_ns != t_ns:
            rows.append(minute.row())
            minute = None
        minute = part if minute is None else _joined(minute, part)
        start = end
    return rows, minute


def _summed(t_ns: int, records: Sequence[Record]) -> Minute:
    value = np.array([r.value for r in records])
    quality = np.array([r.quality for r in records])
    usable = (quality > 0) & np.isfinite(value)
    kept = np.where(usable, value, np.nan)
    return Minute(
        t_ns,
        len(records),
        usable.sum(axis=0),
        np.where(usable, value, 0.0).sum(axis=0),
        np.fmin.reduce(kept, axis=0),
        np.fmax.reduce(kept, axis=0),
        quality.min(axis=0),
    )


def _joined(a: Minute, b: Minute) -> Minute:
    return Minute(
        a.t_ns,
        a.cycles + b.cycles,
        a.count + b.count,
        a.total + b.total,
        np.fmin(a.low, b.low),
        np.fmax(a.high, b.high),
        np.minimum(a.quality, b.quality),
    )
