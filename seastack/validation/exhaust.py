"""Exhaust of an engine by load: a shop test or a maker's table beside the models; never fits."""

import dataclasses
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from models.ambient import ISO, Ambient
from models.combustion import FUELS, Fuel
from models.engines import EngineGas
from models.fourstroke import TEST_AMBIENT, FourStroke
from models.numbers import F64
from models.twostroke import ME_C8, S80ME_C7, TwoStroke
from seastack.problems import UserError, nearest
from seastack.validation import table
from seastack.validation.chart import Panel, chart
from seastack.validation.report import Finding
from seastack.validation.result import Comparison
from seastack.validation.table import Row, number

Engine = FourStroke | TwoStroke
LOAD = ("load_frac", "Power")
LOAD_PCT = ("load_pct", "power_pct")
POWER = ("power_kW", "power_kW_MEAS", "Power kW")
AMBIENT = ("air_degC", "water_degC", "pressure_mbar", "humidity_pct", "back_pressure_mbar")
LEFT_OUT = "_left_out"
OVERLOAD = 1.5
LIMITS: dict[str, tuple[float, float, str]] = {
    "air_degC": (-50.0, 60.0, "degC from -50 to 60, no degF, no K"),
    "water_degC": (-3.0, 50.0, "degC from -3 to 50, no degF, no K"),
    "pressure_mbar": (800.0, 1100.0, "mbar from 800 to 1100, no kPa, no Pa"),
    "humidity_pct": (0.0, 100.0, "% from 0 to 100"),
    "back_pressure_mbar": (0.0, 150.0, "mbar from 0 to 150"),
    "fuel_kg_h": (0.0, 2e4, "kg/h from 0 to 20 000"),
    "t_exhaust_degC": (50.0, 600.0, "degC from 50 to 600, no K"),
    "flow_kg_s": (0.0, 300.0, "kg/s from 0 to 300, no kg/h"),
    "co2_dry_pct": (0.5, 25.0, "vol% from 0.5 to 25, no fraction"),
    "co2_wet_pct": (0.5, 25.0, "vol% from 0.5 to 25, no fraction"),
    "o2_dry_pct": (0.0, 21.0, "vol% from 0 to 21"),
    "o2_wet_pct": (0.0, 21.0, "vol% from 0 to 21"),
    "h2o_pct": (0.0, 30.0, "vol% from 0 to 30"),
}
"""What air, water and exhaust of an engine can be, by column or quantity, and the words for it."""
CASE_COLUMNS = ("engine", "fuel", "Fuel", "formula_set", *AMBIENT)
"""What one row's neighbours must share with it to say anything of it."""

Read = Callable[[EngineGas[float]], float]


def _columns(*bases: str) -> tuple[str, ...]:
    """Return the spellings of a column: measured, plain, computed."""
    return tuple(base + end for base in bases for end in ("_MEAS", "", "_CALC"))


QUANTITIES: dict[str, tuple[tuple[str, ...], Read]] = {
    "fuel_kg_h": (_columns("fuel_kg_h", "Fuel cons kg/h"), lambda e: e.fuel_kg_h),
    "t_exhaust_degC": (
        _columns("t_exhaust_degC", "exhaust_degC", "T_after_turbine_degC", "Temp after turbine"),
        lambda e: e.t_degC,
    ),
    "flow_kg_s": (_columns("exhaust_kg_s", "flow_kg_s"), lambda e: e.flow_kg_s),
    "co2_dry_pct": (_columns("CO2_dry_volpct"), lambda e: 100.0 * e.gas.dry(e.gas.co2)),
    "co2_wet_pct": (_columns("CO2_wet_volpct"), lambda e: 100.0 * e.gas.co2),
    "o2_dry_pct": (_columns("O2_dry_volpct"), lambda e: 100.0 * e.gas.dry(e.gas.o2)),
    "o2_wet_pct": (_columns("O2_wet_volpct"), lambda e: 100.0 * e.gas.o2),
    "h2o_pct": (_columns("H2O_volpct"), lambda e: 100.0 * e.gas.h2o),
}
MEASURED = ("fuel_kg_h", "t_exhaust_degC", "flow_kg_s")
"""Whose inner points are also predicted from the file's own neighbours."""


@dataclasses.dataclass(frozen=True)
class ExhaustRun:
    """A finding, and for its picture: the engine and fuel, file and left-out values by load."""

    finding: Finding
    model: Engine | None
    fuel: Fuel | None
    values: dict[str, list[tuple[float, float]]]
    left_out: dict[str, list[tuple[float, float]]]


def known() -> dict[str, Engine]:
    """Return the engines the package carries, by name."""
    four, two = FourStroke.load(), TwoStroke.load()
    return {four.name: four, two.name: two}


