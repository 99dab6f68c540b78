"""Absorber cases of a file: what each says, what the model says; nothing is fitted here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.absorber import Absorbed, Absorber, absorb
from models.coefficients import LUO_AMINE, Kinetics
from models.errors import ConvergenceError, ModelError
from models.fitted import fitted
from models.packed import ELEMENTS, Intercooler
from models.packing import Packing
from models.solution import M_CO2
from models.streams import Solvent, saturation
from seastack.problems import UserError
from seastack.validation import cases, packings, table
from seastack.validation.basis import CO2, basis_note, basis_of, column
from seastack.validation.bias import of_case as own_bias
from seastack.validation.campaign import Origin, origin
from seastack.validation.doubts import defaults, extrapolated, flooding
from seastack.validation.gasflow import FLOWS, gas_of
from seastack.validation.result import FAILED, REFUSED, Comparison, uncomputed
from seastack.validation.table import Row, may, must, number

LEAN_T_DEGC = 45.0
"""Taken where the lean temperature is missing (the 2017 campaign's set-point)."""
RETURN_T_DEGC = 43.3
"""Taken where an intercooler's return is missing: 110 degF, the 2014 campaign's set-point."""
BED_M, O2, ATMOSPHERE_KPA = 6.0, 0.08, 101.3
ENDS = ("absorber_top_P_kPa", "gas_in_P_kPa")
HEAT_LOSS = "heat_loss_W_m2_K"
ABSORBED = "co2_absorbed_kg_h"
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
    reaction set of both columns; own: packings of one's own by plain name.
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
    lean_bias_sd: float | None = None
    own: Mapping[str, Packing] = field(default_factory=dict)

    def bias_of(self, where: Origin) -> float:
        """Return the loading bias to use: the one given, else the campaign's unless refused."""
        if self.lean_bias is not None:
            return self.lean_bias
        return where.bias if self.bias else 0.0

    def bias_sd_of(self, where: Origin) -> float:
        """Return the standard deviation of that bias, mol/mol; 0 where nobody states one."""
        if self.lean_bias_sd is not None:
            return self.lean_bias_sd
        return where.bias_sd if self.bias and self.lean_bias is None else 0.0


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


def factors(settings: Settings, row: Row) -> tuple[float, float]:
    """Return (gas film factor, heat loss in W/m2/K): asked for, else the row's, else as fitted."""
    fit, film, loss = fitted(), settings.gas_film_factor, settings.heat_loss_W_m2_K
    loss = may(row, HEAT_LOSS) if loss is None else loss
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
    film, loss = factors(settings, row)
    return Absorber(
        must(row, "column_diameter_m"),
        BED_M * beds if height is None else height,
        packings.of_case(row, settings.packing, settings.own),
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
    p = pressure_of(row)
    gas = gas_of(row, must(row, "gas_T_C"), p, y, dry, O2 if o2 is None else o2, water_of(row))
    t = may(row, "lean_T_C")
    lean = Solvent(
        must(row, "lean_flow_kg_h"),
        LEAN_T_DEGC if t is None else t,
        must(row, "lean_loading_mol_mol") + bias,
        must(row, "lean_mea_wtfrac_co2free"),
    )
    return absorb(column_of(row, side, settings), gas, lean)


@dataclass(frozen=True)
class Case:
    """One row and what became of it; out None: `why` it was not computed.

    shifted: the same with the loading bias one standard deviation higher, where one is known.
    """

    name: str
    row: Row
    taps: list[tuple[float, float]]
    bias: float = 0.0
    sd: float = 0.0
    out: Absorbed | None = None
    shifted: Absorbed | None = None
    why: str = REFUSED


def _compare(case: Case) -> list[Comparison]:
    """Return the comparisons of one case; loadings as the campaign's analyser would read them."""
    row, here = case.row, band(number(case.row, "lean_loading_mol_mol"))
    found = []

    def add(
        quantity: str, measured: float | None, read: Callable[[Absorbed, float], float],
        column: str = "", ccsi: float | None = None,
    ) -> None:  # fmt: skip
        predicted = None if case.out is None else read(case.out, case.bias)
        moved = None if case.shifted is None else read(case.shifted, case.bias + case.sd)
        spread = None if predicted is None or moved is None else abs(moved - predicted)
        sd = number(row, f"{column or quantity}_sd")
        one = Comparison(case.name, quantity, predicted, measured, ccsi, here, case.why, sd, spread)
        found.append(one)

    column = next((n for n in CAPTURE if number(row, n) is not None), CAPTURE[0])
    capture = number(row, column)
    ccsi = number(row, "ccsi_model_capture_pct")
    add("capture_pct", capture, lambda out, _: out.capture_pct, column, ccsi)
    if (rich := number(row, "rich_loading_mol_mol")) is not None:
        # an analyser reads no less than nothing
        add("rich_loading_mol_mol", rich, lambda out, bias: max(0.0, out.rich_loading - bias))
    if (caught := number(row, ABSORBED)) is not None:
        add(ABSORBED, caught, lambda out, _: co2_absorbed(out))
    for position, t in case.taps:
        at = None if case.out is None else case.out.t_at(position)
        quantity = f"t_absorber_degC@{position:g}"
        found.append(Comparison(case.name, quantity, at, t, None, here, case.why))
    return found


def co2_absorbed(out: Absorbed) -> float:
    """Return the CO2 that the liquid took from the gas, kg/h."""
    return 3.6 * M_CO2 * float(out.gas_co2[0] - out.gas_co2[-1])


def needed(path: Path, rows: Sequence[Row]) -> None:
    """Raise UserError for a missing column without which there is no absorber case."""
    table.need(
        path, rows, ("lean_flow_kg_h",), ("lean_loading_mol_mol",), ("lean_mea_wtfrac_co2free",),
        FLOWS, ("gas_T_C",), CO2, ("column_diameter_m",),
    )  # fmt: skip


def taps_beside(
    path: Path, name: str, notes: list[str] | None = None
) -> dict[str, list[tuple[float, float]]]:
    """Return temperature taps by case, (relative position from the top, degC), if any."""
    taps: dict[str, list[tuple[float, float]]] = {}
    for row in cases.beside(path, name, notes=notes):
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


def prepared(path: Path, settings: Settings) -> tuple[list[Row], Settings, list[str]]:
    """Return the rows of a file in our units, the settings with its own packings, and notes."""
    settings = replace(settings, own=packings.beside(path, settings.packing))
    notes: list[str] = []
    return cases.rows(path, notes), settings, notes


def why_not(problem: Exception) -> str:
    """Return whether a case was refused for its input or failed in the model."""
    failed = isinstance(problem, ConvergenceError | ArithmeticError)
    return FAILED if failed else REFUSED


def _solve(case: Case, beside: Row, settings: Settings, where: Origin) -> tuple[Case, list[str]]:
    """Return a case with its solution and what to doubt about it, or with why there is none."""
    row = case.row
    try:
        table.whole(row)
        bias, sd = own_bias(row, settings, where)
        dry = basis_of(row, where, settings.basis)[0] == "dry"
        out = predict(row, beside, settings, dry, bias)
        case = replace(case, bias=bias, sd=sd, out=out)
        lines = doubts(row, beside, settings, out)
        if sd > 0.0:
            case = replace(case, shifted=predict(row, beside, settings, dry, bias + sd))
    except (ModelError, UserError, ValueError, ArithmeticError) as problem:
        lines = [str(problem)]
        case = replace(case, why=why_not(problem))
    return case, [f"case {case.name}: {line}" for line in lines]


def validate(
    path: Path, settings: Settings, progress: Callable[[int, int], None] | None = None
) -> Run:
    """Return predictions beside measurements for every row of a file."""
    rows, settings, converted = prepared(path, settings)
    needed(path, rows)
    where = origin(path, rows, settings.campaign)
    sd = settings.bias_sd_of(where)
    notes = [
        basis_note(rows, where, settings.basis),
        f"campaign {where.campaign.name if where.campaign else 'none'} ({where.why}); "
        f"lean loading bias {settings.bias_of(where):+.3f} mol/mol"
        + (f", +- {sd:.3f} (one standard deviation)" if sd else ""),
        packings.said(rows, settings.packing, settings.own),
        *converted,
    ]
    side = {r.get("case", ""): r for r in cases.beside(path, "intercooler", notes=notes)}
    taps = taps_beside(path, "absorber_temperature", notes)
    names = table.case_names(rows)
    notes += not_given(rows, names, side)
    found: list[Comparison] = []
    solved: dict[str, Absorbed] = {}
    for i, (name, row) in enumerate(zip(names, rows, strict=True)):
        if progress is not None:
            progress(i, len(rows))
        case, lines = _solve(
            Case(name, row, taps.get(name, [])), side.get(name, {}), settings, where
        )
        notes += lines
        if case.out is not None:
            solved[name] = case.out
        found.extend(_compare(case))
    return Run(found, solved, taps, notes + uncomputed(found))
