"""Tables that people bring as CSV or .xlsx: read right, or refused in one line that names it.

Spreadsheets, loggers and other countries write CSV in many ways: commas, semicolons or tabs;
decimal commas; Windows or Unicode text; a line `sep=;`, a row of units, empty columns and rows
at the end; an empty cell, NaN or #N/A where there is nothing.  What can be read in one way only
is read, and `notes` say what was taken for granted.  What can be read in two ways is refused:
more cells than columns, a column twice, a line break inside quotes, 1.234 beside 1,5.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sensors.errors import ConfigError
from sensors.foreigntext import clean
from sensors.outsidefile import TABLE_BYTES, read_unpacked
from sensors.workbook import is_workbook
from sensors.workbook import lines as workbook_lines

CELL_CHARS: Final = 100_000
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SEPARATORS: Final[Mapping[str, str]] = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
NOTHING: Final = frozenset({"nan", "na", "n/a", "null", "none", "-", "--", "#n/a", "#nv", "?"})
_WORDS: Final = 200  # characters of a file's own that are told
_SHOWN: Final = 3
_SEP: Final = re.compile(r"sep=(.)")
_COMMA: Final = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_THREE: Final = re.compile(r"[+-]?\d{1,3},\d{3}")
_UNIT: Final = re.compile(r"[\[(]?[-%°A-Za-zµμ³²²/*^0-9. ]{0,12}[\])]?")
_BOMS: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: header, rows with the line each stands on, what was taken for granted.

    Cells are stripped; "" is a cell with nothing in it, numbers have a decimal point.  Rows
    have a cell for every column; what a row has beyond them stands in `surplus` by its line,
    where the caller allows it.  `units` by column, where the file has a row of them.
    """

    header: list[str]
    rows: list[tuple[int, list[str]]]
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    surplus: Mapping[int, str] = field(default_factory=dict)


def read_table(path: Path, most: int = TABLE_BYTES, *, surplus: bool = False) -> Table:
    """Return a table, .csv, packed (.gz) or .xlsx, `most` bytes unpacked at most.

    With `surplus` rows with too many cells are left to the caller.  Raises ConfigError naming
    file, line and remedy.
    """
    notes: list[str] = []
    if is_workbook(path):
        found = workbook_lines(path, most, notes)
        cells = [(line, [_cell(c) for c in row], len(row)) for line, row in found]
        return _table(path, [c for c in cells if any(c[1])], "", notes, surplus=surplus)
    text = _text(path, read_unpacked(path, most), notes)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip(" ,;\t|")), len(lines))
    said = _SEP.fullmatch(lines[first].strip().strip('"')) if first < len(lines) else None
    first += said is not None
    if first >= len(lines):
        return Table([], [])
    separator = said[1] if said else _separator(lines[first])
    if separator != ",":
        notes.append(f"columns are separated by {SEPARATORS.get(separator, repr(separator))}")
    cells = list(_cells(path, lines, first, separator))
    return _table(path, cells, separator, notes, surplus=surplus)


def _table(
    path: Path,
    cells: Sequence[tuple[int, list[str], int]],
    separator: str,
    notes: list[str],
    *,
    surplus: bool,
) -> Table:
    """Return the table of lines of cells: header, units, rows that fit, decimal points."""
    header = _header(path, *cells[0][:2]) if cells else []
    hidden: dict[int, str] = {}
    rows = [(line, row) for line, row, _ in cells[1:] if any(row)]
    if separator and cells:
        hidden = _hidden(path, len(header), cells, allowed=surplus)
        notes += _short(len(header), [(line, n) for line, row, n in cells[1:] if any(row)])
    units = _units(header, rows[0][1]) if rows else {}
    if units:
        notes.append(f"line {rows.pop(0)[0]} is a row of units")
    over = hidden | _fit(path, len(header), rows, allowed=surplus)
    if separator != ",":
        _to_points(path, rows, notes)
    return Table(header, rows, tuple(notes), units, over)


