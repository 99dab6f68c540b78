"""A voyage from a CSV file: every cell looked at, what was taken for granted said.

Needed columns: ``timestamp`` (ISO 8601, UTC where it names no zone) and
``total_power_demand_kW`` (propulsion + electric).  ``ship_heat_kW``, ``sea_water_degC`` and
``air_degC`` are optional, other columns are ignored.  A total of exactly zero is a data gap
(a clock change, a dead logger), not a blackout: the last value is held, and said.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from sensors.errors import ConfigError
from sensors.foreigntext import clean
from sensors.tablefile import Table, number, read_table, unused

TIME: Final = "timestamp"
POWER: Final = "total_power_demand_kW"
OPTIONAL: Final = ("ship_heat_kW", "sea_water_degC", "air_degC")
# What a ship can meet, and the words for what is beyond it.
LIMITS: Final[Mapping[str, tuple[float, float, str]]] = {
    POWER: (0.0, 1e6, "kW from 0"),
    "ship_heat_kW": (0.0, 1e5, "kW from 0"),
    "sea_water_degC": (-3.0, 40.0, "degC from -3 to 40, no degF, no K"),
    "air_degC": (-60.0, 60.0, "degC from -60 to 60, no degF, no K"),
}
UNITS: Final = {POWER: "kW", "ship_heat_kW": "kW", "sea_water_degC": "degC", "air_degC": "degC"}
SAME: Final = {"°c": "degC", "c": "degC", "degc": "degC", "kw": "kW"}
# From a unit that a row of units names to ours: value * factor + offset.
CONVERTED: Final[Mapping[tuple[str, str], tuple[float, float]]] = {
    ("MW", "kW"): (1000.0, 0.0),
    ("W", "kW"): (0.001, 0.0),
    ("°F", "degC"): (1.0 / 1.8, -32.0 / 1.8),
    ("F", "degC"): (1.0 / 1.8, -32.0 / 1.8),
    ("degF", "degC"): (1.0 / 1.8, -32.0 / 1.8),
    ("K", "degC"): (1.0, -273.15),
}
GAPS: Final = ("refuse", "line", "hold")
"""What an empty cell is: refused, on the line between its neighbours, or the last value."""
YEAR_S: Final = 365.25 * 86400
LONGEST_S: Final = 10 * YEAR_S  # a year misread makes a voyage of thousands
SHOWN: Final = 4  # bad cells named with their text; of the others the lines
_CELL_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class Series:
    """The points of a voyage file: times in s since the epoch, strictly rising, and values.

    `gaps` are the times of rows that told nothing (power zero), where the last value is held.
    """

    t_s: list[float]
    values: dict[str, list[float]]
    gaps: tuple[float, ...]
    notes: tuple[str, ...]


def read_series(path: Path, gaps: str = "refuse") -> Series:
    """Return what a voyage file holds; raise ConfigError naming file, lines, column, remedy.

    `gaps` is one of GAPS; what was filled is in the notes.
    """
    table = read_table(path)
    header = table.header
    for column in (TIME, POWER):
        if column not in header:
            has = f"it has {clean(', '.join(header), 300)}" if header else "the file is empty"
            raise ConfigError(str(path), f"line 1, column {column}", "missing", has)
    names: tuple[str, ...] = (POWER, *OPTIONAL)
    columns = {c: header.index(c) for c in names if c in header}
    units = {c: _unit(path, table, c) for c in columns}
    times = _times(path, table, header.index(TIME))
    notes = [*table.notes, *unused(header, (TIME, *names))]
    values = {}
    for column, at in columns.items():
        values[column] = _numbers(path, table, column, at, units[column], gaps == "refuse")
        if units[column] is not None:
            told, ours = clean(table.units[column], _CELL_CHARS), UNITS[column]
            notes.append(f"{column} is in {told} by the row of units: converted to {ours}")
    times, values = _filled(path, times, values, gaps, notes)
    return _held(path, times, values, notes)


def _filled(
    path: Path, times: list[float], values: dict[str, list[float]], gaps: str, notes: list[str]
) -> tuple[list[float], dict[str, list[float]]]:
    """Return the series with empty cells filled as asked; before the first power is nothing."""
    count = sum(math.isnan(v) for series in values.values() for v in series)
    if not count:
        return times, values
    known = [i for i, kW in enumerate(values[POWER]) if not math.isnan(kW) and kW != 0.0]
    if not known:
        raise ConfigError(str(path), f"column {POWER}", "is empty", "give the ship's power")
    first = known[0]
    times = times[first:]
    for column, series in values.items():
        kept = series[first:]
        # a power of zero is a gap too (see _held): no line leads to it
        there = [
            (t, v)
            for t, v in zip(times, kept, strict=True)
            if not math.isnan(v) and (column != POWER or v != 0.0)
        ]
        if not there:
            raise ConfigError(str(path), f"column {column}", "is empty", "leave the column out")
        filled = _over(times, there, hold=gaps == "hold")
        values[column] = [f if math.isnan(v) else v for f, v in zip(filled, kept, strict=True)]
    how = "the last value is held" if gaps == "hold" else "on the line between their neighbours"
    notes.append(
        f"{count} empty cells: {how}"
        + (f"; {first} rows before the first power left out" if first else "")
    )
    return times, values


def _over(
    times: Sequence[float], there: Sequence[tuple[float, float]], *, hold: bool
) -> list[float]:
    """Return the values at all times from the known ones, on lines or held."""
    t, v = np.array([t for t, _ in there]), np.array([v for _, v in there])
    if hold:
        at = np.maximum(np.searchsorted(t, times, side="right") - 1, 0)
        found: list[float] = v[at].tolist()
        return found
    lines: list[float] = np.interp(times, t, v).tolist()
    return lines


def _held(
    path: Path, times: Sequence[float], values: dict[str, list[float]], notes: Sequence[str]
) -> Series:
    """Hold the last value where the power is zero; nothing is known before the first one."""
    power = values[POWER]
    gaps = tuple(t for t, kW in zip(times, power, strict=True) if kW == 0.0)
    begin = next((i for i, kW in enumerate(power) if kW != 0.0), len(power))
    if len(power) - begin < 2:
        why = f"{len(power) - begin} usable rows"
        raise ConfigError(str(path), "rows", why, "give at least two with power above zero")
    kept = {column: series[begin:] for column, series in values.items()}
    for i, kW in enumerate(power[begin:]):
        if kW == 0.0:
            for series in kept.values():
                series[i] = series[i - 1]
    return Series(list(times[begin:]), kept, gaps, (*notes, *_zeros(times, power)))


def _zeros(times: Sequence[float], power: Sequence[float]) -> list[str]:
    """Say how many zeros there are and how long the last value is held over them at most."""
    count = sum(kW == 0.0 for kW in power)
    if not count:
        return []
    longest = began = 0.0
    last = times[0]
    for t, kW in zip(times, power, strict=True):
        if kW != 0.0:
            last = began = t
        else:
            longest = max(longest, t - (began or last))
    return [
        f"{count} rows of zero power are gaps: the last value is held, {_long(longest)} at most"
    ]


def _long(seconds: float) -> str:
    return f"{seconds / 3600.0:.1f} h" if seconds >= 3600.0 else f"{seconds / 60.0:.0f} min"


def _unit(path: Path, table: Table, column: str) -> tuple[float, float] | None:
    """Return factor and offset to our unit, None where it is ours. Raises ConfigError."""
    unit = table.units.get(column, "")
    wanted = UNITS[column]
    if unit == "" or SAME.get(unit.lower(), unit) == wanted:
        return None
    if (known := CONVERTED.get((unit, wanted))) is None:
        why = f"is in {clean(unit, _CELL_CHARS)}, by the row of units"
        raise ConfigError(str(path), f"column {column}", why, f"give {wanted}")
    return known


def _times(path: Path, table: Table, at: int) -> list[float]:
    """Return the times, s since the epoch, strictly rising. Raises ConfigError."""
    times: list[float] = []
    zoned: bool | None = None
    for line, row in table.rows:
        where, moment = f"line {line}, column {TIME}", _moment(path, line, row[at])
        if zoned is not None and zoned != (moment.tzinfo is not None):
            why = "names a zone and others do not" if not zoned else "names no zone and others do"
            raise ConfigError(str(path), where, why, "write all times with +00:00, or none")
        zoned = moment.tzinfo is not None
        t = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
        if times and t <= times[-1]:
            remedy = "a clock that was set back? write UTC, or times with their offset"
            raise ConfigError(str(path), where, "time does not rise", remedy)
        if times and t - times[0] > LONGEST_S:
            why = f"is {(t - times[0]) / YEAR_S:.0f} years after the first: a voyage has 10 at most"
            raise ConfigError(str(path), where, why, "is the year right?")
        times.append(t)
    return times


def _moment(path: Path, line: int, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        why = f"{clean(text, _CELL_CHARS)!r} is not a time" if text else "is empty"
        where = f"line {line}, column {TIME}"
        raise ConfigError(str(path), where, why, "write 2014-02-01 05:15:00") from None
    return moment


def _numbers(
    path: Path,
    table: Table,
    column: str,
    at: int,
    unit: tuple[float, float] | None,
    whole: bool,
) -> list[float]:
    """Return a column's numbers in our unit; raise ConfigError that names all cells that are none.

    Not `whole`: an empty cell is NaN.
    """
    low, high, words = LIMITS[column]
    factor, offset = unit or (1.0, 0.0)
    found, bad = [], []
    for line, row in table.rows:
        text = row[at]
        try:
            value = number(text) * factor + offset
        except ValueError:
            value = math.nan
        if not low <= value <= high and (text or whole):
            bad.append((line, text))
        found.append(value)
    if bad:
        line, _ = bad[0]
        told = ", ".join(f"line {n} {clean(t, _CELL_CHARS) or 'empty'}" for n, t in bad[:SHOWN])
        many = f" and {len(bad) - SHOWN} more, to line {bad[-1][0]}" if len(bad) > SHOWN else ""
        why = f"{len(bad)} of {len(found)} cells are no {words}: {told}{many}"
        remedy = "leave those rows out: what is between two rows is a straight line"
        if not any(text for _, text in bad):
            remedy += (
                f"; or: seastack validate voyage {path.name} --gaps line (or hold) --out whole.csv"
            )
        raise ConfigError(str(path), f"line {line}, column {column}", why, remedy)
    return found


def bridged(t_s: Sequence[float]) -> str:
    """Say where the longest hole between two points is, "" where all are as usual."""
    steps = [b - a for a, b in pairwise(t_s)]
    usual = sorted(steps)[len(steps) // 2]
    longest = max(steps)
    if longest < max(4.0 * usual, 3600.0):
        return ""
    began = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=t_s[steps.index(longest)])
    many = sum(step >= max(4.0 * usual, 3600.0) for step in steps)
    holes = "1 hole" if many == 1 else f"{many} holes"
    told = f"the longest {_long(longest)} from {began:%Y-%m-%d %H:%M}"
    return f"{holes} bridged by straight lines, {told}"
