"""What is asked of a bucket to read runs back, whichever language the server speaks.

The rows of both languages come in one shape, their times in nanoseconds since the epoch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol

# Without an end Flux stops at the server's now: rows of a clock ahead of it would not exist.
END: Final = "2200-01-01T00:00:00Z"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, object]
End = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of a run in which time went forward; `last_seq` -1 where nobody said."""

    run: str
    plant: str
    turn: int
    first_ns: int
    last_ns: int
    last_seq: int = -1


class Questions(Protocol):
    """The questions; each raises a ShipError, and ValueError for a row that makes no sense."""

    def ends(self, end: End) -> Iterator[tuple[int, Row]]:
        """Yield the first or last row of every turn: time, tags, and `_value`, its seq."""
        ...

    def fields(self, run: str) -> set[str]:
        """Return the names of all fields of a run."""
        ...

    def rows(self, turn: Turn, start_ns: int, stop_ns: int) -> Iterator[tuple[int, Row]]:
        """Yield time and cells of every row of a turn in [start_ns, stop_ns)."""
        ...

    def seqs(self, turn: Turn, start_ns: int, stop_ns: int) -> Iterator[tuple[int, Row]]:
        """Yield time and `_value`, its seq, of every row of a turn in [start_ns, stop_ns)."""
        ...

    def next_ns(self, turn: Turn, start_ns: int) -> int | None:
        """Return the time of a turn's first row from start_ns on, None without one."""
        ...


def from_datetime(when: object) -> int:
    """Return a time stamp, written in whole milliseconds, in nanoseconds."""
    if not isinstance(when, datetime):
        raise ValueError(f"expected a time, found {when!r}")
    return (when - EPOCH) // timedelta(milliseconds=1) * 1_000_000
