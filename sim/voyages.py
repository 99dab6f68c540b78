"""A voyage: what a ship's engines had to deliver, minute by minute.

Points are joined by straight lines; the file is in `sim.voyagefile`.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from models.exhaust import SPLIT_LOAD, STOPPED_BELOW_KW
from sensors.errors import ConfigError
from sim.voyagefile import OPTIONAL, POWER, bridged, read_series

BUILT_IN: Final = {"birka": "birka.csv.gz"}

LEAST_LOAD: Final = 0.1  # of one engine: what never reaches it is no ship's power in kW
OVERLOAD: Final = 1.1  # of MCR, as `at` has it
MOST_BEYOND: Final = 0.03  # of the energy
SHORT_S: Final = 3600.0
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
    (s) of the rows that were data gaps, `notes` what a person should know of its file.
    """

    def __init__(
        self,
        name: str,
        t_s: list[float],
        total_kW: list[float],
        size: ShipSize | None = None,
        extra: dict[str, list[float]] | None = None,
        gaps: tuple[float, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        if len(t_s) < 2 or len(t_s) != len(total_kW):
            raise ValueError("a voyage needs at least two points")
        self.name, self.gaps, self.notes = name, gaps, notes
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

    @property
    def series(self) -> dict[str, tuple[float, ...]]:
        """Return the values at all points by column: power in kW, and what else the file has."""
        extra = zip(OPTIONAL, self._extra, strict=True)
        return {POWER: tuple(self._total)} | {c: tuple(v) for c, v in extra if v is not None}

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
        load = min(propulsion / (n * size.engine_mcr_kW), OVERLOAD) if n else 0.0
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


def load(source: str | Path, size: ShipSize | None = None, gaps: str = "refuse") -> Voyage:
    """Read a voyage: a built-in name ("birka") or a table (.csv, .csv.gz, .xlsx).

    `gaps`: what an empty cell is, of `sim.voyagefile.GAPS`.

    Raises ConfigError naming file, line, column and remedy.
    """
    if isinstance(source, str) and source in BUILT_IN:
        with resources.as_file(resources.files("sim") / "data" / BUILT_IN[source]) as path:
            return _read(path, source, size, gaps)
    path = Path(source)
    if not path.is_file():
        known = ", ".join(sorted(BUILT_IN))
        raise ConfigError(str(path), "voyage", "no such file", f"built-in voyages: {known}")
    return _read(path, path.name.split(".")[0], size, gaps)


def _read(path: Path, name: str, size: ShipSize | None, gaps: str) -> Voyage:
    found = read_series(path, gaps)
    total = found.values.pop(POWER)
    size = size or ShipSize()
    doubts = _doubts(path, found.t_s, total, size)
    notes = (*found.notes, *doubts)
    return Voyage(name, found.t_s, total, size, found.values, found.gaps, notes)


def _doubts(path: Path, t_s: list[float], total_kW: list[float], size: ShipSize) -> list[str]:
    """Return what a person should know before such a voyage is sailed.

    Raises ConfigError where a few per cent of its energy are beyond the ship's engines.
    """
    doubts = [hole] if (hole := bridged(t_s)) else []
    if max(total_kW) < LEAST_LOAD * size.engine_mcr_kW:
        doubts.append(
            f"power stays below {max(total_kW):.4g} kW, a tenth of one engine of "
            f"{size.engine_mcr_kW:g} kW: is it in MW?"
        )
    most = OVERLOAD * size.engines * size.engine_mcr_kW + size.hotel_power_kW
    beyond = sum(max(kW - most, 0.0) for kW in total_kW) / max(sum(total_kW), 1.0)
    ship = f"{size.engines} engines of {size.engine_mcr_kW:g} kW"
    if beyond > MOST_BEYOND:
        why = f"{100.0 * beyond:.0f} % of its energy is beyond the ship: {ship} give {most:.0f} kW"
        remedy = "is it this ship's voyage? the ship is [ship] of plant.toml"
        raise ConfigError(str(path), f"column {POWER}", why, remedy)
    if beyond > 0.0:
        doubts.append(f"{100.0 * beyond:.2g} % of its energy is beyond the ship ({ship}): left out")
    if t_s[-1] - t_s[0] < SHORT_S:
        doubts.append(
            f"it is {(t_s[-1] - t_s[0]) / 60.0:.0f} min long: beyond its end the last value is held"
        )
    return doubts
