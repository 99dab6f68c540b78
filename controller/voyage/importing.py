"""A run from elsewhere into the journal, to be looked at, exported and compared.

It keeps its name and is of kind "import": nobody takes it for a run of this ship,
and it is not shipped again.  It has no reasons, ages, events or snapshots, so it
cannot be replayed.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from controller.historian.bucket import VoyageReader
from controller.historian.errors import HistorianError
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import is_run_name
from controller.historian.statedir import StateDir
from sensors.foreigntext import clean

FLUSH_S: Final = 600.0  # wall, until the last record is on a slow disk


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
    if not is_run_name(run):
        raise ImportRefused(
            f"'{clean(run, 100)}' is no name of a run: it would be that of a folder"
        )
    folder = state_dir / "journal" / run
    if folder.exists():
        if not _broken_off(state_dir, run):
            raise ImportRefused(f"run {run} is in {state_dir} already; give another --state")
        shutil.rmtree(folder)
    described, channels = reader.run(run), reader.channels(run)
    journal = Journal(state_dir, described, channels, commit_every=60, patient=True)
    cycles, whole = 0, False
    try:
        for record in reader.records(run):
            journal.append(record)
            cycles += 1
            if on_progress is not None and cycles % 600 == 0:
                on_progress(cycles)
        whole = journal.flush(FLUSH_S) and journal.fault is None
    finally:
        journal.close()
        if not whole:  # what is there in part would look like all there is
            shutil.rmtree(folder, ignore_errors=True)
    if journal.fault is not None or not whole:
        raise ImportRefused(journal.fault or f"run {run} could not be written to {state_dir}")
    return cycles


def _broken_off(state_dir: Path, run: str) -> bool:
    """Return whether an import of this run was begun here and killed: it did not end in order."""
    with JournalReader(state_dir) as reader:
        found = [i for i in reader.runs() if i.run.id == run]
    return bool(found) and found[0].run.kind == "import" and found[0].ended_ns is None
