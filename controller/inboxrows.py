"""One row of the inbox file, read defensively: any process may have written it.

A row becomes a request, or it is said in words why it is none.  A bypass counts
whatever else in its row is damaged.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sensors.foreigntext import clean

if TYPE_CHECKING:
    from controller.types import Command

BYPASS: Final = "bypass"  # never late, never withdrawn, never refused
LATE: Final = "late"
OWN: Final = frozenset({LATE, "resume"})  # kinds that only the controller makes
LATE_NS: Final = 10 * 1_000_000_000  # wall; who asked has been told by then that nobody answers
ACK_LATE_NS: Final = 60 * 1_000_000_000
LAST_ID: Final = 2**53  # what a number in a JSON text holds exactly; SQLite's own end is near 2**63
MOST_BYTES: Final = 4096  # arguments
KIND_CHARS: Final = 64
NAME_CHARS: Final = 100
TEXT_CHARS: Final = 500
MOST_ARGS: Final = 16
UNKNOWN: Final = "unknown"
_NUMBERS: Final = 2**53

# What is asked of the file: at most so much of each cell, and of which type it is.
_CELLS: Final = (("kind", KIND_CHARS), ('"by"', NAME_CHARS), ("args", MOST_BYTES))
COLUMNS: Final = "id, posted_ns, " + ", ".join(
    f"typeof({name}), substr(CAST({name} AS TEXT), 1, {most + 1})" for name, most in _CELLS
)
IS_BYPASS: Final = f"(coalesce(CAST(substr(kind, 1, {KIND_CHARS}) AS TEXT), '')='{BYPASS}')"


class BadRow(ValueError):
    """What is wrong with a row, in words."""


def command_of(row: tuple[Any, ...], now_ns: int) -> "Command":
    """Return the request in a row of `COLUMNS` (text as bytes). Raises BadRow, for no bypass."""
    from controller.types import Command  # whoever only posts need not load all of control

    number, posted, _, kind, _, by, _, _ = row
    if bytes(kind or b"") != BYPASS.encode():
        return _request(row, now_ns)
    known = number if 0 < number < LAST_ID else LAST_ID
    name = clean(by, NAME_CHARS) or UNKNOWN
    return Command(known, BYPASS, name, posted if _is_time(posted) else now_ns, {})


def late_bypass(row: tuple[Any, ...], now_ns: int) -> "Command":
    """Return a bypass in a row of `COLUMNS` as one that nobody heard in time."""
    asked = command_of(row, now_ns)
    waited_s = round((now_ns - asked.t_ns) * 1e-9)
    return replace(asked, kind=LATE, args={"kind": BYPASS, "waited_s": waited_s})


def _request(row: tuple[Any, ...], now_ns: int) -> "Command":
    from controller.types import Command

    number, posted, kind_type, kind, by_type, by, args_type, args = row
    if not 0 < number < LAST_ID:
        raise BadRow("its number is none")
    if {kind_type, by_type, args_type} != {b"text"}:
        raise BadRow("kind, name and arguments must be text")
    word, name = _text(kind, "kind", KIND_CHARS), _text(by, "name", NAME_CHARS)
    if word in OWN:
        raise BadRow(f"'{word}' is no request")
    given = arguments(args)
    if not _is_time(posted):
        raise BadRow("it has no time")
    waited_ns = now_ns - posted
    if waited_ns < -LATE_NS:
        raise BadRow(f"it is dated {-waited_ns // 1_000_000_000} s ahead of the clock")
    # An acknowledgement names its occurrence: many at once may take their time.
    late_ns = ACK_LATE_NS if word == "ack" and "raised_ms" in given else LATE_NS
    if waited_ns > late_ns:
        seconds = round(waited_ns * 1e-9)
        return Command(number, LATE, name, posted, {"kind": word, "waited_s": seconds})
    return Command(number, word, name, posted, given)


def _is_time(posted: object) -> bool:
    return isinstance(posted, int) and posted >= 0


def _text(cell: bytes, what: str, most: int) -> str:
    try:
        text = cell.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRow(f"its {what} is not UTF-8") from None
    if not 0 < len(text) <= most or not text.isprintable():
        raise BadRow(f"its {what} is not 1 to {most} printable characters")
    return text


def arguments(cell: bytes) -> Mapping[str, float | str]:
    """Return the arguments in a JSON text: finite numbers and short texts. Raises BadRow."""
    if len(cell) > MOST_BYTES:
        raise BadRow(f"its arguments are longer than {MOST_BYTES} bytes")
    try:
        parsed = json.loads(cell.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRow("its arguments are no JSON") from None
    if not isinstance(parsed, dict) or len(parsed) > MOST_ARGS:
        raise BadRow(f"its arguments are not one object of at most {MOST_ARGS}")
    for key, value in parsed.items():
        if problem := argument_problem(key, value):
            raise BadRow(problem)
    return parsed


def argument_problem(key: str, value: object) -> str:
    """Return what is wrong with one argument, "" when nothing is."""
    shown = clean(key, 24) if isinstance(key, str) else "?"
    if not isinstance(key, str) or len(key) > KIND_CHARS or not key.isprintable():
        return f"the name of argument '{shown}' is not short printable text"
    if isinstance(value, str):
        fits = len(value) <= TEXT_CHARS and value.isprintable()
        return "" if fits else f"'{shown}' is not printable text of at most {TEXT_CHARS} characters"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"'{shown}' is neither a number nor text"
    if isinstance(value, int):
        return "" if abs(value) <= _NUMBERS else f"'{shown}' is too large a number"
    return "" if math.isfinite(value) else f"'{shown}' is not a finite number"
