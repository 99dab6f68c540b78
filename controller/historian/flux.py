"""The questions to a bucket in Flux, as InfluxDB 2.x speaks it."""

import json
from collections.abc import Iterator
from typing import Final, Protocol

from controller.historian.lines import MEASUREMENTS
from controller.historian.questions import END, End, Row, Turn, from_datetime

# Equality, not a pattern: the storage engine itself can then leave the rest out.
_OURS: Final = "(" + " or ".join(f'r._measurement == "{m}"' for m in MEASUREMENTS) + ")"
_SEQS: Final = f'filter(fn: (r) => {_OURS} and r._field == "seq")'


class Asked(Protocol):
    """Whoever answers Flux queries, row by row; raises a ShipError."""

    def rows(self, flux: str) -> Iterator[Row]: ...


class FluxQuestions:
    """See `questions.Questions`."""

    def __init__(self, bucket: str, asked: Asked) -> None:
        self._bucket, self._asked = bucket, asked

    def ends(self, end: End) -> Iterator[tuple[int, Row]]:
        flux = f"{self._from()} |> range(start: 0, stop: {END}) |> {_SEQS} |> {end}()"
        return self._timed(flux)

    def fields(self, run: str) -> set[str]:
        flux = (
            'import "influxdata/influxdb/schema"\n'
            f"schema.fieldKeys(bucket: {text(self._bucket)}, start: 0, stop: {END},"
            f" predicate: (r) => {_OURS} and r.run == {text(run)})"
        )
        return {str(row["_value"]) for row in self._asked.rows(flux)}

    def rows(self, turn: Turn, start_ns: int, stop_ns: int) -> Iterator[tuple[int, Row]]:
        return self._timed(
            f"{self._from()} |> range(start: time(v: {start_ns}), stop: time(v: {stop_ns}))"
            f" |> filter(fn: (r) => {_OURS} and {_which(turn)})"
            ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
        )

    def seqs(self, turn: Turn, start_ns: int, stop_ns: int) -> Iterator[tuple[int, Row]]:
        return self._timed(
            f"{self._from()} |> range(start: time(v: {start_ns}), stop: time(v: {stop_ns}))"
            f" |> {_SEQS} |> filter(fn: (r) => {_which(turn)})"
            ' |> keep(columns: ["_time", "_value"])'
        )

    def next_ns(self, turn: Turn, start_ns: int) -> int | None:
        flux = (
            f"{self._from()} |> range(start: time(v: {start_ns}), stop: {END})"
            f" |> {_SEQS} |> filter(fn: (r) => {_which(turn)}) |> first()"
        )
        return min((t_ns for t_ns, _ in self._timed(flux)), default=None)

    def _timed(self, flux: str) -> Iterator[tuple[int, Row]]:
        for row in self._asked.rows(flux):
            yield from_datetime(row["_time"]), row

    def _from(self) -> str:
        return f"from(bucket: {text(self._bucket)})"


def _which(turn: Turn) -> str:
    which = f'r.turn == "{turn.turn}"' if turn.turn else "not exists r.turn"
    return f"r.run == {text(turn.run)} and {which}"


def text(plain: str) -> str:
    """Return a Flux string literal."""
    return json.dumps(plain, ensure_ascii=False).replace("${", "\\${")
