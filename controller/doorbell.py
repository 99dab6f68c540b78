"""Rings when a file of a folder is written: nobody has to look twenty times a second.

Linux tells it (inotify, man 7 inotify); where it does not, the bell never rings and whoever
waits has to look.
"""

import asyncio
import ctypes
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_MODIFIED: Final = 0x00000002  # IN_MODIFY
_FLAGS: Final = os.O_NONBLOCK | os.O_CLOEXEC  # IN_NONBLOCK and IN_CLOEXEC are these
_READ: Final = 4096


class Doorbell:
    """Watches one folder. `works` is False where the system cannot tell."""

    def __init__(self, folder: Path) -> None:
        self._fd = -1
        with suppress(OSError, AttributeError):
            self._fd = _watch(folder)

    @property
    def works(self) -> bool:
        """Return True while it will ring."""
        return self._fd >= 0

    def answer(self, ring: Callable[[], None]) -> None:
        """Have `ring` called in the running loop whenever something was written."""
        if self.works:
            asyncio.get_running_loop().add_reader(self._fd, self._heard, ring)

    def _heard(self, ring: Callable[[], None]) -> None:
        with suppress(OSError):
            while os.read(self._fd, _READ):  # what was written does not matter, only that
                pass
        ring()

    def close(self) -> None:
        """Stop listening; idempotent. In the loop of `answer`, while it runs."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)


def _watch(folder: Path) -> int:
    """Return the file that tells of writes in a folder. Raises OSError, AttributeError."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = int(libc.inotify_init1(_FLAGS))
    if fd < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    if libc.inotify_add_watch(fd, os.fsencode(folder), _MODIFIED) < 0:
        number = ctypes.get_errno()
        os.close(fd)
        raise OSError(number, "inotify_add_watch")
    return fd
