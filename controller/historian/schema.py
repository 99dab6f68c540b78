"""The tables of a journal segment, and how a segment is opened.

A segment is one SQLite file: one run, one UTC day.  It repeats the run and the
layout, so that each file can be read alone with any SQLite tool.  A run has one
layout for life, therefore `seq` alone is the key of a cycle and the cursor of
whoever ships it.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from controller.historian.chain import (
    NOTHING,
    SINCE,
    Head,
    canonical,
    crc_of,
    problem_of,
    version_of,
)
from controller.historian.errors import LayoutChanged, SchemaUnknown, SegmentDamaged
from controller.historian.record import Channel, Run

VERSION: Final = 4
APPLICATION_ID: Final = 0x53454153  # "SEAS"
PAGE_BYTES: Final = 16384  # five rows of 250 channels a page; at 4096 a third would be empty
WAL_LIMIT_BYTES: Final = 16 * 1024 * 1024

_TABLES: Final = """
CREATE TABLE run(id TEXT PRIMARY KEY, kind TEXT NOT NULL, plant TEXT NOT NULL,
  config_hash TEXT NOT NULL, version TEXT NOT NULL, seed INTEGER, started_ns INTEGER NOT NULL,
  simulator INTEGER NOT NULL, title TEXT NOT NULL, created_ns INTEGER NOT NULL, ended_ns INTEGER);
