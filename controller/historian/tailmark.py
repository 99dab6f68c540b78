"""A second witness of the last acknowledged cycle, beside the journal it belongs to.

A disk that lies may lose the end of the write-ahead log; SQLite then opens what is left
without a word.  This mark, 96 bytes overwritten in place after every commit and never
synced, is never ahead of the journal on an honest disk: ahead of it, cycles are missing.
"""

import os
import zlib
from pathlib import Path
from typing import Final, NamedTuple

NAME: Final = "acknowledged"
_WIDTH: Final = 96


class Mark(NamedTuple):
    """The last cycle of a run whose commit had returned."""

    run: str
    seq: int
    t_ns: int


_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class TailMark:
    """Notes the last acknowledged cycle of one run; a failing disk is no failure here."""

    def __init__(self, state_dir: Path, run: str) -> None:
        self._path, self._run = state_dir / NAME, run
        self._fd = -1

    def note(self, seq: int, t_ns: int) -> None:
        """Overwrite the mark; without a place to write it there is no witness, that is all."""
        text = f"{self._run} {seq} {t_ns}"
        line = f"{text} {zlib.crc32(text.encode()):08x}".ljust(_WIDTH - 1) + "\n"
        try:
            if self._fd < 0:
                self._fd = os.open(self._path, _FLAGS, 0o600)
            os.pwrite(self._fd, line.encode(), 0)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let the file go; `note` opens it again."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def last_acknowledged(state_dir: Path) -> Mark | None:
    """Return the mark of a state directory, None where there is none or it is torn itself."""
    try:
        text, check = (state_dir / NAME).read_text("ascii").strip().rsplit(" ", 1)
        run, seq, t_ns = text.split(" ")
        if int(check, 16) != zlib.crc32(text.encode()):
            return None
        return Mark(run, int(seq), int(t_ns))
    except (OSError, ValueError):
        return None
