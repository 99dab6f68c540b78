"""Roll and pitch of a ship in a seaway: a sum of sines with seeded phases.

Frequencies and the ratio of pitch to roll follow the spectrum of a measured record
(research vessel N. B. Palmer, cruise NBP1406: peak 0.09-0.11 Hz, pitch sd 1.9 deg in a
moderate sea); a cruise ship in sheltered water rolls less, so the default is a fifth.
"""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Final

_WAVES: Final = ((0.083, 0.55), (0.097, 1.0), (0.113, 0.7), (0.131, 0.35))  # Hz, weight
_LOSS_PER_DEG: Final = 0.004  # effectiveness lost per degree of roll sd (maldistribution)


@dataclass(slots=True)
class Motion:
    """Roll and pitch in degrees; `roll_sd` and `pitch_sd` set the sea state."""

    seed: int = 0
    roll_sd: float = 0.8
    pitch_sd: float = 0.4
    _roll: list[tuple[float, float, float]] = field(default_factory=list)
    _pitch: list[tuple[float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = Random(self.seed)
        norm = math.sqrt(0.5 * sum(w * w for _, w in _WAVES))
        for waves in (self._roll, self._pitch):
            for hertz, weight in _WAVES:
                jitter = hertz * draw.uniform(0.95, 1.05)
                phase = draw.uniform(0.0, math.tau)
                waves.append((math.tau * jitter, phase, weight / norm))

    def at(self, t_s: float) -> tuple[float, float]:
        """Return (roll, pitch) in degrees at plant time `t_s`."""
        sin = math.sin
        roll = self.roll_sd * sum(a * sin(w * t_s + f) for w, f, a in self._roll)
        pitch = self.pitch_sd * sum(a * sin(w * t_s + f) for w, f, a in self._pitch)
        return roll, pitch

    @property
    def derate(self) -> float:
        """Return the share of mass transfer lost to motion, 0..0.2."""
        return min(0.2, _LOSS_PER_DEG * self.roll_sd)
