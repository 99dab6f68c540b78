"""One plain sentence about a cycle, for a terminal: how much, of what, limited by what."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from controller.historian.record import Channel

GOOD: Final = 2
CAPTURING: Final = ("CAPTURE", "TURNDOWN")


@dataclass(frozen=True, slots=True)
class Cycle:
    """The values of one cycle by channel name; `role` maps a role to such a name."""

    t_ns: int
    channels: Mapping[str, Channel]
    value: Mapping[str, float]
    quality: Mapping[str, int]
    role: Mapping[str, str]

    @classmethod
    def of(
        cls, t_ns: int, channels: Sequence[Channel], value: Sequence[float], quality: Sequence[int]
    ) -> "Cycle":
        """Build from a layout and arrays in its order."""
        names = [c.name for c in channels]
        # The first of equal roles wins: witnesses and further indices come later.
        roles = {c.role: c.name for c in reversed(channels) if c.role}
        return cls(
            t_ns,
            dict(zip(names, channels, strict=True)),
            dict(zip(names, (float(v) for v in value), strict=True)),
            dict(zip(names, (int(q) for q in quality), strict=True)),
            roles,
        )

    def good(self, name: str) -> float:
        """Return a value if it is GOOD, else NaN; `name` is a channel or a role."""
        channel = name if name in self.value else self.role.get(name, "")
        return self.value[channel] if self.quality.get(channel) == GOOD else math.nan

    def word(self, name: str) -> str:
        """Return the label of an enumerated value, or "unknown" when it is not GOOD."""
        number = self.good(name)
        channel = self.channels.get(name) or self.channels.get(self.role.get(name, ""))
        if channel is None or math.isnan(number):
            return "unknown"
        return channel.labels.get(int(number), f"{number:g}")


def sentence(cycle: Cycle) -> str:
    """Return one line such as "04:13 capturing 58.2 % +/- 0.9 of 1.80 t/h CO2 (treated gas)".

    The clock is the voyage's own where the rig replays one; while that one is not
    GOOD no time is said.  Nothing is invented: what is not GOOD is unknown.
    """
    clock = _clock(cycle)
    unit = cycle.word("unit_state")
    if unit == "unknown":
        return f"{clock}no data from the rig; {_steam(cycle)}"
    if unit not in CAPTURING:
        return f"{clock}not capturing, the rig is in {unit}{_latched(cycle)}; {_steam(cycle)}"
    return f"{clock}{_capture(cycle)}, {_limit(cycle)}; {_steam(cycle)}"


def _latched(cycle: Cycle) -> str:
    """Return the first cause of a trip, "" when there is none or nobody tells."""
    return f" ({cycle.word('trip_first_out')})" if cycle.good("trip_first_out") > 0.0 else ""


def _clock(cycle: Cycle) -> str:
    t_s = cycle.good("voyage_time") if "voyage_time" in cycle.role else cycle.t_ns / 1e9
    return "" if math.isnan(t_s) else datetime.fromtimestamp(t_s, UTC).strftime("%H:%M ")


def _capture(cycle: Cycle) -> str:
    pct, u, gas = (cycle.good(n) for n in ("capture_best_pct", "capture_best_u_pct", "co2_in_kg_h"))
    if math.isnan(pct):
        return "capturing, how much is unknown: no GOOD figure"
    band = "" if math.isnan(u) else f" +/- {u:.1f}"
    amount = "CO2" if math.isnan(gas) else f"{gas / 1000:.2f} t/h CO2"
    return f"capturing {pct:.1f} %{band} of {amount} (treated gas)"


def _limit(cycle: Cycle) -> str:
    words = cycle.word("constraint")
    return "limit unknown" if words.lower() == "unknown" else words[:1].lower() + words[1:]


def _steam(cycle: Cycle) -> str:
    used, there = cycle.good("steam_flow"), cycle.good("steam_available")
    if math.isnan(used) or math.isnan(there):
        return "steam unknown"
    return f"steam {used / 1000:.1f} of {there / 1000:.1f} t/h"
