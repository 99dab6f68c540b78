"""Read measured cases from CSV: rows by column name, numbers that may be missing."""

import difflib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from seastack.problems import UserError
from sensors import tablefile
from sensors.errors import ConfigError
from sensors.foreigntext import clean
from sensors.tablefile import Table, agree, read_table

Row = dict[str, str]

LIMITS = (
    ("_kg_h", 0.0, 1e7, "a flow above zero"),
    ("loading_mol_mol", 0.0, 1.0, "mol CO2 per mol MEA, 0 to 1"),
    ("wtfrac_co2free", 0.01, 1.0, "a mass fraction, not per cent"),
    ("_T_C", -20.0, 250.0, "degC"),
    ("stripper_P_kPa", 20.0, 600.0, "kPa absolute, 20 to 600"),
    ("stripper_top_P_kPa", 20.0, 600.0, "kPa absolute, 20 to 600"),
    ("_P_kPa", 80.0, 400.0, "kPa absolute, 80 to 400"),
    ("molfrac", 0.0, 1.0, "a mole fraction, not per cent"),
    ("capture_pct", 1.0, 100.0, "% from 1 to 100, not a fraction"),
    ("humidity_pct", 0.0, 100.0, "% from 0 to 100"),
    ("molpct", 0.0, 100.0, "a mole percentage"),
    ("diameter_m", 0.01, 30.0, "m above zero"),
    ("height_m", 0.05, 100.0, "m above zero"),
    ("n_beds", 1.0, 20.0, "a number of beds"),
    ("n_intercoolers", 0.0, 19.0, "a number of intercoolers"),
    ("duty_kW", 0.0, 1e6, "kW above zero"),
    ("heat_loss_W_m2_K", 0.0, 100.0, "W/m2/K, 0 to 100"),
    ("packing_area", 20.0, 2000.0, "m2/m3, 20 to 2000"),
    ("packing_void", 0.3, 0.999, "a share of the bed, 0.3 to 0.999"),
    ("packing_c", 0.01, 10.0, "a constant of Billet and Schultes, 0.01 to 10"),
)
"""By part of a column's name: lowest, highest and what it should be.  Not a model's validity:
only what cannot be meant.  The first that fits counts."""
SURPLUS = "cells beyond the header"
UNREAD = "what of a row cannot be read"


def read(path: Path, notes: list[str] | None = None) -> list[Row]:
    """Return the rows of a table, each with every column of the header; `notes` get what it said.

    A short row lacks its last values; what a long one has too many stands under SURPLUS.
    Empty lines are no cases.  Raises UserError in one line if the file cannot be read, or its
    row of units contradicts a column's name.
    """
    try:
        table = read_table(path, surplus=True)
        agree(path, table.units, {name: _unit_of(name) for name in table.units})
    except ConfigError as problem:
        raise UserError(str(problem)) from problem
    if not table.rows:
        raise UserError(f"{path}: no cases in it; expected a header line and one line per case")
    if notes is not None:
        notes += [*table.notes, *_twice(table)]
    return [_row(table, line, cells) for line, cells in table.rows]


def _twice(table: Table) -> list[str]:
    """Return a line for rows that stand in a table more than once: they weigh double."""
    seen: dict[tuple[str, ...], int] = {}
    twice = [
        f"line {line} is line {first} again"
        for line, row in table.rows
        if (first := seen.setdefault(tuple(row), line)) != line
    ]
    if not twice and "case" in table.header:
        at = table.header.index("case")
        names = [row[at] for _, row in table.rows if row[at]]
        often = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        twice = [f"case {clean(name, 60)} stands {names.count(name)} times" for name in often]
    return [f"{'; '.join(twice[:3])}: counted each time"] if twice else []


