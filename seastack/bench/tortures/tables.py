"""Changed tables through every reader of files that people bring: read right, said, or refused.

A change is what exporters, spreadsheets, copying and hands do to a table.  After a change of
form alone (separators, decimal commas, encodings, line ends, units of another size, packing) a
reader may refuse, or say something, or read the same numbers; another number without a word is
a misreading.  After a change of bytes only tracebacks and hangs count: no reader can know that a
digit was another.
"""

import gzip
import io
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from seastack.bench.tortures.mutate import mutated
from seastack.bench.tortures.tally import MISREAD, Tally
from seastack.fuellog import METER, read_log
from seastack.problems import UserError
from seastack.validation import absorber, packings, table
from seastack.validation.units import in_our_units
from sensors.errors import ConfigError
from sim.voyagefile import POWER, read_series

Grid = list[list[str]]
Numbers = list[tuple[float, ...]]
"""What a reader made of a file, row by row, and whether it said a word about it."""


@dataclass(frozen=True)
class Reader:
    """One reader, a sound table for it, and which of its columns are compared."""

    name: str
    grid: Grid
    read: Callable[[Path], tuple[Numbers, bool]]


def _voyage(path: Path) -> tuple[Numbers, bool]:
    found = read_series(path)
    names = [POWER, *sorted(set(found.values) - {POWER})]
    return list(zip(found.t_s, *(found.values[n] for n in names), strict=True)), bool(found.notes)


def _log(path: Path) -> tuple[Numbers, bool]:
    notes: list[str] = []
    days = read_log(path, notes)
    rows = [(d.start_s, d.length_s, d.meter, d.main_h, *d.auxiliary_h) for d in days]
    return rows, bool(notes)


def _cases(path: Path) -> tuple[Numbers, bool]:
    notes: list[str] = []
    rows = []
    cases = table.read(path, notes)
    absorber.needed(path, cases)
    for row in cases:
        table.whole(row)
        ours, told = in_our_units(row)
        table.whole(ours)
        notes += told
        numbers = [table.may(ours, name) for name in CASES[0][1:]]
        rows.append(tuple(math.nan if v is None else v for v in numbers))
    return rows, bool(notes)


VOYAGE: Final = [
    ["timestamp", POWER, "sea_water_degC", "air_degC"],
    ["2026-03-01T00:00:00Z", "7334.5", "4.25", "-1.5"],
    ["2026-03-01T01:00:00Z", "9120.0", "4.5", "0.75"],
    ["2026-03-01T02:00:00Z", "8870.125", "5.0", "2.0"],
    ["2026-03-01T03:00:00Z", "12034.0", "5.5", "3.25"],
]
LOG: Final = [
    ["date", METER, "ME_total_hours_day", "AE1_hours_day", "AE2_hours_day"],
    ["2026-03-01", "38.9", "48.0", "12.5", "11.5"],
    ["2026-03-02", "41.25", "47.5", "24.0", "0.0"],
    ["2026-03-03", "12.5", "10.25", "6.0", "18.0"],
]
CASES: Final = [
    ["case", "lean_flow_kg_h", "lean_loading_mol_mol", "lean_mea_wtfrac_co2free",
     "gas_flow_kg_h", "gas_T_C", "column_P_kPa",
      "gas_in_co2_molfrac_wet", "column_diameter_m", "capture_pct"],
    ["A1", "6803.5", "0.145", "0.295", "2243.5", "43.25", "108.5", "0.1055", "0.64", "87.5"],
    ["A2", "3175.0", "0.25", "0.3125", "1350.0", "42.0", "107.25", "0.098", "0.64", "71.25"],
    ["A3", "11300.0", "0.3475", "0.315", "2905.25", "41.5", "106.0", "0.0915", "0.64", "95.125"],
]  # fmt: skip
READERS: Final = (
    Reader("voyage", VOYAGE, _voyage),
    Reader("fuel log", LOG, _log),
    Reader("plant", CASES, _cases),
)


def _joined(grid: Sequence[Sequence[str]], sign: str = ",", end: str = "\n") -> bytes:
    return (end.join(sign.join(row) for row in grid) + end).encode()


