"""The shape of one step response: at once, peak, final, 63 %, settled, first against final."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.numbers import F64

FIRST_MIN: Final = 10.0 / 60.0
"""What counts as "at once": 10 s, the step of the reference."""
SETTLED: Final = 0.05
FADES: Final = 1.1
"""A peak is one when it is this much larger than the final change, or against it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Changes in the quantity's unit, times in minutes.

    `peak` is the largest change and `t_peak_min` its time; `t63_min` is when 63 % of it was
    first reached; `settled_min` when the response came within 5 % of it about the final
    value for good; `against` is the largest change against the final one, 0 without.
    """

    first: float
    peak: float
    t_peak_min: float
    final: float
    t63_min: float
    settled_min: float
    against: float

    @property
    def fades(self) -> bool:
        """Tell whether the response comes back from its peak."""
        return bool(self.peak * self.final <= 0.0 or abs(self.peak) > FADES * abs(self.final))


def shape(t_min: F64, change: F64) -> Shape:
    """Return the shape of `change` (0 before the step, which is at minute 0) over `t_min`.

    The last value counts as final, so the series has to be long enough to come to rest.
    """
    final, top = float(change[-1]), int(np.argmax(np.abs(change)))
    peak = float(change[top])
    reached = int(np.argmax(change * np.sign(peak) >= 0.632 * abs(peak)))
    off = np.flatnonzero(np.abs(change - final) > SETTLED * abs(peak))
    last = int(off[-1]) + 1 if off.size else 0
    against = change * np.sign(final)
    return Shape(
        first=float(np.interp(FIRST_MIN, t_min, change)),
        peak=peak,
        t_peak_min=float(t_min[top]),
        final=final,
        t63_min=float(t_min[reached]),
        settled_min=float(t_min[min(last, t_min.size - 1)]),
        against=float(np.sign(final) * min(against.min(), 0.0)) + 0.0,  # no minus zero
    )