_UNITS: Final = {
    "kg_h": "kg/h", "kg_s": "kg/s", "t_h": "t/h", "m3_h": "m3/h m³/h", "Nm3_h": "Nm3/h Nm³/h",
    "l_min": "l/min", "mol_s": "mol/s", "kmol_h": "kmol/h", "C": "degC °C C", "degC": "degC °C C",
    "K": "K", "F": "°F F degF", "kPa": "kPa", "Pa": "Pa", "bar": "bar", "mbar": "mbar",
    "barg": "barg bar(g)", "kPag": "kPag kPa(g)", "kW": "kW", "MW": "MW", "m": "m",
    "mol_mol": "mol/mol -",
    "co2free": "- kg/kg", "molfrac": "mol/mol -", "molpct": "% mol% vol%", "pct": "%",
    "volpct": "% vol%", "ppm": "ppm", "g_kWh": "g/kWh", "frac": "-", "wtfrac": "-",
}  # fmt: skip
"""By the end of a column's name: what a row of units may call it."""


def _unit_of(name: str) -> str:
    """Return the units that the end of a column's name allows, the commonest first; "" for none."""
    name = name.removesuffix("_sd")
    ends = [end for end in _UNITS if name == end or name.endswith(f"_{end}")]
    return _UNITS[max(ends, key=len)] if ends else ""


def _row(table: Table, line: int, cells: Sequence[str]) -> Row:
    row = {name: cell for name, cell in zip(table.header, cells, strict=True) if name}
    if surplus := table.surplus.get(line):
        row[SURPLUS] = surplus
    return row


def whole(row: Row) -> None:
    """Raise ValueError for a row that cannot be trusted.

    It has more cells than the header (they may all be shifted), or text in a column of numbers:
    inputs would get a default in its place, and what was measured would not be compared.
    """
    if SURPLUS in row:
        raise ValueError(f"{SURPLUS}: {row[SURPLUS]!r}; a comma too many?")
    if UNREAD in row:
        raise ValueError(row[UNREAD])
    for name, text in row.items():
        if text.strip() and _unit_of(name):
            _number_in(row, name)


def number(row: Row, *names: str) -> float | None:
    """Return the first of the named columns that holds a finite number, else None."""
    for name in names:
        try:
            value = tablefile.number(row.get(name, ""))
        except ValueError:
            continue
        if math.isfinite(value):
            return value
    return None


def need(path: Path, rows: Sequence[Row], *groups: Iterable[str]) -> None:
    """Raise UserError naming the first group of columns of which the file has none."""
    have = rows[0].keys()
    for group in groups:
        names = list(group)
        if not any(name in have for name in names):
            close = difflib.get_close_matches(names[0], list(have)[:500], n=1)
            hint = f"; it has {clean(close[0], 60)}" if close else ""
            more = f" or {len(names) - 6} more (docs/physics.md)" if len(names) > 6 else ""
            raise UserError(f"{path}: needs a column {' or '.join(names[:6])}{more}{hint}")


def case_names(rows: Sequence[Row]) -> list[str]:
    """Return the case of each row; rows without one are numbered from 1."""
    return [row.get("case") or f"row {i}" for i, row in enumerate(rows, 1)]


def _meant(name: str, value: float) -> float:
    """Return the value; raise ValueError for one that cannot be meant."""
    for part, low, high, what in LIMITS:
        if part in name:
            if not low <= value <= high:
                raise ValueError(f"{name} {value:g}: must be {what}")
            break
    return value


def _number_in(row: Row, name: str) -> None:
    """Raise ValueError for a cell that holds something, and no number."""
    text = row.get(name, "").strip()
    if text and number(row, name) is None:
        raise ValueError(f"{name}: {clean(text, 60)!r} is no number")


def may(row: Row, *names: str) -> float | None:
    """Return a number a case can do without; raise ValueError for one that cannot be meant.

    So does a cell that holds something else: a default in its place would be a misreading.
    """
    for name in names:
        _number_in(row, name)
        if (value := number(row, name)) is not None:
            return _meant(name, value)
    return None


def must(row: Row, *names: str) -> float:
    """Return a number a case cannot do without; raise ValueError naming its column.

    So does one that cannot be meant: a flow below zero, per cent for a fraction.
    """
    value = may(row, *names)
    if value is None:
        text = next((f" ({row[n]!r} is no number)" for n in names if row.get(n)), "")
        raise ValueError(f"no value for {names[0]}{text}")
    name = next(n for n in names if number(row, n) is not None)
    if value <= 0.0 and name.endswith(("_kg_h", "_kW")):
        raise ValueError(f"{name} {value:g}: must be above zero")
    return value
