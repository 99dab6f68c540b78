"""Runs in a bucket, read back as the shipper wrote them, in Flux or InfluxQL.

What a line holds comes back exactly: time, seq, every value and its quality.  What
it does not hold is gone: reasons, ages, events and snapshots.  Where the clock was
set back a run has several turns; they are read one after the other.  Cycles that do
not come are asked for again: what does not come then is not in the bucket.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

import numpy as np

from controller.historian.cursor import Interval, intervals
from controller.historian.errors import Refused, UnknownRun
from controller.historian.flux import Asked, FluxQuestions
from controller.historian.lines import GOOD, RESERVED
from controller.historian.questions import Questions, Row, Turn
from controller.historian.record import Channel, Record, Run
from sensors.foreigntext import clean

WINDOW_NS: Final = 600 * 1_000_000_000  # of a run a query
SEQS_NS: Final = 6 * 3600 * 1_000_000_000  # where only numbers are asked for
AGAIN: Final = 2  # times that what is missing is asked for without getting more
NAME_CHARS: Final = 100
Hole = tuple[int, int]  # first and last seq

__all__ = ["Asked", "BucketReader", "Row", "Turn", "VoyageReader"]


class VoyageReader(Protocol):
    """Where a recorded voyage can be read from: a journal or a bucket."""

    def run(self, run: str) -> Run: ...

    def channels(self, run: str) -> tuple[Channel, ...]: ...

    def records(self, run: str) -> Iterator[Record]: ...


class BucketReader:
    """Reads runs from a bucket. `known` channels bring unit, text and order with them.

    `on_hole` hears of cycles that are not there.  Raises a ShipError where the server does
    not answer, or answers what the shipper never wrote.
    """

    def __init__(
        self,
        bucket: str,
        asked: Asked,
        known: Sequence[Channel] = (),
        *,
        questions: Questions | None = None,
        on_hole: Callable[[Hole], None] = lambda _: None,
    ) -> None:
        self._bucket, self._known, self._on_hole = bucket, known, on_hole
        self._questions = questions or FluxQuestions(bucket, asked)

    def turns(self) -> list[Turn]:
        """Return all runs of the bucket, turn by turn, in order of their time."""
        found: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
        with _sense():
            for t_ns, row in (*self._questions.ends("first"), *self._questions.ends("last")):
                if row.get("run"):  # else nothing of ours
                    turn = int(str(row.get("turn") or 0))
                    key = (str(row["run"]), str(row.get("plant") or ""), turn)
                    found.setdefault(key, []).append((t_ns, int(str(row.get("_value", -1)))))
        turns = [
            Turn(*key, min(ends)[0], max(ends)[0], max(seq for _, seq in ends))
            for key, ends in found.items()
        ]
        return sorted(turns, key=lambda t: (t.run, t.plant, t.turn))

    def run(self, run: str) -> Run:
        """Return what the bucket tells about a run. Raises UnknownRun."""
        first = self._turns_of(run)[0]
        plant = clean(first.plant, NAME_CHARS)
        return Run(run, "import", plant, "", "", None, first.first_ns, simulator=False)

    def channels(self, run: str) -> tuple[Channel, ...]:
        """Return the known channels, or what the bucket has under its own names."""
        if self._known:
            return tuple(self._known)
        names = {f.removeprefix("q_") for f in self._fields(run) - RESERVED}
        return tuple(Channel(name, "", "in") for name in sorted(names))

    def records(self, run: str) -> Iterator[Record]:
        """Yield a run's records in order of seq; tell of seqs that are not there."""
        channels, fields = self.channels(run), self._fields(run)
        missing = [c.name not in fields and f"q_{c.name}" not in fields for c in channels]
        last_seq: int | None = None
        for turn in self._turns_of(run):
            for records in self._windows(turn, channels, missing):
                for record in records:
                    if last_seq is not None and record.seq <= last_seq:
                        raise Refused(
                            f"run {run}: cycle {record.seq} comes after {last_seq}: the bucket "
                            "holds two runs of that name, or rows that Seastack did not write"
                        )
                    if last_seq is not None and record.seq > last_seq + 1:
                        self._on_hole((last_seq + 1, record.seq - 1))
                    last_seq = record.seq
                    yield record
            if last_seq is not None and turn.last_seq > last_seq:
                self._on_hole((last_seq + 1, turn.last_seq))

    def held(self, turns: Iterable[Turn]) -> list[Interval]:
        """Return the seqs that the bucket has of a run's turns, as closed intervals."""
        found: list[int] = []
        for turn in turns:
            start_ns, whole_ns = turn.first_ns, turn.last_ns + 1
            while start_ns < whole_ns:
                stop_ns = min(start_ns + SEQS_NS, whole_ns)
                with _sense():
                    asked = self._questions.seqs(turn, start_ns, stop_ns)
                    seqs = [int(str(row["_value"])) for _, row in asked]
                found += seqs
                start_ns = stop_ns if seqs else max(stop_ns, self._next_ns(turn, stop_ns))
        return intervals(found)

    def _windows(
        self, turn: Turn, channels: Sequence[Channel], missing: Sequence[bool]
    ) -> Iterator[list[Record]]:
        """Yield the records of a turn window by window, empty stretches left out."""
        start_ns, whole_ns = turn.first_ns, turn.last_ns + 1
        before: Record | None = None

        def read(from_ns: int, stop_ns: int) -> dict[int, Record]:
            records: dict[int, Record] = {}
            with _sense():
                for t_ns, row in self._questions.rows(turn, from_ns, stop_ns):
                    record = _record(t_ns, row, channels, missing)
                    if not _same(records.setdefault(record.seq, record), record):
                        raise ValueError(f"cycle {record.seq} of run {turn.run} is there twice")
            return records

        while start_ns < whole_ns:
            stop_ns = min(start_ns + WINDOW_NS, whole_ns)
            found = read(start_ns, stop_ns)
            end_seq = turn.last_seq if stop_ns == whole_ns else -1
            fruitless = 0
            while fruitless < AGAIN and _has_hole(before, found, end_seq):
                more = read(before.t_ns + 1 if before else start_ns, stop_ns)
                fruitless = 0 if more.keys() - found.keys() else fruitless + 1
                found |= more
            if found:
                before = found[max(found)]
                yield [found[seq] for seq in sorted(found)]
            else:
                stop_ns = max(stop_ns, self._next_ns(turn, stop_ns))
            start_ns = stop_ns

    def _next_ns(self, turn: Turn, start_ns: int) -> int:
        """Return where a turn goes on: a clock that leapt may leave decades empty."""
        with _sense():
            found = self._questions.next_ns(turn, start_ns)
        return turn.last_ns + 1 if found is None else found

    def _turns_of(self, run: str) -> list[Turn]:
        turns = [t for t in self.turns() if t.run == run]
        if not turns:
            raise UnknownRun(f"no run {clean(run, NAME_CHARS)!r} in bucket {self._bucket}")
        plants = sorted({clean(t.plant, NAME_CHARS) for t in turns})
        if len(plants) > 1:
            raise Refused(
                f"run {run} is in bucket {self._bucket} more than once, of {', '.join(plants)}: "
                "copy one of them to a bucket of its own to import it"
            )
        return turns

    def _fields(self, run: str) -> set[str]:
        with _sense():
            return self._questions.fields(run)


