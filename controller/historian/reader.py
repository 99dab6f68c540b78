"""Reading the journal while it is being written: query-only, in short reads.

Every call is safe from any thread.  A segment that cannot be read is skipped
and logged once; what can be read is returned.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from controller.historian import eventlog, series
from controller.historian.errors import UnknownRun
from controller.historian.eventlog import LoggedEvent, StandingAlarm
from controller.historian.packing import unpack
from controller.historian.record import Channel, Record, Run
from controller.historian.rollup import MINUTE_NS
from controller.historian.schema import CYCLE_COLUMNS, read_run
from controller.historian.segments import OpenSegment, Segments

CHUNK: Final = 500  # rows a read while iterating: a few milliseconds


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
    """Reads all runs below `state_dir`/journal. Raises UnknownRun for a name not there."""

    def __init__(self, state_dir: Path) -> None:
        self._segments = Segments(state_dir / "journal")
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            self._segments.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def runs(self) -> list[RunInfo]:
        """Return all runs in the order in which they were begun."""
        with self._lock:
            infos = [i for name in self._segments.run_ids() if (i := self._info(name))]
        return sorted(infos, key=lambda i: i.created_ns)

    def _info(self, name: str) -> RunInfo | None:
        try:
            segments = self._segments.of(name)
        except UnknownRun:
            return None
        spans = [
            s.db.execute("SELECT min(t_ns), max(t_ns), count(*) FROM cycle").fetchone()
            for s in segments
        ]
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
        """Return all readable runs in the order in which they were begun; cheap."""
        found = []
        with self._lock:
            for name in self._segments.run_ids():
                try:
                    segment = self._segments.newest(name)
                except UnknownRun:
                    continue
                found.append(Begun(segment.run, segment.created_ns))
        return sorted(found, key=lambda b: b.created_ns)

    def newest_run(self) -> str | None:
        """Return the live run begun last, else the run of any kind begun last."""
        begun = self.begun()
        live = [b for b in begun if b.run.kind == "live"]
        newest = (live or begun)[-1:]
        return newest[0].run.id if newest else None

    def run(self, run: str) -> Run:
        """Return a run's own description."""
        with self._lock:
            return self._segments.newest(run).run

    def channels(self, run: str) -> tuple[Channel, ...]:
        """Return a run's channels in order."""
        with self._lock:
            return self._segments.newest(run).channels

    def latest(self, run: str | None = None) -> Frame | None:
        """Return the newest record of a run, or of `newest_run()`; None before the first."""
        with self._lock:
            name = run or self.newest_run()
            if name is None:
                return None
            for segment in reversed(self._segments.of(name)):
                row = segment.db.execute(
                    f"SELECT {CYCLE_COLUMNS} FROM cycle ORDER BY seq DESC LIMIT 1"
                ).fetchone()
                if row is not None:
                    return _frame(name, unpack(row), segment)
        return None

    def series(
        self, run: str, names: Sequence[str], t0_ns: int, t1_ns: int, max_points: int = 1500
    ) -> dict[str, NDArray[np.generic]]:
        """Return channels over [t0_ns, t1_ns], oldest first, at most about max_points.

        Keys: "t_ns" int64[k]; per name: NAME float64[k] (means where thinned),
        NAME:lo and NAME:hi float64[k] (extremes), NAME:q uint8[k] (worst).
        A wide stretch is answered from the one-minute roll-ups; gaps stay gaps.
        Raises UnknownRun, KeyError for an unknown channel.
        """
        with self._lock:
            blocks = [
                block
                for segment in self._segments.of(run)
                for block in _blocks(segment, names, t0_ns, t1_ns)
            ]
        block = series.thinned(series.Block.joined(blocks), max_points)
        answer: dict[str, NDArray[np.generic]] = {"t_ns": block.t_ns}
        for i, name in enumerate(names):
            answer[name] = block.value[:, i]
            answer[f"{name}:lo"], answer[f"{name}:hi"] = block.low[:, i], block.high[:, i]
            answer[f"{name}:q"] = block.quality[:, i]
        return answer

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
        with self._lock:
            segments = self._segments.of(run)
            for segment in reversed(segments) if newest else segments:
                left = limit - len(found)
                more = eventlog.select(segment.db, kind, since_id, left, newest)
                found = more + found if newest else found + more
                if len(found) >= limit:
                    break
        return found

    def alarms(self, run: str) -> list[StandingAlarm]:
        """Return the standing alarms: unacknowledged first, then by priority, newest first."""
        with self._lock:
            segments = self._segments.of(run)
            changes = [e for s in segments for e in eventlog.last_alarm_changes(s.db)]
        return eventlog.standing(changes)

    def records(self, run: str, first_seq: int = 0, last_seq: int = 2**62) -> Iterator[Record]:
        """Yield a run's records with first_seq <= seq <= last_seq in order."""
        seq = first_seq
        while chunk := self.chunk(run, seq, last_seq, CHUNK):
            yield from chunk
            seq = chunk[-1].seq + 1

    def chunk(self, run: str, first_seq: int, last_seq: int, limit: int) -> list[Record]:
        """Return at most `limit` records from first_seq on, in order."""
        rows: list[tuple[int | bytes, ...]] = []
        with self._lock:
            for segment in self._segments.of(run):
                rows += segment.db.execute(
                    f"SELECT {CYCLE_COLUMNS} FROM cycle WHERE seq BETWEEN ? AND ?"
                    " ORDER BY seq LIMIT ?",
                    (first_seq, last_seq, limit - len(rows)),
                ).fetchall()
                if len(rows) >= limit:
                    break
        return [unpack(row) for row in rows]

    def bounds(self, run: str) -> tuple[int, int] | None:
        """Return the first and the last seq; None when there is no record."""
        first = "SELECT seq FROM cycle ORDER BY seq LIMIT 1"
        last = "SELECT seq FROM cycle ORDER BY seq DESC LIMIT 1"
        with self._lock:
            ends = [
                row[0]
                for s in self._segments.of(run)
                for query in (first, last)
                if (row := s.db.execute(query).fetchone())
            ]
        return (min(ends), max(ends)) if ends else None

    def tail_start(self, run: str, first_seq: int, last_seq: int, rows: int) -> int:
        """Return the seq from which at most `rows` records remain up to last_seq."""
        seqs: list[int] = []
        with self._lock:
            for segment in reversed(self._segments.of(run)):
                found = segment.db.execute(
                    "SELECT seq FROM cycle WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?",
                    (first_seq, last_seq, rows - len(seqs)),
                ).fetchall()
                seqs += [row[0] for row in found]
                if len(seqs) >= rows:
                    return seqs[-1]
        return first_seq

    def snapshots(self, run: str) -> list[int]:
        """Return the seqs at which a state snapshot was taken, ascending."""
        with self._lock:
            return [
                row[0]
                for s in self._segments.of(run)
                for row in s.db.execute("SELECT seq FROM snapshot ORDER BY seq").fetchall()
            ]

    def snapshot(self, run: str, seq: int) -> bytes | None:
        """Return the state snapshot taken at a seq, or None."""
        with self._lock:
            for s in self._segments.of(run):
                row = s.db.execute("SELECT state FROM snapshot WHERE seq=?", (seq,)).fetchone()
                if row is not None:
                    return bytes(row[0])
        return None


def _frame(name: str, record: Record, segment: OpenSegment) -> Frame:
    r = record
    arrays = (r.value, r.quality, r.reason, r.age_ms)
    return Frame(name, r.seq, r.t_ns, *arrays, segment.channels)


def _blocks(
    segment: OpenSegment, names: Sequence[str], t0_ns: int, t1_ns: int
) -> list[series.Block]:
    """Return raw cycles of a short stretch; of a long one minutes and a raw tail."""
    index = {c.name: i for i, c in enumerate(segment.channels)}
    columns = [index[name] for name in names]
    n = len(segment.channels)
    if series.cycles_in(segment.db, t0_ns, t1_ns) <= series.RAW_ROWS_AT_MOST:
        return [series.raw(segment.db, n, columns, t0_ns, t1_ns)]
    block = series.minutes(segment.db, n, columns, t0_ns, t1_ns)
    if not block.t_ns.size:
        return [series.raw(segment.db, n, columns, t0_ns, t1_ns)]
    tail_ns = int(block.t_ns[-1]) + MINUTE_NS // 2
    return [block, series.raw(segment.db, n, columns, max(t0_ns, tail_ns), t1_ns)]
