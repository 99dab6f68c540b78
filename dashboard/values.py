"""One record of the journal, asked by channel name.

A `Point` is a value with everything a reader must know to believe it: quality,
the NE 107 letter of the worst reason, and age.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.historian.record import Channel
from sensors.quality import Quality, Reason, ne107

DASH = "–"


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one cycle; `age_s` is how old it is now, not when the cycle read it."""

    value: float
    quality: int
    reason: int
    age_s: float
    channel: Channel

    @property
    def known(self) -> bool:
        """Whether there is a finite number at all."""
        return math.isfinite(self.value)

    @property
    def good(self) -> bool:
        """Whether the number may be used without a remark."""
        return self.known and self.quality == Quality.GOOD

    @property
    def on(self) -> bool:
        """Whether this is a GOOD "yes"."""
        return self.good and self.value == 1.0

    @property
    def off(self) -> bool:
        """Whether this is a GOOD "no"; not the opposite of `on`."""
        return self.good and self.value == 0.0

    @property
    def css(self) -> str:
        """Return the style of a value: "" when GOOD, else "unc" or "bad"."""
        if not self.known or self.quality == Quality.BAD:
            return "bad"
        return "" if self.quality == Quality.GOOD else "unc"

    @property
    def letter(self) -> str:
        """Return F, C, M or S (NE 107), "" when GOOD."""
        return "" if self.good else (ne107(self.reason) or "F")

    @property
    def stale(self) -> bool:
        """Whether the value is old rather than wrong."""
        return bool(self.reason & int(Reason.STALE | Reason.LINK | Reason.HEARTBEAT))

    def text(self, decimals: int, scale: float = 1.0) -> str:
        """Return the number as shown, a dash when there is none."""
        return f"{self.value * scale:.{decimals}f}" if self.known else DASH

    def label(self) -> str:
        """Return the word of an enumeration, a dash when there is none."""
        if not self.known:
            return DASH
        return self.channel.labels.get(round(self.value), f"{self.value:.0f}")


def absent(name: str) -> Point:
    """Return the point of a channel that this journal does not have."""
    return Point(math.nan, 0, int(Reason.UNSET), 0.0, Channel(name, "", "calc"))


class Values:
    """The points of one record, `since_s` after it; arrays in layout order, as in `Record`."""

    def __init__(
        self,
        channels: Sequence[Channel],
        value: NDArray[np.float64],
        quality: NDArray[np.uint8],
        reason: NDArray[np.uint32],
        age_ms: NDArray[np.int32],
        since_s: float = 0.0,
    ) -> None:
        self.channels, self._since_s = channels, since_s
        self._place = {c.name: i for i, c in enumerate(channels)}
        self._arrays = (value, quality, reason, age_ms)

    def __getitem__(self, name: str) -> Point:
        i = self._place.get(name)
        if i is None:
            return absent(name)
        value, quality, reason, age_ms = self._arrays
        age_s = age_ms[i] / 1e3 + self._since_s
        return Point(float(value[i]), int(quality[i]), int(reason[i]), age_s, self.channels[i])

    def family(self, role: str) -> list[Point]:
        """Return the points bound to a role, by index (first witness of each)."""
        found = [c for c in self.channels if c.role == role and not c.witness]
        return [self[c.name] for c in sorted(found, key=lambda c: c.index)]
