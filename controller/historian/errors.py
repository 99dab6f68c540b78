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
    Rejected           these rows are wrong (400, 422): others may pass
      TooLarge         too many at once (413)
      Expired          older than the bucket keeps (422)
    Refused            no row will pass until a person acts (401, 403, 404)
    Unreachable        try again later (429, 5xx, no connection)
"""

import sqlite3
from typing import TYPE_CHECKING, Final

from sensors.foreigntext import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.historian.record import Record


ERROR_CHARS: Final = 900  # of one message


class HistorianError(Exception):
    """Base of every error raised in this package; the text names the remedy.

    It is one clean line, for a damaged file speaks through it: SQLite repeats what it read.
    """

    def __init__(self, text: object = "") -> None:
        super().__init__(clean(text, ERROR_CHARS))


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


class TooLarge(Rejected):
    """More rows than the server takes in one request."""


class Expired(Rejected):
    """Rows older than the bucket keeps; the others of the request were taken.

    `bound_ns` is before which time it keeps nothing, None when it did not say.
    """

    def __init__(self, text: str, bound_ns: int | None) -> None:
        self.bound_ns = bound_ns
        super().__init__(text)


class Refused(ShipError):
    """Login, right or bucket is wrong: keep everything, tell a person."""


class Unreachable(ShipError):
    """Not now; `retry_after_s` is the server's own wish, 0 when it has none.

    `silent`: no answer came at all, so a smaller request may pass; `overloaded`: the
    server failed, which may be for its size.
    """

    def __init__(
        self,
        text: str,
        retry_after_s: float = 0.0,
        *,
        silent: bool = False,
        overloaded: bool = False,
    ) -> None:
        self.retry_after_s, self.silent, self.overloaded = retry_after_s, silent, overloaded
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
