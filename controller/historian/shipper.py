"""Copies the journal to a time-series server, live rows first, nothing twice lost.

A thread of its own that reads the journal and never writes it.  The cursor moves
only after the server's yes, so an outage or a restart of either side costs time
and no rows.  The server keys by time and tags: rows sent twice are one row.  A
server says yes before its disk does, so the last rows before an outage are sent
again: killed or out of power, it may have lost what it acknowledged.
"""

import logging
import sqlite3
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, Protocol

from controller.historian.cursor import Cursor, Interval, ShipState, ShipStatus, missing
from controller.historian.damage import Stretch
from controller.historian.errors import (
    Expired,
    HistorianError,
    Refused,
    Rejected,
    ShipError,
    TooLarge,
    Unreachable,
)
from controller.historian.lines import LineMaker
from controller.historian.reader import JournalReader
from controller.historian.record import Record

ROWS: Final = 400  # a request, at most
BACKFILLS: Final = 2  # requests for old rows after each one for live rows
BACKOFF_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
LIVE: Final = ("live",)
LINK_IS_SLOW: Final = 2  # a request that got no answer is tried again with so many times fewer rows
AGAIN_S: Final = 30.0  # rows acknowledged this long before an outage are sent again
AGAIN_ROWS: Final = 60  # and this many after a restart of our own
UNREADABLE_S: Final = 30.0  # until a run whose journal cannot be read is looked at again
DOUBT_SIZE: Final = 2  # failures of the server in a row after which fewer rows are tried
TELL_AGAIN_S: Final = 60.0  # what is rejected row by row is counted meanwhile
BOUND_S: Final = 3600.0  # how long the end of a bucket's memory is believed
DISTRUST: Final = 10  # rejected rows in a row before the server is doubted, not the rows

log = logging.getLogger("seastack.shipper")


class LineWriter(Protocol):
    """Where lines go; raises a ShipError when they were not taken."""

    def write(self, lines: Sequence[str]) -> None: ...


