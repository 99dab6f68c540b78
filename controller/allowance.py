"""How many of something may be done now, when no more than so many a second may be."""

from collections.abc import Callable


class Allowance:
    """Grows by `per_s` a second up to `per_s`, by a clock that only goes forward."""

    def __init__(self, per_s: int, now_s: Callable[[], float]) -> None:
        self._per_s, self._now_s = per_s, now_s
        self._left, self._at_s = float(per_s), now_s()

    def left(self) -> int:
        """Return how many may be done now."""
        at_s = self._now_s()
        grown = self._left + self._per_s * max(at_s - self._at_s, 0.0)
        self._left, self._at_s = min(grown, float(self._per_s)), at_s
        return int(self._left)

    def spend(self, number: int) -> None:
        """Take note that so many were done."""
        self._left -= number
