"""Runs in an InfluxDB 2.x bucket, read back with Flux as the shipper wrote them.

What a line holds comes back exactly: time, seq, every value and its quality.  What
it does not hold is gone: reasons, ages, events and snapshots.  Where the clock was
set back a run has several turns; they are read one after the other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import numpy as np

from controller.historian.errors import UnknownRun
from controller.historian.lines import GOOD, RESERVED
from controller.historian.record import Channel, Record, Run

WINDOW_NS: Final = 600 * 1_000_000_000  # of a run a query
# Without an end Flux stops at the server's now: rows of a clock ahead of it would not exist.
END: Final = "2200-01-01T00:00:00Z"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, object]


class Asked(Protocol):
    """Whoever answers Flux queries, row by row; raises a ShipError."""

    def rows(self, flux: str) -> Iterator[Row]: ...


class VoyageReader(Protocol):
    """Where a recorded voyage can be read from: a journal or a bucket."""

    def run(self, run: str) -> Run: ...

    def channels(self, run: str) -> tuple[Channel, ...]: ...

    def records(self, run: str) -> Iterator[Record]: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of a run in which time went forward."""

    run: str
    plant: str
    turn: int
    first_ns: int
    last_ns: int


class BucketReader:
    """Reads runs from a bucket. `known` channels bring unit, text and order with them."""

    def __init__(self, bucket: str, asked: Asked, known: Sequence[Channel] = ()) -> None:
        self._bucket, self._asked, self._known = bucket, asked, known

    def turns(self) -> list[Turn]:
        """Return all runs of the bucket, turn by turn, in order of their time."""
        found: dict[tuple[str, str, int], list[int]] = {}
        seqs = 'filter(fn: (r) => r._measurement == "cycle" and r._field == "seq")'
        for end in ("first", "last"):
            for row in self._asked.rows(
                f"{self._from()} |> range(start: 0, stop: {END}) |> {seqs} |> {end}()"
            ):
                turn = int(str(row.get("turn") or 0))
                key = (str(row["run"]), str(row.get("plant", "")), turn)
                found.setdefault(key, []).append(_ns(row["_time"]))
        turns = [Turn(*key, min(times), max(times)) for key, times in found.items()]
        return sorted(turns, key=lambda t: (t.run, t.turn))

    def run(self, run: str) -> Run:
        """Return what the bucket tells about a run. Raises UnknownRun."""
        first = self._turns_of(run)[0]
        return Run(run, "import", first.plant, "", "", None, first.first_ns, simulator=False)

    def channels(self, run: str) -> tuple[Channel, ...]:
        """Return the known channels, or what the bucket has under its own names."""
        if self._known:
            return tuple(self._known)
        names = {f.removeprefix("q_") for f in self._fields(run) - RESERVED}
        return tuple(Channel(name, "", "in") for name in sorted(names))

    def records(self, run: str) -> Iterator[Record]:
        """Yield a run's records in order of seq."""
        channels, fields = self.channels(run), self._fields(run)
        missing = [c.name not in fields and f"q_{c.name}" not in fields for c in channels]
        for turn in self._turns_of(run):
            for start_ns in range(turn.first_ns, turn.last_ns + 1, WINDOW_NS):
                stop_ns = min(start_ns + WINDOW_NS, turn.last_ns + 1)
                rows = self._asked.rows(self._window(turn, start_ns, stop_ns))
                records = [_record(row, channels, missing) for row in rows]
                yield from sorted(records, key=lambda r: r.seq)

    def _window(self, turn: Turn, start_ns: int, stop_ns: int) -> str:
        which = f'r.turn == "{turn.turn}"' if turn.turn else "not exists r.turn"
        return (
            f"{self._from()} |> range(start: time(v: {start_ns}), stop: time(v: {stop_ns}))"
            f' |> filter(fn: (r) => r._measurement == "cycle"'
            f" and r.run == {_text(turn.run)} and {which})"
            ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
        )

    def _turns_of(self, run: str) -> list[Turn]:
        turns = [t for t in self.turns() if t.run == run]
        if not turns:
            raise UnknownRun(f"no run {run!r} in bucket {self._bucket}")
        return turns

    def _fields(self, run: str) -> set[str]:
        flux = (
            'import "influxdata/influxdb/schema"\n'
            f"schema.fieldKeys(bucket: {_text(self._bucket)}, start: 0, stop: {END},"
            f' predicate: (r) => r._measurement == "cycle" and r.run == {_text(run)})'
        )
        return {str(row["_value"]) for row in self._asked.rows(flux)}

    def _from(self) -> str:
        return f"from(bucket: {_text(self._bucket)})"


def _text(text: str) -> str:
    """Return a Flux string literal."""
    return json.dumps(text, ensure_ascii=False).replace("${", "\\${")


def _ns(when: object) -> int:
    """Return a time stamp, written in whole milliseconds, in nanoseconds."""
    if not isinstance(when, datetime):
        raise TypeError(f"expected a time, found {when!r}")
    return (when - EPOCH) // timedelta(milliseconds=1) * 1_000_000


def _record(row: Row, channels: Sequence[Channel], missing: Sequence[bool]) -> Record:
    n = len(channels)
    value = np.array([_float(row.get(c.name)) for c in channels])
    grades = [row.get(f"q_{c.name}") for c in channels]
    quality = np.array([GOOD if g is None else int(str(g)) for g in grades], np.uint8)
    quality[list(missing)] = 0
    unknown = (np.zeros(n, np.uint32), np.zeros(n, np.int32))
    return Record(int(str(row["seq"])), _ns(row["_time"]), 0, 1, value, quality, *unknown)


def _float(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) else float("nan")
