"""A run from elsewhere into the journal, to be looked at, exported and compared.

It keeps its name and is of kind "import": nobody takes it for a run of this ship,
and it is not shipped again.  It has no reasons, ages, events or snapshots, so it
cannot be replayed.
"""

from collections.abc import Callable
from pathlib import Path

from controller.historian.bucket import VoyageReader
from controller.historian.errors import HistorianError
from controller.historian.journal import Journal
from controller.historian.statedir import StateDir


class ImportRefused(HistorianError):
    """The run cannot be imported here; the text says why."""


def import_run(
    reader: VoyageReader,
    run: str,
    state_dir: Path,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write a run into the journal below state_dir and return its number of cycles.

    Raises UnknownRun, ImportRefused when the run is there already or the journal
    cannot be written, ShipError when the other side fails half-way, StateDirInUse
    when a controller runs there: a journal has one writer.
    """
    with StateDir(state_dir):
        return _import_run(reader, run, state_dir, on_progress)


def _import_run(
    reader: VoyageReader, run: str, state_dir: Path, on_progress: Callable[[int], None] | None
) -> int:
    if (state_dir / "journal" / run).exists():
        raise ImportRefused(f"run {run} is in {state_dir} already; give another --state")
    described, channels = reader.run(run), reader.channels(run)
    journal = Journal(state_dir, described, channels, commit_every=60, patient=True)
    cycles = 0
    try:
        for record in reader.records(run):
            journal.append(record)
            cycles += 1
            if on_progress is not None and cycles % 600 == 0:
                on_progress(cycles)
    finally:
        journal.close()
    if journal.fault is not None:
        raise ImportRefused(journal.fault)
    return cycles
