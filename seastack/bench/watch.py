"""`seastack bench watch`: every analogue input broken, what is said of it and how fast.

The real controller steers the simulated rig in one process.  From one moment in CAPTURE at
sea every analogue input is broken in turn: no number, 3.5 mA, stuck, drifting up and down by
20 % of its range an hour for four hours.  What counts is the first alarm.  None may be silent
that control, limits, levels or accounting use.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, track

from controller.channels import is_input
from controller.config import configure
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.sail import Sailing
from seastack.bench.watch_named import NAMED, NamedFigure, run_named, show_named
from seastack.bench.watch_table import Row, show_cells
from seastack.bench.watch_trial import FAULTS, HORIZON_S, Said, at_rest, copied, tried
from seastack.bench.watch_uses import uses
from seastack.bench.watch_wire import WiredSailing
from seastack.departure import load_voyage, start_time_s
from seastack.plantargs import plant_of
from seastack.problems import UserError, nearest
from sensors.tag import Tag
from sim.rig import Rig

SETTLE_S: Final = 5400  # in CAPTURE before anything breaks: differences need an hour of it
QUICK_SETTLE_S: Final = 600  # what is said at once needs none of that
TOGETHER: Final = 5  # points that nothing uses, broken at once; fewer than one common cause
AT_REST: Final = "at rest"


@dataclass(frozen=True, slots=True)
class Trial:
    """Points broken at once by one kind of fault."""

    names: tuple[str, ...]
    fault: str


def run(options: BenchOptions) -> Sequence[Figure]:
    """Break every analogue input in turn; see the module docstring."""
    if options.named:
        return _named(options)
    base = at_sea(options, QUICK_SETTLE_S if options.quick else SETTLE_S)
    used = uses(base.config, copied(base).cycle)
    names = _chosen(base, options.only)
    rows = {n: Row(base.config.table[n], used[n]) for n in names}
    trials = planned(rows, options.quick)
    for trial, said in _progress(_results(base, trials), len(trials)):
        for name, heard in said.items():
            rows[name].said[trial.fault] = heard
    for name, row in rows.items():
        if at_rest(base, name):  # stuck, or driven against the end: it reads what it read
            row.said.update({f: Said(AT_REST) for f, s in row.said.items() if not s.alarm})
    return [
        *(f for row in rows.values() for f in row.figures()),
        *_score(rows, _false(base, trials)),
    ]


def show_rows(figures: Sequence[Figure]) -> Sequence[Figure]:
    """Print what the bench has tables of its own for; return the other figures."""
    named = any(isinstance(f, NamedFigure) for f in figures)
    return show_named(figures) if named else show_cells(figures)


def _named(options: BenchOptions) -> list[NamedFigure]:
    base = at_sea(options, kind=WiredSailing)
    out = Console(stderr=True)
    steps = track(run_named(base), "injecting faults", len(NAMED), console=out, transient=True)
    return list(steps)


def at_sea(
    options: BenchOptions, settle_s: int = SETTLE_S, kind: type[Sailing] = Sailing
) -> Sailing:
    """Return rig and controller that long in CAPTURE at sea."""
    config = configure(plant_of("demo"))
    voyage = load_voyage(options.voyage, config.plant)
    rig = Rig(config.plant, voyage, options.seed, int(start_time_s(voyage, options.start) * 1e9))
    rig.warm()
    sailing = kind(rig, config)
    sailing.ask("arm")
    sailing.ask("unit", {"state": "CAPTURE"})
    for _ in range(settle_s):
        sailing.cycle()
    return sailing


def analogue(tag: Tag) -> bool:
    """Return whether a point is an analogue input."""
    return tag.kind == "float" and is_input(tag)


def _chosen(base: Sailing, only: str) -> list[str]:
    names = [t.name for t in base.config.table.tags if analogue(t)]
    if not only:
        return names
    if only not in names:
        raise UserError(f"--only {only}: no analogue input{nearest(only, names)}")
    return [only]


def planned(rows: dict[str, Row], quick: bool) -> list[Trial]:
    """Return the trials, longest first: used points one by one, others some at a time.

    A drift of a point that nothing uses is not tried, nor does `quick` try any drift.
    """
    faults = FAULTS[:3] if quick else FAULTS
    trials = [Trial((n,), f) for n, row in rows.items() if row.used for f in faults]
    links: dict[str, list[str]] = {}
    for name, row in rows.items():
        if not row.used:
            links.setdefault(row.tag.source.link, []).append(name)
    for names in links.values():
        for k in range(0, len(names), TOGETHER):
            trials += [Trial(tuple(names[k : k + TOGETHER]), f) for f in FAULTS[:3]]
    return sorted(trials, key=lambda t: -HORIZON_S[t.fault])


_BASE: list[Sailing] = []  # what the forked workers share with their parent


def _one(trial: Trial) -> tuple[Trial, dict[str, Said]]:
    return trial, tried(_BASE[0], trial.names, trial.fault)


def _results(base: Sailing, trials: Sequence[Trial]) -> Iterator[tuple[Trial, dict[str, Said]]]:
    """Run the trials on all cores; forked workers have the warmed rig for nothing."""
    _BASE[:] = [base]
    cores = os.cpu_count() or 1
    if cores == 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_one, trials)
        return
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        yield from pool.imap_unordered(_one, trials)


def _progress(
    results: Iterator[tuple[Trial, dict[str, Said]]], total: int
) -> Iterator[tuple[Trial, dict[str, Said]]]:
    columns = (
        TextColumn("breaking instruments"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeRemainingColumn(),
    )
    first = next(results, None)  # workers are forked before the bar's thread begins
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        while first is not None:
            progress.advance(task)
            yield first
            first = next(results, None)


def _false(base: Sailing, trials: Sequence[Trial]) -> int:
    """Return how many alarms the same hours raise when nothing is broken."""
    sailing = copied(base)
    raised = 0
    for _ in range(max(HORIZON_S[t.fault] for t in trials)):
        events = sailing.cycle().events
        raised += sum(e.kind == "alarm" and e.state == "ACTIVE" for e in events)
    return raised


def _score(rows: dict[str, Row], false: int) -> list[Figure]:
    used = [row for row in rows.values() if row.used_to_steer]
    silent = sum(not s.alarm for row in used for s in row.said.values())
    lost = [s.seconds for row in rows.values() for f, s in row.said.items() if f in FAULTS[:2]]
    return [
        Figure("alarms of the same hours with nothing broken", false, "", "==", 0),
        Figure("analogue inputs", len(rows)),
        Figure("used by control, limits, levels or accounting", len(used)),
        Figure("silent of them, faults", silent, "", "==", 0),
        Figure("slowest NaN or 3.5 mA", max(lost, default=float("nan")), "s", "<=", 15.0),
    ]
