"""What waits for the disk: a bounded queue that drops the oldest and says so."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from controller.historian.record import Event, Record
from controller.historian.segment import day_of

EVENTS_KEPT: Final = 10_000  # of dropped records, over a failure of any length


@dataclass(slots=True)
class Stored:
    """One append: a record and what came with it, events with their ids."""

    record: Record
    events: Sequence[tuple[int, Event]]
    snapshot: bytes | None


class Backlog:
    """Records in order, at most `capacity` of them. Not locked: the owner locks.

    `gap` is the first and the last seq dropped since it was last reset.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.gap: tuple[int, int] | None = None
        self._queue: deque[Stored] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, stored: Stored) -> None:
        """Add the newest; the oldest goes when there is no room."""
        self._queue.append(stored)
        if len(self._queue) > self.capacity:
            self._drop_oldest()

    def put_back(self, batch: Sequence[Stored]) -> None:
        """Return a batch that could not be written to where it came from."""
        self._queue.extendleft(reversed(batch))
        while len(self._queue) > self.capacity:
            self._drop_oldest()

    def take(self, most: int) -> list[Stored]:
        """Take the oldest records of one UTC day, at most `most`."""
        batch = list(islice(self._queue, most))
        day = day_of(batch[0].record.t_ns) if batch else ""
        end = next((i for i, s in enumerate(batch) if day_of(s.record.t_ns) != day), len(batch))
        for _ in range(end):
            self._queue.popleft()
        return batch[:end]

    def _drop_oldest(self) -> None:
        """Drop a record; its events pass to the next: they are the audit trail."""
        oldest = self._queue.popleft()
        seq = oldest.record.seq
        # Not always the next one: a batch put back is older than what was dropped meanwhile.
        first, last = self.gap or (seq, seq)
        self.gap = (min(first, seq), max(last, seq))
        if oldest.events:
            heir = self._queue.popleft()
            events = (*oldest.events, *heir.events)[-EVENTS_KEPT:]
            self._queue.appendleft(Stored(heir.record, events, heir.snapshot))
