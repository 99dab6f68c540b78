"""How the log reads: one record, one clean line, without anybody's password.

A record may carry what a device, a server or a person said.  Whoever reads the log must be
able to trust that a line was written by us, and that reading it changes nothing on the screen.
"""

import logging
import traceback
from typing import Final

from sensors.foreigntext import clean, without_secrets

LINE_CHARS: Final = 2000  # several links in one line, and the way to an error


class OneLine(logging.Formatter):
    """Makes one line of a record; an exception is named with the way to where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; never raises."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit are no reason to end
            text = clean(record.msg, LINE_CHARS)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            text = f"{text} ({type(error).__name__}: {clean(error, 400)}; {_way(error)})"
        return clean(without_secrets(text), LINE_CHARS)


def _way(error: BaseException) -> str:
    """Return the functions an error went through, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in frames)


def log_to_console() -> None:
    """Show warnings of every part on standard error, a line each; a second call does nothing."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler])
