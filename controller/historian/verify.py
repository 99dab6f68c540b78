"""Is the record as it was written? Every checksum, chain, seal and digest of a state directory.

Nothing is changed.  A day of an earlier version has no checksums: it is counted, not proven.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from controller.historian import schema
from controller.historian.chain import (
    NOTHING,
    SINCE,
    canonical,
    first_checked,
    next_link,
    problem_of,
    read_head,
    version_of,
)
from controller.historian.errors import ERROR_CHARS, UNSOUND
from controller.historian.sealing import digest_of, read_seal
from controller.historian.segment import EVENT_COLUMNS, last_links
from controller.historian.segmentfiles import files_of, seal_of, segment_files
from controller.historian.segments import cycles_of, doubt_of
from controller.historian.tailmark import last_acknowledged
from sensors.foreigntext import clean

MOST_PROBLEMS: Final = 12  # of one day in words; the others are counted
_CHUNK: Final = 2000
_PLAIN: Final = {
    "snapshot": schema.SNAPSHOT_COLUMNS,
    "turn": schema.TURN_COLUMNS,
    "rollup_60": schema.ROLLUP_COLUMNS,
    "rollup_600": schema.ROLLUP_COLUMNS,
}


@dataclass(slots=True)
class Day:
    """What was found of one day of one run; `links` are the last of cycles and events."""

    run: str
    day: str
    cycles: int = 0
    events: int = 0
    checked: bool = False  # its rows have checksums
    sealed_by: str = ""  # the public key of its seal
    problems: list[str] = field(default_factory=list)
    more: int = 0  # problems beyond those told
    starts: tuple[bytes, bytes] | None = None
    links: tuple[bytes, bytes] | None = None
    begins: bool = False  # at the first link of its run
    note: str = ""  # what is no damage and should be known

    def tell(self, problem: str) -> None:
        """Note a problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(clean(problem, ERROR_CHARS))
        else:
            self.more += 1


def main_files(state_dir: Path) -> list[Path]:
    """Return the main file of every day of every run, in order."""
    folders = sorted(p for p in (state_dir / "journal").glob("*") if p.is_dir())
    return [path for folder in folders for path in segment_files(folder)]


def verify(
    state_dir: Path, run: str | None = None, on_day: Callable[[Day], None] = lambda _: None
) -> list[Day]:
    """Return what is found of every day; `on_day` is told each as it is done."""
    days: list[Day] = []
    for main in main_files(state_dir):
        if run is not None and main.parent.name != run:
            continue
        found = verify_day(main)
        before = days[-1] if days and days[-1].run == found.run else None
        _continues(before, found)
        days.append(found)
        on_day(found)
    for found in (*_orphans(state_dir, run), *_tail(state_dir, run, days)):
        days.append(found)
        on_day(found)
    return days


def verify_day(main: Path) -> Day:
    """Return what is found of one day; raises nothing for damage."""
    found = Day(main.parent.name, main.name.split(".")[0])
    statement = _seal(main, found)
    as_sealed = statement is not None and not found.problems
    try:
        with closing(schema.open_to_read(main)) as db:
            _described(db, found)
            if not as_sealed:
                _whole(db, found)
            _events(db, found)
            _plain_rows(db, found)
            _cycles(db, main, found)
            found.links = last_links(db)
            if statement is not None:
                _against(statement, found)
    except UNSOUND as error:
        found.tell(f"cannot be read: {error}")
    return found


def _seal(main: Path, found: Day) -> dict[str, Any] | None:
    """Compare a day's files with its seal; return what it says, None where there is none."""
    path = seal_of(main)
    if not path.exists():
        return None
    try:
        statement = read_seal(path)
        found.sealed_by = statement["key"]
        if (statement["run"], statement["day"]) != (found.run, found.day):
            found.tell(f"{path.name}: is the seal of {statement['run']} {statement['day']}")
        if set(statement["files"]) != {p.name for p in files_of(main)}:
            found.tell(f"{path.name}: is of other files: {', '.join(statement['files'])}")
        for file in files_of(main):
            if file.exists() and statement["files"].get(file.name) != digest_of(file):
                found.tell(f"{file.name}: is not the file that was sealed: other SHA-256")
            elif not file.exists():
                found.tell(f"{file.name}: is gone")
    except UNSOUND as error:
        found.tell(str(error))
        return None
    return statement


def _described(db: sqlite3.Connection, found: Day) -> None:
    found.checked = version_of(db) >= SINCE
    run, _, _ = schema.read_run(db)
    schema.read_layout(db)
    if run.id != found.run:
        found.tell(f"is of run {run.id}, in the folder of another")
    if doubt := doubt_of(db):
        found.tell(doubt)
    if head := read_head(db):
        found.starts = head.cycle, head.event
        found.begins = head.cycle == head.about


def _whole(db: sqlite3.Connection, found: Day) -> None:
    """Have SQLite look at its own pages and indexes."""
    for (verdict,) in db.execute("PRAGMA integrity_check(5)"):
        if verdict != "ok":
            found.tell("SQLite: " + " ".join(str(verdict).split()))


def _events(db: sqlite3.Connection, found: Day) -> None:
    head = read_head(db)
    start = head.event if head else None
    for _ in _linked(db, found, "event", EVENT_COLUMNS, start):
        found.events += 1


def _plain_rows(db: sqlite3.Connection, found: Day) -> None:
    if not found.checked:
        return
    for table, columns in _PLAIN.items():
        first = first_checked(db, table)
        key = columns.split(",", 1)[0]
        for row in db.execute(f"SELECT {columns}, crc FROM {table} NOT INDEXED ORDER BY {key}"):
            if problem := problem_of(row, first):
                found.tell(f"{table} {row[0]}: {problem}")


