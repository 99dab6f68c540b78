"""Requests from people to the controller: one small file, never waited for.

The dashboard and the command line `post`; the controller polls at the start of
a cycle.  What became of a request is an event in the journal, not here.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from controller.historian.errors import HistorianError, StateDirUnusable

if TYPE_CHECKING:
    from controller.types import Command

NAME: Final = "inbox.db"
KEPT: Final = 10_000  # requests; verdicts stay in the journal for good
LATE_NS: Final = 10 * 1_000_000_000  # wall; who asked has been told by then that nobody answers
BYPASS: Final = "bypass"  # never late, never withdrawn
RESERVE: Final = 64  # pages: requests must get through when the disk is full
_TABLE: Final = """CREATE TABLE IF NOT EXISTS request(id INTEGER PRIMARY KEY AUTOINCREMENT,
  posted_ns INTEGER NOT NULL, kind TEXT NOT NULL, "by" TEXT NOT NULL, args TEXT NOT NULL)"""
_COLUMNS: Final = 'id, posted_ns, kind, "by", args'

log = logging.getLogger("seastack.inbox")


class BadRequest(HistorianError):
    """A request that no controller could understand."""


def post(state_dir: Path, kind: str, args: Mapping[str, float | str], by: str) -> int:
    """Put a request in the inbox and return its id; the verdict follows in the journal.

    Raises BadRequest for an empty kind or name or an argument that is neither a
    finite number nor text, StateDirUnusable when the file cannot be written.
    """
    if not kind or not by:
        raise BadRequest("a request needs a kind and the name of who asks")
    try:
        text = json.dumps(dict(args), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadRequest(
            f"request {kind}: {error}; arguments are finite numbers or text"
        ) from error
    try:
        return _insert(state_dir, (time.time_ns(), kind, by, text))
    except sqlite3.Error as error:
        raise StateDirUnusable(
            f"{state_dir / NAME}: {error}; is this the state directory of a running controller?"
        ) from error


def withdraw(state_dir: Path, number: int) -> bool:
    """Take a request back that nobody answered; return whether it was still there.

    A bypass is never taken back.  Raises StateDirUnusable.
    """
    try:
        db = _open(state_dir, timeout_s=5.0)
        try:
            done = db.execute("DELETE FROM request WHERE id=? AND kind<>?", (number, BYPASS))
            return done.rowcount > 0
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StateDirUnusable(f"{state_dir / NAME}: {error}") from error


def _insert(state_dir: Path, row: tuple[int, str, str, str]) -> int:
    db = _open(state_dir, timeout_s=5.0)
    try:
        done = db.execute('INSERT INTO request(posted_ns, kind, "by", args) VALUES (?,?,?,?)', row)
        db.execute("DELETE FROM request WHERE id<=?", ((done.lastrowid or 0) - KEPT,))
        return int(done.lastrowid or 0)
    finally:
        db.close()


def _open(state_dir: Path, timeout_s: float) -> sqlite3.Connection:
    """Open the inbox, made if need be. Raises sqlite3.Error."""
    db = sqlite3.connect(
        state_dir / NAME, isolation_level=None, timeout=timeout_s, check_same_thread=False
    )
    try:
        db.execute("PRAGMA journal_mode=WAL")  # readers and the writer never wait for each other
        db.execute("PRAGMA wal_autocheckpoint=16")  # the log stays within what is reserved for it
        db.execute(_TABLE)
    except BaseException:
        db.close()
        raise
    return db


def _reserve(db: sqlite3.Connection) -> None:
    """Take room for requests while there is some: free pages in the file and in its log.

    At every start: the log of the life before is gone with its last reader.
    """
    (page,) = db.execute("PRAGMA page_size").fetchone()
    db.execute("CREATE TABLE IF NOT EXISTS reserve(room BLOB)")
    db.execute("INSERT INTO reserve VALUES (zeroblob(?))", (RESERVE * page,))
    db.execute("DROP TABLE reserve")
    db.execute("PRAGMA wal_checkpoint(FULL)")


class Inbox:
    """The controller's end: sees only requests posted after it was made.

    But for a bypass asked for within the last seconds: the controller that should have
    heard it may have died of the same cause.  What waited too long is handed over as
    "late", for a person has been told that nobody answered.

    Raises StateDirUnusable when the file cannot be opened at the start.
    """

    def __init__(self, state_dir: Path) -> None:
        try:
            self._db = _open(state_dir, timeout_s=5.0)
            with suppress(sqlite3.OperationalError):  # the disk is full already
                _reserve(self._db)
            (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM request").fetchone()
            self._unheard = self._db.execute(
                f"SELECT {_COLUMNS} FROM request WHERE kind=? AND posted_ns>? ORDER BY id",
                (BYPASS, time.time_ns() - LATE_NS),
            ).fetchall()
            self._db.execute("PRAGMA busy_timeout=0")  # from here on a lock is never waited for
            self._db.execute("PRAGMA query_only=1")
        except sqlite3.Error as error:
            raise StateDirUnusable(f"{state_dir / NAME}: {error}") from error
        self._last = int(last)
        self._trouble = ""

    def poll(self) -> "list[Command]":
        """Return what was posted since the last call, oldest first; [] when in doubt.

        A request missed because of a lock comes with the next call.
        """
        try:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM request WHERE id>? ORDER BY id", (self._last,)
            ).fetchall()
        except sqlite3.Error as error:
            if str(error) != self._trouble:
                log.warning("inbox: %s; trying again every cycle", error)
            self._trouble = str(error)
            return []
        self._trouble = ""
        if rows:
            self._last = rows[-1][0]
        rows, self._unheard = [*self._unheard, *rows], []
        return [c for row in rows if (c := _command(*row))]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _command(request: int, posted_ns: int, kind: str, by: str, args: str) -> "Command | None":
    from controller.types import Command  # whoever only posts need not load all of control

    try:
        parsed = json.loads(args)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        log.warning("inbox: request %d has no readable arguments and is left out", request)
        return None
    waited_ns = time.time_ns() - posted_ns
    if kind != BYPASS and waited_ns > LATE_NS:
        kind, parsed = "late", {"kind": kind, "waited_s": round(waited_ns * 1e-9)}
    return Command(id=request, kind=kind, by=by, t_ns=posted_ns, args=parsed)
