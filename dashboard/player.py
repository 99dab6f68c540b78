"""Where a replay stands: position, speed, playing or not. Knows no clock of its own.

Positions are the run's own monotonic time in ns: a recorded UTC may have been
set back, a position never is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

SLOWEST: Final = 1.0
FASTEST: Final = 1000.0
SPEEDS: Final = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1000)
NS: Final = 1_000_000_000


class NotASteering(ValueError):
    """The page sent something no control of a replay sends."""


@dataclass(frozen=True, slots=True)
class Player:
    """At wall time `since_s` the replay stood at `at_ns`; `speed` recorded seconds a second."""

    at_ns: int
    since_s: float
    speed: float = 1.0
    playing: bool = True

    def position(self, now_s: float) -> int:
        """Return where the replay stands at wall time `now_s`, without looking at ends."""
        if not self.playing:
            return self.at_ns
        return self.at_ns + round(max(0.0, now_s - self.since_s) * self.speed * NS)

    def settled(self, now_s: float, first_ns: int, last_ns: int) -> "Player":
        """Return the same between both ends.

        At the end it stands but goes on playing: a run still being recorded may grow.
        """
        at_ns = min(max(self.position(now_s), first_ns), last_ns)
        return replace(self, at_ns=at_ns, since_s=now_s)

    def steered(self, given: object, now_s: float, first_ns: int, last_ns: int) -> "Player":
        """Return the player after one press of a control.

        `given` is {"do": "play" | "pause"} or {"do": "speed" | "seek" | "step", "value"};
        seek is seconds from the beginning, step is seconds to go; play at the end
        begins anew. Raises NotASteering.
        """
        if not isinstance(given, Mapping):
            raise NotASteering("nothing was pressed")
        here = self.settled(now_s, first_ns, last_ns)
        match given.get("do"):
            case "play":
                at_end = here.at_ns >= last_ns
                return replace(here, playing=True, at_ns=first_ns if at_end else here.at_ns)
            case "pause":
                return replace(here, playing=False)
            case "speed":
                return replace(here, speed=speed_of(given.get("value")))
            case "seek":
                to_ns = first_ns + round(_number(given.get("value")) * NS)
            case "step":
                to_ns = here.at_ns + round(_number(given.get("value")) * NS)
            case other:
                raise NotASteering(f"unknown control {other!r}")
        return replace(here, at_ns=min(max(to_ns, first_ns), last_ns))


def speed_of(given: object) -> float:
    """Return a speed of 1 to 1000; raise NotASteering."""
    speed = _number(given)
    if not SLOWEST <= speed <= FASTEST:
        raise NotASteering("a replay runs at 1 to 1000 times real time")
    return speed


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise NotASteering("not a number")
    # A year either way is further than any run: no overflow from an absurd one.
    return max(-3.2e7, min(3.2e7, float(given)))
