"""Absorber cases of a file: what each says, what the model says; nothing is fitted here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.absorber import Absorbed, Absorber, absorb
from models.coefficients import LUO_AMINE, Kinetics
from models.errors import ModelError, UnknownPacking
from models.fitted import fitted
from models.packed import ELEMENTS, Intercooler
from models.packing import packing
from models.streams import Solvent, flue_gas, saturation
from seastack.problems import UserError
from seastack.validation import table
from seastack.validation.basis import CO2, basis_note, basis_of, column
from seastack.validation.campaign import Origin, origin
from seastack.validation.doubts import defaults, extrapolated, flooding
from seastack.validation.result import Comparison
from seastack.validation.table import Row, may, must, number

LEAN_T_DEGC = 45.0
"""Taken where the lean temperature is missing (the 2017 campaign's set-point)."""
RETURN_T_DEGC = 43.3
"""Taken where an intercooler's return is missing: 110 degF, the 2014 campaign's set-point."""
BED_M, O2, ATMOSPHERE_KPA = 6.0, 0.08, 101.3
ENDS = ("absorber_top_P_kPa", "gas_in_P_kPa")
WATER, HUMIDITY = "gas_in_h2o_molfrac", "gas_in_humidity_pct"
WET_SHARE = 0.2
"""Mole fraction of water beyond which a gas that is taken as saturated is doubted."""
TAKEN = (
    ((WATER, HUMIDITY), "gas saturated with water at its temperature"),
    (("lean_T_C",), f"lean_T_C {LEAN_T_DEGC:g} degC"),
    (("column_P_kPa", *ENDS), f"column_P_kPa {ATMOSPHERE_KPA:g}"),
    (("packing_height_m",), f"packing_height_m {BED_M:g} per bed"),
    (("n_beds",), f"n_beds one per {BED_M:g} m"),
    (("gas_in_o2_molfrac_dry",), f"O2 {O2:g} dry"),
)
COOLED = (
    (("intercooler1_return_T_C",), f"intercoolers return at {RETURN_T_DEGC:g} degC"),
    (("intercooler1_flow_kg_h",), "intercoolers take all of the liquid"),
)
CAPTURE = ("capture_pct_gas_side", "capture_pct_tableA1", "capture_pct", "capture_pct_main_text")
BANDS = ((0.0, 0.10), (0.10, 0.20), (0.20, 0.30), (0.30, 1.0))


@dataclass(frozen=True)
class Settings:
    """How to read a file: basis "" | dry | wet, packing "" (as in the file), bias on or off.

    rich: "best" | "read", the rich loading behind a stripper's specific duty; kinetics: the
    reaction set of both columns.
    """

    basis: str = ""
    packing: str = ""
    campaign: str = ""
    bias: bool = True
    gas_film_factor: float | None = None
    heat_loss_W_m2_K: float | None = None
    lean_bias: float | None = None
    elements: int = ELEMENTS
    rich: str = "best"
    kinetics: Kinetics = LUO_AMINE

    def bias_of(self, where: Origin) -> float:
        """Return the loading bias to use: the one given, else the campaign's unless refused."""
        if self.lean_bias is not None:
            return self.lean_bias
        return where.bias if self.bias else 0.0


@dataclass(frozen=True)
class Run:
    """Everything a report needs: comparisons, solved columns, and the choices made."""

    found: list[Comparison]
    solved: dict[str, Absorbed]
    taps: dict[str, list[tuple[float, float]]]
    notes: list[str]


def band(loading: float | None) -> str:
    """Return the band of lean loading a case belongs to."""
    if loading is None:
        return "unknown"
    for low, high in BANDS:
        if loading <= high + 1e-9:
            return f"{low:.2f}-{min(high, 0.55):.2f}"
    return "unknown"


def packing_of(row: Row, settings: Settings) -> str:
    """Return the key of the packing asked for or named in the row; 252Y where none is."""
    name = settings.packing or row.get("packing", "") or "MellapakPlus 252Y"
    try:
        return packing(name).key
    except UnknownPacking as problem:
        raise UserError(f"{problem}; choose one with --packing") from problem


def said(rows: Sequence[Row], settings: Settings) -> str:
    """Return a line on the packings of a file: what they are taken for, and why."""
    if settings.packing:
        return f"packing {packing_of(rows[0], settings)} (asked for)"
    names = dict.fromkeys(row.get("packing", "") for row in rows)
    parts = []
    for name in names:
        try:
            key = packing_of({"packing": name}, settings)
        except UserError:
            key = "unknown"
        parts.append(f"{key} ({name or 'none named, so the pilot plants of NCCC'})")
    return f"packing {', '.join(parts)}"


def coolers(row: Row, side: Row, beds: int) -> tuple[Intercooler | None, ...]:
    """Return the cooler above each bed but the top one, bottom up; number 1 is the highest.

    Temperatures and flows come from the case's row or its row in the intercooler
    file; without, a return at the set-point and all of the liquid.
    """
    count = round(may(row, "n_intercoolers") or 0.0)
    lean = number(row, "lean_flow_kg_h")
    found: list[Intercooler | None] = []
    for k in range(1, beds):
        if k > count:
            found.append(None)
            continue
        t, flow = (
            may(row, name) if may(row, name) is not None else may(side, name)
            for name in (f"intercooler{k}_return_T_C", f"intercooler{k}_flow_kg_h")
        )
        share = 1.0 if flow is None or not lean else min(1.0, flow / lean)
        found.append(Intercooler(RETURN_T_DEGC if t is None else t, share))
    return tuple(reversed(found))


def factors(settings: Settings) -> tuple[float, float]:
    """Return the plant-wide (gas film factor, heat loss in W/m2/K): asked for, else as fitted."""
    fit, film, loss = fitted(), settings.gas_film_factor, settings.heat_loss_W_m2_K
    return (
        fit.gas_film_factor if film is None else film,
        fit.heat_loss_W_m2_K if loss is None else loss,
    )


def column_of(row: Row, side: Row, settings: Settings) -> Absorber:
    """Return the absorber a row describes, with the fitted factors."""
    height = may(row, "packing_height_m")
    beds = round(may(row, "n_beds") or max(1.0, round((height or BED_M) / BED_M)))
    # an intercooler needs a gap to stand in
    beds = max(beds, round(may(row, "n_intercoolers") or 0.0) + 1)
    film, loss = factors(settings)
    return Absorber(
        must(row, "column_diameter_m"),
        BED_M * beds if height is None else height,
        packing_of(row, settings),
        coolers(row, side, beds),
        heat_loss_W_m2_K=loss,
        gas_film_factor=film,
        kinetics=settings.kinetics,
        elements=settings.elements,
    )


def pressure_of(row: Row) -> float:
    """Return the pressure of the column, kPa: its own, else the mean of top and bottom."""
    if (p := may(row, "column_P_kPa")) is not None:
        return p
    ends = [p for n in ENDS if (p := may(row, n)) is not None]
    return sum(ends) / len(ends) if ends else ATMOSPHERE_KPA


def water_of(row: Row) -> float | None:
    """Return the mole fraction of water in a row's gas; None where it does not say."""
    if (share := may(row, WATER)) is not None:
        return share
    humidity = may(row, HUMIDITY)
    if humidity is None:
        return None
    return 0.01 * humidity * saturation(must(row, "gas_T_C"), pressure_of(row))


def predict(row: Row, side: Row, settings: Settings, dry: bool, bias: float) -> Absorbed:
    """Return the solved absorber of one row; raise ValueError for what is missing."""
    table.whole(row)
    y = must(row, *CO2) * (0.01 if "molpct" in column(row) else 1.0)
    may(row, *CAPTURE)
    o2 = may(row, "gas_in_o2_molfrac_dry")
    gas = flue_gas(
        must(row, "gas_flow_kg_h"),
        must(row, "gas_T_C"),
        pressure_of(row),
        y,
        dry,
        O2 if o2 is None else o2,
        water_of(row),
    )
    t = may(row, "lean_T_C")
    lean = Solvent(
        must(row, "lean_flow_kg_h"),
        LEAN_T_DEGC if t is None else t,
        must(row, "lean_loading_mol_mol") + bias,
        must(row, "lean_mea_wtfrac_co2free"),
    )
    return absorb(column_of(row, side, settings), gas, lean)


def _compare(
    name: str, row: Row, out: Absorbed | None, bias: float, taps: list[tuple[float, float]]
) -> list[Comparison]:
    """Return the comparisons of one case; loadings as the campaign's analyser would read them."""
    here = band(number(row, "lean_loading_mol_mol"))
    ccsi = number(row, "ccsi_model_capture_pct")
    capture = None if out is None else out.capture_pct
    found = [Comparison(name, "capture_pct", capture, number(row, *CAPTURE), ccsi, here)]
    if (rich := number(row, "rich_loading_mol_mol")) is not None:
        # an analyser reads no less than nothing
        read = None if out is None else max(0.0, out.rich_loading - bias)
        found.append(Comparison(name, "rich_loading_mol_mol", read, rich, None, here))
    for position, t in taps:
        at = None if out is None else out.t_at(position)
        found.append(Comparison(name, f"t_absorber_degC@{position:g}", at, t, None, here))
    return found


def needed(path: Path, rows: Sequence[Row]) -> None:
    """Raise UserError for a missing column without which there is no absorber case."""
    table.need(
        path, rows, ("lean_flow_kg_h",), ("lean_loading_mol_mol",), ("lean_mea_wtfrac_co2free",),
        ("gas_flow_kg_h",), ("gas_T_C",), CO2, ("column_diameter_m",),
    )  # fmt: skip


def taps_beside(
    path: Path, name: str, notes: list[str] | None = None
) -> dict[str, list[tuple[float, float]]]:
    """Return temperature taps by case, (relative position from the top, degC), if any."""
    taps: dict[str, list[tuple[float, float]]] = {}
    for row in table.beside(path, name, notes=notes):
        position = number(row, "relative_position_top0_bottom1", "relative_position_top0_reboiler1")
        t = number(row, "T_C")
        if position is not None and t is not None:
            taps.setdefault(row.get("case", ""), []).append((position, t))
    return taps


def not_given(rows: Sequence[Row], cases: Sequence[str], side: Mapping[str, Row]) -> list[str]:
    """Return a line on what was taken for values neither the file nor its neighbours give."""
    both = [
        {**side.get(case, {}), **{k: v for k, v in row.items() if v}}
        for case, row in zip(cases, rows, strict=True)
    ]
    parts = defaults(rows, cases, TAKEN)
    parts += defaults(both, cases, COOLED, lambda row: (number(row, "n_intercoolers") or 0.0) > 0.0)
    return [f"not given, so taken: {'; '.join(parts)}"] if parts else []


def doubts(row: Row, side: Row, settings: Settings, out: Absorbed) -> list[str]:
    """Return what to doubt about a solved case."""
    mea = must(row, "lean_mea_wtfrac_co2free")
    flooded = flooding(column_of(row, side, settings), out, pressure_of(row))
    t = must(row, "gas_T_C")
    share, wet = saturation(t, pressure_of(row)), []
    if water_of(row) is None and share > WET_SHARE:
        steam = f"its gas is taken as saturated: {100.0 * share:.0f} % steam at {t:g} degC"
        wet = [f"{steam}; a gas that is not so wet needs {WATER} or {HUMIDITY}"]
    return wet + extrapolated(out, mea) + flooded


def validate(
    path: Path, settings: Settings, progress: Callable[[int, int], None] | None = None
) -> Run:
    """Return predictions beside measurements for every row of a file."""
    rows = table.read(path)
    needed(path, rows)
    where = origin(path, rows, settings.campaign)
    bias = settings.bias_of(where)
    notes = [
        basis_note(rows, where, settings.basis),
        f"campaign {where.campaign.name if where.campaign else 'none'} ({where.why}); "
        f"lean loading bias {bias:+.3f} mol/mol",
        said(rows, settings),
    ]
    side = {r.get("case", ""): r for r in table.beside(path, "intercooler", notes=notes)}
    taps = taps_beside(path, "absorber_temperature", notes)
    cases = table.case_names(rows)
    notes += not_given(rows, cases, side)
    found: list[Comparison] = []
    solved: dict[str, Absorbed] = {}
    for i, (name, row) in enumerate(zip(cases, rows, strict=True)):
        if progress is not None:
            progress(i, len(rows))
        out: Absorbed | None = None
        beside = side.get(name, {})
        try:
            dry = basis_of(row, where, settings.basis)[0] == "dry"
            out = solved[name] = predict(row, beside, settings, dry, bias)
            notes += [f"case {name}: {line}" for line in doubts(row, beside, settings, out)]
        except (ModelError, UserError, ValueError, ArithmeticError) as problem:
            notes.append(f"case {name}: {problem}")
        found.extend(_compare(name, row, out, bias, taps.get(name, [])))
    return Run(found, solved, taps, notes)
