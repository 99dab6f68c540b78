"""Damage inside a segment, and the one way round it.

A disk that ages spoils pages, not files: a page in the middle of a day costs the
few cycles on it.  Whoever reads on goes round such a hole here, and is told of it.
"""

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from controller.historian.errors import Unreadable
from controller.historian.record import Record

if TYPE_CHECKING:
    from controller.historian.cycles import Cycles

_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records in order with the holes between them; all there is to know up to last_seq."""

    records: list[Record]
    holes: list[Unreadable]
    last_seq: int


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file is wrong, not just busy, full or on a disk that is gone."""
    # The low byte is the kind of error, the rest says where in SQLite it was met.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def around(cycles: "Cycles", first_seq: int, last_seq: int, limit: int) -> Stretch:
    """Return at most `limit` records from first_seq on, going round what is damaged."""
    found: list[Record] = []
    holes: list[Unreadable] = []
    while first_seq <= last_seq and len(found) < limit:
        try:
            found += cycles.records(first_seq, last_seq, limit - len(found))
            break
        except Unreadable as hole:
            found += hole.before
            holes.append(hole)
            first_seq = hole.last_seq + 1
    if len(found) < limit:
        return Stretch(found, holes, last_seq)
    return Stretch(found, holes, max(found[-1].seq, *(h.last_seq for h in holes), 0))


def joined(parts: list[Stretch], last_seq: int) -> Stretch:
    """Return stretches that follow each other as one; last_seq where there is none."""
    return Stretch(
        [r for p in parts for r in p.records],
        [h for p in parts for h in p.holes],
        parts[-1].last_seq if parts else last_seq,
    )
