"""The file of the inbox: how it is opened, numbered, and set aside when it is damaged.

One SQLite file that any process of this user may write; whoever opens it must
expect anything in it.
"""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from controller.historian.privatestate import touch_private
from controller.inboxrows import LAST_ID, LATE_NS

NAME: Final = "inbox.db"
RESERVE: Final = 64  # pages: requests must get through when the disk is full
IS_ODD: Final = f"(id<1 OR id>={LAST_ID})"  # a number that no request gets
# Known to be old; what has no time, or one ahead of the clock, may have been asked just now.
IS_OLD: Final = "(typeof(posted_ns)='integer' AND posted_ns<=?)"
_TABLE: Final = """CREATE TABLE IF NOT EXISTS request(id INTEGER PRIMARY KEY AUTOINCREMENT,
  posted_ns INTEGER NOT NULL, kind TEXT NOT NULL, "by" TEXT NOT NULL, args TEXT NOT NULL)"""
_COUNTED: Final = "SELECT seq FROM sqlite_sequence WHERE name='request'"
_HIGHEST: Final = f"SELECT coalesce(max(id), 0) FROM request WHERE NOT {IS_ODD}"


def open_file(state_dir: Path, timeout_s: float) -> sqlite3.Connection:
    """Open the inbox, made if need be; texts come as bytes. Raises sqlite3.Error, OSError."""
    touch_private(state_dir / NAME)
    db = sqlite3.connect(
        state_dir / NAME, isolation_level=None, timeout=timeout_s, check_same_thread=False
    )
    try:
        db.text_factory = bytes  # what is no UTF-8 must be read, too
        db.execute("PRAGMA journal_mode=WAL")  # readers and the writer never wait for each other
        db.execute("PRAGMA wal_autocheckpoint=16")  # the log stays within what is reserved for it
        db.execute(_TABLE)
    except BaseException:
        db.close()
        raise
    return db


def reserve(db: sqlite3.Connection) -> None:
    """Take room for requests while there is some: free pages in the file and in its log.

    At every start: the log of the life before is gone with its last reader.
    """
    (page,) = db.execute("PRAGMA page_size").fetchone()
    db.execute("CREATE TABLE IF NOT EXISTS reserve(room BLOB)")
    db.execute("INSERT INTO reserve VALUES (zeroblob(?))", (RESERVE * page,))
    db.execute("DROP TABLE reserve")
    db.execute("PRAGMA wal_checkpoint(FULL)")


def next_number(db: sqlite3.Connection) -> int:
    """Return the number of the next request.

    Not SQLite's own: after a row with the last number there is nobody could post again.
    """
    number = max(highest(db), counted(db)) + 1
    if number < LAST_ID:
        return number
    db.execute("DELETE FROM request")  # numbers nobody ever got to: begin again
    return 1


def highest(db: sqlite3.Connection) -> int:
    """Return the highest number of a request that is there, 0 for none."""
    return int(db.execute(_HIGHEST).fetchone()[0])


def counted(db: sqlite3.Connection) -> int:
    """Return how far the numbers have come, 0 when that is not known."""
    row = db.execute(_COUNTED).fetchone()
    known = row is not None and isinstance(row[0], int) and 0 < row[0] < LAST_ID
    return int(row[0]) if known else 0


def old_ns() -> int:
    """Return the wall time before which a request is old."""
    return time.time_ns() - LATE_NS


def _code(error: Exception) -> int:
    """Return SQLite's primary error code."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is no inbox; busy, full and unreadable are not that."""
    lacking = _code(error) == sqlite3.SQLITE_ERROR and "no such" in str(error)
    return lacking or _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_lock(error: Exception) -> bool:
    """Return whether somebody else has the file for a moment."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def put_aside(path: Path) -> str:
    """Rename a damaged inbox with its log; return the new name. Raises OSError."""
    number = 1
    while (kept := path.with_suffix(f".damaged{number}")).exists():
        number += 1
    path.rename(kept)
    for tail in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{tail}").rename(f"{kept}{tail}")
    return kept.name
