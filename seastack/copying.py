"""`seastack ship`: send what waits, send it again, compare the bucket with the journal."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.markup import escape
from rich.table import Table

from controller.historian.cursor import (
    Cursor,
    Interval,
    ShipStatus,
    missing,
    read_dead,
    read_status,
)
from controller.historian.errors import HistorianError, StateDirInUse
from controller.historian.reader import JournalReader
from controller.historian.shipper import LIVE, Shipper
from controller.historian.statedir import StateDir
from seastack.console import console
from seastack.importing import bucket_reader
from seastack.problems import UserError, nearest
from seastack.recorded import progress
from seastack.shipping import OTHERS, URL, shipper_of

ALL: Final = "all"
TRIES: Final = 4  # of a server that does not answer, before what waits is left for later
RECENT_S: Final = 60.0  # a shipper at work writes down every few seconds how it stands
DONE, NOT_DONE = 0, 1


def send(state: Path) -> int:
    """Send what waits in the journal of a stopped controller; return 0 when all was taken.

    Raises UserError without a server in the environment or while a controller runs there.
    """
    try:
        with StateDir(state):
            return _sent(state)
    except StateDirInUse as error:
        raise UserError(
            f"{error}; a controller that runs ships by itself: seastack doctor"
        ) from error


def send_again(state: Path, which: str) -> int:
    """Have all cycles of a run, or of all, sent again: by the controller there, else at once.

    For a bucket that was made anew or restored from an older backup.  A row that is there
    already is the same row, so nothing is doubled.  Raises UserError for an unknown run.
    """
    runs = _chosen(state, which)
    try:
        with StateDir(state):
            return _sent(state, runs)
    except StateDirInUse:
        status = read_status(state)
        if status is None or time.time_ns() - status.written_ns > RECENT_S * 1e9:
            raise UserError(
                f"the controller that runs there sends nothing: give it {URL}, "
                f"{', '.join(OTHERS)} and start it again"
            ) from None
        _note(state, runs)
        named = runs[0] if len(runs) == 1 else f"{len(runs)} runs"
        print(f"noted: the controller there sends all cycles of {named} again, live ones first")
        return DONE


def _note(state: Path, runs: Sequence[str]) -> None:
    """Write down what is to be sent again, for whoever ships here."""
    with closing(Cursor(state)) as cursor:
        cursor.ask_again(runs)


def _chosen(state: Path, which: str) -> list[str]:
    """Return the runs that are meant; raise UserError where there is none of that name."""
    with JournalReader(state) as reader:
        kinds = {begun.run.id: begun.run.kind for begun in reader.begun()}
    ours = [run for run, kind in kinds.items() if kind in LIVE]
    if which == ALL and ours:
        return ours
    if which in ours:
        return [which]
    if which in kinds:
        raise UserError(
            f"run {which} is of kind {kinds[which]}: only {', '.join(LIVE)} runs are sent"
        )
    if not ours:
        raise UserError(f"no run to send in state directory {state}")
    raise UserError(f"no run {which!r} in {state}{nearest(which, sorted(ours))}")


def _sent(state: Path, again: Sequence[str] = ()) -> int:
    shipper = shipper_of(state)
    if shipper is None:
        raise UserError(f"set {URL}, {', '.join(OTHERS)} to name the bucket")
    _note(state, again)
    try:
        with progress("sending") as tell:
            status = _until_done(shipper, tell)
    finally:
        shipper.stop()
    if status.problem:
        print(f"{status.backlog} cycles wait in the journal, nothing is lost: {status.problem}")
        return NOT_DONE
    print(f"all cycles of {state} are at the server; {status.dead_letters} dead letters")
    return DONE


def _until_done(shipper: Shipper, tell: Callable[[int, int], None]) -> ShipStatus:
    """Ship round by round until nothing waits, or the server takes nothing."""
    most = silent = 0
    while True:
        wait_s, status = shipper.round(), shipper.status
        most = max(most, status.backlog)
        tell(most - status.backlog, most)
        silent = silent + 1 if status.state == "unreachable" else 0
        given_up = status.state == "refused" or silent == TRIES
        if given_up or (status.backlog == 0 and status.state != "unreachable"):
            return status
        time.sleep(wait_s if silent else 0.0)


def compare(state: Path, which: str, *, influxql: bool = False) -> int:
    """Print which cycles of the journal the bucket lacks; return 0 when it has them all.

    Raises UserError for an unknown run or without a server in the environment, ShipError.
    """
    runs = _chosen(state, which)
    reader, dead = bucket_reader(influxql=influxql), read_dead(state)
    turns = reader.turns()
    table = Table(title="journal and bucket")
    for heading in ("run", "in the journal", "in the bucket", "missing there", "the first of them"):
        table.add_column(heading, justify="left" if heading == "run" else "right")
    lacking: list[str] = []
    with JournalReader(state) as journal, progress("comparing") as tell:
        for number, run in enumerate(runs):
            whole = journal.bounds(run)
            gaps = missing(reader.held(t for t in turns if t.run == run), whole) if whole else []
            table.add_row(escape(run), *_counts(journal, run, whole, gaps, dead.get(run, [])))
            lacking += [run] if gaps else []
            tell(number + 1, len(runs))
    console().print(table)
    if not lacking:
        return DONE
    which = lacking[0] if len(lacking) == 1 else ALL
    print("What is missing may be older than the bucket keeps.")
    print(f"To send it: seastack ship --again {which} --state {state}")
    return NOT_DONE


def _counts(
    journal: JournalReader,
    run: str,
    whole: Interval | None,
    gaps: Sequence[Interval],
    dead: Sequence[int],
) -> tuple[str, str, str, str]:
    """Return the cells of a run: how many cycles are where, and from when on they are missing."""
    if whole is None:
        return "0", "0", "0", ""
    there, lost = whole[1] - whole[0] + 1, sum(last - first + 1 for first, last in gaps)
    rejected = sum(first <= seq <= last for seq in dead for first, last in gaps)
    words = f"{lost}" + (f", {rejected} of them dead letters" if rejected else "")
    return f"{there}", f"{there - lost}", words, _when(journal, run, gaps)


def _when(journal: JournalReader, run: str, gaps: Sequence[Interval]) -> str:
    if not gaps:
        return ""
    first = gaps[0][0]
    try:
        records = journal.stretch(run, first, first, 1).records
    except HistorianError:
        records = []
    if not records:
        return f"cycle {first}"
    return f"cycle {first}, {datetime.fromtimestamp(records[0].t_ns / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