def _cycles(db: sqlite3.Connection, main: Path, found: Day) -> None:
    if schema.read_archive(db) is None:
        head = read_head(db)
        start = head.cycle if head else None
        for _ in _linked(db, found, "cycle", schema.CYCLE_COLUMNS, start):
            found.cycles += 1
    else:
        _archived(db, main, found)


def _linked(
    db: sqlite3.Connection, found: Day, table: str, columns: str, start: bytes | None
) -> Iterator[None]:
    """Follow the chain of a table, once for each row; tell what does not fit."""
    first, key = first_checked(db, table), columns.split(",", 1)[0]
    extra = ", crc, link" if found.checked else ""
    link, bad = start, _Stretch(found, table)
    rows = db.execute(f"SELECT {columns}{extra} FROM {table} NOT INDEXED ORDER BY {key}")
    for row in rows:
        yield
        if not found.checked or (row[-2] is None and isinstance(row[0], int) and row[0] < first):
            continue
        *cells, _, own = row
        problem = problem_of(row[:-1], first)
        if not problem and link is not None and own != next_link(link, canonical(cells)):
            problem = "the chain is broken before it: rows are missing, changed or put in"
        bad.add(row[0], problem)
        link = own if isinstance(own, bytes) else None
    bad.end()


class _Stretch:
    """Tells rows with the same problem that follow each other as one."""

    def __init__(self, found: Day, table: str) -> None:
        self._found, self._table = found, table
        self._first: object = None
        self._last: object = None
        self._problem = ""

    def add(self, key: object, problem: str) -> None:
        if problem == self._problem:
            self._last = key
            return
        self.end()
        self._first = self._last = key
        self._problem = problem

    def end(self) -> None:
        if self._problem:
            keys = (
                f"{self._first}" if self._first == self._last else f"{self._first} to {self._last}"
            )
            self._found.tell(f"{self._table} {keys}: {self._problem}")
        self._problem = ""


def _archived(db: sqlite3.Connection, main: Path, found: Day) -> None:
    """Compare all digests of an archived day, and lead its chain to the end noted."""
    from controller.historian.archive import Taken
    from controller.historian.damage import around

    channels = schema.read_layout(db)
    head, links = read_head(db), last_links(db)
    with closing(cycles_of(db, main, channels)) as cycles:
        (begin, end), (_, _, count) = cycles.bounds() or (0, -1), cycles.extent()
        taken, broken = Taken(head), False
        while begin <= end:
            stretch = around(cycles, begin, end, _CHUNK)
            for hole in stretch.holes:
                found.tell(str(hole))
                broken = True
            found.cycles += sum(1 for _ in taken.noted(stretch.records))
            begin = stretch.last_seq + 1
    if found.cycles != count and not broken:
        found.tell(f"has {found.cycles} cycles, archived were {count}")
    if links is not None and not broken and links[0] != taken.link:
        found.tell("its cycles do not lead to the end of the chain that was archived")


def _against(statement: dict[str, Any], found: Day) -> None:
    _same(found, "cycles", found.cycles, 0, statement)
    _same(found, "events", found.events, 1, statement)


def _same(found: Day, what: str, count: int, which: int, statement: dict[str, Any]) -> None:
    sealed = statement[what]
    link = found.links[which].hex() if found.links else ""
    if (count, link) != (sealed["count"], sealed["link"]):
        found.tell(f"has {count} {what}, sealed were {sealed['count']}, or others than those")


def _continues(before: Day | None, found: Day) -> None:
    """Tell a chain that does not go on from one day to the next."""
    if before is None and found.starts not in (None, (NOTHING, NOTHING)) and not found.begins:
        found.note = "the days before it are not here"
    if found.starts is None or before is None or before.links is None:
        return
    if found.starts != before.links:
        found.tell(f"does not go on where {before.day} ends: a day is missing or was exchanged")


def _orphans(state_dir: Path, run: str | None) -> list[Day]:
    """Return the seals without their files, and what was set aside as damaged."""
    found = []
    mains = {(p.parent.name, p.name.split(".")[0]) for p in main_files(state_dir)}
    for path in sorted((state_dir / "journal").glob("*/*")):
        day = Day(path.parent.name, path.name.split(".")[0])
        if path.suffix == ".seal" and (day.run, day.day) not in mains:
            day.tell(f"{path.name}: its files are gone")
        if path.suffix.startswith(".damaged"):
            day.tell(f"{path.name}: was set aside as damaged; what can be read of it is not proven")
        if day.problems and run in (None, day.run):
            found.append(day)
    return found


def _tail(state_dir: Path, run: str | None, days: Sequence[Day]) -> list[Day]:
    """Return the day of cycles that were acknowledged and are not there."""
    mark = last_acknowledged(state_dir)
    if mark is None or run not in (None, mark.run):
        return []
    mine = [main for main in main_files(state_dir) if main.parent.name == mark.run]
    lasts = [last for main in mine if (last := _last_seq(main)) is not None]
    if not mine or max(lasts, default=-1) >= mark.seq:
        return []
    day = Day(mark.run, days[-1].day if days else "")
    day.tell(
        f"cycles up to {mark.seq} were acknowledged, {max(lasts, default=-1)} is the last here"
    )
    return [day]


def _last_seq(main: Path) -> int | None:
    try:
        with closing(schema.open_to_read(main)) as db:
            if moved := schema.read_archive(db):
                return moved[3]
            (last,) = db.execute("SELECT max(seq) FROM cycle").fetchone()
            return int(last)
    except UNSOUND:
        return None
