"""What of a batch is not in a segment yet; a key that is there with other content is a fault.

A commit whose answer was lost is written again, so rows may be there already.  Then they are
the same to the bit.  A row that is there and is another means that something else stands in
its place: it was not stored, and nobody may be told that it was.
"""

import sqlite3
from collections.abc import Sequence
from typing import TypeVar

from controller.historian.errors import HistorianError

Stored = TypeVar("Stored", bound=tuple[object, ...])


class Occupied(HistorianError):
    """Another row has this key already; nothing is overwritten and nothing acknowledged."""


def unstored(
    db: sqlite3.Connection, table: str, columns: str, rows: Sequence[Stored]
) -> list[Stored]:
    """Return those of the rows that are to be inserted, in their order.

    The first of `columns` is the key, an integer.  Raises Occupied, sqlite3.Error.
    """
    if not rows:
        return []
    key = columns.split(",", 1)[0].strip()
    keys = [int(str(row[0])) for row in rows]
    within = f"SELECT {columns} FROM {table} WHERE {key} BETWEEN ? AND ?"
    found = db.execute(within, (min(keys), max(keys)))
    there = {row[0]: tuple(row) for row in found}
    fresh: dict[object, Stored] = {}
    for row in rows:
        known = there.get(row[0], fresh.get(row[0]))
        if known is None:
            fresh[row[0]] = row
        elif known != row:
            raise Occupied(
                f"{table} {row[0]} is there already with other content: not overwritten, not "
                "stored; restart the controller, which begins a new run"
            )
    return list(fresh.values())
