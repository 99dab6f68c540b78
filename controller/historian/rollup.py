"""Roll-ups of one and ten minutes: low, mean, high and worst quality of each channel.

Only values that are finite and not BAD count; a span without any is NaN with
its worst quality, so a gap stays a gap.  A span is known by the seq of its first
cycle and not by its time: a clock set back begins another, and overwrites none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.historian.record import Record

NS: Final = 1_000_000_000
WIDTHS_S: Final = (60, 600)
F64 = NDArray[np.float64]
RollupRow = tuple[int, int, int, bytes, bytes, bytes, bytes]  # as in tables `rollup_*`


@dataclass(frozen=True, slots=True)
class Span:
    """The minute or ten under way: sums over its cycles so far, arrays of n channels."""

    first_seq: int
    t_ns: int
    cycles: int
    count: NDArray[np.int64]
    total: F64
    low: F64
    high: F64
    quality: NDArray[np.uint8]

    def row(self) -> RollupRow:
        """Return the row of its table."""
        mean = np.full(self.total.shape, np.nan)
        np.divide(self.total, self.count, out=mean, where=self.count > 0)
        blobs = [a.astype("<f8", copy=False).tobytes() for a in (self.low, mean, self.high)]
        head = (self.first_seq, self.t_ns, self.cycles)
        return (*head, blobs[0], blobs[1], blobs[2], self.quality.tobytes())


def fold(
    span: Span | None, records: Sequence[Record], width_s: int
) -> tuple[list[RollupRow], Span | None]:
    """Add records in order; return the rows of finished spans and the span under way.

    Pure: a failed commit can be tried again with the same `span`.
    """
    width_ns = width_s * NS
    rows: list[RollupRow] = []
    start = 0
    while start < len(records):
        t_ns = records[start].t_ns // width_ns * width_ns
        end = start + 1
        while end < len(records) and records[end].t_ns // width_ns * width_ns == t_ns:
            end += 1
        part = _summed(t_ns, records[start:end])
        if span is not None and span.t_ns != t_ns:
            rows.append(span.row())
            span = None
        span = part if span is None else _joined(span, part)
        start = end
    return rows, span


def _summed(t_ns: int, records: Sequence[Record]) -> Span:
    value = np.array([r.value for r in records])
    quality = np.array([r.quality for r in records])
    usable = (quality > 0) & np.isfinite(value)
    kept = np.where(usable, value, np.nan)
    return Span(
        records[0].seq,
        t_ns,
        len(records),
        usable.sum(axis=0),
        np.where(usable, value, 0.0).sum(axis=0),
        np.fmin.reduce(kept, axis=0),
        np.fmax.reduce(kept, axis=0),
        quality.min(axis=0),
    )


def _joined(a: Span, b: Span) -> Span:
    return Span(
        a.first_seq,
        a.t_ns,
        a.cycles + b.cycles,
        a.count + b.count,
        a.total + b.total,
        np.fmin(a.low, b.low),
        np.fmax(a.high, b.high),
        np.minimum(a.quality, b.quality),
    )
