"""What a cycle loop asks of a store, whichever it is: disk or memory."""

from collections.abc import Sequence
from typing import Protocol

from controller.historian.record import Channel, Event, Record, Run


class Store(Protocol):
    """Takes one record a cycle and never makes the loop wait for a disk."""

    @property
    def acknowledged(self) -> int:
        """Return the last `seq` that is safe, -1 before the first."""
        ...

    @property
    def fault(self) -> str | None:
        """Return in words what keeps records from being safe, or None."""
        ...

    def append(
        self, record: Record, events: Sequence[Event] = (), snapshot: bytes | None = None
    ) -> None:
        """Hand over a record; its arrays must not be changed afterwards."""
        ...

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until all that was appended is safe; False when it is not in time."""
        ...

    def close(self) -> None:
        """Make safe what can be made safe and end."""
        ...


def check_next(record: Record, last_seq: int, channels: int) -> None:
    """Raise ValueError for a record that cannot follow `last_seq` in a run of `channels`."""
    if record.value.size != channels:
        raise ValueError(f"{record.value.size} values for {channels} channels")
    if record.seq <= last_seq:
        raise ValueError(f"seq {record.seq} after {last_seq}: a seq never comes back")


class MemoryJournal:
    """The same contract without a disk, for tests and what-if runs."""

    def __init__(self, run: Run, channels: Sequence[Channel]) -> None:
        self.run, self.channels = run, tuple(channels)
        self.records: list[Record] = []
        self.events: list[Event] = []
        self.snapshots: dict[int, bytes] = {}

    @property
    def acknowledged(self) -> int:
        return self.records[-1].seq if self.records else -1

    @property
    def fault(self) -> str | None:
        return None

    def append(
        self, record: Record, events: Sequence[Event] = (), snapshot: bytes | None = None
    ) -> None:
        check_next(record, self.acknowledged, len(self.channels))
        self.records.append(record)
        self.events.extend(events)
        if snapshot is not None:
            self.snapshots[record.seq] = snapshot

    def flush(self, timeout_s: float = 10.0) -> bool:
        return True

    def close(self) -> None:
        return None
