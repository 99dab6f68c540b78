"""Runs in the bucket the environment names: list them, import one."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from controller.historian.bucket import NAME_CHARS, BucketReader, Hole
from controller.historian.influx import InfluxWriter
from controller.historian.influxql import InfluxqlQuestions
from controller.historian.record import Channel
from controller.voyage.importing import import_run
from seastack.problems import UserError
from seastack.recorded import progress
from seastack.shipping import URL, target_of
from sensors.foreigntext import clean

READ_TIMEOUT_MS: Final = 60_000  # a server looks through years of rows for the runs it has
SHOWN: Final = 10  # gaps


def list_bucket(*, influxql: bool = False) -> int:
    """Print the runs of the bucket, one line each; return 0. Raises UserError, ShipError."""
    turns = bucket_reader(influxql=influxql).turns()
    for t in turns:
        again = f" (clock set back, turn {t.turn})" if t.turn else ""
        run, plant = clean(t.run, NAME_CHARS), clean(t.plant, NAME_CHARS)
        print(f"{run}: {plant}, {_utc(t.first_ns)} to {_utc(t.last_ns)}{again}")
    if not turns:
        print("no run in the bucket")
    return 0


def import_from_bucket(state: Path, run: str, plant: str, *, influxql: bool = False) -> int:
    """Import a run with a plant's channels, or with what the bucket has.

    Return 0 when all its cycles are there, 1 when some are not in the bucket: they are printed.
    Raises UserError, ConfigError, UnknownRun, ImportRefused, ShipError.
    """
    holes: list[Hole] = []
    with progress("importing") as tell:
        reader = bucket_reader(_channels(plant), holes.append, influxql=influxql)
        cycles = import_run(reader, run, state, lambda done: tell(done, done))
    print(f"{cycles} cycles of run {run} are in {state}")
    for first, last in holes[:SHOWN]:
        print(f"cycles {first} to {last} are not in the bucket")
    if len(holes) > SHOWN:
        left = sum(last - first + 1 for first, last in holes[SHOWN:])
        print(f"and {left} more cycles in {len(holes) - SHOWN} gaps")
    return 1 if holes else 0


def bucket_reader(
    known: tuple[Channel, ...] = (),
    on_hole: Callable[[Hole], None] = lambda _: None,
    *,
    influxql: bool = False,
) -> BucketReader:
    """Return a reader of the bucket the environment names. Raises UserError without one."""
    target = target_of()
    if target is None:
        raise UserError(f"set {URL} and its three companions to name the bucket")
    asked = InfluxWriter(target, READ_TIMEOUT_MS)
    questions = InfluxqlQuestions(asked) if influxql else None
    return BucketReader(target.bucket, asked, known, questions=questions, on_hole=on_hole)


def _channels(plant: str) -> tuple[Channel, ...]:
    if not plant:
        return ()
    from controller.channels import layout
    from seastack.plantargs import plant_of

    return tuple(layout(plant_of(plant)))


def _utc(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
