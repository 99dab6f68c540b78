"""Run one bench and print its figures as a table or as JSON.

Each bench is a module of this package with `run(options) -> list[Figure]`;
only its name is known here, so that nothing heavy is loaded for the others.
"""

import importlib
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final

from seastack import warm
from seastack.bench.figure import BenchOptions, Figure, MissingProgram
from seastack.problems import UserError, nearest

BENCHES: Final = (
    "cycle",
    "cycles",
    "replay",
    "loop",
    "io",
    "lease",
    "bypass",
    "storm",
    "soak",
    "power",
    "ship",
    "load",
    "outage",
    "history",
    "plant",
    "steps",
    "fuel",
    "exhaust",
    "start",
    "watch",
    "torture",
    "flips",
)
MET, MISSED, ABSENT = 0, 1, 77


def run_bench(name: str, options: BenchOptions, *, as_json: bool) -> int:
    """Run a bench by name, print its figures, return the exit code.

    Raises UserError for a name that is no bench.
    """
    if name not in BENCHES:
        raise UserError(f"no bench called {name!r}: {', '.join(BENCHES)}{nearest(name, BENCHES)}")
    bench = importlib.import_module(f"seastack.bench.{name}")
    run: Callable[[BenchOptions], Sequence[Figure]] = bench.run
    warm.ensure()
    try:
        figures = run(options)
    except MissingProgram as absent:
        print(f"seastack bench {name}: needs {absent}, which is not installed", file=sys.stderr)
        return ABSENT
    if as_json:
        print(json.dumps(document(name, options, figures), indent=1))
    else:
        rows: Callable[[Sequence[Figure]], Sequence[Figure]] | None
        rows = getattr(bench, "show_rows", None)  # a table of its own, for what are no bars
        print_table(name, figures if rows is None else rows(figures))
    return MET if all(f.ok for f in figures) else MISSED


def document(name: str, options: BenchOptions, figures: Sequence[Figure]) -> dict[str, object]:
    """Return the JSON document of a bench; a value that is not finite becomes null."""
    return {
        "bench": name,
        "version": version("seastack"),
        "machine": machine(),
        "seed": options.seed,
        "figures": [
            {
                "name": f.name,
                "value": float(f.value) if math.isfinite(f.value) else None,  # may be numpy's
                "unit": f.unit,
                "op": f.op,
                "bar": f.bar,
                "ok": f.ok,
            }
            for f in figures
        ],
    }


def machine() -> str:
    """Return what a figure was measured on, in one line."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def print_table(name: str, figures: Sequence[Figure]) -> None:
    """Print the figures as a table for people."""
    from rich.table import Table

    from seastack.console import console

    table = Table(title=f"bench {name} on {machine()}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("bar", justify="right")
    table.add_column("")
    for f in figures:
        bar = "" if f.bar is None else f"{f.op} {f.bar:g}"
        verdict = "" if not bar else ("[green]met[/]" if f.ok else "[bold red]missed[/]")
        table.add_row(f.name, f"{f.value:.6g} {f.unit}".strip(), bar, verdict)
    console().print(table)
