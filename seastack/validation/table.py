"""Read measured cases from CSV: rows by column name, numbers that may be missing."""

import csv
import difflib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from seastack.problems import UserError

Row = dict[str, str]

LIMITS = (
    ("_kg_h", 0.0, 1e7, "a flow above zero"),
    ("loading_mol_mol", 0.0, 1.0, "mol CO2 per mol MEA, 0 to 1"),
    ("wtfrac_co2free", 0.01, 1.0, "a mass fraction, not per cent"),
    ("_T_C", -20.0, 250.0, "degC"),
    ("_P_kPa", 1.0, 1e4, "kPa"),
    ("molfrac", 0.0, 1.0, "a mole fraction, not per cent"),
    ("molpct", 0.0, 100.0, "a mole percentage"),
    ("diameter_m", 0.01, 30.0, "m"),
    ("duty_kW", 0.0, 1e6, "kW above zero"),
)
"""By part of a column's name: lowest, highest and what it should be.  Not a model's validity:
only what cannot be meant."""


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file; raise UserError in one line if it cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [
                {(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
                for row in csv.DictReader(file)
            ]
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"{path}: cannot be read as a CSV file ({problem})") from problem
    if not rows:
        raise UserError(f"{path}: no cases in it; expected a header line and one line per case")
    header = next(iter(rows[0]), "")
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if sign in header:
            raise UserError(f"{path}: columns are separated by {name}; expected commas")
    return rows


def number(row: Row, *names: str) -> float | None:
    """Return the first of the named columns that holds a finite number, else None."""
    for name in names:
        try:
            value = float(row.get(name, ""))
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
            close = difflib.get_close_matches(names[0], list(have), n=1)
            hint = f"; it has {close[0]}" if close else ""
            raise UserError(f"{path}: needs a column {' or '.join(names)}{hint}")


def case_names(rows: Sequence[Row]) -> list[str]:
    """Return the case of each row; rows without one are numbered from 1."""
    return [row.get("case") or f"row {i}" for i, row in enumerate(rows, 1)]


def beside(path: Path, *words: str) -> list[Row]:
    """Return the rows of the files beside `path` whose names share its campaign and hold a word.

    The campaign is the name up to its first underscore: nccc2014_absorber.csv looks
    for nccc2014_*.csv, and finds nothing when there is nothing.
    """
    start = path.stem.split("_")[0]
    found: list[Row] = []
    if not path.parent.is_dir():
        return found
    for other in sorted(path.parent.glob("*.csv")):
        if other != path and other.stem.startswith(start) and any(w in other.stem for w in words):
            found.extend(read(other))
    return found


def must(row: Row, *names: str) -> float:
    """Return a number a case cannot do without; raise ValueError naming its column.

    So does one that cannot be meant: a flow below zero, per cent for a fraction.
    """
    value = number(row, *names)
    if value is None:
        raise ValueError(f"no value for {names[0]}")
    name = next(n for n in names if number(row, n) is not None)
    for part, low, high, what in LIMITS:
        if part in name and not low <= value <= high:
            raise ValueError(f"{name} {value:g}: must be {what}")
    if value <= 0.0 and name.endswith(("_kg_h", "_kW")):
        raise ValueError(f"{name} {value:g}: must be above zero")
    return value
