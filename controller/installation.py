"""The number by which the PLC knows this installation: the owner of the lease.

Made at the first start and kept in the state directory, so that two PCs with one
plant folder are two owners.  A file that is damaged or cannot be kept is said and
never keeps a controller from starting.
"""

import logging
import os
import secrets
from pathlib import Path
from typing import Final

NAME: Final = "owner_id"
HIGHEST: Final = 0xFFFF  # 16 bit on the wire; 0 means nobody
_LONGEST: Final = 16  # bytes of a sound file

log = logging.getLogger("seastack.controller")


def new_number() -> int:
    """Return a number from 1 to 65535 that nobody can guess or shares by accident."""
    return 1 + secrets.randbelow(HIGHEST)


def owner_id_of(state_dir: Path) -> int:
    """Return the installation's number, made and kept if there is none yet."""
    path = state_dir / NAME
    try:
        known = _read(path)
    except FileNotFoundError:
        return _made(path, "")
    except (OSError, ValueError) as error:
        return _made(path, f"{path} is damaged ({error})")
    return known


def known_number(state_dir: Path) -> int | None:
    """Return the number that is kept, None if there is none yet; raise ValueError or OSError."""
    try:
        return _read(state_dir / NAME)
    except FileNotFoundError:
        return None


def _read(path: Path) -> int:
    """Return the number a file holds; raise ValueError for anything else in it, or OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        text = file.read(_LONGEST + 1).decode("ascii").strip()
    if not text.isdecimal() or not 1 <= int(text) <= HIGHEST:
        raise ValueError(f"{text[:_LONGEST]!r} is no number from 1 to {HIGHEST}")
    return int(text)


def _made(path: Path, why: str) -> int:
    number = new_number()
    if why:
        log.warning("%s: this controller has the new owner number %d", why, number)
    else:
        log.info("this installation has the owner number %d, kept in %s", number, path)
    try:
        _keep(path, number)
    except OSError as error:
        log.warning("%s cannot be kept (%s): another number at the next start", path, error)
    return number


def _keep(path: Path, number: int) -> None:
    """Write the file whole or not at all, for the owner's eyes only. Raises OSError."""
    draft = path.with_name(f".{NAME}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(f"{number}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