def tables(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Read so many changed tables; see the module docstring."""
    with tempfile.TemporaryDirectory() as folder:
        right = {r.name: _right(r, Path(folder)) for r in READERS}
        for done in range(inputs):
            reader = rng.choice(READERS)
            path = Path(folder) / "t.csv"
            if rng.random() < 0.25:
                _bytes_changed(reader, path, rng, tally)
            else:
                _form_changed(reader, path, right[reader.name], rng, tally)
            if done % 1000 == 0:
                shown(done)
        for text in (_packing(rng) for _ in range(inputs // 50)):
            _own_packing(Path(folder) / "p.toml", text, tally)
    tally.inputs += inputs + inputs // 50


def _right(reader: Reader, folder: Path) -> Numbers:
    path = folder / "right.csv"
    path.write_bytes(_joined(reader.grid))
    return reader.read(path)[0]


def _form_changed(reader: Reader, path: Path, right: Numbers, rng: Random, tally: Tally) -> None:
    names: list[str] = []
    data, suffix = [list(row) for row in reader.grid], ".csv"
    for _ in range(rng.choice((1, 1, 2, 3))):
        change = rng.choice(CHANGES)
        # a cell lost and a comma too many in one row: nothing is left to be seen
        if (change is _lost_cell and names) or "lost_cell" in names:
            break
        change(data, rng)
        names.append(change.__name__.strip("_"))
    sign = rng.choice(",,,;;\t|")
    text = _joined(data, sign, rng.choice(("\n", "\n", "\r\n", "\r")))
    text, how = _stored(text, rng)
    if how == "gz":
        suffix = ".csv.gz"
    path = path.with_suffix(suffix)
    path.write_bytes(text)
    what = f"{reader.name}: {', '.join(names)}, {sign!r}, {how}"
    with tally.judged(what, ConfigError, UserError, ValueError):
        found, said = reader.read(path)
        tally.met["read with a word" if said else "read"] += 1
        if not said and not _same(found, right, doubled=len(names) > 1 and "row_twice" in names):
            tally.fault(MISREAD, f"{what}: {text[:300]!r}")


def _same(found: Numbers, right: Numbers, *, doubled: bool) -> bool:
    """Return whether the numbers are the same; rows may be missing only with a word.

    A row that was doubled and then changed is a row of its own: no reader can know.
    """
    if doubled and len(found) > len(right):
        return all(any(all(map(_equal, a, b)) for b in right) for a in found)
    if len(found) != len(right):
        return False
    pairs = zip(found, right, strict=True)
    return all(len(a) == len(b) and all(map(_equal, a, b)) for a, b in pairs)


def _equal(a: float, b: float) -> bool:
    """Return whether a cell was read as it stands; nothing read is told where it is needed."""
    return a != a or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def _bytes_changed(reader: Reader, path: Path, rng: Random, tally: Tally) -> None:
    text = _joined(reader.grid, rng.choice(",;\t"))
    if rng.random() < 0.2:
        text, path = gzip.compress(text, 1), path.with_suffix(".csv.gz")
    path.write_bytes(mutated(text, rng))
    with tally.judged(f"{reader.name}: bytes", ConfigError, UserError, ValueError):
        reader.read(path)
        tally.met["read"] += 1


def _stored(text: bytes, rng: Random) -> tuple[bytes, str]:
    """Return the bytes of a text as something else stores it."""
    match rng.randrange(8):
        case 0:
            return b"\xef\xbb\xbf" + text, "utf-8 mark"
        case 1:
            return text.decode().encode("utf-16"), "utf-16"
        case 2:
            buffer = io.BytesIO()
            with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as file:
                file.write(text)
            return buffer.getvalue(), "gz"
        case 3:
            return text.rstrip(b"\r\n"), "no end"
        case 4:
            return text + rng.choice((b"\n\n", b",,,\n", b";;;\n", b" \n")), "empty lines"
        case _:
            return text, "plain"


def _cell(data: Grid, rng: Random) -> tuple[int, int]:
    row = rng.randrange(1, len(data)) if len(data) > 1 else 0
    return row, rng.randrange(len(data[row])) if data[row] else 0


def _surplus_cell(data: Grid, rng: Random) -> None:
    row, at = _cell(data, rng)
    data[row].insert(at, rng.choice(("", "7", "x", "0.5")))


def _lost_cell(data: Grid, rng: Random) -> None:
    row, at = _cell(data, rng)
    if data[row]:
        del data[row][at]


def _empty_cell(data: Grid, rng: Random) -> None:
    row, at = _cell(data, rng)
    if data[row]:
        data[row][at] = rng.choice(("", "NaN", "N/A", "-", "#N/A", "null", "?"))


def _decimal_commas(data: Grid, _rng: Random) -> None:
    for row in data[1:]:
        row[:] = [_pointless(cell) for cell in row]


def _one_decimal_comma(data: Grid, rng: Random) -> None:
    row, at = _cell(data, rng)
    if data[row]:
        data[row][at] = _pointless(data[row][at])


def _pointless(cell: str) -> str:
    whole, point, part = cell.partition(".")
    return f"{whole},{part}" if point and part.isdigit() else cell


def _thousands(data: Grid, rng: Random) -> None:
    sign = rng.choice((",", ".", " ", "'", "_"))
    for row in data[1:]:
        for at, cell in enumerate(row):
            whole, point, part = cell.partition(".")
            if whole.isdigit() and len(whole) > 3 and "-" not in cell:
                row[at] = f"{whole[:-3]}{sign}{whole[-3:]}{point}{part}"


def _quoted(data: Grid, rng: Random) -> None:
    row, at = _cell(data, rng)
    if data[row]:
        data[row][at] = rng.choice(('"{}"', '"{}', '{}"', "'{}'")).format(data[row][at])


def _spelled(data: Grid, rng: Random) -> None:
    row, at = _cell(data, rng)
    if data[row] and data[row][at]:  # a nought for nothing is a number
        cell = data[row][at]
        data[row][at] = rng.choice(
            (f" {cell} ", f"+{cell}", f"{cell}e0", f"{cell} kW", f"\N{MINUS SIGN}{cell}",
             f"{cell}%", f"\N{NO-BREAK SPACE}{cell}", cell.translate(_ARABIC), f"0{cell}",
             f"{cell}\x00")
        )  # fmt: skip


_ARABIC: Final = {ord("0") + i: 0x660 + i for i in range(10)}


def _column_twice(data: Grid, rng: Random) -> None:
    if not data[0]:
        return
    at = rng.randrange(len(data[0]))
    for row in data:
        row.append(row[at] if at < len(row) and rng.random() < 0.7 else "1")


def _columns_moved(data: Grid, rng: Random) -> None:
    order = list(range(len(data[0])))
    rng.shuffle(order)
    if all(len(row) == len(order) for row in data):
        for row in data:
            row[:] = [row[i] for i in order]


def _foreign_column(data: Grid, rng: Random) -> None:
    at = rng.randrange(len(data[0]) + 1)
    for i, row in enumerate(data):
        row.insert(min(at, len(row)), "remark" if i == 0 else rng.choice(("", "calm", "3")))


def _units_row(data: Grid, rng: Random) -> None:
    told = [rng.choice(_UNIT_WORDS.get(name, ("", "-"))) for name in data[0]]
    data.insert(1, told)


_UNIT_WORDS: Final = {
    POWER: ("kW", "[kW]", "MW", "hp"),
    "sea_water_degC": ("degC", "°C", "K", "°F"),
    "air_degC": ("degC", "°C"),
    METER: ("t", "t/d", "kg"),
    "lean_flow_kg_h": ("kg/h", "kg/s"),
    "column_P_kPa": ("kPa", "bar"),
    "gas_T_C": ("°C", "K"),
}


def _row_twice(data: Grid, rng: Random) -> None:
    at = rng.randrange(len(data))
    data.insert(at, list(data[at]))


def _sep_line(data: Grid, rng: Random) -> None:
    data.insert(0, [f"sep={rng.choice(',;')}"])


def _title_line(data: Grid, _rng: Random) -> None:
    data.insert(0, ["Voyage 12 of MV Demo"])


CHANGES: Final = (
    _surplus_cell, _lost_cell, _empty_cell, _decimal_commas, _one_decimal_comma, _thousands,
    _quoted, _spelled, _column_twice, _columns_moved, _foreign_column, _units_row, _row_twice,
    _sep_line, _title_line,
)  # fmt: skip


def _packing(rng: Random) -> bytes:
    whole = b'[mine]\nnames = ["Mine 40"]\nkind = "random"\narea = 151.0\nvoid = 0.974\ncl = 1.19\n'
    return mutated(whole, rng)


def _own_packing(path: Path, text: bytes, tally: Tally) -> None:
    path.write_bytes(text)
    with tally.judged("packing file", ConfigError, UserError, ValueError):
        packings.beside(path.with_name("x_absorber.csv"), str(path))
        tally.met["packings read"] += 1
