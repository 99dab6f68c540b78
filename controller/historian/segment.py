"""One open segment, as its writer sees it: whole batches, one transaction each."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from controller.historian import schema
from controller.historian.errors import HistorianError, SchemaUnknown
from controller.historian.eventrow import event_row
from controller.historian.packing import Row
from controller.historian.record import Channel, Event, Run
from controller.historian.rollup import RollupRow
from controller.historian.unstored import unstored

EVENT_COLUMNS: Final = 'id, seq, t_ns, kind, source, state, priority, "by", old, new, text, data'
ROWS_A_STATEMENT: Final = 64  # one statement, one release of the interpreter lock
_CYCLE: Final = "(?,?,?,?,?,?,?,?)"


@dataclass(slots=True)
class Batch:
    """What goes into one transaction."""

    cycles: list[Row] = field(default_factory=list)
    events: list[tuple[int, Event]] = field(default_factory=list)
    snapshots: list[tuple[int, bytes]] = field(default_factory=list)
    rollups: dict[int, list[RollupRow]] = field(default_factory=dict)  # by width, seconds
    turns: list[tuple[int, int, int]] = field(default_factory=list)  # seq, was_ns, t_ns


def day_of(t_ns: int) -> str:
    """Return the UTC day of an instant as YYYY-MM-DD."""
    return datetime.fromtimestamp(t_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d")


class Segment:
    """The segment of one day of one run, open for writing.

    Raises sqlite3.Error, OSError or a HistorianError from every method.
    `set_aside` says in words when a damaged file was found and kept apart.
    """

    def __init__(
        self, folder: Path, day: str, run: Run, channels: Sequence[Channel], wall_ns: int
    ) -> None:
        self.path, self.day, self._run = folder / f"{day}.db", day, run
        self.set_aside = ""
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / f"{day}.archive.db").exists() and not self.path.exists():
            raise HistorianError(f"{day} of run {run.id} is archived; start a new run")
        if self.path.exists() and (damage := damage_of(self.path)):
            kept = put_aside(self.path)
            self.set_aside = f"journal segment {day} is damaged ({damage}); kept as {kept}"
        if not self.path.exists():
            schema.create(self.path, run, channels, wall_ns)
        self._db = schema.open_to_write(self.path, channels)

    def write(self, batch: Batch) -> None:
        """Commit a batch: all of it is on the disk when this returns, or none.

        What was committed before and is the same is left as it is, so a batch whose
        commit failed half-way may simply be written again.  Raises Occupied for a key
        that is there with other content.
        """
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            cycles = unstored(db, "cycle", schema.CYCLE_COLUMNS, batch.cycles)
            for i in range(0, len(cycles), ROWS_A_STATEMENT):
                _insert_cycles(db, cycles[i : i + ROWS_A_STATEMENT])
            events = [event_row(i, e) for i, e in batch.events]
            _insert(db, "event", EVENT_COLUMNS, events)
            snapshots = [(seq, self._run.version, state) for seq, state in batch.snapshots]
            _insert(db, "snapshot", "seq, version, state", snapshots)
            _insert(db, "turn", "seq, was_ns, t_ns", batch.turns)
            for width_s, spans in batch.rollups.items():
                into = f"INSERT OR REPLACE INTO rollup_{width_s} VALUES (?,?,?,?,?,?,?)"
                db.executemany(into, spans)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def end_run(self, wall_ns: int) -> None:
        """Note the clean end of the run."""
        self._db.execute("UPDATE run SET ended_ns=?", (wall_ns,))

    def close(self) -> None:
        """Close the file; the last close also folds the log into it."""
        self._db.close()


def _insert_cycles(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    marks = ",".join([_CYCLE] * len(rows))
    flat = [cell for row in rows for cell in row]
    db.execute(f"INSERT INTO cycle VALUES {marks}", flat)


def _insert(
    db: sqlite3.Connection, table: str, columns: str, rows: Sequence[tuple[object, ...]]
) -> None:
    marks = ",".join("?" * (columns.count(",") + 1))
    fresh = unstored(db, table, columns, rows)
    db.executemany(f"INSERT INTO {table}({columns}) VALUES ({marks})", fresh)


def damage_of(path: Path) -> str:
    """Return what is wrong with a segment's file, or "" when it is sound."""
    try:
        db = sqlite3.connect(path, isolation_level=None)
        try:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            (mark,) = db.execute("PRAGMA application_id").fetchone()
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # busy, full or unreadable is not damage
        return str(error)
    if verdict != "ok":
        return " ".join(str(verdict).split())  # SQLite says it in lines, a log wants one
    return "" if mark == schema.APPLICATION_ID else "not a Seastack journal"


def put_aside(path: Path) -> str:
    """Rename a damaged segment with its log; return the new name."""
    n = 1
    while (kept := path.with_suffix(f".damaged{n}")).exists():
        n += 1
    path.rename(kept)
    for tail in ("-wal", "-shm"):
        log = Path(f"{path}{tail}")
        if log.exists():
            log.rename(Path(f"{kept}{tail}"))
    return kept.name


def left_off(folder: Path) -> tuple[int, int]:
    """Return the highest event id and the last time of a run being continued, else 0, 0."""
    highest, last_seq, last_t_ns = 0, -1, 0
    for path in sorted(folder.glob("*.db")):
        try:
            db = schema.open_to_read(path)
        except (sqlite3.Error, SchemaUnknown):
            continue  # a damaged segment is dealt with when it is opened for writing
        try:
            (found,) = db.execute("SELECT max(id) FROM event").fetchone()
            highest = max(highest, found or 0)
            newest = db.execute("SELECT seq, t_ns FROM cycle ORDER BY seq DESC LIMIT 1").fetchone()
            if newest is not None and newest[0] > last_seq:
                last_seq, last_t_ns = newest
        except sqlite3.Error:
            continue
        finally:
            db.close()
    return highest, last_t_ns
