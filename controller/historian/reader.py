"""Reading the journal while it is being written: query-only, in short reads.

Every call is safe from any thread.  A segment that cannot be read is skipped
and logged once; what can be read is returned.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from controller.historian import eventlog, series
from controller.historian.chain import (
    SINCE,
    first_checked,
    problem_of,
    sound_rows,
    version_of,
)
from controller.historian.damage import Stretch, around, joined
from controller.historian.errors import (
    HistorianError,
    SegmentDamaged,
    UnknownRun,
    Unreadable,
)
from controller.historian.eventlog import LoggedEvent, StandingAlarm
from controller.historian.record import Channel, Record, Run
from controller.historian.runid import order_of
from controller.historian.schema import SNAPSHOT_COLUMNS, TURN_COLUMNS, has_turns, read_run
from controller.historian.segments import OpenSegment, Segments
from controller.historian.stretches import answer, blocks_of, of_each
from controller.historian.tailmark import last_acknowledged

RUNS_BACK: Final = 12  # how far a trend goes back over restarts
CHUNK: Final = 500  # rows a read while iterating: a few milliseconds

log = logging.getLogger("seastack.journal")


@dataclass(frozen=True, slots=True)
class Begun:
    """A run and the wall time at which its journal was begun."""

    run: Run
    created_ns: int


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run with what its journal holds; wall times None or 0 where unknown."""

    run: Run
    created_ns: int
    ended_ns: int | None  # None: still running, or not ended cleanly
    first_t_ns: int
    last_t_ns: int
    cycles: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The newest record with the names of its channels; arrays in channel order."""

    run: str
    seq: int
    t_ns: int
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint32]
    age_ms: NDArray[np.int32]
    channels: tuple[Channel, ...]


class JournalReader:
    """Reads all runs below `state_dir`/journal.

    Raises UnknownRun for a name not there, HistorianError for what cannot be read.
    """

    def __init__(self, state_dir: Path) -> None:
        self._state_dir, self._root = state_dir, state_dir / "journal"
        self._segments = Segments(self._root)
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            self._segments.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Hold the files; what SQLite says becomes ours. Raises HistorianError."""
        with self._lock:
            try:
                yield
            except sqlite3.ProgrammingError:
                raise  # a fault of this program, not of a file
            except sqlite3.Error as error:
                raise HistorianError(f"the journal in {self._root}: {error}") from error

    def runs(self) -> list[RunInfo]:
        """Return all runs in the order in which they were begun."""
        with self._reading():
            infos = [i for name in self._segments.run_ids() if (i := self._info(name))]
        return sorted(infos, key=lambda i: (order_of(i.run), i.created_ns))

    def unreadable(self) -> dict[str, dict[str, str]]:
        """Return by run which of its segments cannot be opened or are in doubt, and why.

        Sound runs are left out.
        """
        with self._reading():
            found = {name: self._segments.refused(name) for name in self._segments.run_ids()}
        return {name: refused for name, refused in found.items() if refused}

    def _info(self, name: str) -> RunInfo | None:
        try:
            segments = self._segments.of(name)
        except UnknownRun:
            return None
        spans = [s.cycles.extent() for s in segments]
        filled = [s for s in spans if s[2]]
        run, _, ended_ns = read_run(segments[-1].db)
        return RunInfo(
            run,
            segments[0].created_ns,
            ended_ns,
            min((s[0] for s in filled), default=run.started_ns),
            max((s[1] for s in filled), default=run.started_ns),
            sum(s[2] for s in filled),
        )

    def begun(self) -> list[Begun]:
        """Return all readable runs in the order in which they were begun; cheap.

        The clock may have been set back between them: their numbers tell, and of runs
        of earlier versions, which have none, the one the controller acknowledged last is last.
        """
        found = []
        with self._reading():
            for name in self._segments.run_ids():
                try:
                    segment = self._segments.newest(name)
                except UnknownRun:
                    continue
                found.append(Begun(segment.run, segment.created_ns))
        mark = last_acknowledged(self._state_dir)
        last = mark.run if mark else ""
        return sorted(found, key=lambda b: (order_of(b.run), b.run.id == last, b.created_ns))

    def newest_run(self) -> str | None:
        """Return the live run begun last, else the run of any kind begun last."""
        begun = self.begun()
        live = [b for b in begun if b.run.kind == "live"]
        newest = (live or begun)[-1:]
        return newest[0].run.id if newest else None

    def run(self, run: str) -> Run:
        """Return a run's own description."""
        with self._reading():
            return self._segments.newest(run).run

    def channels(self, run: str) -> tuple[Channel, ...]:
        """Return a run's channels in order."""
        with self._reading():
            return self._segments.newest(run).channels

    def latest(self, run: str | None = None) -> Frame | None:
        """Return the newest record of a run, or of `newest_run()`; None before the first."""
        with self._reading():
            name = run or self.newest_run()
            if name is None:
                return None
            for segment in reversed(self._segments.of(name)):
                if bounds := segment.cycles.bounds():
                    (record,) = segment.cycles.records(bounds[1], bounds[1], 1)
                    return _frame(name, record, segment)
        return None

    def series(
        self, run: str, names: Sequence[str], t0_ns: int, t1_ns: int, max_points: int = 1500
    ) -> dict[str, NDArray[np.generic]]:
        """Return channels over [t0_ns, t1_ns], oldest first, at most about max_points.

        Keys: "t_ns" int64[k]; per name: NAME float64[k] (means where thinned),
        NAME:lo and NAME:hi float64[k] (extremes), NAME:q uint8[k] (worst).
        A wide stretch is answered from roll-ups of one or ten minutes; gaps stay gaps.
        Raises UnknownRun, KeyError for an unknown channel.
        """
        with self._reading():
            for name in set(names) - {c.name for c in self.channels(run)}:
                raise KeyError(name)
            blocks = blocks_of(self._segments.of(run), names, t0_ns, t1_ns)
        return answer(names, blocks, max_points)

    def trend(
        self,
        run: str,
        names: Sequence[str],
        t0_ns: int,
        t1_ns: int,
        max_points: int = 1500,
        after: str = "",
    ) -> dict[str, NDArray[np.generic]]:
        """Return the same as `series`, going back into earlier runs of the same plant and kind.

        A restart of the controller begins a run; a trend goes on over it. Where runs
        overlap in plant time the later one counts. A channel that an earlier run did not
        have is NaN and BAD there. It goes back to the run begun next after `after`.
        """
        with self._reading():
            begun = self.begun()
            mine = next((b.run for b in begun if b.run.id == run), None)
            if mine is None:
                return self.series(run, names, t0_ns, t1_ns, max_points)
            alike = [b for b in begun if (b.run.plant, b.run.kind) == (mine.plant, mine.kind)]
            blocks: list[series.Block] = []
            ids = [b.run.id for b in alike]
            here, first = ids.index(run) + 1, ids.index(after) + 1 if after in ids else 0
            for b in reversed(alike[max(first, here - RUNS_BACK) : here]):
                segments = self._segments.of(b.run.id)
                blocks = [*blocks_of(segments, names, t0_ns, t1_ns), *blocks]
                filled = [s.cycles.extent()[0] for s in segments if s.cycles.bounds()]
                t1_ns = min([t1_ns, *(t - 1 for t in filled)])
                if t1_ns < t0_ns:
                    break
        return answer(names, blocks, max_points)

    def events(
        self,
        run: str,
        kind: str | None = None,
        since_id: int = 0,
        limit: int = 1000,
        newest: bool = False,
    ) -> list[LoggedEvent]:
        """Return events with id > since_id, ascending: the first `limit`, or the last."""
        found: list[LoggedEvent] = []
        with self._reading():
            segments = self._segments.of(run)
            ordered = segments[::-1] if newest else segments

            def some(segment: OpenSegment) -> list[LoggedEvent]:
                left = limit - len(found)
                return eventlog.select(segment.db, kind, since_id, left, newest)

            for more in of_each(ordered, some):
                found = more + found if newest else found + more
                if len(found) >= limit:
                    break
        return found

    def alarms(self, run: str) -> list[StandingAlarm]:
        """Return the standing alarms: unacknowledged first, then by priority, newest first."""
        with self._reading():
            segments = self._segments.of(run)
            each = of_each(segments, lambda s: eventlog.last_alarm_changes(s.db))
            changes = [e for found in each for e in found]
        return eventlog.standing(changes)

    def records(
        self,
        run: str,
        first_seq: int = 0,
        last_seq: int = 2**62,
        on_hole: Callable[[Unreadable], None] = log.warning,
    ) -> Iterator[Record]:
        """Yield a run's records with first_seq <= seq <= last_seq in order.

        Cycles that are damaged are left out, and each such hole is handed to `on_hole`.
        """
        seq = first_seq
        while seq <= last_seq:
            stretch = self.stretch(run, seq, last_seq, CHUNK)
            for hole in stretch.holes:
                on_hole(hole)
            yield from stretch.records
            seq = stretch.last_seq + 1

    def chunk(self, run: str, first_seq: int, last_seq: int, limit: int) -> list[Record]:
        """Return at most `limit` records from first_seq on that can be read, in order."""
        return self.stretch(run, first_seq, last_seq, limit).records

    def stretch(self, run: str, first_seq: int, last_seq: int, limit: int) -> Stretch:
        """Return the same as `chunk`, with the damage it went round and how far it speaks for."""
        parts: list[Stretch] = []
        with self._reading():
            for segment in self._segments.of(run):
                left = limit - sum(len(p.records) for p in parts)
                if left <= 0:
                    break
                parts.append(around(segment.cycles, first_seq, last_seq, left))
        return joined(parts, last_seq)

    def bounds(self, run: str) -> tuple[int, int] | None:
        """Return the first and the last seq; None when there is no record."""
        with self._reading():
            found = [b for s in self._segments.of(run) if (b := s.cycles.bounds())]
        return (min(b[0] for b in found), max(b[1] for b in found)) if found else None

    def turns(self, run: str) -> list[int]:
        """Return the seqs at which time did not go forward, ascending."""
        with self._reading():
            turned = [s for s in self._segments.of(run) if has_turns(s.db)]
            # Who ships must not miss one: damage there is not gone round.
            each = (sound_rows(s.db, "turn", TURN_COLUMNS, "ORDER BY seq") for s in turned)
            return [row[0] for rows in each for row in rows]

    def tail_start(self, run: str, first_seq: int, last_seq: int, rows: int) -> int:
        """Return the seq from which at most `rows` records remain up to last_seq."""
        seqs: list[int] = []
        with self._reading():
            for segment in reversed(self._segments.of(run)):
                seqs += segment.cycles.seqs_back(first_seq, last_seq, rows - len(seqs))
                if len(seqs) >= rows:
                    return seqs[-1]
        return first_seq

    def snapshots(self, run: str) -> list[int]:
        """Return the seqs at which a state snapshot was taken, ascending."""
        with self._reading():
            each = of_each(
                self._segments.of(run),
                lambda s: sound_rows(s.db, "snapshot", SNAPSHOT_COLUMNS, "ORDER BY seq"),
            )
            return [row[0] for rows in each for row in rows]

    def snapshot(self, run: str, seq: int) -> bytes | None:
        """Return the state snapshot taken at a seq, or None."""
        with self._reading():
            for s in self._segments.of(run):
                if state := _snapshot(s, seq):
                    return state
        return None


def _snapshot(segment: OpenSegment, seq: int) -> bytes | None:
    """Return the state of a cycle, None where none was taken. Raises SegmentDamaged."""
    db, checks = segment.db, version_of(segment.db) >= SINCE
    columns = "seq, version, state, crc" if checks else "seq, version, state"
    row = db.execute(f"SELECT {columns} FROM snapshot WHERE seq=?", (seq,)).fetchone()
    if row is None:
        return None
    problem = problem_of(row, first_checked(db, "snapshot")) if checks else ""
    if problem or not isinstance(row[2], bytes):
        text = problem or "it is no bytes"
        raise SegmentDamaged(f"{segment.path.name}: the snapshot of cycle {seq}: {text}")
    return row[2]


def _frame(name: str, record: Record, segment: OpenSegment) -> Frame:
    r = record
    arrays = (r.value, r.quality, r.reason, r.age_ms)
    return Frame(name, r.seq, r.t_ns, *arrays, segment.channels)
