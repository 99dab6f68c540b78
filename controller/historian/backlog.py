"""What waits for the disk: a bounded queue that drops the oldest and says so."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from controller.historian.record import Event, Record
from controller.historian.segment import day_of

Gap = tuple[int, int]  # first and last seq

EVENTS_KEPT: Final = 10_000  # of dropped records, over a failure of any length


@dataclass(slots=True)
class Stored:
    """One append: a record and what came with it, events with their ids."""

    record: Record
    events: Sequence[tuple[int, Event]]
    snapshot: bytes | None


class Backlog:
    """Records in order, at most `capacity` of them. Not locked: the owner locks.

    `gaps` are the first and the last seq of each run of records dropped and not told yet.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.gaps: list[Gap] = []
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

    def told(self, gaps: Sequence[Gap]) -> None:
        """Forget gaps that are in the journal now; what was dropped meanwhile stays."""
        ends = dict(gaps)
        grown = ((ends.get(first, first - 1) + 1, last) for first, last in self.gaps)
        self.gaps = [(first, last) for first, last in grown if first <= last]

    def _drop_oldest(self) -> None:
        """Drop a record; its events pass to the next: they are the audit trail."""
        oldest = self._queue.popleft()
        seq = oldest.record.seq
        self.gaps = _joined([*self.gaps, (seq, seq)])
        if oldest.events:
            heir = self._queue.popleft()
            events = (*oldest.events, *heir.events)[-EVENTS_KEPT:]
            self._queue.appendleft(Stored(heir.record, events, heir.snapshot))


def _joined(gaps: list[Gap]) -> list[Gap]:
    """Return the gaps in order, with neighbours made one.

    Not all are one: a batch under way lies between what was dropped before and meanwhile.
    """
    joined: list[Gap] = []
    for first, last in sorted(gaps):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