@contextmanager
def _sense() -> Iterator[None]:
    """Turn what a row that makes no sense raises into Refused, in one line."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        why = clean(f"{type(error).__name__}: {clean(error, 120)}", 160)
        raise Refused(f"the bucket holds what Seastack never wrote ({why})") from error


def _has_hole(before: Record | None, found: dict[int, Record], last_seq: int) -> bool:
    """Return whether seqs are missing between `before` and the last of `found`, or last_seq."""
    first = before.seq + 1 if before else min(found, default=0)
    end = max(max(found, default=first - 1), last_seq)
    return end - first + 1 > sum(seq >= first for seq in found)


def _record(t_ns: int, row: Row, channels: Sequence[Channel], missing: Sequence[bool]) -> Record:
    n = len(channels)
    value = np.array([_float(row.get(c.name)) for c in channels])
    grades = [row.get(f"q_{c.name}") for c in channels]
    quality = np.array([GOOD if g is None else _grade(g) for g in grades], np.uint8)
    quality[list(missing)] = 0
    unknown = (np.zeros(n, np.uint32), np.zeros(n, np.int32))
    return Record(int(str(row["seq"])), t_ns, 0, 1, value, quality, *unknown)


def _same(one: Record, other: Record) -> bool:
    """Return whether two rows are one that was sent twice, by an earlier version and by this."""
    return one is other or (
        one.t_ns == other.t_ns
        and np.array_equal(one.quality, other.quality)
        and np.array_equal(one.value, other.value, equal_nan=True)
    )


def _grade(cell: object) -> int:
    grade = int(str(cell))
    if not 0 <= grade <= GOOD:
        raise ValueError(f"quality {grade} is none of 0, 1, 2")
    return grade


def _float(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) else float("nan")
