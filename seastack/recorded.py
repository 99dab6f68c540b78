"""Recorded runs on the terminal: list, replay, export."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.table import Table

from controller.historian.reader import JournalReader, RunInfo
from seastack.console import console
from seastack.problems import UserError, nearest

NS = 1_000_000_000


def list_runs(state: Path) -> int:
    """Print the runs of a state directory, oldest first; return 0.

    Raises UserError when there is none.
    """
    with JournalReader(state) as reader:
        runs = reader.runs()
    if not runs:
        raise UserError(f"no recorded run in state directory {state}{_elsewhere(state)}")
    table = Table()
    for column in ("run", "kind", "plant", "from (plant time)", "length", "cycles", "ended"):
        right = column in ("length", "cycles")
        table.add_column(column, justify="right" if right else "left", no_wrap=column == "run")
    for info in runs:
        table.add_row(*_row(info))
    console().print(table)
    return 0


def find_run(reader: JournalReader, state: Path, name: str) -> str:
    """Return the id of a run: itself, or the newest for "last"; raise UserError."""
    known = [info.run.id for info in reader.runs()]
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


def _row(info: RunInfo) -> tuple[str, ...]:
    run = info.run
    begun = datetime.fromtimestamp(info.first_t_ns / NS, UTC).strftime("%Y-%m-%d %H:%M:%S")
    length = timedelta(seconds=round((info.last_t_ns - info.first_t_ns) / NS))
    kind = f"{run.kind}, simulated" if run.simulator else run.kind
    ended = "in order" if info.ended_ns else "no: running or cut off"
    return run.id, kind, run.plant, begun, str(length), str(info.cycles), ended
