"""The `validate` commands: solve, then print a table or JSON and perhaps a picture."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from models.absorber import Absorbed
from models.stripper import Stripped
from seastack.problems import UserError, nearest
from seastack.validation import absorber, stripper
from seastack.validation.absorber import Settings
from seastack.validation.picture import parity, profiles
from seastack.validation.report import draw, drawable
from seastack.validation.result import Comparison, as_json, statistic, summary

RICH = ("best", "read")
PUBLISHED, BANDED = "CCSI/Aspen", "within 2 sd"
UNITS = {"capture_pct": "points", "srd_GJ_t": "GJ/t"}


def run_absorber(path: Path, settings: Settings, *, as_json: bool, plot: Path | None) -> None:
    """Validate an absorber file and report it."""
    if settings.basis not in ("", "dry", "wet"):
        raise UserError(f"--basis {settings.basis}: must be dry or wet")
    drawable(plot)
    with _bar(as_json) as bar:
        task = bar.add_task("solving absorbers")
        found = absorber.validate(
            path, settings, lambda i, n: bar.update(task, completed=i, total=n)
        )
    _report(path, found.found, found.notes, as_json, plot)
    _profiles(path, found.solved, found.taps, plot)


def run_stripper(path: Path, settings: Settings, *, as_json: bool, plot: Path | None) -> None:
    """Validate a stripper file and report it."""
    if settings.rich not in RICH:
        choices = " or ".join(RICH)
        raise UserError(f"--rich {settings.rich}: must be {choices}{nearest(settings.rich, RICH)}")
    drawable(plot)
    with _bar(as_json) as bar:
        task = bar.add_task("solving strippers")
        found = stripper.validate(
            path, settings, lambda i, n: bar.update(task, completed=i, total=n)
        )
    _report(path, found.found, found.notes, as_json, plot)
    _profiles(path, found.solved, found.taps, plot)


def _profiles(
    path: Path,
    solved: Mapping[str, Absorbed | Stripped],
    taps: Mapping[str, list[tuple[float, float]]],
    plot: Path | None,
) -> None:
    """Draw bed temperatures beside the parity picture, where taps are known."""
    if plot is None or not taps:
        return
    places = [k / 50.0 for k in range(51)]
    lines = {
        case: (places, [column.t_at(z) for z in places], taps[case])
        for case, column in solved.items()
        if case in taps
    }
    if lines:
        title = f"{path.stem}: line ours, circles measured; top of the column at the top"
        beside = plot.with_name(f"{plot.stem}_profiles{plot.suffix}")
        draw(profiles(lines, title), beside)


def _bar(quiet: bool) -> Progress:
    return Progress(console=Console(stderr=True), transient=True, disable=quiet)


def _report(
    path: Path, found: Sequence[Comparison], notes: Sequence[str], quiet: bool, plot: Path | None
) -> None:
    if plot is not None:
        draw(parity(found), plot)
    if quiet:
        for note in notes:
            print(note, file=Console(stderr=True).file)
        print(json.dumps(as_json(found), indent=1))
        return
    console = Console()
    console.print(f"[bold]{path.name}[/bold]")
    for note in notes:
        console.print(f"  {note}", markup=False)
    console.print(_cases(found))
    console.print(_summary(found))


def _cases(found: Sequence[Comparison]) -> Table:
    """Return predicted beside measured, and the published model's beside ours where it is known."""
    published = any(one.reference is not None for one in found)
    table = Table("case", "quantity", "predicted", "measured", "error")
    if published:
        table.add_column("CCSI/Aspen")
        table.add_column("its error")
    for one in found:
        if "@" in one.quantity:
            continue
        cells = [one.case, one.quantity, _text(one.predicted), _text(one.measured)]
        cells.append(_text(one.error, True))
        if published:
            cells += [_text(one.reference), _text(_off(one.reference, one.measured), True)]
        table.add_row(*cells)
    return table


def _summary(found: Sequence[Comparison]) -> Table:
    table = Table("quantity", "of", "n", "mean |error|", "bias", "largest", "relative")
    if any(one.reference is not None for one in found):
        table.add_column(PUBLISHED)
    if any(one.within is not None for one in found):
        table.add_column(BANDED)
    for column in table.columns[2:]:
        column.min_width = 6  # numbers stay whole; long names fold
    table.columns[0].overflow = "fold"
    for quantity in summary(found):
        if "@" in quantity:
            continue
        own = [one for one in found if one.quantity == quantity]
        groups = {"all": own}
        bands = sorted({one.band for one in own})
        for name in bands if len(bands) > 1 else ():
            groups[f"lean {name}"] = [one for one in own if one.band == name]
        if quantity == "capture_pct":
            groups["capture < 97 %"] = [one for one in own if (one.measured or 100.0) < 97.0]
        for label, part in groups.items():
            _row(table, quantity, label, part)
    taps = [one for one in found if one.quantity.startswith("t_absorber")]
    if taps:
        _row(table, "t_absorber_degC", "all taps", taps)
    return table


def _row(table: Table, quantity: str, label: str, part: Sequence[Comparison]) -> None:
    errors = [one.error for one in part if one.error is not None]
    if not errors:
        return
    stat = statistic(errors)
    share = [abs(one.error / one.measured) for one in part if one.error and one.measured]
    other = [abs(e) for one in part if (e := _off(one.reference, one.measured)) is not None]
    banded = [one.within for one in part if one.within is not None]
    extra = {
        PUBLISHED: _text(sum(other) / len(other)) if other else "",
        BANDED: f"{sum(banded)} of {len(banded)}" if banded else "",
    }
    table.add_row(
        quantity,
        label,
        str(stat["n"]),
        _text(stat["mae"]),
        _text(stat["bias"], True),
        _text(stat["max"]),
        f"{100.0 * sum(share) / len(share):.1f} %" if share else "",
        *(extra[str(c.header)] for c in table.columns if str(c.header) in extra),
    )


def _off(predicted: float | None, measured: float | None) -> float | None:
    return None if predicted is None or measured is None else predicted - measured


def _text(value: float | None, signed: bool = False) -> str:
    if value is None:
        return "-"
    digits = 2 if abs(value) >= 1.0 else 4
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
