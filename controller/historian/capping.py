"""Keeping the journal inside its share of the disk: whole old segments go, by name.

What a server has acknowledged goes first, oldest first; only then what exists
nowhere else.  The newest segment of every run stays, and so does the segment
being written.  What was set aside as damaged counts and goes like the rest.
"""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Final

from controller.historian import schema
from controller.historian.cursor import Interval, missing, read_shipped
from controller.historian.errors import HistorianError
from controller.historian.runid import number_of

MAX_BYTES: Final = 40_000_000_000  # about four months of the demo plant at 1 Hz
TAILS: Final = ("-wal", "-shm")

log = logging.getLogger("seastack.journal")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A segment that was deleted to make room."""

    path: Path
    bytes: int
    shipped: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What all runs together may take, and how old a day may get (None: any age)."""

    max_bytes: int = MAX_BYTES
    max_days: int | None = None


class Keeper:
    """Looks at the journal's size and age now and then. One thread at a time."""

    def __init__(self, state_dir: Path, limits: Limits) -> None:
        self._state_dir, self._limits = state_dir, limits
        self._bounds: dict[tuple[Path, int], Interval | None] = {}
        self.used_pct = 0.0

    def look(self, keep: Path) -> list[Dropped]:
        """Delete what is over a limit and return it; note how full the journal is.

        `keep` is the segment being written. `used_pct` is what exists nowhere else as a
        share of the room there is: the limit, or less on a smaller disk. Raises OSError
        when a file will not go.
        """
        units = _units(self._state_dir / "journal")
        sizes = {unit: sum(map(_size, files)) for unit, files in units.items()}
        shipped = read_shipped(self._state_dir)
        copied = {u for u in units if u != keep and self._is_shipped(u, sizes[u], shipped)}
        dropped = []
        for unit in self._over(sizes, copied, keep):
            # Whoever looked inside meanwhile, we ourselves maybe, left a log beside it.
            for file in (*units[unit], *(Path(f"{unit}{tail}") for tail in TAILS)):
                file.unlink(missing_ok=True)
            log.warning("journal: segment %s/%s deleted", unit.parent.name, unit.name)
            dropped.append(Dropped(unit, sizes.pop(unit), unit in copied))
        room = min(self._limits.max_bytes, sum(sizes.values()) + disk_usage(self._state_dir).free)
        only_here = sum(size for unit, size in sizes.items() if unit not in copied)
        self.used_pct = 100.0 * only_here / max(1, room)
        return dropped

    def _over(self, sizes: dict[Path, int], copied: set[Path], keep: Path) -> list[Path]:
        """Return what has to go: too old, then what has a copy, then the oldest."""
        over = _too_old(sizes, keep, self._limits.max_days)
        excess = sum(s for u, s in sizes.items() if u not in over) - self._limits.max_bytes
        free = sizes.keys() - _newest(sizes) - {keep, *over}
        for unit in sorted(free, key=lambda u: (u not in copied, *_order(u))):
            if excess <= 0:
                break
            over.append(unit)
            excess -= sizes[unit]
        return over

    def _is_shipped(self, unit: Path, size: int, shipped: dict[str, list[Interval]]) -> bool:
        if unit.suffix != ".db":
            return False
        if (unit, size) not in self._bounds:
            try:
                self._bounds[unit, size] = _bounds(unit)
            except (sqlite3.Error, HistorianError):
                return False
        bounds = self._bounds[unit, size]
        return bounds is None or not missing(shipped.get(unit.parent.name, []), bounds)


def cap(state_dir: Path, keep: Path, max_bytes: int = MAX_BYTES) -> list[Dropped]:
    """Delete segments until the journal is within max_bytes; return what went."""
    return Keeper(state_dir, Limits(max_bytes)).look(keep)


def told(dropped: Iterable[Dropped]) -> str:
    """Return one sentence about what was deleted; the only copies are named first."""
    lost = [f"{d.path.parent.name}/{d.path.name}" for d in dropped if not d.shipped]
    copied = sum(d.shipped for d in dropped)
    parts = [f"never shipped and gone for good: {', '.join(lost)}"] if lost else []
    parts += [f"{copied} segment(s) that the server has"] if copied else []
    return "journal at its limit, deleted " + "; ".join(parts)


def _units(root: Path) -> dict[Path, list[Path]]:
    """Return what goes together: by its main file, all files of a day of a run."""
    units: dict[Path, list[Path]] = {}
    for file in root.glob("*/*"):
        main = file
        if file.name.endswith(TAILS):
            main = file.with_name(file.name[: -len(TAILS[0])])
        elif file.suffix == ".parquet":
            main = file.with_name(f"{file.stem}.archive.db")
        elif file.suffix == ".seal":
            archived = file.with_name(f"{file.stem}.archive.db")
            main = archived if archived.exists() else file.with_name(f"{file.stem}.db")
        units.setdefault(main, []).append(file)
    return units


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0  # a log that was folded in meanwhile


def _day(unit: Path) -> str:
    return unit.name.split(".")[0]


def _days_before(day: str, days: int | None) -> str:
    """Return the day so many days before another; "" where there is no limit of age."""
    try:
        return "" if days is None else str(date.fromisoformat(day) - timedelta(days))
    except ValueError:
        return ""


def _order(unit: Path) -> tuple[int, str, str]:
    """Return by what segments are in the order written: a day's name rests on the clock."""
    return number_of(unit.parent.name), unit.name, unit.parent.name


def _too_old(units: Iterable[Path], keep: Path, max_days: int | None) -> list[Path]:
    """Return what is older than max_days by its name, and has as many days written after it.

    A name alone may be wrong: a PC that woke in 1970, or believed for an hour that it is
    2099, must not take good days for old ones.
    """
    oldest = _days_before(_day(keep), max_days)
    later: set[str] = set()
    over = []
    for unit in sorted(units, key=_order, reverse=True):
        if unit != keep and _day(unit) < oldest and len(later | {_day(keep)}) >= (max_days or 0):
            over.append(unit)
        later.add(_day(unit))
    return sorted(over)


def _newest(units: Iterable[Path]) -> set[Path]:
    """Return the newest segment of each run: it says what the run was."""
    newest: dict[Path, Path] = {}
    for unit in units:
        if unit.suffix == ".db":
            known = newest.get(unit.parent, unit)
            newest[unit.parent] = max(known, unit, key=_day)
    return set(newest.values())


def _bounds(unit: Path) -> Interval | None:
    """Return the first and last seq of a segment, None without a cycle."""
    with closing(schema.open_to_read(unit)) as db:
        if archived := schema.read_archive(db):
            return archived[2], archived[3]
        first, last = db.execute("SELECT min(seq), max(seq) FROM cycle").fetchone()
        return None if first is None else (first, last)
