"""Whatever stands in the inbox file: no row ends a controller, holds a bypass up or steers wrongly.

Rows as any program of this computer may write them go into a real file; a bypass is posted
after each lot, and the real inbox is polled as a cycle polls it.  What it hears is decided by
the controller's step beside the rules of `bench cycles`.
"""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

from controller.config import configure
from controller.inbox import A_CYCLE, NAME, Inbox, post
from seastack.bench.anyrequest import KINDS
from seastack.bench.cycles import Fuzz
from seastack.bench.tortures.rules import kind_of
from seastack.bench.tortures.tally import LATE, Tally
from seastack.bench.tortures.words import any_text
from seastack.plantargs import plant_of

LOT: Final = 4 * A_CYCLE  # rows before a bypass: more than a cycle hears
WITHIN: Final = 2  # cycles until a bypass is heard
_INTO: Final = 'INSERT OR REPLACE INTO request({}posted_ns, kind, "by", args) VALUES ({}?,?,?,?)'
_NUMBERS: Final = (0, -1, 1, 2**31, 2**53, 2**63 - 1, -(2**63))
_DEEP: Final = 5_000  # levels of a nested text


def inbox_rows(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Put so many rows into an inbox; see the module docstring."""
    fuzz = Fuzz(configure(plant_of("demo")), rng.randrange(2**31))
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        inbox = Inbox(state, count().__next__)  # a second goes by between two looks at the clock
        try:
            for done in range(0, inputs, LOT):
                _lot(state, inbox, fuzz, rng, tally)
                tally.inputs += LOT
                shown(done + LOT)
        finally:
            inbox.close()


def _lot(state: Path, inbox: Inbox, fuzz: Fuzz, rng: Random, tally: Tally) -> None:
    _write(state, rng, tally)
    with tally.judged("post of a bypass"):
        post(state, "bypass", {}, "E/watch")
    heard = []
    for _ in range(WITHIN):
        with tally.judged("a poll and its cycle"):
            commands = inbox.poll()
            heard += [c.kind for c in commands if c.by == "E/watch"]
            tally.met["requests heard"] += len(commands)
            _decide(fuzz, commands, tally)
    if "bypass" not in heard:
        tally.fault(LATE, f"not heard in {WITHIN} polls, heard {heard}")
    for _ in range(LOT // A_CYCLE):  # the rest of the lot, so that lots do not pile up
        with tally.judged("a poll and its cycle"):
            _decide(fuzz, inbox.poll(), tally)
    for line in inbox.news():
        tally.words(line, "what the inbox tells")


def _decide(fuzz: Fuzz, commands: Any, tally: Tally) -> None:
    before = fuzz.tally.broken.copy()
    fuzz.ask(*commands)
    fuzz.cycle()
    for rule in fuzz.tally.broken - before:
        tally.fault(kind_of(rule), rule)


def _write(state: Path, rng: Random, tally: Tally) -> None:
    db = sqlite3.connect(state / NAME, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous=OFF")
        for _ in range(LOT):
            try:
                into, cells = _row(rng)
                db.execute(into, cells)
                tally.met["rows that a file can hold"] += 1
            except (sqlite3.Error, OverflowError, UnicodeEncodeError):
                tally.met["rows that no file can hold"] += 1
    finally:
        db.close()


def _row(rng: Random) -> tuple[str, tuple[Any, ...]]:
    """Return a statement and its cells: sensible, nearly sensible or nonsense."""
    cells: list[Any] = [
        time.time_ns() + rng.choice((0, 0, 0, -(10**10), 10**10, rng.randrange(-(10**15), 10**15))),
        rng.choice(KINDS),
        rng.choice(("2/E", "C/E", "owner")),
        json.dumps(_arguments(rng)),
    ]
    while rng.random() < 0.5:
        cells[rng.randrange(4)] = _cell(rng)
    places = ["?"] * 4
    if rng.random() < 0.1:  # bytes that are called text
        place = rng.randrange(1, 4)
        cells[place], places[place] = rng.randbytes(rng.randrange(60)), "CAST(? AS TEXT)"
    into = _INTO.format("", "{}").replace("?,?,?,?", ",".join(places))
    if rng.random() < 0.002:  # a number of one's own, also one that is taken
        return into.format("?, ").replace("request(", "request(id, "), (
            rng.choice(_NUMBERS),
            *cells,
        )
    return into.format(""), tuple(cells)


def _arguments(rng: Random) -> dict[str, Any]:
    keys = ("pct", "state", "loop", "mode", "value", "alarm", "raised_ms", "kind", "waited_s")
    some = rng.sample(keys, rng.randrange(4))
    return {key: rng.choice((_cell_of_json(rng), 60, 1.5, "CAPTURE", "steam")) for key in some}


def _cell_of_json(rng: Random) -> Any:
    return rng.choice((None, True, [], {}, [[1]], -1e308, 1e308, 10**30, "all", any_text(rng, 40)))


def _cell(rng: Random) -> Any:
    """Return what may stand in a cell of SQLite, or cannot."""
    match rng.randrange(9):
        case 0:
            return rng.choice(_NUMBERS)
        case 1:
            return rng.choice((float("nan"), float("inf"), -1e300, 0.5))
        case 2:
            return rng.randbytes(rng.randrange(200))
        case 3:
            return None
        case 4:
            return "[" * _DEEP if rng.random() < 0.02 else '{"a":' * 30
        case 5:
            return any_text(rng, 6000 if rng.random() < 0.02 else 80)
        case 6:
            return rng.choice(("bypass", "BYPASS", "bypass ", "bypass\0", "late", "resume", "ack"))
        case 7:
            return (
                '{"pct": ' + rng.choice(("NaN", "Infinity", "1e999", "9" * 400, '"60"', "{}")) + "}"
            )
    return rng.choice(
        ("", " ", "{", "null", "[]", '{"pct":60,"pct":99}', "'; DROP TABLE request;--")
    )
