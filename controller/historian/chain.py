"""Every row of the journal has a checksum, every cycle and event a link of a chain.

The checksum (CRC-32, which finds every single flipped bit) says that a row is as it was
written; each reader compares it.  The chain (SHA-256 of the link before and of the row) says
that no row was left out, exchanged or put in: `verify` follows it from the first row of a run,
over the days, to the end that the day's seal names.  The first link stands for the run and its
channels.  Pure, but for `sound_rows`.
"""

import hashlib
import logging
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

LINK_BYTES: Final = 32
NOTHING: Final = bytes(LINK_BYTES)  # a chain that begins in the middle of a run
SINCE: Final = 4  # version of the journal from which rows have checksums
_TEXT, _BLOB = b"s", b"b"

log = logging.getLogger("seastack.journal")
_told: set[tuple[str, str, object]] = set()  # damage that was logged, whichever reader met it


@dataclass(frozen=True, slots=True)
class Head:
    """What a segment begins with: from which row on checksums must be there, and both links.

    `about` is the digest of run and layout; `cycle` and `event` are the last links of the
    day before, or `about` at the beginning of a run.
    """

    first_seq: int
    first_event: int
    cycle: bytes
    event: bytes
    about: bytes

    @property
    def cells(self) -> tuple[int | bytes, ...]:
        """Return the cells of table `head`, without its checksum."""
        return (self.first_seq, self.first_event, self.cycle, self.event, self.about)


def canonical(cells: Iterable[object]) -> bytes:
    """Return the bytes of a row's cells: kind and length before each, so that none moves."""
    parts: list[bytes] = []
    for cell in cells:
        if isinstance(cell, bytes):
            parts += (_BLOB, len(cell).to_bytes(4, "little"), cell)
        elif isinstance(cell, int):
            parts.append(struct.pack("<cq", b"i", cell))
        elif isinstance(cell, str):
            text = cell.encode("utf-8", "replace")
            parts += (_TEXT, len(text).to_bytes(4, "little"), text)
        elif isinstance(cell, float):
            parts.append(struct.pack("<cd", b"f", cell))
        else:
            parts.append(b"n")
    return b"".join(parts)


def crc_of(cells: Iterable[object]) -> int:
    """Return the checksum of a row."""
    return zlib.crc32(canonical(cells))


def next_link(link: bytes, row: bytes) -> bytes:
    """Return the link of a row, given in canonical bytes, after the link before it."""
    return hashlib.sha256(link + row).digest()


def linked(
    link: bytes, rows: Sequence[tuple[object, ...]]
) -> tuple[list[tuple[object, ...]], bytes]:
    """Return rows with checksum and link behind their cells, and the last link."""
    done: list[tuple[object, ...]] = []
    for row in rows:
        plain = canonical(row)
        link = next_link(link, plain)
        done.append((*row, zlib.crc32(plain), link))
    return done, link


def checked(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return rows with their checksum behind their cells."""
    return [(*row, crc_of(row)) for row in rows]


def problem_of(row: Sequence[object], first: int) -> str:
    """Return what is wrong with a row whose last cell is its checksum, "" for nothing.

    Its first cell is its key; below `first` rows of earlier versions have no checksum.
    """
    *cells, crc = row
    if crc is None and isinstance(cells[0], int) and cells[0] < first:
        return ""
    return "" if crc == crc_of(cells) else "it is not as it was written: wrong checksum"


def version_of(db: sqlite3.Connection) -> int:
    """Return the journal version of an open segment."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def read_head(db: sqlite3.Connection) -> Head | None:
    """Return a segment's head; None where its version has none, or it is damaged itself."""
    if version_of(db) < SINCE:
        return None
    row = db.execute("SELECT first_seq, first_event, cycle, event, about, crc FROM head").fetchone()
    if row is None or problem_of(row, 0):
        return None
    return Head(*row[:-1])


def first_checked(db: sqlite3.Connection, table: str) -> int:
    """Return from which key on rows of a table must have a checksum.

    A damaged head would make damage of all that earlier versions wrote: it asks for nothing.
    """
    head = read_head(db)
    if head is None:
        return 2**63
    return head.first_event if table == "event" else head.first_seq


def sound_rows(
    db: sqlite3.Connection, table: str, columns: str, rest: str, args: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """Return rows of a table, those that are not as they were written left out and told once.

    The first of `columns` is the key. Raises sqlite3.Error.
    """
    if version_of(db) < SINCE:
        return db.execute(f"SELECT {columns} FROM {table} {rest}", args).fetchall()
    rows = db.execute(f"SELECT {columns}, crc FROM {table} {rest}", args).fetchall()
    first = first_checked(db, table)
    found = []
    for row in rows:
        if problem := problem_of(row, first):
            _tell(db, table, row[0], problem)
        else:
            found.append(row[:-1])
    return found


def _tell(db: sqlite3.Connection, table: str, key: object, problem: str) -> None:
    (_, _, file), *_ = db.execute("PRAGMA database_list").fetchall()
    if (file, table, key) not in _told:
        _told.add((file, table, key))
        log.warning("%s: %s %s is left out: %s", file, table, key, problem)
