"""Which request was heard last, beside the inbox and outliving the controller.

A bypass posted under a clock that was ahead is for ever "just asked"; its number
tells that it was done.  The mark is overwritten in place and never synced, as is
`historian.tailmark`; it is of one inbox file, known by its inode.
"""

import os
import zlib
from pathlib import Path
from typing import Final

NAME: Final = "inbox.heard"
_WIDTH: Final = 64
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class HeardMark:
    """Notes the last request heard of one inbox file; without a disk there is no mark."""

    def __init__(self, state_dir: Path, inode: int) -> None:
        self._path, self._inode, self._noted = state_dir / NAME, inode, -1

    def last(self) -> int:
        """Return the number that was noted of this inbox, 0 for none."""
        try:
            text, check = self._path.read_text("ascii").strip().rsplit(" ", 1)
            inode, number = (int(part) for part in text.split(" "))
            return number if int(check, 16) == _sum(text) and inode == self._inode else 0
        except (OSError, ValueError):
            return 0

    def note(self, number: int) -> None:
        """Overwrite the mark, if it changes; a disk that refuses is no failure here."""
        if number == self._noted:
            return
        text = f"{self._inode} {number}"
        line = f"{text} {_sum(text):08x}".ljust(_WIDTH - 1) + "\n"
        try:
            fd = os.open(self._path, _FLAGS, 0o600)
            try:
                os.pwrite(fd, line.encode(), 0)
            finally:
                os.close(fd)
            self._noted = number
        except OSError:
            return


def _sum(text: str) -> int:
    return zlib.crc32(text.encode())
