"""Stripper cases of a file: lean loading and reboiler duty per CO2, predicted beside measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.errors import ModelError
from models.feed import heat_to_boil, heated
from models.streams import Solvent
from models.stripper import Stripped, Stripper, strip
from seastack.problems import UserError
from seastack.validation import packings, table
from seastack.validation.absorber import Settings, band, factors, prepared, taps_beside, why_not
from seastack.validation.bias import of_case as own_bias
from seastack.validation.campaign import Origin, origin
from seastack.validation.completed import FEED, HOT, PREHEATED, completed
from seastack.validation.doubts import defaults, extrapolated, flooding
from seastack.validation.result import REFUSED, Comparison, uncomputed
from seastack.validation.rich import (
    Neighbours,
    as_read,
    lean_line,
    missing,
    neighbours,
    reconciled,
    t_front,
    through_absorber,
)
from seastack.validation.table import Row, may, must, number

PRESSURE = ("stripper_P_kPa", "stripper_top_P_kPa")
DIAMETER = ("stripper_diameter_m", "column_diameter_m")
HEIGHT = ("stripper_packing_height_m", "packing_height_m")
LEAN = ("lean_loading_data", "lean_loading_mol_mol")
SRD = ("srd_data_MJ_kgCO2", "srd_data_GJ_t")
PREHEATER = "preheater_duty_kW"
"""Heat given to the feed before the column: it counts in the specific duty."""
HEIGHT_M = 12.0
TAKEN = ((HEIGHT, f"{HEIGHT[0]} {HEIGHT_M:g}"),)

HOT_END, HOT_K = 9.0, 100.0
"""Sump, kettle and lines lose heat like this many diameters of shell, at reboiler temperature
(10 m2 in a 0.59 m stripper: an estimate, not fitted)."""


@dataclass(frozen=True)
class StripperRun:
    """Everything a report needs: comparisons, solved columns, taps and the choices made."""

    found: list[Comparison]
    solved: dict[str, Stripped]
    taps: dict[str, list[tuple[float, float]]]
    notes: list[str]


def needed(path: Path, rows: Sequence[Row]) -> None:
    """Raise UserError for a missing column without which there is no stripper case."""
    flows = ("rich_flow_kg_h", "lean_flow_kg_h")
    table.need(
        path, rows, flows, ("rich_loading_mol_mol",),
        ("rich_mea_wtfrac_co2free", "lean_mea_wtfrac_co2free"),
        (FEED, PREHEATED, HOT), PRESSURE, ("reboiler_duty_kW",), DIAMETER,
    )  # fmt: skip


def column_of(row: Row, settings: Settings) -> Stripper:
    """Return the stripper a row describes, with the fitted factors."""
    height = may(row, *HEIGHT)
    film, loss = factors(settings, row)
    size = must(row, *DIAMETER)
    return Stripper(
        size,
        HEIGHT_M if height is None else height,
        packings.of_case(row, settings.packing, settings.own),
        (None,),
        heat_loss_W_m2_K=loss,
        gas_film_factor=film,
        kinetics=settings.kinetics,
        reboiler_loss_kW=1e-3 * loss * HOT_K * np.pi * HOT_END * size**2,
    )


@dataclass(frozen=True)
class Solved:
    """One case: from the rich line as read, and as reconciled (`how`) for the duty.

    best None: no duty could be computed, and the doubts say why.
    """

    read: Stripped
    best: Stripped | None
    how: str
    doubts: list[str]


def boils(column: Stripper, rich: Solvent, p_kPa: float, duty_kW: float) -> list[str]:
    """Return a line for a duty of which most warms the feed; raise ValueError if all does."""
    need = 1e-3 * heat_to_boil(rich, 1e3 * p_kPa)
    loss = column.reboiler_loss_kW
    if duty_kW - loss <= need:
        raise ValueError(
            f"reboiler_duty_kW {duty_kW:g}: nothing boils; the feed of {rich.t_degC:.1f} degC "
            f"needs {need:.0f} kW to its boiling point and the hot end loses {loss:.0f} kW"
        )
    if need < 0.5 * duty_kW:
        return []
    return [f"{need:.0f} of {duty_kW:g} kW only warm the feed to its boiling point"]


def predict(
    row: Row, case: str, near: Neighbours, settings: Settings, where: Origin, bias: float
) -> Solved:
    """Return the solved stripper of one row; raise ValueError for what is missing."""
    table.whole(row)
    column, p, duty = column_of(row, settings), must(row, *PRESSURE), must(row, "reboiler_duty_kW")
    t = t_front(row, near.exchangers.get(case, {}), where.campaign)
    rich = as_read(row, t, bias)
    cold = boils(column, rich, p, duty)
    out = strip(column, rich, p, duty)
    doubts = cold + extrapolated(out, rich.mea) + flooding(column, out, p)
    if settings.rich == "read" or number(row, *SRD) is None:
        return Solved(out, out, "read", doubts)
    try:
        if (lean := lean_line(row, bias)) is None:
            return Solved(out, out, "read", doubts)
        caught = through_absorber(case, near, settings, bias)
        better, how = reconciled(row, rich, lean, p, caught)
        return Solved(out, strip(column, better, p, duty), how, doubts)
    except (ModelError, UserError, ValueError, ArithmeticError) as problem:
        # the lean loading needs nothing of this and stands
        return Solved(out, None, "nothing", [*doubts, f"no specific duty: {problem}"])


def _compare(name: str, row: Row, out: Solved | None, bias: float, why: str) -> list[Comparison]:
    here = band(number(row, *LEAN))
    found = []

    def add(quantity: str, columns: Sequence[str], predicted: float | None, published: str) -> None:
        column = next((n for n in columns if number(row, n) is not None), columns[0])
        sd, other = number(row, f"{column}_sd"), number(row, published)
        measured = number(row, column)
        found.append(Comparison(name, quantity, predicted, measured, other, here, why, sd))

    if number(row, *LEAN) is not None or number(row, *SRD) is None:
        # an analyser reads no less than nothing
        read = None if out is None else max(0.0, out.read.lean_loading - bias)
        add("lean_loading_mol_mol", LEAN, read, "ccsi_model_lean_loading")
    if number(row, *SRD) is not None:
        duty = None
        if out is not None and out.best is not None:
            preheat = number(row, PREHEATER) or 0.0
            duty = out.best.srd_GJ_t * (1.0 + preheat / out.best.duty_kW)
        add("srd_GJ_t", SRD, duty, "ccsi_model_srd_MJ_kgCO2")
    return found


def preheated(row: Row) -> Row:
    """Return a row whose feed temperature stands behind its preheater, by that heat."""
    if number(row, FEED) is not None or number(row, PREHEATED) is None:
        return row
    cold = Solvent(
        must(row, "rich_flow_kg_h"), must(row, PREHEATED), must(row, "rich_loading_mol_mol"),
        must(row, "rich_mea_wtfrac_co2free"),
    )  # fmt: skip
    return {**row, FEED: repr(heated(cold, 1e3 * must(row, PREHEATER)))}


@dataclass(frozen=True)
class Case:
    """One row with what its neighbours told, and what became of it; out None: `why` not."""

    name: str
    row: Row
    bias: float = 0.0
    out: Solved | None = None
    why: str = REFUSED


def _solve(
    case: Case, near: Neighbours, settings: Settings, where: Origin
) -> tuple[Case, list[str]]:
    name = case.name
    try:
        table.whole(case.row)
        bias, _ = own_bias(case.row, settings, where)
        row, told = completed(case.row, near.absorbers.get(name, {}), near.exchangers.get(name, {}))
        row = preheated(row)
        out = predict(row, name, near, settings, where, bias)
        case, lines = replace(case, bias=bias, out=out), told + out.doubts
    except (ModelError, UserError, ValueError, ArithmeticError) as problem:
        case, lines = replace(case, why=why_not(problem)), [str(problem)]
    return case, [f"case {name}: {line}" for line in lines]


def validate(
    path: Path, settings: Settings, progress: Callable[[int, int], None] | None = None
) -> StripperRun:
    """Return predictions beside measurements for every row of a file."""
    rows, settings, converted = prepared(path, settings)
    needed(path, rows)
    where = origin(path, rows, settings.campaign)
    bias = settings.bias_of(where)
    notes = [
        f"campaign {where.campaign.name if where.campaign else 'none'} ({where.why}); "
        f"loading bias {bias:+.3f} mol/mol on what its analyser read"
    ]
    notes += [packings.said(rows, settings.packing, settings.own), *converted]
    cases = table.case_names(rows)
    if parts := defaults(rows, cases, TAKEN):
        notes.append(f"not given, so taken: {'; '.join(parts)}")
    near = neighbours(path, where, notes)
    duty = settings.rich != "read" and any(number(row, *SRD) is not None for row in rows)
    notes += missing(rows, cases, near, where, duty=duty)
    taps = taps_beside(path, "stripper_temperature", notes)
    found: list[Comparison] = []
    solved: dict[str, Stripped] = {}
    ways: dict[str, int] = {}
    for i, (name, row) in enumerate(zip(cases, rows, strict=True)):
        if progress is not None:
            progress(i, len(rows))
        case, lines = _solve(Case(name, row), near, settings, where)
        notes += lines
        if case.out is not None:
            solved[name] = case.out.read
            ways[case.out.how] = ways.get(case.out.how, 0) + 1
        found.extend(_compare(name, row, case.out, case.bias, case.why))
    if any(c.quantity == "srd_GJ_t" for c in found):
        text = ", ".join(f"{how} {n}" for how, n in ways.items())
        notes.insert(1, f"specific duty: rich loading by {text} (--rich read: as analysed)")
    return StripperRun(found, solved, taps, notes + uncomputed(found))
