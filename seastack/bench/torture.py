"""`bench torture`: what peers, programs, disks and editors may produce, thrown at every door.

Wrong answers of a PLC over Modbus and OPC UA, foreign texts, rows of the inbox file, changed
journals, changed plant folders and changed tables.  None may end a controller, hang it, pass a
wrong value for GOOD, let an output leave its limits, keep a bypass longer than two cycles or be
misread without a word.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from random import Random
from typing import Final

from rich.console import Console
from rich.progress import Progress, TaskID

from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.tortures.tally import NEVER, Tally, Torture, hangs_are_seen
from seastack.problems import UserError, nearest

INPUTS: Final = 1_000_000
# Part: module and function, and its share of the inputs (what a millisecond and more takes, less).
PARTS: Final[dict[str, tuple[str, str, float]]] = {
    "texts": ("words", "texts", 0.58),
    "inbox": ("requests", "inbox_rows", 0.30),
    "modbus": ("modbusanswers", "modbus_answers", 0.08),
    "opcua": ("opcuaanswers", "opcua_answers", 0.02),
    "journal": ("journalbytes", "journal_bytes", 0.01),
    "folders": ("folder", "plant_folders", 0.01),
    "tables": ("tables", "tables", 0.10),
}


def run(options: BenchOptions) -> list[Figure]:
    """Give the inputs of all parts, or of `only` one; return what must never happen, and what did.

    Raises UserError for a part that is none.
    """
    parts = PARTS if not options.only else {options.only: _part(options.only)}
    inputs = INPUTS if options.inputs is None else options.inputs
    whole = sum(share for _, _, share in parts.values())
    console = Console(stderr=True)
    tallies: dict[str, Tally] = {}
    with hangs_are_seen(), quiet(), Progress(console=console, transient=True) as bar:
        for name, (module, function, share) in parts.items():
            wanted = max(1, round(inputs * share / whole))
            torture: Torture = getattr(import_module(f"seastack.bench.tortures.{module}"), function)
            task = bar.add_task(name, total=wanted)
            tallies[name] = tally = Tally()
            rng = Random(f"{options.seed} {name}")
            torture(rng, wanted, tally, partial(_show, bar, task))
            for line in tally.told:
                console.print(f"{name}: {line}", markup=False, highlight=False)
    return figures(tallies)


def figures(tallies: dict[str, Tally]) -> list[Figure]:
    """Return inputs by part, what must never happen, and what was met."""
    every = tallies.values()
    return [
        Figure("inputs", sum(t.inputs for t in every)),
        *(Figure(f"inputs: {name}", t.inputs) for name, t in tallies.items()),
        *(Figure(kind, sum(t.faults[kind] for t in every), "", "==", 0) for kind in NEVER),
        *(
            Figure(f"{name}: {what}", n)
            for name, t in tallies.items()
            for what, n in sorted(t.met.items())
        ),
    ]


def _show(bar: Progress, task: TaskID, done: int) -> None:
    bar.update(task, completed=done)


def _part(name: str) -> tuple[str, str, float]:
    if name not in PARTS:
        raise UserError(
            f"--only {name}: no such part; there are {', '.join(PARTS)}{nearest(name, PARTS)}"
        )
    return PARTS[name]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep off the screen what a ship's log would say a hundred thousand times."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
