"""Read measured cases from CSV: rows by column name, numbers that may be missing."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from seastack.problems import UserError, nearest

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file; raise UserError in one line if it cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [
                {(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"{path}: cannot be read as a CSV file ({problem})") from problem
    if not rows:
        raise UserError(f"{path}: no cases in it; expected a header line and one line per case")
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
            hint = nearest(names[0], have)
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
