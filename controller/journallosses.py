"""What of the run before is damaged or missing in its journal, in words."""

from datetime import UTC, datetime
from pathlib import Path

from controller.historian.errors import UNSOUND
from controller.historian.reader import JournalReader
from controller.historian.runid import number_of
from controller.historian.schema import open_to_read, read_run
from controller.historian.segment import damage_of
from controller.historian.tailmark import last_acknowledged


def journal_losses(state_dir: Path) -> str:
    """Return in words what is damaged in the journal of the run begun last, "" for nothing.

    Looks only at a run that did not end in order: a kill leaves a sound file, a
    power cut on a disk that lies, or a dying disk, does not.
    """
    folders = [f for f in (state_dir / "journal").glob("*-live-*") if f.is_dir()]
    if not folders:
        return ""
    mark = last_acknowledged(state_dir)

    # The clock may have been set back since: number and mark know better than a name.
    def order(folder: Path) -> tuple[int, bool, str]:
        return number_of(folder.name), mark is not None and folder.name == mark.run, folder.name

    newest = max(folders, key=order)
    said = []
    for path in sorted(newest.glob("*.db"))[-1:]:
        try:
            damage = "" if _ended(path) else damage_of(path)
        except UNSOUND as error:
            damage = str(error)
        if damage:
            said.append(f"segment {path.name} of run {newest.name} is damaged ({damage}) and kept")
    if missing := _missing(state_dir, newest.name):
        said.append(missing)
    return "; ".join(said)


def _missing(state_dir: Path, run: str) -> str:
    """Return in words which acknowledged cycles at the end of a run are gone, "" for none.

    SQLite opens a log that lost its end without a word; the mark beside it tells.
    """
    mark = last_acknowledged(state_dir)
    if mark is None or mark.run != run:
        return ""
    try:
        with JournalReader(state_dir) as reader:
            frame = reader.latest(run)
    except UNSOUND:
        frame = None
    lost = mark.seq - (frame.seq if frame is not None else -1)
    if lost <= 0:
        return ""
    until = datetime.fromtimestamp(mark.t_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"the last {lost} acknowledged cycles of run {run}, to {until} UTC, are missing"


def _ended(path: Path) -> bool:
    """Return whether a segment can be read and says that its run ended in order."""
    try:
        db = open_to_read(path)
        try:
            return read_run(db)[2] is not None
        finally:
            db.close()
    except UNSOUND:
        return False
