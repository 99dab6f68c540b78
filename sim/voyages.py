"""A voyage: what a ship's engines had to deliver, minute by minute.

A voyage file is a CSV with the columns ``timestamp`` (ISO 8601, taken as UTC) and
``total_power_demand_kW`` (propulsion + electric); ``ship_heat_kW``, ``sea_water_degC``
and ``air_degC`` are optional, other columns are ignored.  Points are joined by straight
lines.  A total of exactly zero is a data gap (a clock change, a dead logger), not a
blackout: the last value is held.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from models.exhaust import SPLIT_LOAD, STOPPED_BELOW_KW
from sensors.errors import ConfigError
from sensors.outsidefile import read_table

TIME: Final = "timestamp"
POWER: Final = "total_power_demand_kW"
OPTIONAL: Final = ("ship_heat_kW", "sea_water_degC", "air_degC")
BUILT_IN: Final = {"birka": "birka.csv.gz"}

YEAR_S: Final = 365.25 * 86400
LONGEST_S: Final = 10 * YEAR_S  # a year misread makes a voyage of thousands
MIN_ENGINES: Final = 2  # one per shaft first


class ShipState(NamedTuple):
    """What the ship does at one instant; powers in kW, load as a fraction of MCR."""

    total_kW: float
    propulsion_kW: float
    hotel_kW: float
    n_engines: int
    load_frac: float
    ship_heat_kW: float
    sea_water_degC: float
    air_degC: float


@dataclass(frozen=True, slots=True)
class ShipSize:
    """The constants of a ship that turn total power into engines on line."""

    engines: int = 4
    engine_mcr_kW: float = 5850.0
    hotel_power_kW: float = 1800.0
    ship_heat_kW: float = 500.0


class Voyage:
    """A power series of a ship; `at` gives its state at any time inside it.

    `t_s` seconds since the Unix epoch, strictly rising; `total_kW` the ship's power;
    `extra` optional series by column name, all of one length.  `gaps` holds the times
    (s) of the rows that were data gaps.
    """

    def __init__(
        self,
        name: str,
        t_s: list[float],
        total_kW: list[float],
        size: ShipSize | None = None,
        extra: dict[str, list[float]] | None = None,
        gaps: tuple[float, ...] = (),
    ) -> None:
        if len(t_s) < 2 or len(t_s) != len(total_kW):
            raise ValueError("a voyage needs at least two points")
        self.name, self.gaps = name, gaps
        self.size = size or ShipSize()
        self._t, self._total = t_s, total_kW
        self._extra = [(extra or {}).get(column) for column in OPTIONAL]
        self._defaults = (self.size.ship_heat_kW, math.nan, math.nan)

    @property
    def start_s(self) -> float:
        """Return the time of the first point, s since the epoch."""
        return self._t[0]

    @property
    def end_s(self) -> float:
        """Return the time of the last point, s since the epoch."""
        return self._t[-1]

    @property
    def times_s(self) -> tuple[float, ...]:
        """Return the times of all points, s since the epoch."""
        return tuple(self._t)

    def at(self, t_s: float) -> ShipState:
        """Return the ship's state at `t_s` (s since the epoch), held beyond both ends.

        A missing optional column gives NaN (the rig then uses its own climate), the
        ship heat its design value.
        """
        i = min(max(bisect_right(self._t, t_s) - 1, 0), len(self._t) - 2)
        t0, t1 = self._t[i], self._t[i + 1]
        w = min(max((t_s - t0) / (t1 - t0), 0.0), 1.0)
        total = self._total[i] + w * (self._total[i + 1] - self._total[i])
        heat, sea, air = (
            default if series is None else series[i] + w * (series[i + 1] - series[i])
            for series, default in zip(self._extra, self._defaults, strict=True)
        )
        size = self.size
        propulsion = max(0.0, total - size.hotel_power_kW)
        n = engines_needed(propulsion, size)
        load = min(propulsion / (n * size.engine_mcr_kW), 1.1) if n else 0.0
        return ShipState(total, propulsion, total - propulsion, n, load, heat, sea, air)


def engines_needed(propulsion_kW: float, size: ShipSize) -> int:
    """Return how many main engines run, by the rule of `models.exhaust.engines_on_line`.

    None below 600 kW of propulsion, else at least two and at most 85 % load each: in plain
    floats, because a rig asks every second.
    """
    if propulsion_kW < STOPPED_BELOW_KW:
        return 0
    wanted = math.ceil(propulsion_kW / (SPLIT_LOAD * size.engine_mcr_kW))
    return min(max(MIN_ENGINES, wanted), size.engines)


def load(source: str | Path, size: ShipSize | None = None) -> Voyage:
    """Read a voyage: a built-in name ("birka") or a CSV file (may be .gz).

    Raises ConfigError naming file, line, column and remedy.
    """
    if isinstance(source, str) and source in BUILT_IN:
        with resources.as_file(resources.files("sim") / "data" / BUILT_IN[source]) as path:
            return _read(path, source, size)
    path = Path(source)
    if not path.is_file():
        known = ", ".join(sorted(BUILT_IN))
        raise ConfigError(str(path), "voyage", "no such file", f"built-in voyages: {known}")
    return _read(path, path.name.split(".")[0], size)


def _read(path: Path, name: str, size: ShipSize | None) -> Voyage:
    table = read_table(path)
    header = table.header
    for column in (TIME, POWER):
        if column not in header:
            has = f"it has {', '.join(header)}" if header else "the file is empty"
            raise ConfigError(str(path), f"line 1, column {column}", "missing", has)
    names: tuple[str, ...] = (POWER, *OPTIONAL)
    columns = {c: header.index(c) for c in names if c in header}
    at = header.index(TIME)
    t_s: list[float] = []
    series: dict[str, list[float]] = {column: [] for column in columns}
    gaps: list[float] = []
    for line, row in table.rows:
        t = _time(path, line, row[at] if at < len(row) else "")
        if t_s and t <= t_s[-1]:
            raise ConfigError(str(path), f"line {line}, column {TIME}", "time does not rise")
        if t_s and t - t_s[0] > LONGEST_S:
            where = f"line {line}, column {TIME}"
            why = f"is {(t - t_s[0]) / YEAR_S:.0f} years after the first: a voyage has 10 at most"
            raise ConfigError(str(path), where, why, "is the year right?")
        values = {c: _number(path, line, c, row, k) for c, k in columns.items()}
        if values[POWER] == 0.0:
            gaps.append(t)
            if not t_s:
                continue
            values = {c: v[-1] for c, v in series.items()}
        t_s.append(t)
        for column, value in values.items():
            series[column].append(value)
    if len(t_s) < 2:
        raise ConfigError(str(path), "rows", f"{len(t_s)} usable rows", "give at least two")
    total = series.pop(POWER)
    return Voyage(name, t_s, total, size, series, tuple(gaps))


def _time(path: Path, line: int, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        where = f"line {line}, column {TIME}"
        raise ConfigError(
            str(path), where, f"{text!r} is not a time", "write 2014-02-01 05:15:00"
        ) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _number(path: Path, line: int, column: str, row: list[str], k: int) -> float:
    text = row[k] if k < len(row) else ""
    where = f"line {line}, column {column}"
    try:
        value = float(text)
    except ValueError:
        raise ConfigError(str(path), where, f"{text!r} is not a number") from None
    low = -60.0 if column.endswith("degC") else 0.0
    if not low <= value <= 1e6:
        raise ConfigError(str(path), where, f"{value:g} is outside {low:g}..1e6")
    return value
