"""Stripper cases of a file: lean loading and reboiler duty per CO2, predicted beside measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelError
from models.fitted import fitted
from models.streams import Solvent
from models.stripper import Stripped, Stripper, strip
from seastack.problems import UserError
from seastack.validation import table
from seastack.validation.absorber import Settings, band, packing_of, taps_beside
from seastack.validation.campaign import origin
from seastack.validation.result import Comparison
from seastack.validation.table import Row, must, number

PRESSURE = ("stripper_P_kPa", "stripper_top_P_kPa")
DIAMETER = ("stripper_diameter_m", "column_diameter_m")
HEIGHT = ("stripper_packing_height_m", "packing_height_m")
LEAN = ("lean_loading_data", "lean_loading_mol_mol")
SRD = ("srd_data_MJ_kgCO2", "srd_data_GJ_t")


@dataclass(frozen=True)
class StripperRun:
    """Everything a report needs: comparisons, solved columns, taps and the choices made."""

    found: list[Comparison]
    solved: dict[str, Stripped]
    taps: dict[str, list[tuple[float, float]]]
    notes: list[str]


def needed(path: Path, rows: Sequence[Row]) -> None:
    """Raise UserError for a missing column without which there is no stripper case."""
    table.need(
        path, rows, ("rich_flow_kg_h",), ("rich_loading_mol_mol",), ("rich_mea_wtfrac_co2free",),
        ("stripper_in_T_C",), PRESSURE, ("reboiler_duty_kW",), DIAMETER,
    )  # fmt: skip


def predict(row: Row, settings: Settings, bias: float) -> Stripped:
    """Return the solved stripper of one row; raise ValueError for what is missing."""
    fit = fitted()
    height = number(row, *HEIGHT)
    column = Stripper(
        must(row, *DIAMETER),
        12.0 if height is None else height,
        packing_of(row, settings),
        (None,),
        area_factor=fit.area_factor if settings.area_factor is None else settings.area_factor,
        gas_film_factor=(
            fit.gas_film_factor if settings.gas_film_factor is None else settings.gas_film_factor
        ),
    )
    rich = Solvent(
        must(row, "rich_flow_kg_h"),
        must(row, "stripper_in_T_C"),
        must(row, "rich_loading_mol_mol") + bias,
        must(row, "rich_mea_wtfrac_co2free"),
    )
    return strip(column, rich, must(row, *PRESSURE), must(row, "reboiler_duty_kW"))


def _compare(name: str, row: Row, out: Stripped | None, bias: float) -> list[Comparison]:
    here = band(number(row, *LEAN))
    found = []
    if (lean := number(row, *LEAN)) is not None or number(row, *SRD) is None:
        read = None if out is None else out.lean_loading - bias
        ccsi = number(row, "ccsi_model_lean_loading")
        found.append(Comparison(name, "lean_loading_mol_mol", read, lean, ccsi, here))
    if (srd := number(row, *SRD)) is not None:
        ours = None if out is None else out.srd_GJ_t
        ccsi = number(row, "ccsi_model_srd_MJ_kgCO2")
        found.append(Comparison(name, "srd_GJ_t", ours, srd, ccsi, here))
    return found


def validate(
    path: Path, settings: Settings, progress: Callable[[int, int], None] | None = None
) -> StripperRun:
    """Return predictions beside measurements for every row of a file."""
    rows = table.read(path)
    needed(path, rows)
    where = origin(path, rows, settings.campaign)
    bias = where.bias if settings.bias else 0.0
    if settings.lean_bias is not None:
        bias = settings.lean_bias
    notes = [
        f"campaign {where.campaign.name if where.campaign else 'none'} ({where.why}); "
        f"loading bias {bias:+.3f} mol/mol on what its analyser read"
    ]
    packing_of(rows[0], settings)
    found: list[Comparison] = []
    solved: dict[str, Stripped] = {}
    for i, (name, row) in enumerate(zip(table.case_names(rows), rows, strict=True)):
        if progress is not None:
            progress(i, len(rows))
        out: Stripped | None = None
        try:
            out = solved[name] = predict(row, settings, bias)
        except (ModelError, UserError, ValueError, ArithmeticError) as problem:
            notes.append(f"case {name}: {problem}")
        found.extend(_compare(name, row, out, bias))
    return StripperRun(found, solved, taps_beside(path, "stripper_temperature"), notes)
