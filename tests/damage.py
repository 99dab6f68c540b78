"""A journal on a disk that ages: single pages of a segment are spoilt."""

import sqlite3
from pathlib import Path

from controller.historian.schema import PAGE_BYTES

LEAF = 13  # the first byte of a leaf page of a table


def leaves(segment: Path) -> list[int]:
    """Return the leaf pages of table `cycle` in the order of their cycles."""
    db = sqlite3.connect(segment)
    (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name='cycle'").fetchone()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    data = segment.read_bytes()
    return _below(data, root)


def _below(data: bytes, page: int) -> list[int]:
    at = (page - 1) * PAGE_BYTES
    if data[at] == LEAF:
        return [page]
    cells = int.from_bytes(data[at + 3 : at + 5], "big")
    places = (int.from_bytes(data[at + 12 + 2 * i :][:2], "big") for i in range(cells))
    children = [int.from_bytes(data[at + p :][:4], "big") for p in places]
    children.append(int.from_bytes(data[at + 8 :][:4], "big"))
    return [leaf for child in children for leaf in _below(data, child)]


def spoil(segment: Path, *pages: int, byte: bytes = b"\0") -> None:
    """Overwrite whole pages."""
    with segment.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE_BYTES)
            file.write(byte * PAGE_BYTES)


def the_segment(state: Path, run: str = "r1") -> Path:
    """Return the only segment of a run."""
    (path,) = (state / "journal" / run).glob("*.db")
    return path
