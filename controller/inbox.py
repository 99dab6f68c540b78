"""Requests from people to the controller: one small file, never waited for.

The dashboard and the command line `post`; the controller polls at the start of
a cycle.  What became of a request is an event in the journal, not here.  Any
process of this user may write the file, so nothing in it is believed: see
`inboxrows`.
"""

import json
import logging
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from controller import inboxfile, inboxrows
from controller.allowance import Allowance
from controller.heard import HeardMark
from controller.historian.errors import HistorianError, StateDirUnusable
from controller.inboxfile import IS_ODD, IS_OLD, old_ns, open_file
from controller.inboxrows import (
    COLUMNS,
    IS_BYPASS,
    LAST_ID,
    BadRow,
    command_of,
    late_bypass,
)
from sensors.foreigntext import clean

if TYPE_CHECKING:
    from controller.types import Command

NAME: Final = inboxfile.NAME
BYPASS: Final = inboxrows.BYPASS
LATE_NS: Final = inboxrows.LATE_NS
KEPT: Final = 10_000  # requests; verdicts stay in the journal for good
KEPT_BYPASSES: Final = 100 * KEPT  # a flood of others must not push one out unheard
A_CYCLE: Final = 20  # requests heard in one cycle; the rest waits for the next
A_SECOND: Final = A_CYCLE  # wall, however short the cycle: no person asks faster, and each is kept
TELL_S: Final = 60.0  # wall: rows that are no requests are told at once, then counted so long
DEAF_AFTER: Final = 3  # polls in a row that failed: a lock of an instant is not deafness
MOST_MISSED: Final = 3  # bypasses nobody heard that are told at the start
MISSED_NS: Final = 86_400_000_000_000  # where it is not known what was heard: not of long ago
SHOWN: Final = 3  # rows that are no requests, in one line
MOST_ODD: Final = 1000  # rows with impossible numbers that are looked at

Row = tuple[Any, ...]
log = logging.getLogger("seastack.inbox")


class BadRequest(HistorianError):
    """A request that no controller could understand."""


def post(state_dir: Path, kind: str, args: Mapping[str, float | str], by: str) -> int:
    """Put a request in the inbox and return its id; the verdict follows in the journal.

    Raises BadRequest for an empty or long kind or name and for an argument that is neither
    a finite number nor short text, StateDirUnusable when the file cannot be written.  A
    bypass is never refused: its name is made to fit, its arguments do not matter.
    """
    if kind == BYPASS:
        row = (BYPASS, clean(by, inboxrows.NAME_CHARS) or inboxrows.UNKNOWN, "{}")
    else:
        row = (kind, by, _checked(kind, args, by))
    try:
        return _insert(state_dir, (time.time_ns(), *row))
    except (sqlite3.Error, OSError) as error:
        raise StateDirUnusable(
            f"{state_dir / NAME}: {error}; is this the state directory of a running controller?"
        ) from error


def _checked(kind: str, args: Mapping[str, float | str], by: str) -> str:
    """Return the arguments as text; raise BadRequest for what no controller would hear."""
    if not kind or not by:
        raise BadRequest("a request needs a kind and the name of who asks")
    for what, text, most in (
        ("kind", kind, inboxrows.KIND_CHARS),
        ("name of who asks", by, inboxrows.NAME_CHARS),
    ):
        if len(text) > most or not text.isprintable():
            raise BadRequest(f"the {what} is not printable text of at most {most} characters")
    problems = (inboxrows.argument_problem(key, value) for key, value in args.items())
    if problem := next((p for p in problems if p), ""):
        raise BadRequest(f"request {kind}: {problem}; arguments are finite numbers or text")
    text = json.dumps(dict(args), allow_nan=False)
    if len(args) > inboxrows.MOST_ARGS or len(text) > inboxrows.MOST_BYTES:
        raise BadRequest(f"request {kind}: more than {inboxrows.MOST_BYTES} bytes of arguments")
    return text


def withdraw(state_dir: Path, number: int) -> bool:
    """Take a request back that nobody answered; return whether it was still there.

    A bypass is never taken back.  Raises StateDirUnusable.
    """
    try:
        db = open_file(state_dir, timeout_s=5.0)
        try:
            done = db.execute("DELETE FROM request WHERE id=? AND kind<>?", (number, BYPASS))
            return done.rowcount > 0
        finally:
            db.close()
    except (sqlite3.Error, OSError) as error:
        raise StateDirUnusable(f"{state_dir / NAME}: {error}") from error


def _insert(state_dir: Path, row: tuple[int, str, str, str]) -> int:
    db = open_file(state_dir, timeout_s=5.0)
    try:
        db.execute("BEGIN IMMEDIATE")
        number = inboxfile.next_number(db)
        into = 'INSERT INTO request(id, posted_ns, kind, "by", args) VALUES (?,?,?,?,?)'
        db.execute(into, (number, *row))
        db.execute("UPDATE sqlite_sequence SET seq=? WHERE name='request'", (number,))
        old = (number - KEPT, LAST_ID, BYPASS, number - KEPT_BYPASSES)
        db.execute("DELETE FROM request WHERE (id<=? OR id>=?) AND (kind<>? OR id<=?)", old)
        db.execute("COMMIT")
        return number
    finally:
        db.close()  # takes back what was not committed


