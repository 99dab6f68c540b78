"""Keeping the journal inside its share of the disk: whole old segments go, by name.

What a server has acknowledged goes first, oldest first; only then what exists
nowhere else.  The newest segment of every run stays, and so does the segment
being written.  What was set aside as damaged counts and goes like the rest.
"""

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.historian import schema
from controller.historian.cursor import Interval, missing, read_shipped
from controller.historian.errors import HistorianError

MAX_BYTES: Final = 40_000_000_000  # about four months of the demo plant at 1 Hz
TAILS: Final = ("-wal", "-shm")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A segment that was deleted to make room."""

    path: Path
    bytes: int
    shipped: bool


def cap(state_dir: Path, keep: Path, max_bytes: int = MAX_BYTES) -> list[Dropped]:
    """Delete segments until the journal is within max_bytes; return what went.

    `keep` is the segment being written. Raises OSError when a file will not go.
    """
    root = state_dir / "journal"
    sizes = {path: _bytes(path) for path in root.glob("*/*") if path.suffix not in _log_suffixes()}
    excess = sum(sizes.values()) - max_bytes
    if excess <= 0:
        return []
    shipped = read_shipped(state_dir)
    free = [p for p in sizes if p not in _newest(sizes) and p != keep]
    order = sorted((not _is_shipped(p, shipped), p.name, p.parent.name, p) for p in free)
    dropped = []
    for unshipped, _, _, path in order:
        if excess <= 0:
            break
        _delete(path)
        dropped.append(Dropped(path, sizes[path], not unshipped))
        excess -= sizes[path]
    return dropped


def told(dropped: Iterable[Dropped]) -> str:
    """Return one sentence about what was deleted; the only copies are named first."""
    lost = [f"{d.path.parent.name}/{d.path.name}" for d in dropped if not d.shipped]
    copied = sum(d.shipped for d in dropped)
    parts = [f"never shipped and gone for good: {', '.join(lost)}"] if lost else []
    parts += [f"{copied} segment(s) that the server has"] if copied else []
    return "journal at its size limit, deleted " + "; ".join(parts)


def _log_suffixes() -> tuple[str, ...]:
    return tuple(f".db{tail}" for tail in TAILS)


def _bytes(path: Path) -> int:
    files = (path, *(Path(f"{path}{tail}") for tail in TAILS))
    return sum(f.stat().st_size for f in files if f.exists())


def _newest(paths: Iterable[Path]) -> set[Path]:
    """Return the newest segment of each run: it says what the run was."""
    newest: dict[Path, Path] = {}
    for path in paths:
        if path.suffix == ".db":
            newest[path.parent] = max(newest.get(path.parent, path), path)
    return set(newest.values())


def _is_shipped(path: Path, shipped: dict[str, list[Interval]]) -> bool:
    if path.suffix != ".db":
        return False
    try:
        db = schema.open_to_read(path)
    except (sqlite3.Error, HistorianError):
        return False
    try:
        (first,) = db.execute("SELECT min(seq) FROM cycle").fetchone()
        (last,) = db.execute("SELECT max(seq) FROM cycle").fetchone()
    except sqlite3.Error:
        return False
    finally:
        db.close()
    return first is None or not missing(shipped.get(path.parent.name, []), (first, last))


def _delete(path: Path) -> None:
    for file in (path, *(Path(f"{path}{tail}") for tail in TAILS)):
        file.unlink(missing_ok=True)
    log.warning("journal: segment %s/%s deleted to make room", path.parent.name, path.name)