def _text(path: Path, data: bytes, notes: list[str]) -> str:
    for mark, name in _BOMS.items():
        if data.startswith(mark):
            try:
                return data.decode(name)
            except UnicodeDecodeError:
                break
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    control = set(data[:CELL_CHARS]) & (set(range(32)) - {9, 10, 13, 12})
    try:
        text = "" if control else data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise ConfigError(str(path), f"line {line}", "is not text", "save the file as UTF-8 CSV")
    notes.append("the text is no UTF-8: taken as Windows-1252")
    return text


def _separator(header: str) -> str:
    """Return what separates the names of a header: what gives most of them."""
    return max(SEPARATORS, key=lambda sign: header.count(sign))


def _cells(
    path: Path, lines: Sequence[str], first: int, separator: str
) -> Iterator[tuple[int, list[str], int]]:
    """Yield number, cells and their count of every line that has any.

    Empty ones at the end are left out of the cells, not of the count.
    """
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip():
            continue
        try:
            (row,) = csv.reader([line], delimiter=separator, strict=True)
        except (csv.Error, ValueError) as error:
            why = f"is no line of a CSV file: {clean(error, _WORDS)}"
            remedy = "is a quotation mark left open, or a line break inside quotes?"
            raise ConfigError(str(path), f"line {number}", why, remedy) from None
        if any(len(cell) > CELL_CHARS for cell in row):
            why = f"has a cell of more than {CELL_CHARS} characters"
            raise ConfigError(str(path), f"line {number}", why, "is it a table?")
        row, count = [_cell(cell) for cell in row], len(row)
        while row and not row[-1]:
            row.pop()
        yield number, row, count


def _cell(text: str) -> str:
    text = text.strip().strip("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")
    return "" if text.lower() in NOTHING else text


def _header(path: Path, line: int, row: list[str]) -> list[str]:
    twice = [name for name in dict.fromkeys(row) if name and row.count(name) > 1]
    if twice:
        where, which = f"line {line}", clean(twice[0], _WORDS)
        why, remedy = f"has the column {which} twice", "which is meant? leave one"
        raise ConfigError(str(path), where, why, remedy)
    return row


