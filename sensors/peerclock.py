"""Devices stamp values with their own clock; ours may be stepped while theirs is not.

Without care every age would then be wrong by the step, and all of a healthy device stale.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

STEP_NS: Final = 1_000_000_000  # more than this between two looks is a step, not a slew


class PeerClock:
    """Brings a device's stamps to our clock, which may be stepped at any time.

    `skew_ns` is added to its stamps: 0 until a step of ours makes them unbelievable.
    """

    def __init__(self, utc_ns: int, mono_ns: int) -> None:
        self.skew_ns = 0
        self._apart_ns = utc_ns - mono_ns
        self._unsettled_ns = 0

    def step_ns(self, utc_ns: int, mono_ns: int) -> int:
        """Return how far our clock was stepped since the last look, 0 if it was not."""
        step = utc_ns - mono_ns - self._apart_ns
        self._apart_ns += step
        if abs(step) <= STEP_NS:
            return 0
        self._unsettled_ns += step
        return step

    def ours(self, stamps_ns: NDArray[np.int64], utc_ns: int) -> NDArray[np.int64]:
        """Return a device's stamps, int64[n], in our time.

        After a step its clock is either right as it stands (ours was put right, or both
        follow one master) or behind by the step: whichever makes its newest value newer.
        """
        if self._unsettled_ns and stamps_ns.size:
            lag = utc_ns - int(stamps_ns.max())
            both = (0, self.skew_ns + self._unsettled_ns)
            self.skew_ns, self._unsettled_ns = min(both, key=lambda skew: abs(lag - skew)), 0
        return stamps_ns + self.skew_ns
