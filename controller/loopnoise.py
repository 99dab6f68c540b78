"""What the event loop itself logs: one clean line of each kind, and no more than one a minute.

The loop logs a traceback of twenty lines whenever a peer's bytes end a connection badly, and
one for each caller it has no file handle for: a device that does that at every reconnect
would write half a million lines a day.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from sensors.foreigntext import clean

AGAIN_S: Final = 60.0  # wall: what repeats is counted meanwhile
MOST_KINDS: Final = 100
LINE_CHARS: Final = 300


class OncePerKind(logging.Filter):
    """Lets the first record of a kind through as one line, then one a minute with a count."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._told: dict[str, tuple[float, int]] = {}  # kind: when it was told, how often since

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to show a record; what is shown is made one line."""
        text = clean(_message(record), LINE_CHARS)
        if error := record.exc_info and record.exc_info[1]:
            text = clean(f"{text} ({type(error).__name__}: {clean(error, LINE_CHARS)})", LINE_CHARS)
        kind, now_s = f"{record.name}:{str(record.msg)[:40]}", self._now_s()
        told_s, more = self._told.get(kind, (-AGAIN_S, 0))
        if now_s - told_s < AGAIN_S:
            self._told[kind] = told_s, more + 1
            return False
        if len(self._told) >= MOST_KINDS:
            self._told.clear()
        self._told[kind] = now_s, 0
        record.msg = f"{text} (and {more} times since it was told last)" if more else text
        record.args, record.exc_info, record.exc_text, record.stack_info = (), None, None, None
        return True


def _message(record: logging.LogRecord) -> object:
    try:
        return record.getMessage().partition("\n")[0]
    except Exception:  # noqa: BLE001 - a message that cannot be made is no reason to end
        return record.msg


def quiet_loop() -> None:
    """Put the event loop's own log behind such a filter; idempotent."""
    log = logging.getLogger("asyncio")
    if not any(isinstance(f, OncePerKind) for f in log.filters):
        log.addFilter(OncePerKind())
