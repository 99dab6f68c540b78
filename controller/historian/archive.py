"""Closed days of the journal as Parquet: smaller, and readable by any tool.

A day's cycles go to DAY.parquet and all else of the segment, roll-ups and events
among it, to the small DAY.archive.db beside it.  The segment is deleted only when
every cycle has been read back from the Parquet file and found the same.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.historian import schema
from controller.historian.chain import NOTHING, Head, canonical, checked, next_link, read_head
from controller.historian.cycles import Cycles, StoredCycles
from controller.historian.errors import HistorianError
from controller.historian.packing import pack
from controller.historian.parquet import ArchivedCycles, Part, parts_of, write
from controller.historian.reader import JournalReader
from controller.historian.record import Record
from controller.historian.sealing import digest_of, read_seal, seal_day
from controller.historian.segment import last_links
from controller.historian.segmentfiles import seal_of, segment_files
from controller.historian.signing import Signer
from controller.historian.tailmark import last_acknowledged

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


def archive_day(path: Path, signer: Signer | None = None) -> Archived:
    """Archive one closed segment, and seal it with `signer`. Raises ArchiveError; it then stays."""
    parquet, small = path.with_suffix(".parquet"), path.with_name(f"{path.stem}.archive.db")
    partial, part = parquet.with_suffix(".partial"), small.with_suffix(".part")
    try:
        before, written_ns = path.stat().st_size, path.stat().st_mtime_ns
        _require_as_sealed(path)
        _made_current(path)
        with closing(schema.open_to_read(path)) as db:
            run, created_ns, _ = schema.read_run(db)
            channels = schema.read_layout(db)
            stored = StoredCycles(db, len(channels), path)
            bounds, extent = stored.bounds() or (0, -1), stored.extent()
            taken = Taken(read_head(db))
            rows = write(partial, run, channels, taken.noted(_records(stored, bounds)))
            if rows != extent[2]:
                raise ArchiveError(f"{rows} cycles written of {extent[2]}")
            link = _end_of(db, taken)
        parts = parts_of(partial)
        _verify(ArchivedCycles(partial, channels, bounds, extent, parts), bounds, taken)
        _sync(partial)
        schema.create(part, run, channels, created_ns)
        _move_rest(path, part, (1, parquet.name, rows, *bounds, *extent[:2], link), parts)
    except (OSError, sqlite3.Error, HistorianError) as error:
        for leftover in (partial, part):
            leftover.unlink(missing_ok=True)
        raise ArchiveError(f"{path}: not archived, nothing lost: {error}") from error
    for made, name in ((partial, parquet), (part, small)):
        os.utime(made, ns=(written_ns, written_ns))  # its age is that of its last cycle
        made.rename(name)
    _sync(path.parent)
    if signer is not None:
        seal_day(small, signer, "archived", time.time_ns())
    for tail in ("", "-wal", "-shm"):
        Path(f"{path}{tail}").unlink(missing_ok=True)
    after = parquet.stat().st_size + small.stat().st_size
    return Archived(run.id, path.stem, rows, before, after)


def _require_as_sealed(path: Path) -> None:
    """Raise ArchiveError for a day that is not what was sealed: it must stay as it is found."""
    seal = seal_of(path)
    sealed = read_seal(seal)["files"].get(path.name) if seal.exists() else None
    if sealed is not None and sealed != digest_of(path):
        raise ArchiveError("it is not the file that was sealed: see `seastack verify`")


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


class Taken:
    """The digest of records that pass, and the link of the chain after them."""

    def __init__(self, head: Head | None) -> None:
        self._digest = hashlib.sha256()
        self._head = head
        self.link = head.cycle if head else NOTHING

    def noted(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield records and take every bit of them into account."""
        for r in records:
            row = canonical(pack(r))
            self._digest.update(row)
            if self._head is not None and r.seq >= self._head.first_seq:
                self.link = next_link(self.link, row)
            yield r

    def digest(self) -> bytes:
        """Return the digest of all records so far."""
        return self._digest.digest()


def _end_of(db: sqlite3.Connection, taken: Taken) -> bytes:
    """Return the last link of a segment; raise ArchiveError unless its cycles lead there."""
    links = last_links(db)
    if links is not None and links[0] != taken.link:
        raise ArchiveError("its chain of checksums is broken: see `seastack verify`")
    return taken.link


def _verify(archived: Cycles, bounds: tuple[int, int], taken: Taken) -> None:
    """Read every cycle back; all bits must be those taken. Raises ArchiveError."""
    found = Taken(None)
    with closing(archived):
        for _ in found.noted(_records(archived, bounds)):
            pass
    if found.digest() != taken.digest():
        raise ArchiveError("what was written does not come back the same")


def _move_rest(
    path: Path, to: Path, note: tuple[int | str | bytes, ...], parts: Sequence[Part]
) -> None:
    """Copy all but the cycles and note where those are now."""
    with closing(sqlite3.connect(to, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("ATTACH ? AS old", (str(path),))
        db.execute("BEGIN IMMEDIATE")
        for table in MOVED:
            db.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")
        db.execute("DELETE FROM main.head")
        db.execute("INSERT INTO main.head SELECT * FROM old.head")
        ended = "SELECT ended_ns, ended_crc FROM old.run"
        db.execute(f"UPDATE main.run SET (ended_ns, ended_crc)=({ended})")
        into = f"INSERT INTO main.archive({schema.ARCHIVE_COLUMNS}, crc)"
        db.execute(f"{into} VALUES ({','.join('?' * (len(note) + 1))})", *checked([note]))
        numbered = checked([(i, *p.cells) for i, p in enumerate(parts)])
        db.executemany("INSERT INTO main.part VALUES (?,?,?,?,?,?,?)", numbered)
        db.execute("COMMIT")
        db.execute("DETACH old")


def _sync(path: Path) -> None:
    """Have a file, or a folder's names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
