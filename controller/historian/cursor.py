"""What the server has already acknowledged, in the shipper's own file.

The journal is not touched: its one writer is the controller.  Per run the
acknowledged seqs are kept as a few closed intervals; live rows go first, so
there may be a gap that is filled later.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from controller.historian.errors import StateDirUnusable

NAME: Final = "shipper.db"
ShipState = Literal["idle", "shipping", "behind", "unreachable", "refused", "stopped"]
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS shipped(run TEXT, first INTEGER, last INTEGER, PRIMARY KEY(run, first));
CREATE TABLE IF NOT EXISTS dead_letter(run TEXT, seq INTEGER, at_ns INTEGER, why TEXT,
  PRIMARY KEY(run, seq));
CREATE TABLE IF NOT EXISTS status(one INTEGER PRIMARY KEY CHECK(one=1), state TEXT,
  backlog INTEGER, last_ack_ns INTEGER, problem TEXT, written_ns INTEGER, dead_letters INTEGER);
CREATE TABLE IF NOT EXISTS again(run TEXT PRIMARY KEY);
"""
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ShipStatus:
    """How the copy stands: rows still to send, wall time of the last yes, what is wrong."""

    state: ShipState
    backlog: int
    last_ack_ns: int | None
    problem: str
    written_ns: int
    dead_letters: int


def merged(intervals: list[Interval], new: Interval) -> list[Interval]:
    """Return closed integer intervals with one more, sorted, joined where they touch."""
    result: list[Interval] = []
    for first, last in sorted([*intervals, new]):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def intervals(numbers: Iterable[int]) -> list[Interval]:
    """Return whole numbers, in any order and repeated, as closed intervals, sorted."""
    found: list[Interval] = []
    for number in sorted(numbers):
        if found and number <= found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def missing(intervals: list[Interval], whole: Interval) -> list[Interval]:
    """Return what the intervals leave out of a whole, sorted."""
    gaps: list[Interval] = []
    first, end = whole
    for a, b in sorted(intervals):
        if a > first:
            gaps.append((first, min(a - 1, end)))
        first = max(first, b + 1)
    if first <= end:
        gaps.append((first, end))
    return [g for g in gaps if g[0] <= g[1]]


def without(intervals: list[Interval], cut: Interval) -> list[Interval]:
    """Return closed integer intervals less another one, sorted."""
    kept = []
    for first, last in intervals:
        kept += [(first, min(last, cut[0] - 1)), (max(first, cut[1] + 1), last)]
    return sorted({(a, b) for a, b in kept if a <= b})


