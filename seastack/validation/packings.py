"""The packing of a case: by name, from a file of one's own, or by surface and void in its row.

A file of one's own is a TOML file like models/data/packings.toml: `--packing FILE.toml` (its
first packing is taken for every row that names none of them), or NAME_packing.toml beside
NAME_absorber.csv.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from models.errors import UnknownPacking
from models.packing import Packing, Row, of_row, packing, plain
from models.packing import rows as carried
from seastack.problems import UserError, nearest
from seastack.validation import table
from seastack.validation.table import may

DEFAULT: Final = "MellapakPlus 252Y"
AREA, VOID, KIND = "packing_area_m2_m3", "packing_void", "packing_kind"
CONSTANTS: Final = {"cl": "packing_cl", "cv": "packing_cv", "cp": "packing_cp"}
LIKE: Final = {"structured": "mellapak-250y", "random": "pall-ring-50"}
"""Whose correlations and constants a packing takes over that gives only surface and void."""
KEYS: Final = tuple(Row.__annotations__)
NUMBERS: Final = {"area": (20.0, 2000.0), "void": (0.3, 0.999), "cl": (0.01, 10.0),
                  "cv": (0.01, 10.0), "cp": (0.01, 10.0), "limit": (0.5, 20.0)}  # fmt: skip
Own = Mapping[str, Packing]
MOST_BYTES: Final = 1_000_000


def beside(path: Path, asked: str) -> dict[str, Packing]:
    """Return the packings of one's own for a table, by plain name; raise UserError if damaged."""
    files = [Path(asked)] if asked.lower().endswith(".toml") else []
    start = path.stem.split("_")[0]
    if path.parent.is_dir():
        files += sorted(path.parent.glob(f"{start}_packing*.toml"))
    found: dict[str, Packing] = {}
    for file in files:
        for name, one in _read(file).items():
            found.setdefault(name, one)
    return found


def _read(path: Path) -> dict[str, Packing]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: more than {MOST_BYTES} bytes, no list of packings")
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UserError(f"{path}: cannot be read ({problem})") from problem
    found: dict[str, Packing] = {}
    for key, raw in tables.items():
        one = _checked(path, key, raw)
        names = raw.get("names", [])
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise UserError(f"{path}: [{key}] names: must be a list of texts")
        for name in (key, *names):
            found[plain(name)] = one
    if not found:
        raise UserError(f"{path}: no packing in it; expected [my-packing] with area and void")
    return found


def _checked(path: Path, key: str, raw: object) -> Packing:
    """Return a packing of a file; raise UserError naming file, key and remedy."""
    if not isinstance(raw, dict):
        raise UserError(f"{path}: {key}: must be a table, [{key}] with area and void")
    for name, value in raw.items():
        if name not in KEYS and name != "kind":
            raise UserError(f"{path}: [{key}] {name}: not known{nearest(name, KEYS)}")
        if name in NUMBERS:
            low, high = NUMBERS[name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not low <= value <= high:
                raise UserError(f"{path}: [{key}] {name}: must be a number, {low:g} to {high:g}")
    if "area" not in raw or "void" not in raw:
        raise UserError(f"{path}: [{key}] needs area (m2/m3) and void (m3/m3)")
    try:
        return _own(key, cast("Row", raw), str(raw.get("kind", "")))
    except (ValueError, KeyError, TypeError, ArithmeticError) as problem:
        raise UserError(f"{path}: [{key}]: {problem}") from problem


def _own(key: str, given: Row, kind: str) -> Packing:
    """Return a packing of one's own; what it does not give is taken over from one of its kind."""
    kind = kind or ("random" if given.get("schultes") else "structured")
    if kind not in LIKE:
        raise ValueError(f"kind {kind!r}: must be structured or random{nearest(kind, LIKE)}")
    row = cast("Row", {**carried()[LIKE[kind]], "source": "one's own", **given})
    if "tsai" in given or "power" in given:
        row.pop("schultes", None)
    if not row.get("schultes") and "holdup" not in row:
        raise ValueError("tsai or power of a random packing needs holdup")
    return of_row(key, row)


def of_case(row: table.Row, asked: str, own: Own) -> Packing:
    """Return the packing of a row; raise UserError naming the nearest for one nobody knows.

    Surface and void in the row win over every name; then `asked`, then the row's name.
    """
    area, void = may(row, AREA), may(row, VOID)
    if area is not None and void is not None:
        given: dict[str, object] = {"area": area, "void": void}
        given |= {k: v for k, name in CONSTANTS.items() if (v := may(row, name)) is not None}
        kind = row.get(KIND, "").strip().lower()
        kind = kind or ("random" if "cl" in given else "structured")
        return _own(row.get("packing") or "own packing", cast("Row", given), kind)
    if area is not None or void is not None:
        lack = VOID if area is not None else AREA
        raise UserError(f"no value for {lack}: a packing of one's own needs surface and void")
    name = asked or row.get("packing", "")
    if asked.lower().endswith(".toml"):
        return own.get(plain(row.get("packing", ""))) or next(iter(own.values()))
    if (mine := own.get(plain(name or DEFAULT))) is not None:
        return mine
    try:
        return packing(name or DEFAULT)
    except UnknownPacking as problem:
        raise UserError(f"{problem}; choose one with --packing") from problem


def said(rows: Sequence[table.Row], asked: str, own: Own) -> str:
    """Return a line on the packings of a file: what they are taken for, and why."""
    if asked and not asked.lower().endswith(".toml"):
        return f"packing {of_case({}, asked, own).key} (asked for)"
    columns = ("packing", AREA, VOID, KIND, *CONSTANTS.values())
    parts: dict[str, None] = {}
    for row in rows:
        named = {c: row.get(c, "") for c in columns}
        why = named["packing"] or "none named, so the pilot plants of NCCC"
        try:
            one = of_case(named, asked, own)
            key = one.key
            if named[AREA]:
                why = f"{one.area_m2_m3:g} m2/m3, void {one.void:g}, of the row"
            elif one in own.values():
                why = f"{why}, of your own file"
        except (UserError, ValueError):
            key = "unknown"
        parts[f"{key} ({why})"] = None
    return f"packing {', '.join(parts)}"
