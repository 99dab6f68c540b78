"""The questions to a bucket in InfluxQL: InfluxDB 2.x beside Flux, InfluxDB 3 in place of it.

Source: InfluxDB 2.x API, /query 1.x compatibility (a bucket is a database; from 2.3 on every
bucket is mapped to the database of its name); InfluxDB 3 Core, v1 /query.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from controller.historian.errors import Refused
from controller.historian.lines import MEASUREMENTS
from controller.historian.questions import END, End, Row, Turn
from controller.historian.shiperrors import SAID_CHARS
from sensors.foreigntext import clean

NS_PER_MS: Final = 1_000_000
_ALL: Final = f"time >= 0 AND time < '{END}'"


class Answers(Protocol):
    """Whoever answers InfluxQL queries with the text of a JSON answer; raises a ShipError."""

    def influxql(self, query: str) -> str: ...


class InfluxqlQuestions:
    """See `questions.Questions`."""

    def __init__(self, asked: Answers) -> None:
        self._asked = asked

    def ends(self, end: End) -> Iterator[tuple[int, Row]]:
        which = f'WHERE {_ALL} GROUP BY "run","plant","turn"'
        return self._timed(f'SELECT {end}("seq") AS "_value"', which)

    def fields(self, run: str) -> set[str]:
        return {
            name.removeprefix("count_")
            for _, row in self._timed("SELECT count(*)", f'WHERE "run" = {text(run)} AND {_ALL}')
            for name, count in row.items()
            if name.startswith("count_") and count
        }

    def rows(self, turn: Turn, start_ns: int, stop_ns: int) -> Iterator[tuple[int, Row]]:
        return self._timed(
            "SELECT *",
            f"WHERE {_which(turn)} AND time >= {start_ns} AND time < {stop_ns} ORDER BY time",
        )

    def seqs(self, turn: Turn, start_ns: int, stop_ns: int) -> Iterator[tuple[int, Row]]:
        return self._timed(
            'SELECT "seq" AS "_value"',
            f"WHERE {_which(turn)} AND time >= {start_ns} AND time < {stop_ns}",
        )

    def next_ns(self, turn: Turn, start_ns: int) -> int | None:
        which = f"WHERE {_which(turn)} AND time >= {start_ns} AND time < '{END}'"
        return min(
            (t_ns for t_ns, _ in self._timed('SELECT first("seq") AS "_value"', which)),
            default=None,
        )

    def _timed(self, what: str, which: str) -> Iterator[tuple[int, Row]]:
        """Ask each measurement apart: asked together, a field of two types would be of one."""
        for measurement in MEASUREMENTS:
            query = f'{what} FROM "{measurement}" {which}'
            for row in rows_in(self._asked.influxql(query)):
                t_ms = row["time"]
                if not isinstance(t_ms, int):
                    raise ValueError(f"expected a time in milliseconds, found {t_ms!r}")
                yield t_ms * NS_PER_MS, row


def rows_in(answer: str) -> Iterator[Row]:
    """Yield the rows of an answer with their tags; what is null is left out.

    Raises Refused for an error in it, for one that is cut, and for what is no answer;
    ValueError or LookupError for a row that makes no sense.
    """
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise Refused("the answer is cut, or not one of InfluxDB") from error
    if not isinstance(found, dict) or not isinstance(found.get("results", []), list):
        raise Refused("the answer is not one of InfluxDB")
    if said := found.get("error"):
        raise Refused(f"the query failed: {clean(said, SAID_CHARS)}")
    for result in found["results"]:
        if said := result.get("error"):
            raise Refused(f"the query failed: {clean(said, SAID_CHARS)}")
        for series in result.get("series", ()):
            if result.get("partial") or series.get("partial"):
                raise Refused("the server gives fewer rows than it has: raise its max-row-limit")
            tags: Mapping[str, object] = {k: v for k, v in series.get("tags", {}).items() if v}
            for values in series.get("values", ()):
                cells = zip(series["columns"], values, strict=True)
                yield {**tags, **{name: cell for name, cell in cells if cell is not None}}


def _which(turn: Turn) -> str:
    """Return the condition for a turn; a tag that is absent equals the empty text."""
    number = str(turn.turn) if turn.turn else ""
    return f'"run" = {text(turn.run)} AND "turn" = {text(number)}'


def text(plain: str) -> str:
    """Return an InfluxQL string literal."""
    escaped = plain.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
