"""Recorded runs on the terminal: list, replay, export."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from controller.historian.errors import Unreadable
from controller.historian.reader import JournalReader, RunInfo
from seastack.console import console
from seastack.problems import UserError, nearest

NS = 1_000_000_000
SHOWN = 10  # differences told one by one; the rest is counted


def list_runs(state: Path) -> int:
    """Print the runs of a state directory, oldest first; return 0.

    Raises UserError when there is none.
    """
    with JournalReader(state) as reader:
        runs = [(info, missing(info, reader.bounds(info.run.id))) for info in reader.runs()]
        unreadable = reader.unreadable()
    if not runs and not unreadable:
        raise UserError(f"no recorded run in state directory {state}{_elsewhere(state)}")
    table = Table()
    for column in (
        "run",
        "kind",
        "plant",
        "from (plant time)",
        "length",
        "cycles",
        "gaps",
        "ended",
    ):
        right = column in ("length", "cycles", "gaps")
        table.add_column(column, justify="right" if right else "left", no_wrap=column == "run")
    for info, gaps in runs:
        table.add_row(*_row(info, gaps, len(unreadable.pop(info.run.id, ()))))
    for name in unreadable:
        table.add_row(name, *["?"] * 6, "damaged: cannot be read")
    console().print(table)
    print(f"watch one: seastack dashboard --replay RUN --speed 60 --state {state}")
    return 0


def run_to_watch(state: Path, name: str) -> str:
    """Return the id of a run that has something to show ("last": the newest); raise UserError."""
    with JournalReader(state) as reader:
        run = find_run(reader, state, name)
        if reader.bounds(run) is None:
            raise UserError(f"run {run} in {state} has no record; list the runs: seastack voyages")
    return run


def find_run(reader: JournalReader, state: Path, name: str) -> str:
    """Return the id of a run: itself, or the newest for "last"; raise UserError."""
    known = [info.run.id for info in reader.runs()]
    if name not in known and (refused := reader.unreadable().get(name)):
        whys = "; ".join(f"{file}: {why}" for file, why in refused.items())
        raise UserError(f"run {name} in {state} is damaged and cannot be read ({whys})")
    if name == "last" and known:
        return reader.newest_run() or known[-1]
    if name in known:
        return name
    if not known:
        raise UserError(f"no recorded run in state directory {state}{_elsewhere(state)}")
    raise UserError(
        f"no run called {name} in {state}{nearest(name, known)}; "
        f"list them with: seastack voyages --state {state}"
    )


def _elsewhere(state: Path) -> str:
    demo = state / "demo"
    return f"; the demo's are in --state {demo}" if (demo / "journal").is_dir() else ""


def missing(info: RunInfo, bounds: tuple[int, int] | None) -> int:
    """Return how many cycles between the first and the last seq of a run are not recorded."""
    return max(0, bounds[1] - bounds[0] + 1 - info.cycles) if bounds else 0


def _row(info: RunInfo, gaps: int, damaged_days: int) -> tuple[str, ...]:
    run = info.run
    begun = datetime.fromtimestamp(info.first_t_ns / NS, UTC).strftime("%Y-%m-%d %H:%M:%S")
    length = timedelta(seconds=round((info.last_t_ns - info.first_t_ns) / NS))
    kind = f"{run.kind}, simulated" if run.simulator else run.kind
    ended = "in order" if info.ended_ns else "no: running or cut off"
    ended += f"; {damaged_days} damaged days" if damaged_days else ""
    lost = f"{gaps} cycles" if gaps else "none"
    return run.id, kind, run.plant, begun, str(length), str(info.cycles), lost, ended


def replay_run(state: Path, name: str, *, plant: str, save: bool) -> int:
    """Replay a run and print where decisions differ; return 0 when all are read and the same.

    `plant` is a plant's name or folder; "" for the one the run names.  Raises
    UserError, ConfigError or HistorianError when it cannot be replayed.
    """
    from controller.historian.runid import new_run_id
    from controller.voyage.replay import replay
    from seastack.plantargs import configured, plant_of

    with JournalReader(state) as reader:
        run = find_run(reader, state, name)
        recorded_plant = reader.run(run).plant
    config = configured(plant_of(plant or recorded_plant))
    save_as = new_run_id("replay", time.time_ns(), state) if save else None
    with _writing(state) if save else nullcontext(), progress("replaying") as tell:
        report = replay(state, run, config, tell, save_as)
    print(f"run {run}: {report.cycles} cycles at {report.speed:.0f} x real time")
    if not report.same_config:
        print("the plant folder is not the one that recorded the run")
    if report.skipped:
        print(f"{report.skipped} cycles after gaps could not be judged")
    _tell_holes(report.holes, "replayed")
    for difference in report.differences[:SHOWN]:
        was, now = difference.recorded, difference.replayed
        print(f"cycle {difference.seq}: {difference.what} was {was}, is {now}")
    print(
        f"decisions differ in {report.differing} cycles"
        if report.differing
        else f"decisions differ nowhere{' in what can be read' if report.holes else ''}; "
        f"digest {report.digest[:16]}"
    )
    if save_as:
        print(f"kept as run {save_as}")
    return 1 if report.differing or report.holes else 0


def _tell_holes(holes: Sequence[Unreadable], done: str) -> None:
    """Print which recorded cycles are damaged."""
    if holes:
        print(f"{sum(hole.cycles for hole in holes)} cycles are damaged and were not {done}:")
    for hole in holes[:SHOWN]:
        print(f"  {hole}")
    if len(holes) > SHOWN:
        print(f"  and {len(holes) - SHOWN} more such places")


@contextmanager
def _writing(state: Path) -> Iterator[None]:
    """Hold a state directory while a run is written into it; raise UserError if held."""
    from controller.historian.errors import StateDirInUse
    from controller.historian.statedir import StateDir

    try:
        held = StateDir(state)
    except StateDirInUse as error:
        raise UserError(
            f"a controller writes its journal in {state}: leave out --save, or end it first"
        ) from error
    with held:
        yield


def export_run(state: Path, name: str, to: Path) -> int:
    """Write a run to FILE.parquet or FILE.csv; return 0, or 1 when cycles of it are damaged.

    Raises UserError for an unknown run, ExportError for a file that cannot be written.
    """
    from controller.voyage.export import export

    with JournalReader(state) as reader:
        run = find_run(reader, state, name)
    holes: list[Unreadable] = []
    with progress("exporting") as tell:
        rows = export(state, run, to, on_progress=tell, on_hole=holes.append)
    print(f"{to}: {rows} cycles of run {run}")
    _tell_holes(holes, "exported")
    return 1 if holes else 0


def archive_days(state: Path) -> int:
    """Archive every closed day and print one line each; return 0.

    Raises ArchiveError for a day that could not be: its segment is as it was.
    """
    from controller.historian.archive import archive_day, closed_days
    from controller.historian.sealing import signer_of

    days, signer = closed_days(state), signer_of(state)
    with progress("archiving") as tell:
        for done, path in enumerate(days):
            tell(done, len(days))
            day = archive_day(path, signer)
            mb = f"{day.bytes_before / 1e6:.1f} MB -> {day.bytes_after / 1e6:.1f} MB"
            print(f"{day.run} {day.day}: {day.cycles} cycles verified, {mb}")
    if not days:
        print("no closed day to archive")
    return 0


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error and yield what moves it: (done, total)."""
    err = Console(stderr=True)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