def _meant(path: Path, rows: Sequence[Row]) -> None:
    """Raise UserError for a value of a row that cannot be meant, or is more cells than columns."""
    columns = {name: (name,) for name in AMBIENT} | {
        q: names for q, (names, _) in QUANTITIES.items()
    }
    for i, row in enumerate(rows, 1):
        try:
            table.whole(row)
        except ValueError as error:
            raise UserError(f"{path}: row {i}: {error}") from None
        for what, names in columns.items():
            low, high, words = LIMITS[what]
            value = number(row, *names)
            if value is not None and not low <= value <= high:
                name = next(n for n in names if number(row, n) is not None)
                raise UserError(f"{path}: row {i}: {name} {value:g} is no {words}")


def engine_of(rows: Sequence[Row], asked: str) -> tuple[Engine | None, str]:
    """Return the engine of a file (None: none we carry) and how it was recognised.

    As asked for, else by the column `engine`, else by `formula_set` (a two-stroke's part
    loads); a file that names nothing is taken as the 6L46B.
    """
    engines = known()
    if asked:
        if asked not in engines:
            raise UserError(f"no engine {asked!r}: {', '.join(engines)}{nearest(asked, engines)}")
        return engines[asked], "asked for"
    named = rows[0].get("engine", "")
    if named:
        for name, engine in engines.items():
            if name in named:
                return engine, f"by the column engine: {named}"
        return None, f"the file is of {named}; carried are {', '.join(engines)}"
    if "formula_set" in rows[0]:
        return TwoStroke.load(), "by the column formula_set"
    return FourStroke.load(), "the file names none"


def load_of(row: Row, engine: Engine | None) -> float | None:
    """Return the load of a row as a fraction of the rated power, None if it says none."""
    if (load := number(row, *LOAD)) is not None:
        return load
    if (percent := number(row, *LOAD_PCT)) is not None:
        return 0.01 * percent
    power = number(row, *POWER)
    if power is None or engine is None:
        return None
    return power / (engine.smcr_kW if isinstance(engine, TwoStroke) else engine.mcr_kW)


def fuel_of(row: Row, asked: str) -> Fuel | None:
    """Return the fuel asked for or named in the row; None: the engine's own. UserError if odd."""
    name = asked or row.get("fuel", "") or row.get("Fuel", "")
    if not name:
        return None
    by_name = {key.lower(): fuel for key, fuel in FUELS.items()}
    if name.lower() not in by_name:
        raise UserError(f"no fuel {name!r}: {', '.join(FUELS)}{nearest(name, FUELS)}")
    return by_name[name.lower()]


def predict(row: Row, engine: Engine, load: float, fuel: Fuel | None) -> EngineGas[float]:
    """Return the engine's exhaust at a row's load, surroundings and part-load set."""
    base: Ambient = ISO if isinstance(engine, TwoStroke) else TEST_AMBIENT
    given = {name: value for name in AMBIENT if (value := number(row, name)) is not None}
    around = dataclasses.replace(base, **given)
    if isinstance(engine, TwoStroke):
        part_load = S80ME_C7 if "S80ME" in row.get("formula_set", "") else ME_C8
        two = dataclasses.replace(engine, part_load=part_load)
        return two.at(load, around) if fuel is None else two.at(load, around, fuel)
    return engine.at(load, around, fuel)


def validate(path: Path | None, engine: str = "", fuel: str = "") -> ExhaustRun:
    """Return predictions beside every row of a file (None: the 6L46B's shop test).

    Needs a column of load and one of fuel, temperature, flow or composition; UserError
    says which.  An engine that is not carried gets only the check of its inner points.
    """
    if path is None:
        with as_file(files("models") / "data" / "shop_test_6L46B.csv") as own:
            return validate(own, engine, fuel)
    said: list[str] = []
    rows = table.read(path, said)
    table.need(path, rows, (*LOAD, *LOAD_PCT, *POWER))
    names = [one for spellings, _ in QUANTITIES.values() for one in spellings]
    if not any(name in rows[0] for name in names):
        plain = ", ".join(spellings[1] for spellings, _ in QUANTITIES.values())
        raise UserError(f"{path}: needs at least one column of {plain}")
    _meant(path, rows)
    model = engine_of(rows, engine)[0]
    several = len({row.get("engine", "") for row in rows}) > 1
    notes = [*said, *_engines(rows, engine), *_sources(rows)]
    if isinstance(model, FourStroke):
        notes.append("at the points of its own shop test the model agrees by construction")
    found: list[Comparison] = []
    loads: list[float] = []
    for i, row in enumerate(rows, 1):
        mine = engine_of([row], engine)[0]
        load = load_of(row, mine)
        if load is None and number(row, *POWER) is not None:
            why = f"the rated power of {row.get('engine', '') or 'its engine'} is not known"
            raise UserError(f"{path}: row {i}: {why}: give load_pct, the load in % of it")
        if load is None or not 0.0 < load <= OVERLOAD:
            raise UserError(f"{path}: row {i}: no load from 0 to {OVERLOAD:g} of rated power")
        loads.append(load)
        if mine is not None:
            gas = predict(row, mine, load, fuel_of(row, fuel))
            name = case_of(row, load, several=several)
            found += _compare(name, row, gas)
            if gas.clamped:
                notes.append(f"case {name}: outside the engine's data, nearest end taken")
    open_ = _left_out(rows, loads, several=several)
    values = {
        quantity: [
            (load, value)
            for row, load in zip(rows, loads, strict=True)
            if (value := number(row, *QUANTITIES[quantity][0])) is not None
        ]
        for quantity in QUANTITIES
    }
    left: dict[str, list[tuple[float, float]]] = {}
    for load, one in open_:
        left.setdefault(one.quantity, []).append((load, one.predicted or 0.0))
    finding = Finding([*found, *(one for _, one in open_)], notes)
    return ExhaustRun(finding, model, fuel_of(rows[0], fuel), values, left)


