"""How old values are when the clock that stamps them cannot be trusted.

A value is never younger than the time since it, or its stamp, last changed as
we received it: that alone shows a freeze under a clock that runs ahead, whose
stamps would be fresh for hours.  It adds nothing where clocks agree, because a
stamp cannot be received before it was made.

A stamp ahead of us is doubt.  A clock that is ahead by the same time for
`PROVEN_S`, while its stamps advance as our monotonic time does, is a clock we
know: no doubt any longer, or a wrong time zone would stop a living rig for
ever.  Small drift is followed.  A clock behind makes values old; that stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors.image import F64
from sensors.quality import Reason, quality_of
from sensors.reading import Reading

I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

AHEAD_NS: Final = 1_000_000_000  # more than this before us (or the known lead) is doubt
PROVEN_S: Final = 60.0
_FOLLOW: Final = 0.1  # of the way to each new lead: a clock drifts slowly
OLDEST_NS: Final = 0  # 1970
NEWEST_NS: Final = 7_258_118_400_000_000_000  # 2200; int64 ends in 2262


class StampAges:
    """Brings the stamps of one link's n points to what can be trusted."""

    def __init__(self, n: int, mono_ns: int) -> None:
        self._value: F64 = np.full(n, np.nan)
        self._stamp: I64 = np.full(n, -1, dtype=np.int64)
        self._moved: I64 = np.full(n, mono_ns, dtype=np.int64)
        self._known: I64 = np.zeros(n, dtype=np.int64)
        self._seen: I64 = np.zeros(n, dtype=np.int64)
        self._seen_since: I64 = np.full(n, mono_ns, dtype=np.int64)
        self.lead_ns: int | None = None  # of the newest stamp that moved in the last read

    def take(
        self, value: F64, stamp: I64, ours: I64, utc_ns: int, mono_ns: int
    ) -> tuple[I64, Mask]:
        """Return source times that can be trusted, int64[n] in our time, and which are doubtful.

        `stamp` is what the device says, `ours` the same in our time; both in ns since
        the epoch.  `mono_ns` is plant time that never jumps.
        """
        moved = (stamp != self._stamp) | ((value != self._value) & (value == value))
        self._value, self._stamp = value, stamp
        self._moved = np.where(moved, mono_ns, self._moved)
        lead = ours - utc_ns
        self._learn(lead, moved, mono_ns)
        self.lead_ns = int(lead[moved].max()) if moved.any() else None
        doubtful = lead > self._known + AHEAD_NS
        return np.minimum(ours, utc_ns - (mono_ns - self._moved)), doubtful

    def judged(self, readings: Sequence[Reading], utc_ns: int, mono_ns: int) -> list[Reading]:
        """Return one read of the n points with source times and doubts that can be trusted."""
        value = np.array([r.value for r in readings], dtype=np.float64)
        stamp = stamps_of(readings)
        source, doubtful = self.take(value, stamp, stamp, utc_ns, mono_ns)
        reasons = [
            r.reason | (Reason.DOUBTFUL * bool(d)) for r, d in zip(readings, doubtful, strict=True)
        ]
        return [
            replace(r, t_source_ns=t, reason=reason, quality=quality_of(reason))
            for r, t, reason in zip(readings, source.tolist(), reasons, strict=True)
        ]

    def _learn(self, lead: I64, moved: Mask, mono_ns: int) -> None:
        near = moved & (np.abs(lead - self._known) <= AHEAD_NS)
        followed = self._known + (_FOLLOW * (lead - self._known)).astype(np.int64)
        steady = np.abs(lead - self._seen) <= AHEAD_NS
        new = moved & ~steady
        self._seen = np.where(new, lead, self._seen)
        self._seen_since = np.where(new, mono_ns, self._seen_since)
        proven = moved & steady & (mono_ns - self._seen_since >= PROVEN_S * 1e9)
        self._known = np.where(near, followed, np.where(proven, lead, self._known))
        self._known = np.maximum(self._known, 0)


def stamps_of(readings: Sequence[Reading]) -> I64:
    """Return the source times of readings as they are, int64[n], whatever a device said."""
    stamps = [min(max(r.t_source_ns, OLDEST_NS), NEWEST_NS) for r in readings]
    return np.array(stamps, dtype=np.int64)


def in_range(stamp_ns: int) -> bool:
    """Return whether a time stamp can be one: 1601 means unknown, 9999 never."""
    return OLDEST_NS < stamp_ns < NEWEST_NS


TOLD_NS: Final = 10_000_000_000  # a lead that changed by this much is told anew
LASTS_NS: Final = 3_000_000_000  # plant; what is over sooner was no clock
BEHIND_NS: Final = -3_000_000_000  # more than this behind, every value is STALE
_QUARTER_S: Final = 900.0  # time zones differ by quarters of an hour
_QUARTERS: Final = 4 * 14  # and by 14 hours at most


class ClockNews:
    """Tells in words, once, when a device's clock is not ours, and when it is again."""

    def __init__(self, name: str) -> None:
        self._name, self._told_ns, self._told_at = name, 0, -PROVEN_S * 1e9
        self._changed_at: int | None = None  # since when it is another than was told
        self._off_ns = 0

    @property
    def standing(self) -> str:
        """Return what stands to be said of the clock now, "" when it agrees with ours."""
        return clock_words(self._name, self._told_ns)

    def about(self, lead_ns: int | None, mono_ns: int) -> str:
        """Return what to say of the newest lead of a link, "" for nothing new."""
        waits = self._changed_at is not None
        if mono_ns - self._told_at < PROVEN_S * 1e9 or (lead_ns is None and not waits):
            return ""
        if lead_ns is not None:
            self._off_ns = lead_ns if lead_ns > AHEAD_NS or lead_ns < BEHIND_NS else 0
        off = self._off_ns
        if (off == 0) == (self._told_ns == 0) and abs(off - self._told_ns) < TOLD_NS:
            self._changed_at = None
            return ""
        if self._changed_at is None:
            self._changed_at = mono_ns
        if mono_ns - self._changed_at < LASTS_NS:
            return ""  # the first values after a pause may be old ones
        self._changed_at = None
        self._told_ns, self._told_at = off, mono_ns
        return clock_words(self._name, off) or f"the clock of {self._name} agrees with ours again"


def clock_words(name: str, lead_ns: int) -> str:
    """Return what is wrong with the clock of a link's device, "" when nothing is."""
    if BEHIND_NS <= lead_ns <= AHEAD_NS:
        return ""
    off_s = abs(lead_ns) * 1e-9
    quarters = round(off_s / _QUARTER_S)
    zone = abs(off_s - quarters * _QUARTER_S) < 30.0 and 2 <= quarters <= _QUARTERS
    how = f"clock of {name} is {_span(off_s)} {'ahead' if lead_ns > 0 else 'behind'}"
    how += " (time zone?)" if zone else ""
    if lead_ns > 0:
        return f"{how}: its values are doubtful until it was so, and advanced, for {PROVEN_S:.0f} s"
    return f"{how}: its values are taken for old; set it, or write time = 'received' at the link"


def _span(seconds: float) -> str:
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"
