"""The journal: the truth about a run, on disk, written by one thread.

The cycle loop hands records over and goes on; `acknowledged` follows when the
commit has returned (WAL, synchronous=FULL: on the disk, not in a cache).  When
the disk fails, control goes on: `fault` says why, the last hour stays in memory
and is written when the disk comes back, and what had to be dropped is marked by
a GAP event.  Not for reading: see `reader`.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from controller.historian.backlog import Backlog, Gap, Stored
from controller.historian.capping import Keeper, Limits, told
from controller.historian.errors import UNSOUND, HistorianError
from controller.historian.packing import pack
from controller.historian.record import Channel, Event, Record, Run, is_run_name
from controller.historian.rollup import WIDTHS_S, Span, fold
from controller.historian.sealer import END_OF_DAY, END_OF_RUN, Sealer
from controller.historian.segment import Batch, Segment, day_of, left_off
from controller.historian.store import check_next
from controller.historian.tailmark import TailMark
from sensors.foreigntext import clean

HOUR_OF_CYCLES: Final = 3600
BATCH: Final = 512  # records a transaction
LOOK_S: Final = 60.0  # wall time between looks at size and age
DEFAULT_LIMITS: Final = Limits()
PAUSE_S: Final = 0.02  # wall, from a record of a cycle to its writing
RETRY_S: Final = 1.0  # wall time between attempts while the disk fails

log = logging.getLogger("seastack.journal")


class Journal:
    """Writes one run below `state_dir`/journal; see `store.Store` for the contract.

    `commit_every` records share a commit (1 at sea, 60 in a bench). `memory` is
    how many records wait in memory at most. `patient` makes `append` wait for
    room instead of dropping, for a bench faster than any disk; never at sea.
    `limits` hold for all runs together; see `capping`.
    """

    def __init__(
        self,
        state_dir: Path,
        run: Run,
        channels: Sequence[Channel],
        *,
        commit_every: int = 1,
        memory: int = HOUR_OF_CYCLES,
        patient: bool = False,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        if not is_run_name(run.id):
            raise HistorianError(f"{clean(run.id, 100)!r} is no name of a run, so of no folder")
        self.run, self.channels = run, tuple(channels)
        self.folder = state_dir / "journal" / run.id
        self._keeper, self._looked_s = Keeper(state_dir, limits), -LOOK_S
        self._commit_every, self._patient = commit_every, patient
        self._backlog = Backlog(max(memory, 2 * commit_every))
        self._changed = threading.Condition()
        self._closing = self._hurry = self._busy = False
        self._fault: str | None = None
        self._last_seq = self._acknowledged = -1
        self._segment: Segment | None = None
        self._mark = TailMark(state_dir, run.id) if run.kind == "live" else None
        self._capped = ""
        self._damages = 0
        self._spans: dict[int, Span | None] = {}
        self._sealed: list[str] = []
        self._noted: list[Event] = []  # what the journal says of itself, not numbered yet
        last_event, self._last_t_ns = left_off(self.folder)
        self._next_event = last_event + 1
        self._created_ns = time.time_ns()
        self._sealer = Sealer(state_dir, run.id, self._sealed.append)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def acknowledged(self) -> int:
        return self._acknowledged

    @property
    def fault(self) -> str | None:
        return self._fault

    @property
    def damages(self) -> int:
        """Return how many damaged segments were found and set aside so far."""
        return self._damages

    @property
    def used_pct(self) -> float:
        """Return how full the journal is with what exists nowhere else; see `capping`."""
        return self._keeper.used_pct

    def append(
        self, record: Record, events: Sequence[Event] = (), snapshot: bytes | None = None
    ) -> None:
        check_next(record, self._last_seq, len(self.channels))
        self._last_seq = record.seq
        with self._changed:
            if self._patient:
                self._changed.wait_for(self._room)
            numbered = self._numbered(events)
            self._backlog.put(Stored(record, numbered, snapshot))
            if len(self._backlog) >= self._commit_every:
                self._changed.notify_all()

    def _room(self) -> bool:
        return len(self._backlog) < self._backlog.capacity or self._fault is not None

    def _numbered(self, events: Sequence[Event]) -> list[tuple[int, Event]]:
        """Return events with their numbers, notes that wait before them: in the order stored."""
        first, noted = self._next_event, [*self._noted, *events]
        self._next_event += len(noted)
        self._noted = []
        return list(enumerate(noted, first))

    def flush(self, timeout_s: float = 10.0) -> bool:
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(
                lambda: not self._backlog and not self._busy, max(timeout_s, 0.0)
            )
            self._hurry = False
        return done

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=30.0)
        self._sealer.close()

    # ---- the writer thread -------------------------------------------------

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # end of a thread: a dead writer must be heard of
            log.exception("journal: the writer has stopped")
            self._fault = f"journal writer stopped: {error}; restart the controller"

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._due())
                pause_s = 0.0 if self._closing or self._hurry or self._commit_every > 1 else PAUSE_S
            # The cycle goes on to write to its devices: two threads that both compute take turns
            # hundreds of times, and either is slower.
            time.sleep(pause_s)
            with self._changed:
                closing = self._closing
                batch = self._backlog.take(BATCH) if self._due() else []
                self._busy = bool(batch)
            if batch:
                self._commit(batch)
            if closing and (self._fault or not self._backlog):
                break
            if self._fault:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, RETRY_S)
        self._finish()

    def _due(self) -> bool:
        waiting = len(self._backlog)
        return waiting >= self._commit_every or (waiting > 0 and (self._closing or self._hurry))

    def _commit(self, batch: list[Stored]) -> None:
        gaps = tuple(self._backlog.gaps)
        try:
            spans = self._write(batch)
            self._note(gaps, batch[0].record)
        except (sqlite3.Error, OSError, HistorianError) as error:
            self._fail(batch, error)
            return
        if self._mark is not None:
            self._mark.note(batch[-1].record.seq, batch[-1].record.t_ns)
        with self._changed:
            self._spans, self._last_t_ns = spans, batch[-1].record.t_ns
            self._acknowledged = batch[-1].record.seq
            self._busy = False
            if self._fault:
                log.warning("journal: writing again; was: %s", self._fault)
            self._fault = None
            self._changed.notify_all()

    def _write(self, stored: list[Stored]) -> dict[int, Span | None]:
        records = [s.record for s in stored]
        segment = self._open(day_of(records[0].t_ns))
        batch = Batch([pack(r) for r in records], turns=_turns(self._last_t_ns, records))
        spans: dict[int, Span | None] = {}
        for width_s in WIDTHS_S:
            batch.rollups[width_s], spans[width_s] = fold(
                self._spans.get(width_s), records, width_s
            )
        for s in stored:
            batch.events.extend(s.events)
            if s.snapshot is not None:
                batch.snapshots.append((s.record.seq, s.snapshot))
        segment.write(batch)
        return spans

    def _note(self, gaps: Sequence[Gap], first: Record) -> None:
        """Write what the journal has to say of itself, behind all events that have a number.

        While records wait it goes with the next one.  Raises as `Segment.write`.
        """
        segment = self._segment
        if segment is None:
            return
        sealed = len(self._sealed)  # the sealer may add one at any time
        notes = self._notes(segment, gaps, first, self._sealed[:sealed])
        with self._changed:
            self._noted += notes
            self._backlog.told(gaps)
        segment.set_aside = self._capped = ""
        del self._sealed[:sealed]
        self._write_notes(segment)

    def _write_notes(self, segment: Segment) -> None:
        with self._changed:
            numbered = [] if self._backlog else self._numbered(())
        if not numbered:
            return
        try:
            segment.write(Batch(events=numbered))
        except BaseException:
            with self._changed:
                self._noted = [*(event for _, event in numbered), *self._noted]
            raise

    def _notes(
        self, segment: Segment, gaps: Sequence[Gap], first: Record, sealed: Sequence[str]
    ) -> list[Event]:
        notes = [
            Event(first.seq, first.t_ns, "system", "journal", "SEALED", text) for text in sealed
        ]
        for begin, end in gaps:
            text = f"journal gap: cycles {begin} to {end} were dropped; was: {self._fault}"
            data = {"first_seq": begin, "last_seq": end}
            notes.append(Event(first.seq, first.t_ns, "system", "journal", "GAP", text, data=data))
        if text := segment.set_aside:
            notes.append(Event(first.seq, first.t_ns, "system", "journal", "SET_ASIDE", text))
        if text := self._capped:
            notes.append(Event(first.seq, first.t_ns, "system", "journal", "CAPPED", text))
        return notes

    def _open(self, day: str) -> Segment:
        """Return the segment of a day; days only go forward, whatever the clock does."""
        if self._segment is not None and day > self._segment.day:
            self._segment.write(self._unfinished())  # belongs to the day it began in
            self._spans = {}
            self._segment.close()
            self._sealer.seal(self._segment.path, END_OF_DAY)
            self._segment = None
        if self._segment is None:
            wall_ns = self._created_ns
            self._segment = Segment(self.folder, day, self.run, self.channels, wall_ns)
            self._damages += bool(self._segment.set_aside)
            self._looked_s = -LOOK_S
        self._look(self._segment.path)
        return self._segment

    def _look(self, keep: Path) -> None:
        """Keep the journal within its limits; that it cannot be is no reason not to write."""
        if time.monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = time.monotonic()
        try:
            dropped = self._keeper.look(keep)
        except UNSOUND as error:
            log.warning("journal: cannot be kept within its limits: %s", error)
            return
        self._capped = told(dropped) if dropped else self._capped

    def _unfinished(self) -> Batch:
        """Return the spans under way as they are now."""
        return Batch(rollups={w: [span.row()] for w, span in self._spans.items() if span})

    def _fail(self, batch: list[Stored], error: Exception) -> None:
        text = f"journal {self.run.id}: {error}"
        if self._fault is None:
            log.error("%s; the last %d cycles stay in memory", text, self._backlog.capacity)
        with self._changed:
            self._backlog.put_back(batch)
            self._busy = False
            self._fault = text
            self._changed.notify_all()
        self._abandon()

    def _abandon(self) -> None:
        """Close a failing segment so that the next attempt starts clean."""
        if self._segment is not None:
            try:
                self._segment.close()
            except sqlite3.Error as error:
                log.debug("journal: close after a failure: %s", error)
            self._segment = None

    def _finish(self) -> None:
        if self._mark is not None:
            self._mark.close()
        if self._segment is None:
            return
        path = self._segment.path
        try:
            self._write_notes(self._segment)
            self._segment.write(self._unfinished())
            self._segment.end_run(time.time_ns())
        except (sqlite3.Error, OSError) as error:
            self._fault = f"journal {self.run.id}: {error}"
        self._abandon()
        if self._fault is None:
            self._sealer.seal(path, END_OF_RUN)


def _turns(last_t_ns: int, records: Sequence[Record]) -> list[tuple[int, int, int]]:
    """Return where time did not go forward: seq, the time before, the time then."""
    times = [last_t_ns, *(r.t_ns for r in records)]
    return [(r.seq, was, r.t_ns) for was, r in zip(times, records, strict=False) if r.t_ns <= was]
