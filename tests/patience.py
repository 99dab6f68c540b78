"""Waiting for a condition: as long as a busy machine takes, and no test for how fast.

How fast something is, is measured by a bench (`seastack bench`), where a miss is a
figure. A test that fails because the machine had other things to do says nothing.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from sensors.clock import ScaledClock

PATIENCE_S: Final = 120.0  # far beyond what a loaded machine needs, below pytest's own time-out


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Return once the condition is true; fail the test after PATIENCE_S."""
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, f"not within {PATIENCE_S:g} s: {what or condition}"
        time.sleep(0.02)


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Do the same in a coroutine test, letting its tasks run."""
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, f"not within {PATIENCE_S:g} s: {what or condition}"
        await asyncio.sleep(0.02)


class StallFreeClock(ScaledClock):
    """A scaled clock that stands still while this process is kept from running.

    What is driven by it sees the same plant time between its turns whatever else the
    machine does, so a time-out of plant seconds is met or missed by the code alone.
    """

    MOST_NS: Final = 20_000_000  # wall time between two looks that counts in full

    def __init__(self, wall_epoch_ns: int, plant_epoch_ns: int, rate: float = 1.0) -> None:
        super().__init__(wall_epoch_ns, plant_epoch_ns, rate)
        self._looked_ns, self._plant_ns = time.monotonic_ns(), 0.0

    def monotonic_ns(self) -> int:
        now_ns = time.monotonic_ns()
        self._plant_ns += min(now_ns - self._looked_ns, self.MOST_NS) * self.rate
        self._looked_ns = now_ns
        return int(self._plant_ns)

    async def sleep(self, seconds: float) -> None:
        due_ns = self.monotonic_ns() + seconds * 1e9
        await asyncio.sleep(0)
        while (left_ns := due_ns - self.monotonic_ns()) > 0:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(min(0.005, left_ns / 1e9 / self.rate))
