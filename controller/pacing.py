"""When the next cycle is due: absolute deadlines on the UTC grid, never a queue."""

from dataclasses import dataclass

from sensors.clock import Clock

MS = 1_000_000  # ns


@dataclass(slots=True)
class Pacer:
    """Wakes once a period on whole multiples of it; counts what it had to skip.

    A cycle that overran is not caught up: its successors are skipped and
    counted, so a slow disk or a hung device cannot build a backlog.  The grid
    is UTC; waiting is done on monotonic time, so a step of the machine's clock
    shifts the grid by less than one period and never stops the loop.
    """

    clock: Clock
    period_ns: int
    overruns: int = 0
    _due_mono_ns: int = -1
    _last_ns: int = -1

    async def next(self) -> int:
        """Sleep until the next grid point; return its UTC in ns, whole ms."""
        mono, now = self.clock.monotonic_ns(), self.clock.now_ns()
        to_grid = self.period_ns - now % self.period_ns
        if abs(now + to_grid - self._last_ns) < self.period_ns // 2:
            to_grid += self.period_ns  # woken a hair early: this point is done
        due = mono + to_grid
        if self._due_mono_ns >= 0:
            self.overruns += max(0, round((due - self._due_mono_ns) / self.period_ns) - 1)
        self._due_mono_ns, self._last_ns = due, now + to_grid
        await self.clock.sleep(to_grid / 1e9)
        return round(self._last_ns / MS) * MS
