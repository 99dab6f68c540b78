"""Finding segments and keeping a few of them open for reading."""

import logging
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.historian import schema
from controller.historian.errors import HistorianError, UnknownRun
from controller.historian.record import Channel, Run

OPEN_AT_MOST: Final = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """A segment open query-only, with what never changes in it."""

    path: Path
    inode: int
    db: sqlite3.Connection
    run: Run
    channels: tuple[Channel, ...]
    created_ns: int


class Segments:
    """The segments below a journal directory. One thread at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[Path, OpenSegment] = OrderedDict()
        self._refused: dict[Path, str] = {}

    def run_ids(self) -> list[str]:
        """Return the names of the runs that have a segment."""
        try:
            return sorted(p.name for p in self._root.iterdir() if any(p.glob("*.db")))
        except FileNotFoundError:
            return []

    def of(self, run: str) -> list[OpenSegment]:
        """Return a run's readable segments, oldest first.

        Raises UnknownRun when there is none.
        """
        found = [s for p in sorted((self._root / run).glob("*.db")) if (s := self._get(p))]
        if not found:
            whys = [why for p, why in self._refused.items() if p.parent.name == run]
            detail = f" ({whys[0]})" if whys else ""
            raise UnknownRun(f"no readable run {run!r} in {self._root}{detail}")
        return found

    def newest(self, run: str) -> OpenSegment:
        """Return the segment that is being written, or was last.

        Raises UnknownRun when there is none.
        """
        for path in sorted((self._root / run).glob("*.db"), reverse=True):
            if segment := self._get(path):
                return segment
        raise UnknownRun(f"no readable run {run!r} in {self._root}")

    def _get(self, path: Path) -> OpenSegment | None:
        """Return a segment, opened now or before; None when it cannot be read."""
        try:
            inode = path.stat().st_ino
        except FileNotFoundError:
            return None
        known = self._open.get(path)
        if known is not None and known.inode == inode:
            self._open.move_to_end(path)
            return known
        if known is not None:  # set aside and begun anew under the same name
            known.db.close()
            del self._open[path]
        return self._opened(path, inode)

    def _opened(self, path: Path, inode: int) -> OpenSegment | None:
        try:
            db = schema.open_to_read(path)
            run, created_ns, _ = schema.read_run(db)
            segment = OpenSegment(path, inode, db, run, schema.read_layout(db), created_ns)
        except (sqlite3.Error, HistorianError) as error:
            if self._refused.get(path) != str(error):
                log.warning("journal segment %s cannot be read: %s", path, error)
                self._refused[path] = str(error)
            return None
        self._refused.pop(path, None)
        self._open[path] = segment
        while len(self._open) > OPEN_AT_MOST:
            self._open.popitem(last=False)[1].db.close()
        return segment

    def close(self) -> None:
        """Close every file."""
        for segment in self._open.values():
            segment.db.close()
        self._open.clear()
