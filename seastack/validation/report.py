"""Print what an engine validation found: notes, cases, errors by quantity, figures; or JSON."""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from seastack.bench.figure import Figure
from seastack.problems import UserError
from seastack.validation.result import Comparison, as_json, summary

MOST_ROWS = 60
"""Longer lists of cases are left to --json."""


@dataclass(frozen=True)
class Finding:
    """Comparisons, how they were read, and figures beyond errors by quantity."""

    found: Sequence[Comparison]
    notes: Sequence[str]
    figures: Sequence[Figure] = ()


def report(title: str, finding: Finding, *, quiet: bool) -> None:
    """Print a finding as tables, or (quiet) as the JSON document of every validation."""
    if quiet:
        print("\n".join(finding.notes), file=sys.stderr)
        figures = [
            {"name": f.name, "value": f.value if math.isfinite(f.value) else None, "unit": f.unit}
            for f in finding.figures
        ]
        extra = {"figures": figures} if figures else {}
        print(json.dumps(as_json(finding.found) | extra, indent=1))
        return
    console = Console()
    console.print(f"[bold]{title}[/bold]")
    for note in finding.notes:
        console.print(f"  {note}", markup=False)
    if len(finding.found) > MOST_ROWS:
        console.print(f"  {len(finding.found)} comparisons; --json lists them, --plot draws them")
    elif finding.found:
        console.print(_cases(finding.found))
    if finding.found:
        console.print(_summary(finding.found))
    if finding.figures:
        console.print(_figures(finding.figures))


def drawable(plot: Path | None) -> None:
    """Raise UserError for a picture that cannot be written, before anything is solved."""
    if plot is None:
        return
    if plot.suffix.lower() != ".svg":
        raise UserError(f"{plot}: pictures are drawn as SVG; name it {plot.stem or 'picture'}.svg")
    if not plot.parent.is_dir():
        raise UserError(f"{plot}: cannot be written (no folder {plot.parent})")


def draw(svg: str, plot: Path | None) -> None:
    """Write a picture where it was asked for; raise UserError if that cannot be."""
    drawable(plot)
    if plot is None:
        return
    try:
        plot.write_text(svg, encoding="utf-8")
    except OSError as problem:
        raise UserError(f"{plot}: cannot be written ({problem.strerror})") from problem


def _cases(found: Sequence[Comparison]) -> Table:
    table = Table("case", "quantity", "predicted", "measured", "error")
    for one in found:
        values = (one.predicted, one.measured, one.error)
        table.add_row(one.case, one.quantity, *("-" if v is None else _text(v) for v in values))
    return table


def _text(value: float) -> str:
    """Return four digits of a value; what is only rounding is zero."""
    return f"{round(value, 9) + 0.0:.4g}"


def _summary(found: Sequence[Comparison]) -> Table:
    table = Table("quantity", "n", "mean |error|", "bias", "largest", "relative")
    for quantity, stat in summary(found).items():
        share = [
            abs(one.error / one.measured)
            for one in found
            if one.quantity == quantity and one.error is not None and one.measured
        ]
        relative = f"{100.0 * sum(share) / len(share):.1f} %" if share else ""
        values = (_text(stat["mae"]), _text(stat["bias"]), _text(stat["max"]), relative)
        table.add_row(quantity, str(stat["n"]), *values)
    return table


def _figures(figures: Sequence[Figure]) -> Table:
    barred = any(f.bar is not None for f in figures)
    table = Table("figure", "value", *(("bar", "") if barred else ()))
    for f in figures:
        bar = "" if f.bar is None else f"{f.op} {f.bar:g}"
        verdict = "" if not bar else ("met" if f.ok else "missed")
        table.add_row(
            f.name, f"{f.value:.5g} {f.unit}".strip(), *((bar, verdict) if barred else ())
        )
    return table
