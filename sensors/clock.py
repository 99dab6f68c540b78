"""Time as an argument. Plant time may run faster than the wall; the wall never does.

`now_ns` is plant UTC, `monotonic_ns` plant time that never jumps; `sleep` takes
plant seconds.  Transport time-outs use the wall clock directly.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Source of plant time."""

    def now_ns(self) -> int: ...

    def monotonic_ns(self) -> int: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """Plant time is the machine's time."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """Plant time runs `rate` times as fast as the wall from one shared epoch.

    All processes of a demo get the same `wall_epoch_ns` and `plant_epoch_ns`,
    so they agree on plant time without talking to each other.
    """

    def __init__(self, wall_epoch_ns: int, plant_epoch_ns: int, rate: float = 1.0) -> None:
        if not 0.0 < rate <= 10.0:
            raise ValueError(f"rate {rate} is outside 0..10: over sockets 10 x is the most")
        self._plant0, self.rate = plant_epoch_ns, rate
        # Anchored once on the wall, then carried by the monotonic clock: a jump
        # of the machine's clock must not move plant time of a running demo.
        self._mono0 = time.monotonic_ns() - (time.time_ns() - wall_epoch_ns)

    def now_ns(self) -> int:
        return self._plant0 + self.monotonic_ns()

    def monotonic_ns(self) -> int:
        return int((time.monotonic_ns() - self._mono0) * self.rate)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.rate))


class ManualClock:
    """Time moves only when told: `advance` wakes whoever slept long enough."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now, self._mono = now_ns, 0
        self._sleepers: list[tuple[int, asyncio.Event]] = []

    def now_ns(self) -> int:
        return self._now

    def monotonic_ns(self) -> int:
        return self._mono

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        self._sleepers.append((self._mono + int(seconds * 1e9), event))
        await event.wait()

    def advance(self, seconds: float) -> None:
        """Move time forward and wake every sleeper that is due."""
        self._now += int(seconds * 1e9)
        self._mono += int(seconds * 1e9)
        for due, event in self._sleepers:
            if due <= self._mono:
                event.set()
        self._sleepers = [(d, e) for d, e in self._sleepers if d > self._mono]

    def jump(self, seconds: float) -> None:
        """Move UTC without moving monotonic time: a clock step."""
        self._now += int(seconds * 1e9)
