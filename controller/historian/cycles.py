"""The cycles of one segment, wherever they are: in its file, or archived beside it."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from controller.historian import series
from controller.historian.chain import SINCE, first_checked, problem_of, version_of
from controller.historian.damage import is_damage
from controller.historian.errors import HistorianError, Unreadable
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
        """Return at most `limit` records from first_seq on, in order.

        Raises Unreadable for the first of them that are damaged; see `damage.around`.
        """
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


class _Damage(Exception):
    """The next record cannot be read."""


class StoredCycles:
    """Cycles in the table of a segment; `db`, the file at `path`, is its opener's."""

    def __init__(self, db: sqlite3.Connection, channels: int, path: Path) -> None:
        self._db, self._n = db, channels
        self._checked = version_of(db) >= SINCE
        self._first = first_checked(db, "cycle")
        self._name = f"{path.parent.name}/{path.name}"

    def bounds(self) -> tuple[int, int] | None:
        first = self._ask("seq", "ORDER BY seq LIMIT 1")
        last = self._ask("seq", "ORDER BY seq DESC LIMIT 1")
        return (first[0][0], last[0][0]) if first and last else None

    def extent(self) -> tuple[int, int, int]:
        ((first_ns, last_ns, cycles),) = self._ask(
            "min(t_ns), max(t_ns), count(*)", by=("", "NOT INDEXED")
        )
        return (first_ns or 0, last_ns or 0, cycles)

    def records(self, first_seq: int, last_seq: int, limit: int) -> list[Record]:
        found: list[Record] = []
        try:
            found.extend(self._each(first_seq, last_seq, limit))
        except _Damage as error:
            begin, end = self.bounds() or (0, -1)
            begin = max(begin, found[-1].seq + 1 if found else first_seq)
            end = min(end, last_seq)
            if begin <= end:  # else no cycle is asked for, only the way to it is damaged
                end = self._hole_end(begin, end)
                raise Unreadable(self._name, begin, end, str(error), found) from error
        return found

    def seqs_back(self, first_seq: int, last_seq: int, limit: int) -> list[int]:
        rest = "WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?"
        return [row[0] for row in self._ask("seq", rest, (first_seq, last_seq, limit))]

    def about(self, t0_ns: int, t1_ns: int) -> int:
        return series.cycles_in(self._db, t0_ns, t1_ns)

    def raw(self, columns: Sequence[int], t0_ns: int, t1_ns: int) -> series.Block:
        return series.raw(self._db, self._n, columns, t0_ns, t1_ns)

    def close(self) -> None:
        return None

    def _ask(
        self,
        what: str,
        rest: str = "",
        args: Sequence[int] = (),
        by: tuple[str, str] = ("NOT INDEXED", "INDEXED BY cycle_t"),
    ) -> list[tuple[Any, ...]]:
        """Ask one way and, where that is damaged, another: the index by time has every seq."""
        usual, otherwise = (f"SELECT {what} FROM cycle {way} {rest}" for way in by)
        try:
            return self._db.execute(usual, args).fetchall()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return self._db.execute(otherwise, args).fetchall()

    def _each(self, first_seq: int, last_seq: int, limit: int) -> Iterator[Record]:
        """Yield records one by one. Raises _Damage where the next one cannot be read."""
        columns = f"{CYCLE_COLUMNS}, crc" if self._checked else CYCLE_COLUMNS
        query = f"SELECT {columns} FROM cycle WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
        try:
            for row in self._db.execute(query, (first_seq, last_seq, limit)):
                if self._checked and (problem := problem_of(row, self._first)):
                    raise _Damage(problem)
                record = unpack(row[:8])
                if record.seq < first_seq or record.quality.size != self._n:
                    raise _Damage("a row that belongs elsewhere")
                first_seq = record.seq + 1
                yield record
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise _Damage(str(error)) from error
            which = f"cycles {first_seq} to {last_seq}"
            raise HistorianError(f"{self._name}: {which} cannot be read now: {error}") from error
        except (TypeError, ValueError) as error:  # a row SQLite takes and that is no record
            raise _Damage(str(error)) from error

    def _hole_end(self, first_seq: int, last_seq: int) -> int:
        """Return where damage that begins at first_seq ends: before the next sound record.

        Asked seq by seq: a page is a few cycles, and none that is sound is skipped.
        """
        end = first_seq
        while end < last_seq and not self._sound(end + 1, last_seq):
            end += 1
        return end

    def _sound(self, first_seq: int, last_seq: int) -> bool:
        try:
            return bool(list(self._each(first_seq, last_seq, 1)))
        except _Damage:
            return False
