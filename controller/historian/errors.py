"""What can go wrong with the state directory and the journal.

HistorianError
  StateDirUnusable     cannot be created, is a file, or may not be written
  StateDirInUse        another controller holds it
  SchemaUnknown        written by a newer Seastack, or not a journal at all
  SegmentDamaged       a segment opens, but what stands in it cannot be
  UnknownRun           no such run in this state directory
  Unreadable           some cycles of a segment are damaged; the others can be read
  LayoutChanged        a run was continued with other channels
  ShipError            the time-series server did not take what was sent
    Rejected           these rows are wrong (400, 413, 422): others may pass
    Refused            no row will pass until a person acts (401, 403, 404)
    Unreachable        try again later (429, 5xx, no connection)
"""

import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.historian.record import Record


class HistorianError(Exception):
    """Base of every error raised in this package; the text names the remedy."""


class StateDirUnusable(HistorianError):
    """The state directory cannot be created or written."""


class StateDirInUse(HistorianError):
    """Another controller has the state directory."""


class SchemaUnknown(HistorianError):
    """The file is not a journal that this version can read."""


class SegmentDamaged(HistorianError):
    """A disk that lied left a file that opens and whose content makes no sense."""


class UnknownRun(HistorianError):
    """There is no run of that name."""


class Unreadable(HistorianError):
    """Cycles first_seq to last_seq of a segment are damaged; those around them are not.

    `before` are the records in front of them that were asked for too.
    """

    def __init__(
        self, segment: str, first_seq: int, last_seq: int, why: str, before: "Sequence[Record]" = ()
    ) -> None:
        self.first_seq, self.last_seq, self.before = first_seq, last_seq, before
        which = f"cycles {first_seq} to {last_seq}" if last_seq > first_seq else f"cycle {last_seq}"
        super().__init__(f"{segment}: {which} cannot be read ({why})")

    @property
    def cycles(self) -> int:
        """Return how many cycles are lost."""
        return self.last_seq - self.first_seq + 1


class LayoutChanged(HistorianError):
    """A run has one layout for life; other channels need a new run."""


class ShipError(HistorianError):
    """The time-series server did not take what was sent."""


class Rejected(ShipError):
    """Something in these rows is wrong; fewer of them may pass."""


class Refused(ShipError):
    """Login, right or bucket is wrong: keep everything, tell a person."""


class Unreachable(ShipError):
    """Not now; `retry_after_s` is the server's own wish, 0 when it has none.

    `silent`: no answer came at all, so a smaller request may pass.
    """

    def __init__(self, text: str, retry_after_s: float = 0.0, *, silent: bool = False) -> None:
        self.retry_after_s, self.silent = retry_after_s, silent
        super().__init__(text)


# Whatever a damaged journal may raise in whoever reads it: content that opens may be anything.
UNSOUND: Final[tuple[type[Exception], ...]] = (
    HistorianError,
    sqlite3.Error,
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
