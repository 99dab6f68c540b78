"""Runs in the bucket the environment names: list them, import one."""

from datetime import UTC, datetime
from pathlib import Path

from controller.historian.bucket import BucketReader
from controller.historian.influx import InfluxWriter
from controller.historian.record import Channel
from controller.voyage.importing import import_run
from seastack.problems import UserError
from seastack.recorded import progress
from seastack.shipping import URL, target_of


def list_bucket() -> int:
    """Print the runs of the bucket, one line each; return 0. Raises UserError, ShipError."""
    turns = _reader(()).turns()
    for t in turns:
        again = f" (clock set back, turn {t.turn})" if t.turn else ""
        print(f"{t.run}: {t.plant}, {_utc(t.first_ns)} to {_utc(t.last_ns)}{again}")
    if not turns:
        print("no run in the bucket")
    return 0


def import_from_bucket(state: Path, run: str, plant: str) -> int:
    """Import a run with a plant's channels, or with what the bucket has; return 0.

    Raises UserError, ConfigError, UnknownRun, ImportRefused, ShipError.
    """
    with progress("importing") as tell:
        cycles = import_run(_reader(_channels(plant)), run, state, lambda done: tell(done, done))
    print(f"{cycles} cycles of run {run} are in {state}")
    return 0


def _reader(known: tuple[Channel, ...]) -> BucketReader:
    target = target_of()
    if target is None:
        raise UserError(f"set {URL} and its three companions to name the bucket")
    return BucketReader(target.bucket, InfluxWriter(target), known)


def _channels(plant: str) -> tuple[Channel, ...]:
    if not plant:
        return ()
    from controller.channels import layout
    from seastack.plantargs import plant_of

    return tuple(layout(plant_of(plant)))


def _utc(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
