"""Closed days of the journal as Parquet: smaller, and readable by any tool.

A day's cycles go to DAY.parquet and all else of the segment, roll-ups and events
among it, to the small DAY.archive.db beside it.  The segment is deleted only when
every cycle has been read back from the Parquet file and found the same.
"""

import hashlib
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from controller.historian import schema
from controller.historian.cycles import Cycles, StoredCycles
from controller.historian.errors import HistorianError
from controller.historian.parquet import ArchivedCycles, write
from controller.historian.reader import JournalReader
from controller.historian.record import Record
from controller.historian.segments import segment_files
from controller.historian.tailmark import last_acknowledged

if TYPE_CHECKING:
    from hashlib import _Hash as Digest

CHUNK: Final = 2000
MOVED: Final = ("event", "snapshot", "rollup_60", "rollup_600", "turn")


class ArchiveError(HistorianError):
    """A day could not be archived; its segment is as it was."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A day that was archived: bytes before and after, cycles verified."""

    run: str
    day: str
    cycles: int
    bytes_before: int
    bytes_after: int


def closed_days(state_dir: Path) -> list[Path]:
    """Return the segments nobody writes any more and that are not archived yet.

    Closed is what has a newer day in its run, belongs to a run that ended in order,
    or to a live run after which another live one began.
    """
    with JournalReader(state_dir) as reader:
        infos = reader.runs()
    live = [i.run.id for i in infos if i.run.kind == "live"]  # in the order begun
    mark = last_acknowledged(state_dir)
    writing = mark.run if mark else ""
    closed = []
    for info in infos:
        files = segment_files(state_dir / "journal" / info.run.id)
        over = info.ended_ns is not None
        over |= info.run.id in live[:-1] and info.run.id != writing
        closed += files if over else files[:-1]
    return [path for path in closed if not path.name.endswith(".archive.db")]


def archive_day(path: Path) -> Archived:
    """Archive one closed segment. Raises ArchiveError; the segment then stays."""
    parquet, small = path.with_suffix(".parquet"), path.with_name(f"{path.stem}.archive.db")
    partial, part = parquet.with_suffix(".partial"), small.with_suffix(".part")
    try:
        before, written_ns = path.stat().st_size, path.stat().st_mtime_ns
        _made_current(path)
        with closing(schema.open_to_read(path)) as db:
            run, created_ns, _ = schema.read_run(db)
            channels = schema.read_layout(db)
            stored = StoredCycles(db, len(channels), path)
            bounds, extent = stored.bounds() or (0, -1), stored.extent()
            taken = hashlib.sha256()
            rows = write(partial, run, channels, _noted(_records(stored, bounds), taken))
            if rows != extent[2]:
                raise ArchiveError(f"{rows} cycles written of {extent[2]}")
        _verify(ArchivedCycles(partial, channels, bounds, extent), bounds, taken)
        _sync(partial)
        schema.create(part, run, channels, created_ns)
        _move_rest(path, part, (1, parquet.name, rows, *bounds, *extent[:2]))
    except (OSError, sqlite3.Error, HistorianError) as error:
        for leftover in (partial, part):
            leftover.unlink(missing_ok=True)
        raise ArchiveError(f"{path}: not archived, nothing lost: {error}") from error
    for made, name in ((partial, parquet), (part, small)):
        os.utime(made, ns=(written_ns, written_ns))  # its age is that of its last cycle
        made.rename(name)
    _sync(path.parent)
    for tail in ("", "-wal", "-shm"):
        Path(f"{path}{tail}").unlink(missing_ok=True)
    after = parquet.stat().st_size + small.stat().st_size
    return Archived(run.id, path.stem, rows, before, after)


def _made_current(path: Path) -> None:
    """Take a segment of an older version to today's: we are its only writer now."""
    with closing(schema.open_to_read(path)) as db:
        channels = schema.read_layout(db)
    schema.open_to_write(path, channels).close()


def _records(cycles: Cycles, bounds: tuple[int, int]) -> Iterator[Record]:
    seq, last = bounds
    while chunk := cycles.records(seq, last, CHUNK):
        yield from chunk
        seq = chunk[-1].seq + 1


def _noted(records: Iterator[Record], digest: "Digest") -> Iterator[Record]:
    """Yield records and add every bit of them to a digest."""
    for r in records:
        digest.update(struct.pack("<4q", r.seq, r.t_ns, r.mono_ns, r.clock_ok))
        for array in (r.value, r.quality, r.reason, r.age_ms):
            digest.update(np.ascontiguousarray(array).data)
        yield r


def _verify(archived: Cycles, bounds: tuple[int, int], taken: "Digest") -> None:
    """Read every cycle back; all bits must be those taken. Raises ArchiveError."""
    found = hashlib.sha256()
    with closing(archived):
        for _ in _noted(_records(archived, bounds), found):
            pass
    if found.digest() != taken.digest():
        raise ArchiveError("what was written does not come back the same")


def _move_rest(path: Path, to: Path, note: tuple[int | str, ...]) -> None:
    """Copy all but the cycles and note where those are now."""
    with closing(sqlite3.connect(to, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("ATTACH ? AS old", (str(path),))
        db.execute("BEGIN IMMEDIATE")
        for table in MOVED:
            db.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")
        db.execute("UPDATE main.run SET ended_ns=(SELECT ended_ns FROM old.run)")
        db.execute(f"INSERT INTO main.archive VALUES ({','.join('?' * len(note))})", note)
        db.execute("COMMIT")
        db.execute("DETACH old")


def _sync(path: Path) -> None:
    """Have a file, or a folder's names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
