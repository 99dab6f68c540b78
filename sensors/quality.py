"""Quality of a value and the reasons behind it.

Quality is never set by hand: it is the worst verdict among the reasons that
are present, by the one table below.  The numbers of both enumerations are
stored in the journal and are fixed for ever; append, never renumber.
NE 107 letters: F failure, C function check, S out of specification,
M maintenance required (NAMUR NE 107:2017, table 1).
"""

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Quality(IntEnum):
    """How far a value may be believed; ``min()`` is worst-of."""

    BAD = 0
    UNCERTAIN = 1
    GOOD = 2


class Reason(IntFlag):
    """Why a value is not GOOD; several may hold at once."""

    NONE = 0
    RANGE = 1 << 0  # outside the instrument's range
    NE43_LOW = 1 << 1  # loop current <= 3.6 mA
    NE43_HIGH = 1 << 2  # loop current >= 21.0 mA
    NAN = 1 << 3  # not a finite number
    RATE = 1 << 4  # faster than the process can move
    FLATLINE = 1 << 5  # has not moved for longer than noise allows
    STALE = 1 << 6  # older than three scans
    LINK = 1 << 7  # the whole link is down
    DEVICE = 1 << 8  # the device answers, but refuses this point
    HEARTBEAT = 1 << 9  # the device's own heartbeat stands still
    FIRST_READ = 1 << 10  # first read after a reconnect, discarded
    CALIBRATING = 1 << 11  # NE 107 C
    MAINTENANCE = 1 << 12  # NE 107 M
    FORCED = 1 << 13  # value forced by a person
    SUBSTITUTED = 1 << 14  # replaced by a model or a last good value
    TRANSIENT = 1 << 15  # plant not in quasi-steady state
    SATURATED = 1 << 16  # loop current 3.6-3.8 or 20.5-21.0 mA (NE 43)
    DOUBTFUL = 1 << 17  # device reports an uncertain status of its own
    UNSET = 1 << 18  # never read so far


_VERDICT: Final[dict[Reason, tuple[Quality, str]]] = {
    Reason.RANGE: (Quality.BAD, "S"),
    Reason.NE43_LOW: (Quality.BAD, "F"),
    Reason.NE43_HIGH: (Quality.BAD, "F"),
    Reason.NAN: (Quality.BAD, "F"),
    Reason.RATE: (Quality.UNCERTAIN, "S"),
    Reason.FLATLINE: (Quality.BAD, "F"),
    Reason.STALE: (Quality.BAD, "F"),
    Reason.LINK: (Quality.BAD, "F"),
    Reason.DEVICE: (Quality.BAD, "F"),
    Reason.HEARTBEAT: (Quality.BAD, "F"),
    Reason.FIRST_READ: (Quality.BAD, "C"),
    Reason.CALIBRATING: (Quality.UNCERTAIN, "C"),
    Reason.MAINTENANCE: (Quality.UNCERTAIN, "M"),
    Reason.FORCED: (Quality.UNCERTAIN, "C"),
    Reason.SUBSTITUTED: (Quality.UNCERTAIN, "S"),
    Reason.TRANSIENT: (Quality.UNCERTAIN, "S"),
    Reason.SATURATED: (Quality.UNCERTAIN, "S"),
    Reason.DOUBTFUL: (Quality.UNCERTAIN, "S"),
    Reason.UNSET: (Quality.BAD, "C"),
}

BAD_MASK: Final = int(sum(r for r, (q, _) in _VERDICT.items() if q is Quality.BAD))
UNCERTAIN_MASK: Final = int(sum(r for r, (q, _) in _VERDICT.items() if q is Quality.UNCERTAIN))

# Reasons that only `sensors.checks` adds; everything else comes from a driver.
CHECK_MASK: Final = int(
    Reason.RANGE | Reason.NAN | Reason.RATE | Reason.FLATLINE | Reason.STALE | Reason.HEARTBEAT
)


def quality_of(reason: Reason | int) -> Quality:
    """Return the worst quality that the given reasons imply."""
    bits = int(reason)
    if bits & BAD_MASK:
        return Quality.BAD
    return Quality.UNCERTAIN if bits & UNCERTAIN_MASK else Quality.GOOD


def qualities_of(reason: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return `quality_of` for each element, as uint8 of the same shape."""
    quality = np.full(reason.shape, Quality.GOOD, dtype=np.uint8)
    quality[(reason & np.uint32(UNCERTAIN_MASK)) != 0] = Quality.UNCERTAIN
    quality[(reason & np.uint32(BAD_MASK)) != 0] = Quality.BAD
    return quality


def ne107(reason: Reason | int) -> str:
    """Return the NE 107 status letter (F, C, M, S) or "" for a GOOD value.

    The most urgent letter wins, in the order F, C, M, S.
    """
    letters = {letter for r, (_, letter) in _VERDICT.items() if int(reason) & r}
    return next((letter for letter in "FCMS" if letter in letters), "")