CREATE TABLE layout(position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL,
  kind TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE cycle(seq INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, mono_ns INTEGER NOT NULL,
  clock_ok INTEGER NOT NULL, value BLOB NOT NULL, quality BLOB NOT NULL, reason BLOB NOT NULL,
  age_ms BLOB NOT NULL);
CREATE INDEX cycle_t ON cycle(t_ns);
CREATE TABLE event(id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, t_ns INTEGER NOT NULL,
  kind TEXT NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL,
  "by" TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, text TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX event_kind ON event(kind, source, state, id);
CREATE INDEX event_seq ON event(seq);
CREATE TABLE snapshot(seq INTEGER PRIMARY KEY, version TEXT NOT NULL, state BLOB NOT NULL);
"""
_SINCE_2: Final = """
CREATE TABLE rollup_60(first_seq INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL,
  cycles INTEGER NOT NULL, low BLOB NOT NULL, mean BLOB NOT NULL, high BLOB NOT NULL,
  quality BLOB NOT NULL);
CREATE INDEX rollup_60_t ON rollup_60(t_ns);
CREATE TABLE rollup_600(first_seq INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL,
  cycles INTEGER NOT NULL, low BLOB NOT NULL, mean BLOB NOT NULL, high BLOB NOT NULL,
  quality BLOB NOT NULL);
CREATE INDEX rollup_600_t ON rollup_600(t_ns);
CREATE TABLE turn(seq INTEGER PRIMARY KEY, was_ns INTEGER NOT NULL, t_ns INTEGER NOT NULL);
CREATE TABLE archive(one INTEGER PRIMARY KEY CHECK(one=1), file TEXT NOT NULL,
  cycles INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  first_t_ns INTEGER NOT NULL, last_t_ns INTEGER NOT NULL);
"""
_SINCE_3: Final = """
ALTER TABLE run ADD COLUMN speed REAL;
ALTER TABLE run ADD COLUMN wall_ns INTEGER;
"""
_SINCE_4: Final = """
ALTER TABLE run ADD COLUMN ended_crc INTEGER;
ALTER TABLE cycle ADD COLUMN crc INTEGER;
ALTER TABLE cycle ADD COLUMN link BLOB;
ALTER TABLE event ADD COLUMN crc INTEGER;
ALTER TABLE event ADD COLUMN link BLOB;
ALTER TABLE snapshot ADD COLUMN crc INTEGER;
ALTER TABLE rollup_60 ADD COLUMN crc INTEGER;
ALTER TABLE rollup_600 ADD COLUMN crc INTEGER;
ALTER TABLE turn ADD COLUMN crc INTEGER;
ALTER TABLE archive ADD COLUMN link BLOB;
ALTER TABLE archive ADD COLUMN crc INTEGER;
CREATE TABLE head(first_seq INTEGER NOT NULL, first_event INTEGER NOT NULL, cycle BLOB NOT NULL,
  event BLOB NOT NULL, about BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE part(number INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, begin INTEGER NOT NULL, size INTEGER NOT NULL,
  sha256 BLOB NOT NULL, crc INTEGER NOT NULL);
"""
# What takes a segment of a version to the next. Version 1 kept minutes by their time
# alone, so a clock set back overwrote them; it had no ten-minute roll-ups.
_MIGRATIONS: Final = {
    1: _SINCE_2
    + """
INSERT INTO rollup_60 SELECT
  (SELECT min(seq) FROM cycle c WHERE c.t_ns >= r.t_ns AND c.t_ns < r.t_ns + 60000000000),
  t_ns, cycles, low, mean, high, quality FROM rollup r;
DROP TABLE rollup;
""",
    2: _SINCE_3,  # how the records' time follows the wall's
    3: _SINCE_4,  # checksums and chains, see `chain`; the rows there have none
}
_ROLLUPS: Final[dict[int, dict[int, str]]] = {
    1: {60: "rollup"},
    2: {60: "rollup_60", 600: "rollup_600"},
    3: {60: "rollup_60", 600: "rollup_600"},
    4: {60: "rollup_60", 600: "rollup_600"},
}

_RUN_COLUMNS: Final = (
    "id, kind, plant, config_hash, version, seed, started_ns, simulator, title, created_ns"
)
_ABOUT_COLUMNS: Final = f"{_RUN_COLUMNS}, speed, wall_ns"
ARCHIVE_COLUMNS: Final = "one, file, cycles, first_seq, last_seq, first_t_ns, last_t_ns, link"
PART_COLUMNS: Final = "number, first_seq, last_seq, begin, size, sha256"
ROLLUP_COLUMNS: Final = "first_seq, t_ns, cycles, low, mean, high, quality"
SNAPSHOT_COLUMNS: Final = "seq, version, state"
TURN_COLUMNS: Final = "seq, was_ns, t_ns"
CYCLE_COLUMNS: Final = "seq, t_ns, mono_ns, clock_ok, value, quality, reason, age_ms"


def create(
    path: Path,
    run: Run,
    channels: Sequence[Channel],
    created_ns: int,
    links: tuple[bytes, bytes] | None = None,
) -> None:
    """Make a new segment under its final name only when it is whole.

    `links` are the last of cycles and events of the day before, None at the start of a run.

    Raises sqlite3.Error or OSError when the disk says no.
    """
    fresh = path.with_suffix(".new")
    for leftover in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
        leftover.unlink(missing_ok=True)
    db = sqlite3.connect(fresh, isolation_level=None)
    try:
        db.execute(f"PRAGMA page_size={PAGE_BYTES}")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript("BEGIN;" + _TABLES + _SINCE_2 + _SINCE_3 + _SINCE_4)
        db.execute(
            f"INSERT INTO run({_ABOUT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (*_run_row(run), created_ns, run.speed, run.wall_ns),
        )
        db.executemany("INSERT INTO layout VALUES (?,?,?,?,?)", layout_rows(channels))
        about = about_of(db)
        put_head(db, Head(0, 0, *(links or (about, about)), about))
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode=WAL")  # now, while nobody reads: it needs the file alone
    finally:
        db.close()
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name must survive a power cut too
    finally:
        os.close(folder)


def _run_row(run: Run) -> tuple[str | int | None, ...]:
    names = (run.id, run.kind, run.plant, run.config_hash, run.version)
    return (*names, run.seed, run.started_ns, int(run.simulator), run.title)


def about_of(db: sqlite3.Connection) -> bytes:
    """Return the digest of a segment's run and layout, all but the run's end."""
    run = db.execute(f"SELECT {_ABOUT_COLUMNS} FROM run").fetchall()
    rows = [*run, *db.execute("SELECT * FROM layout ORDER BY position").fetchall()]
    return hashlib.sha256(b"".join(canonical(row) for row in rows)).digest()


def put_head(db: sqlite3.Connection, head: Head) -> None:
    """Write the one row of table `head`."""
    db.execute("DELETE FROM head")
    db.execute("INSERT INTO head VALUES (?,?,?,?,?,?)", (*head.cells, crc_of(head.cells)))


def open_to_write(path: Path, channels: Sequence[Channel]) -> sqlite3.Connection:
    """Open a segment for its one writer; an older version becomes today's.

    Raises SchemaUnknown, LayoutChanged, sqlite3.Error.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.5)
    try:
        version = _version(db, path)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        _migrate(db, version)
        db.execute(f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}")
        db.execute(f"PRAGMA wal_autocheckpoint={WAL_LIMIT_BYTES // 4 // PAGE_BYTES}")
        stored = db.execute("SELECT * FROM layout ORDER BY position").fetchall()
        if stored != layout_rows(channels):
            raise LayoutChanged(f"{path}: the run was begun with other channels; start a new run")
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a segment of any version query-only. Raises SchemaUnknown, sqlite3.Error."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=0.2,
    )
    db.text_factory = _text  # a text with one bit flipped must not cost its whole table
    try:
        _version(db, path)
        db.execute("PRAGMA query_only=1")
    except BaseException:
        db.close()
        raise
    return db


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")


def _version(db: sqlite3.Connection, path: Path) -> int:
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if mark != APPLICATION_ID:
        raise SchemaUnknown(f"{path} is not a Seastack journal")
    if version not in _ROLLUPS:
        raise SchemaUnknown(
            f"{path} has journal version {version}, this Seastack reads {VERSION}; update Seastack"
        )
    return int(version)


def _migrate(db: sqlite3.Connection, version: int) -> None:
    """Take a segment to today's version, step by step, each whole or not at all."""
    for old in range(version, VERSION):
        try:
            db.executescript(f"BEGIN IMMEDIATE; {_MIGRATIONS[old]}")
            if old + 1 == SINCE:
                _begin_chain(db)
            db.execute(f"PRAGMA user_version={old + 1}")
            db.execute("COMMIT")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _begin_chain(db: sqlite3.Connection) -> None:
    """Have every row from now on checked and linked; what is there has nothing to check."""
    (seq,) = db.execute("SELECT coalesce(max(seq), -1) + 1 FROM cycle").fetchone()
    (event,) = db.execute("SELECT coalesce(max(id), -1) + 1 FROM event").fetchone()
    about = about_of(db)
    put_head(db, Head(seq, event, NOTHING, NOTHING, about))


def rollup_table(db: sqlite3.Connection, width_s: int) -> str | None:
    """Return the table of roll-ups of that width, None where this version has none."""
    return _ROLLUPS[version_of(db)].get(width_s)


def has_turns(db: sqlite3.Connection) -> bool:
    """Return whether this version notes when the clock was set back."""
    return version_of(db) >= 2


def layout_rows(channels: Sequence[Channel]) -> list[tuple[int, str, str, str, str]]:
    """Return the rows of table `layout`."""
    return [(i, c.name, c.unit, c.kind, _about(c)) for i, c in enumerate(channels)]


def _about(c: Channel) -> str:
    about = {
        "text": c.text,
        "lo": c.lo,
        "hi": c.hi,
        "normal": list(c.normal) if c.normal else None,
        "labels": {str(k): v for k, v in c.labels.items()},
        "role": c.role,
        "index": c.index,
        "witness": c.witness,
    }
    return json.dumps(about, sort_keys=True)


def read_layout(db: sqlite3.Connection) -> tuple[Channel, ...]:
    """Return the channels of a segment in order. Raises SegmentDamaged, SchemaUnknown."""
    rows = db.execute("SELECT name, unit, kind, about FROM layout ORDER BY position")
    try:
        return _channels(tuple(rows.fetchall()))
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise SegmentDamaged(f"its layout makes no sense ({error})") from error


@lru_cache(maxsize=8)  # a month of segments has one layout, and parsing it is most of opening
def _channels(rows: tuple[tuple[str, str, str, str], ...]) -> tuple[Channel, ...]:
    return tuple(_channel(*row) for row in rows)


def _channel(name: str, unit: str, kind: str, about: str) -> Channel:
    a = json.loads(about)
    if kind not in ("in", "calc", "out"):
        raise SchemaUnknown(f"channel {name} has the unknown kind {kind!r}")
    return Channel(
        name,
        unit,
        kind,  # type: ignore[arg-type]  # narrowed above
        text=a["text"],
        lo=a["lo"],
        hi=a["hi"],
        normal=(a["normal"][0], a["normal"][1]) if a["normal"] else None,
        labels={int(k): v for k, v in a["labels"].items()},
        role=a["role"],
        index=a["index"],
        witness=a["witness"],
    )


def read_run(db: sqlite3.Connection) -> tuple[Run, int, int | None]:
    """Return the run, the wall time of its creation and of its clean end.

    Raises SegmentDamaged, SchemaUnknown.
    """
    pace = "speed, wall_ns" if version_of(db) >= 3 else "NULL, NULL"
    row = db.execute(f"SELECT {_RUN_COLUMNS}, ended_ns, {pace} FROM run").fetchone()
    if row is None:
        raise SchemaUnknown("a journal segment without its run")
    texts, numbers = (*row[:5], row[8]), (row[6], row[7], row[9])
    if not all(isinstance(t, str) for t in texts) or not all(isinstance(n, int) for n in numbers):
        raise SegmentDamaged("its run makes no sense")
    run = Run(row[0], row[1], row[2], row[3], row[4], row[5], row[6], bool(row[7]), row[8])
    if isinstance(row[11], float) and row[11] > 0.0 and isinstance(row[12], int):
        run = replace(run, speed=row[11], wall_ns=row[12])
    return run, row[9], row[10]


def read_archive(db: sqlite3.Connection) -> tuple[str, int, int, int, int, int] | None:
    """Return where a segment's cycles were archived, None while they are its own.

    File name, number of cycles, first and last seq, earliest and latest time.
    """
    if not has_turns(db):
        return None
    checked = version_of(db) >= SINCE
    columns = f"{ARCHIVE_COLUMNS}, crc" if checked else ARCHIVE_COLUMNS.replace(", link", "")
    row = db.execute(f"SELECT {columns} FROM archive").fetchone()
    if row is None:
        return None
    if checked and problem_of(row, 0):
        raise SegmentDamaged(f"where its cycles were archived: {problem_of(row, 0)}")
    file, cycles, first_seq, last_seq, first_t_ns, last_t_ns = row[1:7]
    return file, cycles, first_seq, last_seq, first_t_ns, last_t_ns