class Cursor:
    """The shipper's file, open for writing. Raises StateDirUnusable when it cannot be."""

    def __init__(self, state_dir: Path) -> None:
        try:
            self._db = sqlite3.connect(
                state_dir / NAME, isolation_level=None, timeout=2.0, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")  # at worst rows are sent twice
            self._db.executescript(_TABLES)
        except sqlite3.Error as error:
            raise StateDirUnusable(f"{state_dir / NAME}: {error}") from error
        rows = self._db.execute("SELECT run, first, last FROM shipped").fetchall()
        self._shipped: dict[str, list[Interval]] = {}
        for run, first, last in rows:
            self._shipped[run] = merged(self._shipped.get(run, []), (first, last))

    def shipped(self, run: str) -> list[Interval]:
        """Return the acknowledged intervals of a run, sorted."""
        return self._shipped.get(run, [])

    def add(self, run: str, interval: Interval) -> None:
        """Note that a run's rows in an interval are safe over there."""
        self.settle(run, interval, ())

    def settle(self, run: str, interval: Interval, wrong: Sequence[tuple[int, str]]) -> None:
        """Note what became of an interval: all of it is there but the wrong or damaged rows.

        Those, with seq and reason, are dead letters: not sent again by themselves,
        and what was rejected is still in the journal. A dead letter that was taken now
        is none any more.
        """
        intervals = merged(self.shipped(run), interval)
        with self._transaction():
            self._keep(run, intervals)
            self._db.execute(
                "DELETE FROM dead_letter WHERE run=? AND seq BETWEEN ? AND ?", (run, *interval)
            )
            rows = [(run, seq, time.time_ns(), why) for seq, why in wrong]
            self._db.executemany("INSERT INTO dead_letter VALUES (?,?,?,?)", rows)
        self._shipped[run] = intervals

    def take_back(self, run: str, interval: Interval) -> None:
        """Note that a run's rows in an interval have to be sent again."""
        intervals = without(self.shipped(run), interval)
        with self._transaction():
            self._keep(run, intervals)
        self._shipped[run] = intervals

    def take_back_asked(self) -> list[str]:
        """Take back every run that somebody wants sent again; return their names."""
        runs = [run for (run,) in self._db.execute("SELECT run FROM again").fetchall()]
        for run in runs:
            with self._transaction():
                self._keep(run, [])
                self._db.execute("DELETE FROM again WHERE run=?", (run,))
            self._shipped.pop(run, None)
        return runs

    def _keep(self, run: str, intervals: list[Interval]) -> None:
        self._db.execute("DELETE FROM shipped WHERE run=?", (run,))
        rows = [(run, first, last) for first, last in intervals]
        self._db.executemany("INSERT INTO shipped VALUES (?,?,?)", rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, on the disk and in memory."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def ask_again(self, runs: Sequence[str]) -> None:
        """Note that all cycles of these runs are to be sent again, by whoever ships here."""
        with self._transaction():
            self._db.executemany("INSERT OR IGNORE INTO again VALUES (?)", [(r,) for r in runs])

    def dead_letters(self) -> list[tuple[str, int, str]]:
        """Return run, seq and reason of every row that was rejected or is damaged."""
        query = "SELECT run, seq, why FROM dead_letter ORDER BY run, seq"
        return [(r, s, w) for r, s, w in self._db.execute(query).fetchall()]

    def note(
        self, state: ShipState, backlog: int, last_ack_ns: int | None, problem: str
    ) -> ShipStatus:
        """Write down how things stand, for whoever looks."""
        (dead,) = self._db.execute("SELECT count(*) FROM dead_letter").fetchone()
        status = ShipStatus(state, backlog, last_ack_ns, problem, time.time_ns(), dead)
        self._db.execute(
            "INSERT OR REPLACE INTO status VALUES (1,?,?,?,?,?,?)",
            (state, backlog, last_ack_ns, problem, status.written_ns, dead),
        )
        return status

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def read_shipped(state_dir: Path) -> dict[str, list[Interval]]:
    """Return the acknowledged intervals of every run; {} where nothing is shipped."""
    shipped: dict[str, list[Interval]] = {}
    for run, first, last in _rows(state_dir, "SELECT run, first, last FROM shipped"):
        shipped[run] = merged(shipped.get(run, []), (first, last))
    return shipped  # what is not known to be shipped counts as not shipped


def read_dead(state_dir: Path) -> dict[str, list[int]]:
    """Return by run the seqs that were rejected or are damaged; {} where none is known."""
    dead: dict[str, list[int]] = {}
    for run, seq in _rows(state_dir, "SELECT run, seq FROM dead_letter ORDER BY seq"):
        dead.setdefault(run, []).append(seq)
    return dead


def _rows(state_dir: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds, nothing where there is no file or it cannot be read now."""
    path = (state_dir / NAME).absolute()
    if not path.exists():
        return []
    try:
        db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.2)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return []


def read_status(state_dir: Path) -> ShipStatus | None:
    """Return how the shipper stood when it last wrote; None where nothing is shipped.

    Leaves no file behind: where nobody has the database open, SQLite would make its log.
    """
    path = (state_dir / NAME).absolute()
    if not path.exists():
        return None
    alone = "" if path.with_name(f"{NAME}-wal").exists() else "&immutable=1"
    try:
        db = sqlite3.connect(f"{path.as_uri()}?mode=ro{alone}", uri=True, timeout=0.2)
        try:
            row = db.execute(
                "SELECT state, backlog, last_ack_ns, problem, written_ns, dead_letters FROM status"
            ).fetchone()
        finally:
            db.close()
    except sqlite3.Error:
        return None  # being made or being changed: the next look will see it
    return ShipStatus(*row) if row else None
