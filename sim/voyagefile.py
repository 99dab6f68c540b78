"""A voyage from a CSV file: every cell looked at, what was taken for granted said.

Needed columns: ``timestamp`` (ISO 8601, UTC where it names no zone) and
``total_power_demand_kW`` (propulsion + electric).  ``ship_heat_kW``, ``sea_water_degC`` and
``air_degC`` are optional, other columns are ignored.  A total of exactly zero is a data gap
(a clock change, a dead logger), not a blackout: the last value is held, and said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from sensors.errors import ConfigError
from sensors.foreigntext import clean
from sensors.tablefile import Table, number, read_table

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
SAME: Final = {"°c": "degc", "c": "degc"}
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


def read_series(path: Path) -> Series:
    """Return what a voyage file holds; raise ConfigError naming file, lines, column, remedy."""
    table = read_table(path)
    header = table.header
    for column in (TIME, POWER):
        if column not in header:
            has = f"it has {clean(', '.join(header), 300)}" if header else "the file is empty"
            raise ConfigError(str(path), f"line 1, column {column}", "missing", has)
    names: tuple[str, ...] = (POWER, *OPTIONAL)
    columns = {c: header.index(c) for c in names if c in header}
    _same_units(path, table)
    times = _times(path, table, header.index(TIME))
    values = {c: _numbers(path, table, c, at) for c, at in columns.items()}
    return _held(path, times, values, table.notes)


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


def _same_units(path: Path, table: Table) -> None:
    for column, unit in table.units.items():
        told = SAME.get(unit.lower(), unit.lower())
        wanted = UNITS.get(column)
        if wanted and told not in (wanted.lower(), ""):
            why = f"is in {clean(unit, _CELL_CHARS)}, by the row of units"
            raise ConfigError(str(path), f"column {column}", why, f"give {wanted}")


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


def _numbers(path: Path, table: Table, column: str, at: int) -> list[float]:
    """Return a column's numbers; raise ConfigError that names all cells that are none."""
    low, high, words = LIMITS[column]
    found, bad = [], []
    for line, row in table.rows:
        text = row[at]
        try:
            value = number(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            bad.append((line, text))
        found.append(value)
    if bad:
        line, _ = bad[0]
        told = ", ".join(f"line {n} {clean(t, _CELL_CHARS) or 'empty'}" for n, t in bad[:SHOWN])
        many = f" and {len(bad) - SHOWN} more, to line {bad[-1][0]}" if len(bad) > SHOWN else ""
        why = f"{len(bad)} of {len(found)} cells are no {words}: {told}{many}"
        remedy = "leave those rows out: what is between two rows is a straight line"
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
