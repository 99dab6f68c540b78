"""Running means over the last 10, 20 and 60 minutes, in one-minute buckets.

A mean is a ratio of sums (CO2-weighted), never a mean of ratios.  Only time
with GOOD figures is in it; `covered_s` says how much that is.
"""

from dataclasses import dataclass, replace
from typing import Final

MINUTE_NS: Final = 60_000_000_000
HOUR: Final = 60  # buckets kept


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts since some time: CO2 caught, CO2 in, caught uncertainty, steam (kg), kWh, s.

    `heated_kg` and `powered_kg` are the CO2 caught while steam and power were
    GOOD: what a specific duty may be divided by.  `covered_s` is time with a GOOD
    figure, `idle_s` time in which nothing was captured.
    """

    caught_kg: float = 0.0
    co2_kg: float = 0.0
    unsure_kg: float = 0.0
    steam_kg: float = 0.0
    power_kWh: float = 0.0
    covered_s: float = 0.0
    heated_kg: float = 0.0
    powered_kg: float = 0.0
    idle_s: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.caught_kg + other.caught_kg,
            self.co2_kg + other.co2_kg,
            self.unsure_kg + other.unsure_kg,
            self.steam_kg + other.steam_kg,
            self.power_kWh + other.power_kWh,
            self.covered_s + other.covered_s,
            self.heated_kg + other.heated_kg,
            self.powered_kg + other.powered_kg,
            self.idle_s + other.idle_s,
        )


NOTHING: Final = Sums()


@dataclass(frozen=True, slots=True)
class Windows:
    """Closed minutes (minute number, sums), the open one, and sums of the closed."""

    minute: int = 0
    open: Sums = NOTHING
    closed: tuple[tuple[int, Sums], ...] = ()
    ten: Sums = NOTHING
    twenty: Sums = NOTHING
    sixty: Sums = NOTHING


def advance(windows: Windows, t_ns: int, amount: Sums | None) -> Windows:
    """Return the windows at `t_ns` with this cycle's amount added (None: a gap)."""
    minute = t_ns // MINUTE_NS
    if minute != windows.minute:
        windows = _turn(windows, minute)
    return windows if amount is None else replace(windows, open=windows.open + amount)


def _turn(windows: Windows, minute: int) -> Windows:
    closed = windows.closed
    if windows.open.covered_s > 0.0 or windows.open.idle_s > 0.0:
        closed = (*closed, (windows.minute, windows.open))
    closed = tuple((m, s) for m, s in closed if minute - HOUR <= m < minute)
    return Windows(
        minute,
        NOTHING,
        closed,
        _since(closed, minute - 10),
        _since(closed, minute - 20),
        _since(closed, minute - HOUR),
    )


def _since(closed: tuple[tuple[int, Sums], ...], minute: int) -> Sums:
    total = NOTHING
    for m, sums in closed:
        if m >= minute:
            total = total + sums
    return total
