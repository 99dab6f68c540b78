"""The crew's daily fuel log: one row a day, meters and running hours.

Needed columns: ``date`` (ISO 8601) and ``Total_day_FO_meters`` (t by mass meter, both
engine lines).  Optional: ``Total_day_FO_counters`` (m3 by volume counter),
``ME_total_hours_day``, ``AE1_hours_day`` ... ``AE4_hours_day``, ``Boiler_Port`` and
``Boiler_starbord`` (kg).  A cell left empty is no reading.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sensors.errors import ConfigError
from sensors.outsidefile import read_table

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


@dataclass(frozen=True, slots=True)
class LogDay:
    """One day of the log; NaN where it says nothing.

    start_s: midnight, s since the epoch of the ship's own clock; meter t; counter m3;
    hours of all main engines and of each auxiliary; boiler fuel kg.
    """

    start_s: float
    meter: float
    counter: float = math.nan
    main_h: float = math.nan
    auxiliary_h: tuple[float, ...] = (math.nan,) * len(AUXILIARIES)
    boiler_port: float = math.nan
    boiler_starboard: float = math.nan

    @property
    def diesel_h(self) -> float:
        """Return the hours of the auxiliary on unmetered diesel."""
        return self.auxiliary_h[DIESEL]

    @property
    def date(self) -> str:
        """Return the date, as 2014-02-01."""
        return datetime.fromtimestamp(self.start_s, UTC).date().isoformat()


def read_log(path: Path) -> list[LogDay]:
    """Read a daily log; raise ConfigError naming file, line and column."""
    table = read_table(path)
    header = table.header
    for column in ("date", METER):
        if column not in header:
            has = f"it has {', '.join(header)}" if header else "the file is empty"
            raise ConfigError(str(path), f"line 1, column {column}", "missing", has)
    rows = ((line, dict(zip(header, cells, strict=False))) for line, cells in table.rows)
    days = [_day(path, line, row) for line, row in rows]
    if not days:
        raise ConfigError(str(path), "rows", "no day", "give at least one")
    return days


def _day(path: Path, line: int, row: dict[str, str]) -> LogDay:
    text = row.get("date", "")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        where = f"line {line}, column date"
        raise ConfigError(str(path), where, f"{text!r} is not a date", "2014-02-01") from None
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    numbers = {name: _number(path, line, row, column) for name, column in _OPTIONAL.items()}
    hours = tuple(_number(path, line, row, column) for column in AUXILIARIES)
    meter = _number(path, line, row, METER)
    return LogDay(start.timestamp(), meter, auxiliary_h=hours, **numbers)


def _number(path: Path, line: int, row: dict[str, str], column: str) -> float:
    text = (row.get(column) or "").strip()
    try:
        return float(text) if text else math.nan
    except ValueError:
        where = f"line {line}, column {column}"
        raise ConfigError(str(path), where, f"{text!r} is not a number") from None