class Inbox:
    """The controller's end: sees only requests posted after it was made.

    But for a bypass asked for within the last seconds: the controller that should have
    heard it may have died of the same cause.  What waited too long is handed over as
    "late", for a person has been told that nobody answered.  A row that is no request is
    left out, counted in `skipped` and told by `news`, many of them once a minute.  A damaged
    file is set aside and begun anew.  `now_s` is monotonic wall time.

    Raises StateDirUnusable when the file cannot be opened at the start.
    """

    def __init__(self, state_dir: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        self._state_dir, self._path = state_dir, state_dir / NAME
        self._now_s, self._allowance = now_s, Allowance(A_SECOND, now_s)
        self._bad: list[str] = []  # not told yet, the first of them
        self._bad_told_s = -TELL_S
        self._inode = self._last = self._last_bypass = self._failed = self.skipped = 0
        self._recent: deque[tuple[int, object]] = deque(maxlen=KEPT)  # heard: number and time
        self._odd: set[int] = set()  # impossible numbers met
        self._unheard: list[Row] = []
        self._missed: list[Row] = []
        self._news: list[str] = []
        self._trouble, self._broken = "", False
        self._log_path = f"{self._path}-wal"
        self._looked_at: tuple[int, int, int] | None = None
        try:
            self._db = self._opened(5.0)
            with suppress(sqlite3.OperationalError):  # the disk is full already
                inboxfile.reserve(self._db)
            self._begin()
            self._db.execute("PRAGMA busy_timeout=0")  # from here on a lock is never waited for
            self._db.execute("PRAGMA query_only=1")
        except (sqlite3.Error, OSError) as error:
            raise StateDirUnusable(f"{self._path}: {error}") from error

    @property
    def deaf(self) -> str:
        """Return why no request is heard, "" while they are; a lock of an instant is nothing."""
        return self._trouble if self._failed >= DEAF_AFTER else ""

    def poll(self) -> "list[Command]":
        """Return what was posted since the last call, oldest first; [] when in doubt.

        Bypasses are looked for on their own, of the rest comes at most `A_CYCLE`, and no
        more than `A_SECOND` a second.  A request missed because of a lock comes with the
        next call.  Never raises.
        """
        try:
            rows = self._rows()
        except (sqlite3.Error, OSError) as error:
            self._fail(error)
            return []
        if self.deaf:
            self._tell("requests are heard again")
        self._failed, self._trouble = 0, ""
        return self._commands(rows)

    def missed(self) -> "list[Command]":
        """Return, once, the bypasses that no controller heard in time, as late requests."""
        rows, self._missed = self._missed, []
        return [late_bypass(row, time.time_ns()) for row in rows]

    def bypass_waiting(self) -> bool:
        """Return whether the next `poll` will return a bypass; False when in doubt.

        Asked many times a second: where nobody wrote since, the file is not looked into.
        """
        stamp = self._log_stamp()
        if stamp is not None and stamp == self._looked_at:
            return False
        found = f"SELECT 1 FROM request WHERE id>? AND NOT {IS_ODD} AND {IS_BYPASS} LIMIT 1"
        try:
            waits = self._db.execute(found, (self._last_bypass,)).fetchone() is not None
        except sqlite3.Error:
            return False
        self._looked_at = None if waits else stamp
        return waits

    def _log_stamp(self) -> tuple[int, int, int] | None:
        """Return what changes when somebody writes a request, None where that cannot be told."""
        try:
            log = os.stat(self._log_path)
        except OSError:
            return None
        return log.st_ino, log.st_size, log.st_mtime_ns

    def news(self) -> list[str]:
        """Return in words what was left out or lost since the last call, each thing once."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Close the file; what was heard is done by now."""
        self._mark.note(self._last_bypass)
        self._db.close()

    def _commands(self, rows: list[Row]) -> "list[Command]":
        now_ns, found, bad = time.time_ns(), [], []
        for row in sorted(rows, key=lambda row: int(row[0])):
            try:
                found.append(command_of(row, now_ns))
            except BadRow as error:
                bad.append(f"{row[0]}: {error}")
        self.skipped += len(bad)
        self._bad = [*self._bad, *bad][:SHOWN]
        if self._bad and self._now_s() - self._bad_told_s >= TELL_S:
            some, self._bad, self._bad_told_s = "; ".join(self._bad), [], self._now_s()
            self._tell(f"left out, {self.skipped} so far, as no request: {some}")
        return found

    def _tell(self, text: str) -> None:
        log.warning("inbox: %s", text)
        self._news.append(text)

    def _fail(self, error: Exception) -> None:
        """Note that nothing could be read; the file is opened again, unless it is but locked."""
        self._failed += 1
        if str(error) != self._trouble:
            log.warning("inbox: %s; trying again every cycle", error)
        self._trouble = str(error)
        if not inboxfile.is_lock(error):
            self._db.close()
            self._broken = True

    def _opened(self, timeout_s: float) -> sqlite3.Connection:
        """Open the file, a damaged one set aside and begun anew. Raises sqlite3.Error, OSError."""
        try:
            return self._readable(timeout_s)
        except sqlite3.Error as error:
            if not inboxfile.is_damage(error):
                raise
            kept, why = inboxfile.put_aside(self._path), str(error)
        self._tell(f"it was damaged ({why}): kept as {kept}, begun anew; requests in it are lost")
        return self._readable(timeout_s)

    def _readable(self, timeout_s: float) -> sqlite3.Connection:
        db = open_file(self._state_dir, timeout_s)
        try:
            db.execute(f"SELECT {COLUMNS} FROM request LIMIT 1").fetchone()
            self._inode = self._path.stat().st_ino
            self._mark = HeardMark(self._state_dir, self._inode)
        except BaseException:
            db.close()
            raise
        return db

    def _begin(self) -> None:
        """Take all that is there as heard, but a bypass that may not have been."""
        self._last = self._last_bypass = max(
            inboxfile.highest(self._db), inboxfile.counted(self._db)
        )
        heard = self._mark.last()
        heard = heard if heard <= self._last else 0  # else of an inbox that is gone
        found = f"SELECT {COLUMNS} FROM request WHERE id>? AND NOT {IS_ODD} AND {IS_BYPASS}"
        self._unheard = self._db.execute(
            f"{found} AND NOT {IS_OLD} ORDER BY id DESC LIMIT {A_CYCLE}", (heard, old_ns())
        ).fetchall()
        self._recent.extend((row[0], row[1]) for row in self._unheard)
        since_ns = 0 if heard else old_ns() - MISSED_NS  # without a mark, nothing of long ago
        missed = f"{found} AND {IS_OLD} AND posted_ns>? ORDER BY id DESC LIMIT {MOST_MISSED}"
        self._missed = self._db.execute(missed, (heard, old_ns(), since_ns)).fetchall()[::-1]
        odd = self._db.execute(f"SELECT id FROM request WHERE {IS_ODD}")
        self._odd = {number for (number,) in odd}

    def _rows(self) -> list[Row]:
        """Return the rows to hear in this cycle. Raises sqlite3.Error, OSError."""
        self._reopen()
        self._mark.note(self._last_bypass)  # the cycle that heard them is over
        db = self._db
        if inboxfile.counted(db) < self._last:
            self._skip_old()  # somebody emptied it, and its numbers begin again
        there = inboxfile.highest(db)
        found = f"SELECT {COLUMNS} FROM request WHERE id>? AND NOT {IS_ODD} AND"
        order, most = "ORDER BY id LIMIT ?", min(A_CYCLE, self._allowance.left())
        bypasses, rest = f"{found} {IS_BYPASS} {order}", f"{found} NOT {IS_BYPASS} {order}"
        urgent = db.execute(bypasses, (self._last_bypass, A_CYCLE)).fetchall()
        others = db.execute(rest, (self._last, most)).fetchall()
        self._allowance.spend(len(others))
        odd = self._odd_rows()
        # All up to `there` were looked at, unless there are too many bypasses for one cycle.
        looked = there if len(urgent) < A_CYCLE else 0
        self._last_bypass = max([self._last_bypass, looked, *(row[0] for row in urgent)])
        self._last = max([self._last, *(row[0] for row in others)])
        fresh = [row for row in (*urgent, *others) if (row[0], row[1]) not in self._recent]
        self._recent.extend((row[0], row[1]) for row in fresh)
        first, self._unheard = self._unheard, []
        return [*first, *fresh, *odd]

    def _reopen(self) -> None:
        """Open the file again when it is another one, or could not be read before."""
        try:
            if not self._broken and self._path.stat().st_ino == self._inode:
                return
        except FileNotFoundError:
            pass  # somebody removed it: it is made again
        before, self._broken = self._inode, True
        self._db.close()
        self._db = self._opened(0.0)
        self._db.execute("PRAGMA query_only=1")
        self._broken = False
        if self._inode != before:
            self._odd = set()
            self._skip_old()

    def _skip_old(self) -> None:
        """Begin to hear at what was posted within the last seconds."""
        old = f"SELECT coalesce(max(id), 0) FROM request WHERE NOT {IS_ODD} AND {IS_OLD}"
        found = self._db.execute(old, (old_ns(),)).fetchone()
        self._last = self._last_bypass = int(found[0])

    def _odd_rows(self) -> list[Row]:
        """Return rows with numbers that no request gets, each once."""
        ids = f"SELECT id FROM request WHERE {IS_ODD} ORDER BY {IS_BYPASS} DESC LIMIT {MOST_ODD}"
        new = [i for (i,) in self._db.execute(ids) if i not in self._odd][:A_CYCLE]
        self._odd.update(new)
        one = f"SELECT {COLUMNS} FROM request WHERE id=?"
        return [row for i in new if (row := self._db.execute(one, (i,)).fetchone())]
