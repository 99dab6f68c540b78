"""One open segment, as its writer sees it: whole batches, one transaction each."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from controller.historian import schema
from controller.historian.chain import NOTHING, checked, crc_of, linked, read_head
from controller.historian.errors import UNSOUND, HistorianError, SchemaUnknown
from controller.historian.eventrow import event_row
from controller.historian.packing import Row
from controller.historian.record import Channel, Event, Run
from controller.historian.rollup import RollupRow
from controller.historian.segmentfiles import seal_of, segment_files
from controller.historian.unstored import unstored

EVENT_COLUMNS: Final = 'id, seq, t_ns, kind, source, state, priority, "by", old, new, text, data'
ROWS_A_STATEMENT: Final = 64  # one statement, one release of the interpreter lock
_CYCLE: Final = "(?,?,?,?,?,?,?,?,?,?)"


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
        seal_of(self.path).unlink(missing_ok=True)  # the day goes on: it is sealed anew
        if self.path.exists() and (damage := damage_of(self.path)):
            kept = put_aside(self.path)
            self.set_aside = f"journal segment {day} is damaged ({damage}); kept as {kept}"
        if not self.path.exists():
            schema.create(self.path, run, channels, wall_ns, links_before(folder, day))
        self._db = schema.open_to_write(self.path, channels)
        self._links = last_links(self._db) or (NOTHING, NOTHING)

    def write(self, batch: Batch) -> None:
        """Commit a batch: all of it is on the disk when this returns, or none.

        What was committed before and is the same is left as it is, so a batch whose
        commit failed half-way may simply be written again.  Raises Occupied for a key
        that is there with other content.
        """
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            fresh = unstored(db, "cycle", schema.CYCLE_COLUMNS, batch.cycles)
            cycles, cycle_link = linked(self._links[0], fresh)
            for i in range(0, len(cycles), ROWS_A_STATEMENT):
                _insert_cycles(db, cycles[i : i + ROWS_A_STATEMENT])
            said = unstored(db, "event", EVENT_COLUMNS, [event_row(i, e) for i, e in batch.events])
            events, event_link = linked(self._links[1], said)
            _insert(db, "event", f"{EVENT_COLUMNS}, crc, link", events)
            snapshots = [(seq, self._run.version, state) for seq, state in batch.snapshots]
            for table, columns, rows in (
                ("snapshot", schema.SNAPSHOT_COLUMNS, snapshots),
                ("turn", schema.TURN_COLUMNS, batch.turns),
            ):
                _insert(db, table, f"{columns}, crc", checked(unstored(db, table, columns, rows)))
            for width_s, spans in batch.rollups.items():
                into = f"INSERT OR REPLACE INTO rollup_{width_s} VALUES (?,?,?,?,?,?,?,?)"
                db.executemany(into, checked(spans))
            db.execute("COMMIT")
            self._links = cycle_link, event_link
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def end_run(self, wall_ns: int) -> None:
        """Note the clean end of the run."""
        self._db.execute("UPDATE run SET ended_ns=?, ended_crc=?", (wall_ns, crc_of([wall_ns])))

    def close(self) -> None:
        """Close the file; the last close also folds the log into it."""
        self._db.close()


def _insert_cycles(db: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    marks = ",".join([_CYCLE] * len(rows))
    flat = [cell for row in rows for cell in row]
    db.execute(f"INSERT INTO cycle VALUES {marks}", flat)


def _insert(
    db: sqlite3.Connection, table: str, columns: str, rows: Sequence[tuple[object, ...]]
) -> None:
    marks = ",".join("?" * (columns.count(",") + 1))
    db.executemany(f"INSERT INTO {table}({columns}) VALUES ({marks})", rows)


def last_links(db: sqlite3.Connection) -> tuple[bytes, bytes] | None:
    """Return the last links of a segment's cycles and events; None where it has no chain."""
    head = read_head(db)
    if head is None:
        return None
    cycle = db.execute("SELECT link FROM cycle ORDER BY seq DESC LIMIT 1").fetchone()
    if moved := db.execute("SELECT link FROM archive").fetchone():
        cycle = moved
    event = db.execute("SELECT link FROM event ORDER BY id DESC LIMIT 1").fetchone()
    links = [row[0] if row else start for row, start in ((cycle, head.cycle), (event, head.event))]
    first, second = (link if isinstance(link, bytes) else NOTHING for link in links)
    return first, second


def links_before(folder: Path, day: str) -> tuple[bytes, bytes] | None:
    """Return the last links of the newest segment before a day, None when there is none.

    A segment that cannot be read breaks the chain: then it begins with NOTHING.
    """
    earlier = [path for path in segment_files(folder) if path.name.split(".")[0] < day]
    if not earlier:
        return None
    try:
        with closing(schema.open_to_read(earlier[-1])) as db:
            return last_links(db) or (NOTHING, NOTHING)
    except UNSOUND:
        return NOTHING, NOTHING


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
