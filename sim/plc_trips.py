"""Trips of the rig: condition, delay, latch and first-out, in one table.

The numbers are those of HS-FIRST-OUT; bit number - 1 is the trip's bit in HS-TRIP.  The
cause & effect rows are those of the domain reference that this rig has; limits and delays
are engineering guesses to be replaced at commissioning.  Every trip shuts the inlet, stops
the blower and shuts off the steam; `stops` says what else stops.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Trip(NamedTuple):
    """One cause: its number is its place in the table, counted from 1."""

    name: str
    text: str
    delay_s: float
    stops: str = ""  # C compressor, L lean pump, R rich pump, E everything (ESD)


TRIPS: Final[tuple[Trip, ...]] = (
    Trip("esd", "Emergency shut-down button", 0.0, "E"),
    Trip("back_pressure", "Exhaust back-pressure of an engine high-high", 2.0),
    Trip("blower", "Blower tripped", 2.0),
    Trip("quench", "Gas to absorber too hot", 10.0),
    Trip("so2", "SO2 after quench high-high for 5 min", 300.0),
    Trip("flood", "Absorber differential pressure high-high", 10.0),
    Trip("sump_high", "Absorber sump level high-high", 5.0, "L"),
    Trip("sump_low", "Absorber sump level low-low", 10.0, "R"),
    Trip("no_lean", "Lean flow low-low", 30.0),
    Trip("reboiler_hot", "Reboiler temperature high-high", 5.0),
    Trip("reboiler_low", "Reboiler level low-low", 10.0),
    Trip("stripper_pressure", "Stripper pressure high-high", 5.0),
    Trip("tank", "LCO2 tank level or pressure high-high", 5.0, "C"),
    Trip("space_gas", "CO2 in a space high-high or ventilation failed", 5.0, "C"),
    Trip("header", "Steam header pressure low-low: the ship first", 20.0),
    Trip("air", "Instrument air pressure low-low", 5.0),
)
NUMBER: Final = {trip.name: k + 1 for k, trip in enumerate(TRIPS)}
_DELAY: Final = tuple(trip.delay_s for trip in TRIPS)


@dataclass(slots=True)
class TripLogic:
    """Timers, the standing and the latched word, the first-out number."""

    standing: int = 0
    latched: int = 0
    first_out: int = 0
    _timing: bool = False
    _timer: list[float] = field(default_factory=lambda: [0.0] * len(TRIPS))

    def scan(self, conditions: Sequence[bool], dt_s: float) -> bool:
        """Advance all timers; latch what has stood for its delay; return if that tripped.

        `conditions` in table order.  With several new trips in one scan the lowest number
        is the first-out; a latched first-out is never overwritten.
        """
        if not self._timing and True not in conditions:
            return False
        self._timing = True in conditions
        standing, timer = 0, self._timer
        for k, present in enumerate(conditions):
            if not present:
                timer[k] = 0.0
                continue
            timer[k] += dt_s
            if timer[k] > _DELAY[k]:
                standing |= 1 << k
        new = standing & ~self.latched
        first = new != 0 and not self.latched
        if first:
            self.first_out = (new & -new).bit_length()
        self.latched |= new
        self.standing = standing
        return first

    def reset(self) -> bool:
        """Clear the latch if no cause stands; return whether it is clear."""
        if self.standing:
            return False
        self.latched = self.first_out = 0
        return True

    def stops(self, letter: str) -> bool:
        """Return whether a latched trip stops the machine with this letter."""
        if not self.latched:
            return False
        return any(
            self.latched >> k & 1 and (letter in trip.stops or "E" in trip.stops)
            for k, trip in enumerate(TRIPS)
        )
