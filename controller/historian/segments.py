"""Finding segments and keeping a few of them open for reading."""

import logging
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from controller.historian import schema
from controller.historian.chain import NOTHING, SINCE, crc_of, problem_of, read_head, version_of
from controller.historian.cycles import Cycles, StoredCycles
from controller.historian.errors import ERROR_CHARS, UNSOUND, SegmentDamaged, UnknownRun
from controller.historian.record import Channel, Run, is_run_name
from controller.historian.segmentfiles import segment_files
from sensors.foreigntext import clean

if TYPE_CHECKING:
    from controller.historian.parquet import Part

OPEN_AT_MOST: Final = 48  # a month of days, and what else is being looked at

log = logging.getLogger("seastack.journal")
_told: dict[Path, str] = {}  # what was last logged of a file, whichever reader met it


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """A segment open query-only, with what never changes in it."""

    path: Path
    inode: int
    db: sqlite3.Connection
    run: Run
    channels: tuple[Channel, ...]
    created_ns: int
    cycles: Cycles
    doubt: str = ""  # what of it is not as it was written, though it can be read

    def close(self) -> None:
        """Close its files."""
        self.cycles.close()
        self.db.close()


class Segments:
    """The segments below a journal directory. One thread at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[Path, OpenSegment] = OrderedDict()
        self._refused: dict[Path, str] = {}

    def run_ids(self) -> list[str]:
        """Return the names of the runs that have a segment."""
        try:
            return sorted(p.name for p in self._root.iterdir() if segment_files(p))
        except FileNotFoundError:
            return []

    def of(self, run: str) -> list[OpenSegment]:
        """Return a run's readable segments, oldest first.

        Raises UnknownRun when there is none.
        """
        found = [s for p in self._files(run) if (s := self._get(p))]
        if not found:
            whys = [why for p, why in self._refused.items() if p.parent.name == run]
            detail = f" ({whys[0]})" if whys else ""
            raise UnknownRun(f"no readable run {clean(run, 120)!r} in {self._root}{detail}")
        return found

    def _files(self, run: str) -> list[Path]:
        """Return a run's segments; a name that is a path leads nowhere."""
        return segment_files(self._root / run) if is_run_name(run) else []

    def refused(self, run: str) -> dict[str, str]:
        """Return the segments of a run that cannot be read, by file name, with the reason."""
        found = {}
        for path in self._files(run):
            segment = self._get(path)
            if why := segment.doubt if segment else self._refused.get(path, ""):
                found[path.name] = why
        return found

    def newest(self, run: str) -> OpenSegment:
        """Return the segment that is being written, or was last.

        Raises UnknownRun when there is none.
        """
        for path in reversed(self._files(run)):
            if segment := self._get(path):
                return segment
        raise UnknownRun(f"no readable run {clean(run, 120)!r} in {self._root}")

    def _get(self, path: Path) -> OpenSegment | None:
        """Return a segment, opened now or before; None when it cannot be read."""
        try:
            inode = path.stat().st_ino
        except FileNotFoundError:
            if gone := self._open.pop(path, None):
                gone.close()
            return None
        known = self._open.get(path)
        if known is not None and known.inode == inode:
            self._open.move_to_end(path)
            return known
        if known is not None:  # set aside and begun anew under the same name
            known.close()
            del self._open[path]
        return self._opened(path, inode)

    def _opened(self, path: Path, inode: int) -> OpenSegment | None:
        try:
            db = schema.open_to_read(path)
            run, created_ns, _ = schema.read_run(db)
            channels = schema.read_layout(db)
            cycles = cycles_of(db, path, channels)
            cycles.bounds()  # whoever reads on around damage has to know where the end is
            doubt = doubt_of(db)
            segment = OpenSegment(path, inode, db, run, channels, created_ns, cycles, doubt)
        except UNSOUND as error:
            self._refused[path] = clean(error, ERROR_CHARS)
            tell(path, f"cannot be read: {error}")
            return None
        self._refused.pop(path, None)
        tell(path, doubt)
        self._open[path] = segment
        while len(self._open) > OPEN_AT_MOST:
            self._open.popitem(last=False)[1].close()
        return segment

    def close(self) -> None:
        """Close every file."""
        for segment in self._open.values():
            segment.close()
        self._open.clear()


def tell(path: Path, what: str) -> None:
    """Log what is wrong with a segment once, whichever reader meets it, until it is sound."""
    if what and _told.get(path) != what:
        log.warning("journal segment %s %s", path, what)
    _told[path] = what


def doubt_of(db: sqlite3.Connection) -> str:
    """Return what of a segment's description is not as it was written, "" for nothing."""
    if version_of(db) < SINCE:
        return ""
    head = read_head(db)
    if head is None:
        return "is damaged: its head is not as it was written"
    if schema.about_of(db) != head.about:
        return "is damaged: names, units or the run's own words are not as they were written"
    (ended_ns, crc) = db.execute("SELECT ended_ns, ended_crc FROM run").fetchone()
    if (ended_ns, crc) != (None, None) and crc != crc_of([ended_ns]):
        # A run that an earlier version ended has no checksum of its end.
        return "" if crc is None and head.cycle == NOTHING else "is damaged: when the run ended"
    return ""


def cycles_of(db: sqlite3.Connection, path: Path, channels: tuple[Channel, ...]) -> Cycles:
    """Return a day's cycles wherever they are. Raises SegmentDamaged, SchemaUnknown."""
    archived = schema.read_archive(db)
    if archived is None:
        return StoredCycles(db, len(channels), path)
    from controller.historian.parquet import ArchivedCycles  # loads pyarrow: only where needed

    bounds, extent = (archived[2], archived[3]), (archived[4], archived[5], archived[1])
    return ArchivedCycles(path.parent / archived[0], channels, bounds, extent, _parts_of(db))


def _parts_of(db: sqlite3.Connection) -> "list[Part]":
    """Return the digests of an archived day's Parquet file. Raises SegmentDamaged."""
    from controller.historian.parquet import Part

    if version_of(db) < SINCE:
        return []
    rows = db.execute(f"SELECT {schema.PART_COLUMNS}, crc FROM part ORDER BY number").fetchall()
    if not rows or any(problem_of(row, 0) or row[0] != i for i, row in enumerate(rows)):
        raise SegmentDamaged("the digests of its archived cycles are not as they were written")
    return [Part(*row[1:-1]) for row in rows]
