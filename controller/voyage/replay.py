"""A recorded voyage through the same step again, decision by decision.

Time comes from the records, inputs from the records, nothing else goes in.
There is no link, no driver and no socket here, so a replay cannot reach a rig.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

from controller.config import PlantConfig
from controller.cycle import step
from controller.historian.errors import HistorianError, Unreadable
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Event, Record
from controller.historian.store import Store
from controller.recording import command_of, inputs_of, is_request, record_of, sent_values
from controller.snapshot import SnapshotError, state_from_bytes
from controller.types import State

TOLD: Final = 50  # differences kept in full; the rest is counted
EVENTS_A_READ: Final = 2000
SHELL_EVENTS: Final = ("link", "system")  # made outside the step, so not made again

Progress = Callable[[int, int], None]  # cycles done, cycles in all


class NotReplayable(HistorianError):
    """The run cannot be replayed with this plant; the text says why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that came out otherwise; `what` is a channel or an event."""

    seq: int
    t_ns: int
    what: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """How a replay went. `digest` is of every decision: equal means bit-identical.

    `skipped` cycles lie after a gap in the journal and before the next state
    snapshot; nothing can be said about them, nor about the cycles of `holes`, which
    were recorded and are damaged.
    """

    run: str
    cycles: int
    skipped: int
    differing: int
    differences: tuple[Difference, ...]
    plant_seconds: float
    seconds: float
    digest: str
    same_config: bool
    holes: tuple[Unreadable, ...] = ()

    @property
    def unreadable(self) -> int:
        """Return how many recorded cycles are damaged."""
        return sum(hole.cycles for hole in self.holes)

    @property
    def speed(self) -> float:
        """Return plant time over wall time."""
        return self.plant_seconds / self.seconds if self.seconds > 0 else float("inf")


def replay(
    state_dir: Path,
    run: str,
    config: PlantConfig,
    on_progress: Progress | None = None,
    save_as: str | None = None,
) -> ReplayReport:
    """Replay a run and compare every decision, bit by bit (NaN equals NaN).

    With `save_as` the replay is journalled as a run of that id and kind "replay".
    Goes round damaged cycles as over a gap. Raises UnknownRun, NotReplayable when
    the plant has other channels.
    """
    with closing(JournalReader(state_dir)) as reader:
        if reader.channels(run) != tuple(config.layout):
            raise NotReplayable(
                f"run {run} was recorded with other channels than plant {config.plant.name} has "
                "now; replay it with the software and plant folder that recorded it"
            )
        sink = _sink(state_dir, reader, run, config, save_as) if save_as else None
        try:
            return _Replay(reader, run, config, sink).report(on_progress)
        finally:
            if sink is not None:
                sink.close()


def _sink(
    state_dir: Path, reader: JournalReader, run: str, config: PlantConfig, name: str
) -> Journal:
    described = replace(reader.run(run), id=name, kind="replay", config_hash=config.config_hash)
    return Journal(state_dir, described, config.layout, commit_every=60, patient=True)


class _Replay:
    """One pass over a run."""

    def __init__(
        self, reader: JournalReader, run: str, config: PlantConfig, sink: Store | None
    ) -> None:
        self._reader, self._run, self._config, self._sink = reader, run, config, sink
        self._snapshots = set(reader.snapshots(run))
        self._digest = hashlib.sha256()
        self._differences: list[Difference] = []
        self._holes: list[Unreadable] = []
        self._cycles = self._skipped = self._differing = 0

    def report(self, on_progress: Progress | None) -> ReplayReport:
        bounds = self._reader.bounds(self._run)
        total = bounds[1] - bounds[0] + 1 if bounds else 0
        begun = time.perf_counter()
        first_ns = last_ns = expected = 0
        state: State | None = self._initial()
        for record, events in self._cycles_with_events():
            if record.seq != expected or state is None:
                state = self._state_before(record.seq)
            if state is None:
                self._skipped += 1
            else:
                state = self._again(state, record, events)
            expected = record.seq + 1
            first_ns, last_ns = first_ns or record.t_ns, record.t_ns
            if on_progress and (self._cycles + self._skipped) % 1000 == 0:
                on_progress(self._cycles + self._skipped, total)
        return ReplayReport(
            self._run,
            self._cycles,
            self._skipped,
            self._differing,
            tuple(self._differences),
            (last_ns - first_ns) / 1e9,
            time.perf_counter() - begun,
            self._digest.hexdigest(),
            self._reader.run(self._run).config_hash == self._config.config_hash,
            tuple(self._holes),
        )

    def _initial(self) -> State:
        return State.initial(self._config.table, self._config.control.target.capture_pct)

    def _state_before(self, seq: int) -> State | None:
        """Return the state a cycle began with, from the snapshot after the one before."""
        if seq == 0:
            return self._initial()
        if seq - 1 not in self._snapshots:
            return None
        stored = self._reader.snapshot(self._run, seq - 1)
        try:
            return state_from_bytes(stored) if stored is not None else None
        except SnapshotError as error:
            raise NotReplayable(f"run {self._run}, snapshot of cycle {seq - 1}: {error}") from error

    def _again(self, state: State, record: Record, events: list[Event]) -> State:
        config = self._config
        requests = [command_of(e) for e in events if is_request(e)]
        inputs = inputs_of(record, requests, config)
        state, outputs = step(state, inputs, config)
        sent = sent_values(config, outputs)
        again = record_of(config, inputs, outputs, sent, record.mono_ns, bool(record.clock_ok))
        self._digest.update(again.value.tobytes() + again.quality.tobytes())
        found = [*self._columns(record, again), *_events(record, events, outputs.events)]
        self._cycles += 1
        self._differing += bool(found)
        self._differences += found[: TOLD - len(self._differences)]
        if self._sink is not None:
            self._sink.append(again, outputs.events)
        return state

    def _columns(self, recorded: Record, again: Record) -> list[Difference]:
        value = recorded.value.view(np.uint64) != again.value.view(np.uint64)
        value &= ~(np.isnan(recorded.value) & np.isnan(again.value))
        graded = (recorded.quality != again.quality) | (recorded.reason != again.reason)
        return [
            Difference(
                recorded.seq,
                recorded.t_ns,
                self._config.layout[i].name,
                f"{float(recorded.value[i])!r}, reasons {recorded.reason[i]:#x}",
                f"{float(again.value[i])!r}, reasons {again.reason[i]:#x}",
            )
            for i in np.flatnonzero(value | graded)
        ]

    def _cycles_with_events(self) -> Iterator[tuple[Record, list[Event]]]:
        """Yield every record with the events of its cycle."""
        grouped = groupby(self._events(), key=lambda e: e.seq)
        waiting = next(grouped, None)
        for record in self._reader.records(self._run, on_hole=self._holes.append):
            events: list[Event] = []
            while waiting is not None and waiting[0] <= record.seq:
                if waiting[0] == record.seq:
                    events += list(waiting[1])
                waiting = next(grouped, None)
            yield record, events

    def _events(self) -> Iterator[Event]:
        last = 0
        while chunk := self._reader.events(self._run, since_id=last, limit=EVENTS_A_READ):
            yield from chunk
            last = chunk[-1].id


def _events(record: Record, recorded: list[Event], again: tuple[Event, ...]) -> list[Difference]:
    """Return one difference where the step's events are not those recorded."""
    was = [_named(e) for e in recorded if e.kind not in SHELL_EVENTS]
    now = [_named(e) for e in again if e.kind not in SHELL_EVENTS]
    if was == now:
        return []
    texts = "; ".join(was) or "none", "; ".join(now) or "none"
    return [Difference(record.seq, record.t_ns, "events", *texts)]


def _named(event: Event) -> str:
    return f"{event.kind} {event.source} {event.state}"
