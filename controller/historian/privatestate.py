"""The state directory belongs to one user: nobody else reads it, writes it or redirects it.

Who may write here may command the rig (the inbox) and rewrite what it did (the journal).  So
the directory is 0700 and its files 0600, and nothing in it may be a symbolic link: a link
named like one of our files would have the file it leads to overwritten.
"""

import logging
import os
import stat
from pathlib import Path
from typing import Final

from controller.historian.errors import StateDirUnusable

_OTHERS: Final = 0o077
PRIVATE_DIR: Final = 0o700
PRIVATE_FILE: Final = 0o600

log = logging.getLogger("seastack.journal")


def make_private(folder: Path) -> None:
    """Make a state directory, or take one and what is in it from everybody else.

    New files of this process are private from then on.  Raises StateDirUnusable for a
    directory of another user and for a symbolic link in it, OSError for a disk that refuses.
    """
    os.umask(_OTHERS)
    folder.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    owner = folder.stat().st_uid
    if owner not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise StateDirUnusable(
            f"state directory {folder} belongs to another user (uid {owner}); "
            f"run as that user, or give another directory with --state"
        )
    open_to_others = [path for path in (folder, *_entries(folder)) if _tighten(path)]
    if open_to_others:
        n = len(open_to_others)
        log.warning("state directory %s: %d files were open to other users: no longer", folder, n)


def _entries(folder: Path) -> list[Path]:
    """Return all below a folder; raise StateDirUnusable for a symbolic link."""
    found: list[Path] = []
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(at, name)
            if path.is_symlink():
                raise StateDirUnusable(
                    f"{path} is a symbolic link, which could have any file overwritten; remove it "
                    "(to keep the journal on another disk, mount it there or give its --state)"
                )
            found.append(path)
    return found


def _tighten(path: Path) -> bool:
    """Take the rights of others from a file of ours; return whether there were any."""
    try:
        was = path.lstat()
        if not was.st_mode & _OTHERS or was.st_uid != os.geteuid():
            return False
        if not (stat.S_ISREG(was.st_mode) or stat.S_ISDIR(was.st_mode)):
            return False
        path.chmod(stat.S_IMODE(was.st_mode) & ~_OTHERS)
    except FileNotFoundError:  # a reader's file that came and went
        return False
    return True


def touch_private(path: Path) -> None:
    """Make a file of the state directory private before a library opens it.

    Raises OSError, also for a symbolic link in its place.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    os.close(os.open(path, flags, PRIVATE_FILE))
