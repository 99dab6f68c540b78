"""A recorded run asked by position: which record stood then, and what had happened.

Shared by all sessions of a server; safe from any thread.
"""

import bisect
import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.historian import eventlog
from controller.historian.eventlog import LoggedEvent, StandingAlarm
from controller.historian.reader import Frame, JournalReader
from controller.historian.record import EventKind, Record, Run

END_SEQ: Final = 2**62
EVENTS_A_READ: Final = 1000
GUESSES: Final = 6  # by proportion; a run full of gaps is then halved


class Tape:
    """The events of one kind of a run, read once, as far as anybody has asked."""

    def __init__(self, reader: JournalReader, run: str, kind: EventKind) -> None:
        self._reader, self._run, self._kind = reader, run, kind
        self._events: list[LoggedEvent] = []
        self._seqs: list[int] = []
        self._read_to = -1
        self._standing: tuple[int, list[StandingAlarm]] = (0, [])

    def until(self, seq: int, last_seq: int) -> int:
        """Return how many events had happened by cycle `seq`; `last_seq` is the run's end now."""
        if seq > self._read_to:
            self._read_on()
            self._read_to = last_seq
        return bisect.bisect_right(self._seqs, seq)

    def newest(self, count: int, shown: int) -> list[LoggedEvent]:
        """Return the last `shown` of the first `count` events."""
        return self._events[max(0, count - shown) : count]

    def standing(self, count: int) -> list[StandingAlarm]:
        """Return the alarms that stood after the first `count` events."""
        if self._standing[0] != count:
            self._standing = (count, eventlog.standing(self._events[:count]))
        return self._standing[1]

    def _read_on(self) -> None:
        since = self._events[-1].id if self._events else 0
        while more := self._reader.events(self._run, self._kind, since, EVENTS_A_READ):
            self._events += more
            since = more[-1].id
        highest = 0
        self._seqs = [highest := max(highest, e.seq) for e in self._events]


class Recording:
    """One run of a journal. Its methods raise what `JournalReader` raises."""

    def __init__(self, reader: JournalReader, run: str) -> None:
        self.run: Run = reader.run(run)
        self.channels = reader.channels(run)
        self._reader = reader
        self._lock = threading.Lock()
        self._ends: tuple[tuple[int, int], Record, Record] | None = None
        self._near: Record | None = None
        self._alarms, self._commands = Tape(reader, run, "alarm"), Tape(reader, run, "command")

    def ends(self) -> tuple[Record, Record] | None:
        """Return the first and the newest record; None when there is none."""
        with self._lock:
            return self._bounds()

    def at(self, mono_ns: int) -> Record | None:
        """Return the newest record not after a position; the first one before the first."""
        with self._lock:
            ends = self._bounds()
            if ends is None:
                return None
            first, last = ends
            if mono_ns >= last.mono_ns:
                return last
            near = self._near
            if near is not None and first.seq <= near.seq and near.mono_ns <= mono_ns:
                first = near
            self._near = self._between(first, last, mono_ns)
            return self._near

    def _bounds(self) -> tuple[Record, Record] | None:
        bounds = self._reader.bounds(self.run.id)
        if bounds is None:
            return None
        if self._ends is None or self._ends[0] != bounds:
            first, last = (self._reader.chunk(self.run.id, s, END_SEQ, 1) for s in bounds)
            if not (first and last):
                return None
            self._ends = (bounds, first[0], last[0])
        return self._ends[1], self._ends[2]

    def _between(self, low: Record, high: Record, mono_ns: int) -> Record:
        """Return the record at or before `mono_ns`; low is, high is not (or the same)."""
        end_seq, guesses = high.seq, 0
        while end_seq - low.seq > 1:
            span_ns = high.mono_ns - low.mono_ns
            share = (mono_ns - low.mono_ns) / span_ns if span_ns > 0 else 0.5
            if guesses >= GUESSES:
                share = 0.5
            guesses += 1
            guess = low.seq + round(share * (end_seq - low.seq))
            guess = min(max(guess, low.seq + 1), end_seq - 1)
            found = self._reader.chunk(self.run.id, guess, end_seq - 1, 1)
            if not found:
                end_seq = guess
            elif found[0].mono_ns <= mono_ns:
                low = found[0]
            else:
                high, end_seq = found[0], guess
        return low

    def frame(self, record: Record) -> Frame:
        """Return a record with the names of its channels."""
        r = record
        return Frame(
            self.run.id, r.seq, r.t_ns, r.value, r.quality, r.reason, r.age_ms, self.channels
        )

    def alarms(self, seq: int) -> list[StandingAlarm]:
        """Return the alarms that stood after cycle `seq`."""
        with self._lock:
            return self._alarms.standing(self._alarms.until(seq, self._last_seq()))

    def commands(self, seq: int, shown: int) -> list[LoggedEvent]:
        """Return the last requests up to cycle `seq` with their verdicts, ascending."""
        with self._lock:
            return self._commands.newest(self._commands.until(seq, self._last_seq()), shown)

    def _last_seq(self) -> int:
        return self._ends[0][1] if self._ends else -1

    def trend(
        self, names: list[str], upto: Record, span_ns: int, points: int
    ) -> dict[str, NDArray[np.generic]]:
        """Return what `JournalReader.trend` returns for the time before a record.

        Where the clock was set back within the run, UTC would mix in what came
        later: there the cycles before this one count, by monotonic time.
        """
        t_ns = upto.t_ns
        if not self._reader.turns(self.run.id):
            return self._reader.trend(self.run.id, names, t_ns - span_ns, t_ns, points)
        begin = self.at(upto.mono_ns - span_ns)
        begin_seq = begin.seq if begin is not None else upto.seq
        place = {c.name: i for i, c in enumerate(self.channels)}
        columns = [place[n] for n in names]
        stride = max(1, (upto.seq - begin_seq) // points)
        kept = [
            (t_ns + r.mono_ns - upto.mono_ns, r.value[columns], r.quality[columns])
            for r in self._reader.records(self.run.id, begin_seq, upto.seq)
            if (upto.seq - r.seq) % stride == 0
        ]
        answer: dict[str, NDArray[np.generic]] = {"t_ns": np.array([k[0] for k in kept], np.int64)}
        for i, name in enumerate(names):
            answer[name] = np.array([k[1][i] for k in kept], np.float64)
            answer[f"{name}:q"] = np.array([k[2][i] for k in kept], np.uint8)
        return answer
