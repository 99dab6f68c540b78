"""The state directory: one controller each, guarded by a lock the kernel frees."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final, Self

from controller.historian.errors import StateDirInUse, StateDirUnusable
from controller.historian.privatestate import PRIVATE_FILE, make_private

_LOCK_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
TRIES: Final = 5  # others may look for an instant whether somebody holds it
PAUSE_S: Final = 0.02


class StateDir:
    """Holds a state directory until `close` or until the process ends.

    Raises StateDirUnusable when it cannot be made or written, StateDirInUse
    when another process holds it.  The lock is a flock: a killed controller
    leaves nothing behind that a person would have to remove.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            make_private(self.path)
            self._fd = os.open(self.path / "lock", _LOCK_FLAGS, PRIVATE_FILE)
        except OSError as error:
            why = "it is a file" if self.path.is_file() else error.strerror
            raise StateDirUnusable(
                f"state directory {self.path}: {why}; give a writable directory with --state"
            ) from error
        self._lock()

    def _lock(self) -> None:
        try:
            self._take()
        except BlockingIOError as error:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise StateDirInUse(
                f"state directory {self.path} is in use by process {holder}; "
                "stop that controller or give another directory with --state"
            ) from error
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self._fd)
            raise StateDirUnusable(
                f"state directory {self.path}: {error.strerror}; free some space"
            ) from error

    def _take(self) -> None:
        for left in reversed(range(TRIES)):
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if not left:
                    raise
                time.sleep(PAUSE_S)

    def close(self) -> None:
        """Give the directory free."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
