"""The crew's daily fuel log: one row a day, meters and running hours.

Needed columns: ``date`` (ISO 8601) and ``Total_day_FO_meters`` (t by mass meter, both
engine lines).  Optional: ``Total_day_FO_counters`` (m3 by volume counter),
``ME_total_hours_day``, ``AE1_hours_day`` ... ``AE4_hours_day``, ``Boiler_Port`` and
``Boiler_starbord`` (kg).  A cell left empty is no reading.

A date alone is that day of the ship's clock, midnight to midnight.  A date with a time of
day, as noon reports have it, is the end of what is reported: it began with the row before,
where that is 22 to 26 h earlier (the ship's clock is set on passage), else 24 h earlier.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sensors.errors import ConfigError
from sensors.foreigntext import clean
from sensors.tablefile import agree, number, read_table, unused

_CHARS: Final = 40  # of a cell that are told
METER: Final = "Total_day_FO_meters"
COUNTER: Final = "Total_day_FO_counters"
AUXILIARIES: Final = tuple(f"AE{i}_hours_day" for i in (1, 2, 3, 4))
DIESEL: Final = 2
"""Which of the auxiliaries burns diesel that the meters do not see: AE3."""
_OPTIONAL: Final = {
    "counter": COUNTER,
    "main_h": "ME_total_hours_day",
    "boiler_port": "Boiler_Port",
    "boiler_starboard": "Boiler_starbord",
}


# What a day can have, and the words for what is beyond it.
LIMITS: Final = {
    METER: (0.0, 1000.0, "t a day from 0 to 1000, no kg"),
    COUNTER: (0.0, 1200.0, "m3 a day from 0 to 1200"),
    "ME_total_hours_day": (0.0, 300.0, "hours of all main engines from 0"),
    "Boiler_Port": (0.0, 2e5, "kg a day from 0"),
    "Boiler_starbord": (0.0, 2e5, "kg a day from 0"),
    **dict.fromkeys(AUXILIARIES, (0.0, 26.0, "hours of a day from 0 to 26")),
}
UNITS: Final = {
    METER: "t t/d",
    COUNTER: "m3 m³ m3/d",
    "Boiler_Port": "kg kg/d",
    "Boiler_starbord": "kg kg/d",
    **dict.fromkeys(("ME_total_hours_day", *AUXILIARIES), "h h/d"),
}
DAY_S: Final = 86400.0
NOON_S: Final = (22.0 * 3600.0, 26.0 * 3600.0)  # a day between two noons


@dataclass(frozen=True, slots=True)
class LogDay:
    """One day of the log; NaN where it says nothing.

    start_s: its begin, s since the epoch of the ship's own clock; meter t; counter m3;
    hours of all main engines and of each auxiliary; boiler fuel kg; length_s, of the day.
    """

    start_s: float
    meter: float
    counter: float = math.nan
    main_h: float = math.nan
    auxiliary_h: tuple[float, ...] = (math.nan,) * len(AUXILIARIES)
    boiler_port: float = math.nan
    boiler_starboard: float = math.nan
    length_s: float = DAY_S

    @property
    def end_s(self) -> float:
        """Return its end, s since the epoch of the ship's own clock."""
        return self.start_s + self.length_s

    @property
    def diesel_h(self) -> float:
        """Return the hours of the auxiliary on unmetered diesel."""
        return self.auxiliary_h[DIESEL]

    @property
    def date(self) -> str:
        """Return the date, as 2014-02-01."""
        return datetime.fromtimestamp(self.start_s, UTC).date().isoformat()


def read_log(path: Path, notes: list[str] | None = None) -> list[LogDay]:
    """Read a daily log; raise ConfigError naming file, line and column.

    `notes` get what was taken for granted.
    """
    table = read_table(path)
    agree(path, table.units, UNITS)
    if notes is not None:
        notes += [*table.notes, *unused(table.header, ("date", *LIMITS))]
    header = table.header
    for column in ("date", METER):
        if column not in header:
            has = f"it has {', '.join(header)}" if header else "the file is empty"
            raise ConfigError(str(path), f"line 1, column {column}", "missing", has)
    days: list[LogDay] = []
    for line, cells in table.rows:
        row = dict(zip(header, cells, strict=True))
        start_s, end_s = _span(path, line, row["date"], days[-1].end_s if days else math.nan)
        if days and start_s < days[-1].end_s:
            where = f"line {line}, column date"
            why = f"{clean(row['date'], _CHARS)} begins before the row above it ends"
            raise ConfigError(str(path), where, why, "each day once, in order")
        days.append(_day(path, line, row, start_s, end_s - start_s))
    if not days:
        raise ConfigError(str(path), "rows", "no day", "give at least one")
    return days


def _span(path: Path, line: int, text: str, before_s: float) -> tuple[float, float]:
    """Return begin and end of what a row reports, s since the epoch. Raises ConfigError."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        t_s = moment.timestamp()
    except (ValueError, OverflowError):
        where, shown = f"line {line}, column date", clean(text, _CHARS)
        raise ConfigError(str(path), where, f"{shown!r} is not a date", "2014-02-01") from None
    if moment.time() == datetime.min.time():
        return t_s, (moment + timedelta(days=1)).timestamp()
    since_s = t_s - before_s
    return (before_s if NOON_S[0] <= since_s <= NOON_S[1] else t_s - DAY_S), t_s


def _day(path: Path, line: int, row: dict[str, str], start_s: float, length_s: float) -> LogDay:
    numbers = {name: _number(path, line, row, column) for name, column in _OPTIONAL.items()}
    hours = tuple(_number(path, line, row, column) for column in AUXILIARIES)
    meter = _number(path, line, row, METER)
    return LogDay(start_s, meter, auxiliary_h=hours, length_s=length_s, **numbers)


def _number(path: Path, line: int, row: dict[str, str], column: str) -> float:
    text, where = row.get(column, ""), f"line {line}, column {column}"
    if not text:
        return math.nan
    low, high, words = LIMITS[column]
    try:
        value = number(text)
    except ValueError:
        raise ConfigError(str(path), where, f"{clean(text, _CHARS)!r} is not a number") from None
    if not low <= value <= high:
        raise ConfigError(str(path), where, f"{value:g} is no {words}")
    return value