def case_of(row: Row, load: float, *, several: bool) -> str:
    """Return the name of a row: its case, else its set and load, with its engine among several."""
    if row.get("case"):
        return row["case"]
    engine = row.get("engine", "") if several else ""
    return " ".join(f"{engine} {row.get('formula_set', '')} {100.0 * load:.0f} %".split())


def _engines(rows: Sequence[Row], asked: str) -> list[str]:
    """Return a note on each engine of a file: what it is taken for, and why."""
    ways = (engine_of([row], asked) for row in rows)
    said = (f"engine {'none' if one is None else one.name} ({why})" for one, why in ways)
    return list(dict.fromkeys(said))


def _sources(rows: Sequence[Row]) -> list[str]:
    """Return a note on columns that somebody computed."""
    columns = [n for names, _ in QUANTITIES.values() for n in names if n in rows[0]]
    computed = [n for n in columns if n.endswith("_CALC")]
    return [f"computed by the file's author, not measured: {', '.join(computed)}"] * bool(computed)


def _compare(name: str, row: Row, gas: EngineGas[float]) -> list[Comparison]:
    return [
        Comparison(name, quantity, float(read(gas)), measured)
        for quantity, (names, read) in QUANTITIES.items()
        if (measured := number(row, *names)) is not None
    ]


def _left_out(
    rows: Sequence[Row], loads: Sequence[float], *, several: bool
) -> list[tuple[float, Comparison]]:
    """Return load and comparison of each inner point with the line of its neighbours."""
    found = []
    for group in dict.fromkeys(_case_key(row) for row in rows):
        for quantity in MEASURED:
            points = sorted(
                (load, value, case_of(row, load, several=several))
                for row, load in zip(rows, loads, strict=True)
                if _case_key(row) == group
                and (value := number(row, *QUANTITIES[quantity][0])) is not None
            )
            for before, here, after in zip(points, points[1:], points[2:], strict=False):
                if not before[0] < here[0] < after[0]:
                    continue  # two of one load: neither says what lies between
                x: F64 = np.array([before[0], after[0]])
                line = float(np.interp(here[0], x, np.array([before[1], after[1]])))
                one = Comparison(here[2], quantity + LEFT_OUT, line, here[1])
                found.append((here[0], one))
    return found


def _case_key(row: Row) -> tuple[str, ...]:
    """Return what tells one engine, fuel and climate of a file from another."""
    return tuple(row.get(name, "") for name in CASE_COLUMNS)


def picture(run: ExhaustRun) -> str:
    """Return an SVG: fuel, temperature, flow, dry CO2 over load; line the model, dots the file."""
    panels = []
    grid = [0.1 + 0.01 * k for k in range(101)]
    for quantity in (*MEASURED, "co2_dry_pct"):
        if not (values := run.values[quantity]):
            continue
        points = [("file", [x for x, _ in values], [y for _, y in values])]
        if left := run.left_out.get(quantity + LEFT_OUT):
            points.append(("from its neighbours", [x for x, _ in left], [y for _, y in left]))
        lines = []
        if run.model is not None:
            read = QUANTITIES[quantity][1]
            row: Row = {}
            curve = [float(read(predict(row, run.model, x, run.fuel))) for x in grid]
            lines.append((f"{run.model.name}, flat where clamped", grid, curve))
        panels.append(
            Panel(quantity, "load", "", points, lines, width=270.0, height=260.0, legend_below=True)
        )
    return chart(panels)