class Shipper:
    """Ships the runs of the given kinds from a state directory's journal."""

    def __init__(
        self,
        state_dir: Path,
        writer: LineWriter,
        *,
        kinds: Collection[str] = LIVE,
        period_s: float = 1.0,
        backoff_s: Sequence[float] = BACKOFF_S,
    ) -> None:
        self._reader = JournalReader(state_dir)
        self._cursor = Cursor(state_dir)
        self._writer, self._kinds = writer, kinds
        self._period_s, self._backoff_s = period_s, backoff_s
        self._makers: dict[str, LineMaker] = {}
        self._complete: set[str] = set()
        self._failures = self._rejected = 0
        self._rows = self._most = ROWS  # of a request: as many as pass now, as the server takes
        self._bound: tuple[float, int] = (0.0, 0)  # until when it is believed, ns: kept from there
        self._untold, self._told_s = 0, -TELL_AGAIN_S
        self._turns: list[int] = []  # seqs at which the clock was set back
        self._good = ""  # the last line that was taken
        self._last_ack_ns: int | None = None
        self._recent: deque[tuple[float, str, Interval]] = deque()
        self._put_off: dict[str, tuple[float, str]] = {}  # until when a run is left alone, why
        self._told: set[str] = set()
        self._take_back_last()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="shipper", daemon=True)
        self.status: ShipStatus = self._cursor.note("idle", 0, None, "")

    def start(self) -> None:
        """Begin shipping in a thread of its own."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Send what is there once more if the server is well, then end."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return  # inside a hanging request: a daemon thread, its cursor is safe on disk
        self._note("stopped", self.status.backlog, self.status.problem)
        self._cursor.close()
        self._reader.close()

    def refused(self) -> bool:
        """Return whether the server will have nothing until a person acts; never waits."""
        return self.status.state == "refused"

    def _work(self) -> None:
        while not self._stop.wait(self.round()):
            pass
        if not self._failures:
            self.round()

    def round(self) -> float:
        """Ship live rows, then some old ones; return the seconds to wait."""
        try:
            behind = self._ship()
        except ShipError as error:
            return self._failed(error)
        except (HistorianError, sqlite3.Error) as error:  # ours to mend: waiting spares nobody
            self._tell_once(str(error))
            self._note(self.status.state, self._backlog(), str(error))
            return self._period_s
        if self._failures:
            log.info("shipper: the server takes rows again")
        self._failures = 0
        state: ShipState = (
            "behind" if behind > ROWS else "shipping" if self._last_ack_ns else "idle"
        )
        self._note(state, behind, "; ".join(why for _, why in self._put_off.values()))
        return self._period_s if behind <= ROWS else 0.05 * self._period_s

    def _failed(self, error: ShipError) -> float:
        state: ShipState = "refused" if isinstance(error, Refused) else "unreachable"
        if self.status.state != state:
            log.warning("shipper: %s; rows wait in the journal", error)
        if isinstance(error, Unreachable):
            if error.silent or (error.overloaded and self._failures >= DOUBT_SIZE):
                self._rows = max(1, self._rows // LINK_IS_SLOW)
            if not self._failures:
                self._take_back_recent()
        self._note(state, self._backlog(), str(error))
        delay = self._backoff_s[min(self._failures, len(self._backoff_s) - 1)]
        self._failures += 1
        wish = error.retry_after_s if isinstance(error, Unreachable) else 0.0
        return max(delay, min(wish, 10 * self._backoff_s[-1]))

    def _note(self, state: ShipState, backlog: int, problem: str) -> None:
        try:
            self.status = self._cursor.note(state, backlog, self._last_ack_ns, problem)
        except sqlite3.Error as error:
            log.warning("shipper: cannot write its status: %s", error)

    def _take_back_last(self) -> None:
        """Send the last rows of the run shipped last again: who knows how we ended."""
        for begun in reversed(self._reader.begun()):
            if shipped := self._cursor.shipped(begun.run.id):
                last = shipped[-1][1]
                self._cursor.take_back(begun.run.id, (last - AGAIN_ROWS + 1, last))
                return

    def _take_back_asked(self) -> None:
        """Begin anew with runs that a person wants sent again: the bucket may be another."""
        for run in self._cursor.take_back_asked():
            self._complete.discard(run)
            self._bound, self._most = (0.0, 0), ROWS
            log.info("shipper: all cycles of run %s are sent again, as asked", run)

    def _take_back_recent(self) -> None:
        try:
            for _, run, interval in self._recent:
                self._cursor.take_back(run, interval)
            self._recent.clear()
        except sqlite3.Error as error:
            log.warning("shipper: cannot move its cursor back: %s", error)

    # ---- one round ---------------------------------------------------------

    def _ship(self) -> int:
        """Send live rows and some old ones; return how many rows remain."""
        self._take_back_asked()
        gaps = self._gaps()
        if gaps:
            run, (first, last) = gaps[-1]
            self._send(run, (self._tail_start(run, first, last), last))
        for _ in range(BACKFILLS):
            gaps = self._gaps()
            if not gaps or self._stop.is_set():
                break
            self._send(*gaps[0])
        return _rows(self._gaps())

    def _gaps(self) -> list[tuple[str, Interval]]:
        """Return what is still to be sent: runs in the order begun, then by seq."""
        gaps: list[tuple[str, Interval]] = []
        runs = [r for r in self._reader.begun() if r.run.kind in self._kinds]
        for begun in runs:
            name = begun.run.id
            if name in self._complete or self._is_put_off(name):
                continue
            try:
                whole = self._reader.bounds(name)
            except HistorianError as error:
                self._put_it_off(name, error)
                continue
            open_gaps = missing(self._cursor.shipped(name), whole) if whole else []
            gaps += [(name, g) for g in open_gaps]
            if not open_gaps and begun is not runs[-1]:
                self._complete.add(name)  # an earlier run does not grow any more
        return gaps

    def _backlog(self) -> int:
        try:
            return _rows(self._gaps())
        except (HistorianError, sqlite3.Error):
            return self.status.backlog

    def _put_it_off(self, run: str, error: HistorianError) -> None:
        """Leave a run that cannot be read alone for a while; the others are sent."""
        why = f"run {run} cannot be sent: {error}"
        self._put_off[run] = (time.monotonic() + UNREADABLE_S, why)
        self._tell_once(why)

    def _is_put_off(self, run: str) -> bool:
        if run in self._put_off and self._put_off[run][0] < time.monotonic():
            del self._put_off[run]
        return run in self._put_off

    def _tell_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            log.warning("shipper: %s", text)

    def _tail_start(self, run: str, first: int, last: int) -> int:
        try:
            return self._reader.tail_start(run, first, last, self._rows)
        except HistorianError:
            return first  # damaged: from the front, going round it

    def _read(self, run: str, interval: Interval) -> Stretch | None:
        """Return the first rows of an interval; None when the run cannot be read now."""
        try:
            if run not in self._makers:
                self._makers[run] = LineMaker(self._reader.run(run), self._reader.channels(run))
            self._turns = self._reader.turns(run)
            return self._reader.stretch(run, *interval, self._rows)
        except HistorianError as error:
            self._put_it_off(run, error)
            return None

    def _send(self, run: str, interval: Interval) -> None:
        """Send the first rows of an interval and move the cursor."""
        first = interval[0]
        stretch = self._read(run, interval)
        if stretch is None:
            return
        records, done = stretch.records, stretch.last_seq
        wrong: list[tuple[int, str]] = []
        if records:
            wrong = self._deliver(run, records)
            if len(wrong) == len(records) and not self._takes_a_good_row():
                raise Refused(f"{wrong[0][1]}; it took none of these rows, so all are kept")
            self._last_ack_ns = time.time_ns()
        damaged = [(s, str(h)) for h in stretch.holes for s in range(h.first_seq, h.last_seq + 1)]
        self._cursor.settle(run, (first, done), wrong + damaged)
        self._tell_rejected(run, wrong)
        for hole in stretch.holes:
            self._tell_once(f"{hole}; noted as dead letters")
        self._rows = min(self._most, self._rows * LINK_IS_SLOW)
        self._remember(run, (first, done))

    def _remember(self, run: str, interval: Interval) -> None:
        now = time.monotonic()
        self._recent.append((now, run, interval))
        while now - self._recent[0][0] > AGAIN_S:
            self._recent.popleft()

    def _deliver(self, run: str, records: Sequence[Record]) -> list[tuple[int, str]]:
        """Write records; halve what is rejected until the wrong rows are alone.

        Return the seq of each wrong row with the server's reason. Raises Refused
        when so many are wrong in a row that the fault is not in the rows.
        """
        maker, turns = self._makers[run], self._turns
        records = self._kept_there(run, records)
        if not records:
            return []
        if len(records) > self._most:
            middle = len(records) // 2
            return self._deliver(run, records[:middle]) + self._deliver(run, records[middle:])
        try:
            lines = [maker.line(r, bisect_right(turns, r.seq)) for r in records]
            self._writer.write(lines)
        except Expired as error:
            return self._expired(run, records, error)
        except Rejected as error:
            if isinstance(error, TooLarge):
                self._most = self._rows = max(1, len(records) // 2)
            if len(records) > 1:
                middle = len(records) // 2
                return self._deliver(run, records[:middle]) + self._deliver(run, records[middle:])
            self._rejected += 1
            if self._rejected > DISTRUST:
                if not self._takes_a_good_row():
                    raise Refused(f"{error}; it rejects every row, all are kept") from error
                self._rejected = 0
            return [(records[0].seq, str(error))]
        self._rejected, self._good = 0, lines[-1]
        return []

    def _kept_there(self, run: str, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records that the bucket still keeps, as far as it told."""
        until_s, bound_ns = self._bound
        if time.monotonic() > until_s:
            return records
        kept = [r for r in records if r.t_ns >= bound_ns]
        if len(kept) < len(records):
            self._tell_once(f"what is older than the bucket keeps of run {run} is not sent there")
        return kept

    def _expired(
        self, run: str, records: Sequence[Record], error: Expired
    ) -> list[tuple[int, str]]:
        """Go on after a request of which the server dropped what it does not keep any more.

        The rest of such a request was taken.  Raises Refused for a server that keeps nothing
        of today: its clock is wrong, or ours, and what it dropped must be sent again.
        """
        if error.bound_ns is not None and error.bound_ns > time.time_ns():
            raise Refused(f"{error}; it drops what is of today: is its clock right, and ours?")
        if error.bound_ns is None or not any(r.t_ns < error.bound_ns for r in records):
            if len(records) > 1:
                middle = len(records) // 2
                return self._deliver(run, records[:middle]) + self._deliver(run, records[middle:])
            return [(records[0].seq, str(error))]
        self._bound = (time.monotonic() + BOUND_S, error.bound_ns)
        self._kept_there(run, records)
        return []

    def _tell_rejected(self, run: str, wrong: Sequence[tuple[int, str]]) -> None:
        """Say that rows were rejected, the first at once, then their number once a minute."""
        self._untold += len(wrong)
        if not self._untold or time.monotonic() - self._told_s < TELL_AGAIN_S:
            return
        which = f"cycle {wrong[0][0]} of {run}: {wrong[0][1]}" if wrong else f"the last of {run}"
        log.warning("shipper: %d cycles rejected, kept as dead letters; %s", self._untold, which)
        self._untold, self._told_s = 0, time.monotonic()

    def _takes_a_good_row(self) -> bool:
        """Tell whether a row it took before is taken again: then the others are wrong."""
        try:
            if self._good:
                self._writer.write([self._good])
        except Rejected:
            return False
        return bool(self._good)


def _rows(gaps: Sequence[tuple[str, Interval]]) -> int:
    return sum(last - first + 1 for _, (first, last) in gaps)