def _units(header: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """Return the units of a row that holds nothing else, by column; {} for a row of values."""
    told = [cell for cell in row if cell]
    if not told or any(re.search(r"\d{2}|\d[.,]\d", c) or _is_number(c) for c in told):
        return {}
    if not all(_UNIT.fullmatch(cell) for cell in told):
        return {}
    marked = sum(cell[0] in "[(" or _KNOWN.fullmatch(cell) is not None for cell in told)
    if 2 * marked < len(told):
        return {}
    pairs = zip(header, row, strict=False)
    return {name: cell.strip("[]() ") for name, cell in pairs if name and cell}


_KNOWN: Final = re.compile(
    r"kW|MW|W|kN|t|t/h|t/d|kg|kg/h|kg/s|g/s|m3/h|m³/h|°C|degC|C|K|F|°F|%|vol%|ppm|bar|mbar|Pa|kPa"
    r"|MPa|h|min|s|rpm|1/min|kn|m|UTC|g/kWh|kJ/kg|MJ/kg|mol/s|mol/mol|-"
)


def agree(path: Path, units: Mapping[str, str], allowed: Mapping[str, str]) -> None:
    """Raise ConfigError where a row of units names none of the words allowed for its column."""
    for column, unit in units.items():
        words = allowed.get(column, "")
        if words and unit.lower() not in words.lower().split():
            why = f"is in {clean(unit, 40)} by the row of units"
            remedy = f"give {words.split()[0]}, or name the column by its unit"
            raise ConfigError(str(path), f"column {clean(column, 60)}", why, remedy)


def unused(header: Sequence[str], known: Iterable[str]) -> list[str]:
    """Return a line on columns that nobody asks for: one of them may be misspelt."""
    asked = set(known)
    others = [clean(name, 40) or "one without a name" for name in header if name not in asked]
    if not others:
        return []
    more = f" and {len(others) - 4} more" if len(others) > 4 else ""
    return [f"columns not used: {', '.join(others[:4])}{more}"]


def number(cell: str) -> float:
    """Return the number a cell holds; raise ValueError for what is none, as 7_300 or inf."""
    if not _NUMBER.fullmatch(cell):
        raise ValueError(f"{clean(cell, _WORDS)!r} is no number")
    return float(cell)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _fit(
    path: Path, width: int, rows: list[tuple[int, list[str]]], *, allowed: bool
) -> dict[int, str]:
    """Fill short rows, cut long ones; refuse these or return what they have too many of."""
    over = {line: row[width:] for line, row in rows if len(row) > width}
    if over and not allowed:
        line, cells = next(iter(over.items()))
        many = f", and {len(over) - 1} more lines" if len(over) > 1 else ""
        why = f"has {width + len(cells)} cells, the header {width}{many}"
        remedy = "a comma too many, or decimal commas? separate columns by semicolons then"
        raise ConfigError(str(path), f"line {line}", why, remedy)
    for _, row in rows:
        row[width:] = [""] * (width - len(row))
    return {line: clean(", ".join(cells), _WORDS) for line, cells in over.items()}


def _hidden(
    path: Path, width: int, cells: Sequence[tuple[int, list[str], int]], *, allowed: bool
) -> dict[int, str]:
    """Return rows that have a separator more than others, though what follows it is empty.

    A decimal comma shifts the cells of its row, and an empty last column hides it.  Raises
    ConfigError unless `allowed`.
    """
    most = max(width, cells[0][2])
    full = [(line, len(row), count) for line, row, count in cells[1:] if any(row)]
    found = [line for line, here, count in full if count > most and here <= width]
    if not found or len(found) == len(full):
        return {}
    if not allowed:
        many = f", and {len(found) - 1} more lines" if len(found) > 1 else ""
        why = f"has more separators than the header{many}, and others have not"
        raise ConfigError(str(path), f"line {found[0]}", why, "is there a decimal comma in it?")
    return dict.fromkeys(found, "an empty cell")


def _short(width: int, rows: Sequence[tuple[int, int]]) -> list[str]:
    """Return a line on rows with fewer cells than the header: which are missing is a guess."""
    short = [line for line, count in rows if count < width]
    if not short:
        return []
    more = f" and {len(short) - 1} more rows have" if len(short) > 1 else " has"
    return [f"line {short[0]}{more} fewer cells than the header: the last are taken as empty"]


def _to_points(path: Path, rows: list[tuple[int, list[str]]], notes: list[str]) -> None:
    """Write numbers with decimal commas with points; refuse a file that has both.

    A point before three digits may be a decimal point or a German thousands mark: in a file
    with decimal commas it can only be the latter, as long as no other number says otherwise.
    """
    commas = [
        (line, cell) for line, row in rows for cell in row if "," in cell and _decimal_comma(cell)
    ]
    if not commas:
        return
    for line, row in rows:
        for cell in row:
            if "." in cell and _is_number(cell) and not _GROUPED.fullmatch(cell):
                why = f"has {clean(cell, _WORDS)!r}, line {commas[0][0]} has a decimal comma"
                raise ConfigError(str(path), f"line {line}", why, "write all numbers alike")
    if all(_THREE.fullmatch(cell) for _, cell in commas):
        line, cell = commas[0]
        shown = clean(cell, _WORDS)
        why = f"has {shown!r}: thousands, or three decimals?"
        raise ConfigError(str(path), f"line {line}", why, "write decimal points and no thousands")
    notes.append("numbers have decimal commas")
    for _, row in rows:
        row[:] = [_pointed(cell) for cell in row]


def _decimal_comma(cell: str) -> bool:
    return bool(_COMMA.fullmatch(cell) or _GROUPED.fullmatch(cell))


def _pointed(cell: str) -> str:
    if _COMMA.fullmatch(cell):
        return cell.replace(",", ".")
    return cell.replace(".", "").replace(",", ".") if _GROUPED.fullmatch(cell) else cell
