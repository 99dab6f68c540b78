"""The cycles of one segment, wherever they are: in its file, or archived beside it."""

import sqlite3
from collections.abc import Sequence
from typing import Protocol

from controller.historian import series
from controller.historian.packing import unpack
from controller.historian.record import Record
from controller.historian.schema import CYCLE_COLUMNS


class Cycles(Protocol):
    """What a reader asks of a day's cycles; times in ns, arrays as in `series.Block`."""

    def bounds(self) -> tuple[int, int] | None:
        """Return the first and the last seq; None when there is no cycle."""
        ...

    def extent(self) -> tuple[int, int, int]:
        """Return the earliest time, the latest time, the number of cycles."""
        ...

    def records(self, first_seq: int, last_seq: int, limit: int) -> list[Record]:
        """Return at most `limit` records from first_seq on, in order."""
        ...

    def seqs_back(self, first_seq: int, last_seq: int, limit: int) -> list[int]:
        """Return at most `limit` seqs from last_seq down, newest first."""
        ...

    def about(self, t0_ns: int, t1_ns: int) -> int:
        """Return about how many cycles lie in [t0_ns, t1_ns]."""
        ...

    def raw(self, columns: Sequence[int], t0_ns: int, t1_ns: int) -> series.Block:
        """Return every cycle in [t0_ns, t1_ns] of some columns, by time."""
        ...

    def close(self) -> None:
        """Close what was opened for this."""
        ...


class StoredCycles:
    """Cycles in the table of a segment; `db` belongs to whoever opened it."""

    def __init__(self, db: sqlite3.Connection, channels: int) -> None:
        self._db, self._n = db, channels

    def bounds(self) -> tuple[int, int] | None:
        first = self._db.execute("SELECT seq FROM cycle ORDER BY seq LIMIT 1").fetchone()
        last = self._db.execute("SELECT seq FROM cycle ORDER BY seq DESC LIMIT 1").fetchone()
        return (first[0], last[0]) if first and last else None

    def extent(self) -> tuple[int, int, int]:
        row = self._db.execute("SELECT min(t_ns), max(t_ns), count(*) FROM cycle").fetchone()
        return (row[0] or 0, row[1] or 0, row[2])

    def records(self, first_seq: int, last_seq: int, limit: int) -> list[Record]:
        rows = self._db.execute(
            f"SELECT {CYCLE_COLUMNS} FROM cycle WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
            (first_seq, last_seq, limit),
        ).fetchall()
        return [unpack(row) for row in rows]

    def seqs_back(self, first_seq: int, last_seq: int, limit: int) -> list[int]:
        rows = self._db.execute(
            "SELECT seq FROM cycle WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?",
            (first_seq, last_seq, limit),
        ).fetchall()
        return [row[0] for row in rows]

    def about(self, t0_ns: int, t1_ns: int) -> int:
        return series.cycles_in(self._db, t0_ns, t1_ns)

    def raw(self, columns: Sequence[int], t0_ns: int, t1_ns: int) -> series.Block:
        return series.raw(self._db, self._n, columns, t0_ns, t1_ns)

    def close(self) -> None:
        return None
