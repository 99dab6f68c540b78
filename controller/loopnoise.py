"""What the event loop itself logs: the first of each kind, then no more than one a minute.

The loop logs a traceback of twenty lines whenever a peer's bytes end a connection badly, and
one for each caller it has no file handle for: a device that does that at every reconnect
would write half a million lines a day.  How a line reads is the formatter's business.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

AGAIN_S: Final = 60.0  # wall: what repeats is counted meanwhile
MOST_KINDS: Final = 100
KIND_CHARS: Final = 40  # of a message: what follows is of one peer or one moment


class OncePerKind(logging.Filter):
    """Lets the first record of a kind through, then one a minute with a count."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._told: dict[str, tuple[float, int]] = {}  # kind: when it was told, how often since

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to show a record; what was not shown meanwhile is said in it."""
        kind, now_s = f"{record.name}:{str(record.msg)[:KIND_CHARS]}", self._now_s()
        told_s, more = self._told.get(kind, (-AGAIN_S, 0))
        if now_s - told_s < AGAIN_S:
            self._told[kind] = told_s, more + 1
            return False
        if len(self._told) >= MOST_KINDS:
            self._told.clear()
        self._told[kind] = now_s, 0
        if more:
            record.msg = f"{record.msg} (and {more} times since it was told last)"
        return True


def quiet_loop() -> None:
    """Put the event loop's own log behind such a filter; idempotent."""
    log = logging.getLogger("asyncio")
    if not any(isinstance(f, OncePerKind) for f in log.filters):
        log.addFilter(OncePerKind())
