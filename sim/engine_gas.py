"""Exhaust of one running main engine over its load, in the air and water of the hour.

`models.fourstroke` is asked for all loads at once when the surroundings have moved by more
than `MOVED`; in between a look-up is a straight line between two rows of plain floats,
because a rig asks every second.  What the engine breathes and is cooled with:

* air of the engine room, `ROOM_RISE_K` warmer than outside and with its water (ISO 8861
  designs the ventilation for 12.5 K at full power; ducts end near the turbochargers);
* low-temperature water behind a central cooler with a thermostatic valve: as on the test
  bed, until the sea is so warm that the cooler's approach lets it rise.
"""

from typing import Final, NamedTuple

import numpy as np

from models.ambient import Ambient
from models.combustion import FUELS, Fuel
from models.errors import UnknownTable
from models.exhaust import boiler_heat_kW
from models.fourstroke import TEST_AMBIENT, FourStroke
from models.properties import psat_water_kPa
from sensors.errors import ConfigError
from sensors.plantspec import Ship as ShipSpec
from sensors.strictfile import nearest

ROOM_RISE_K: Final = 10.0
WATER_HELD_degC: Final = TEST_AMBIENT.water_degC
WATER_APPROACH_K: Final = 4.0  # of the central cooler: 36 degC at 32 degC sea
STEPS: Final = 220
MAX_LOAD: Final = 1.1


class Weather(NamedTuple):
    """Outside air (degC, % relative humidity, kPa) and sea water (degC)."""

    air_degC: float
    sea_degC: float
    humidity_pct: float
    baro_kPa: float


MOVED: Final = Weather(1.0, 1.0, 5.0, 0.5)
"""How far each may move before the table is made again; 1 K of air is 0.5 % of boiler heat."""


class Row(NamedTuple):
    """One running engine: kg/s wet, degC, kg/h, dry fractions (water: wet), ppm dry, mbar, kW."""

    flow_kg_s: float
    t_degC: float
    fuel_kg_h: float
    y_co2_dry: float
    y_h2o_wet: float
    y_o2_dry: float
    so2_ppm: float
    nox_ppm: float
    back_pressure_mbar: float
    heat_kW: float


class EngineGasTable:
    """The plant's engine type and fuel, tabulated; `follow` keeps it true to the weather.

    Raises ConfigError for an engine or fuel that is not known.  An `engine_mcr_kW` other
    than the shop test's is the same engine with another number of cylinders.
    """

    def __init__(self, spec: ShipSpec, weather: Weather) -> None:
        self.fuel, self.engine = _fuel(spec.fuel), _engine(spec.engine)
        self.made = 0
        self._spec = spec
        self._size = spec.engine_mcr_kW / self.engine.mcr_kW
        self._low, self._high = (float(self.engine.load_frac[k]) for k in (0, -1))
        self._tabulate(weather)

    def follow(self, weather: Weather) -> None:
        """Tabulate again when the weather has moved since it last was."""
        at = self._at
        water = low_temperature_water(weather.sea_degC) - low_temperature_water(at.sea_degC)
        if (
            abs(weather.air_degC - at.air_degC) > MOVED.air_degC
            or abs(water) > MOVED.sea_degC
            or abs(weather.humidity_pct - at.humidity_pct) > MOVED.humidity_pct
            or abs(weather.baro_kPa - at.baro_kPa) > MOVED.baro_kPa
        ):
            self._tabulate(weather)

    def clamped(self, load_frac: float) -> bool:
        """Tell whether a running engine's load lies outside the shop test's (25-110 %)."""
        return load_frac > 0.0 and not self._low <= load_frac <= self._high

    def at(self, load_frac: float) -> Row:
        """Return the exhaust at a load from 0 to 110 %; below the test's lowest, that one's."""
        place = load_frac / MAX_LOAD * STEPS
        k = min(int(place), STEPS - 1)
        w = place - k
        return Row(
            *(a + w * (b - a) for a, b in zip(self._rows[k], self._rows[k + 1], strict=True))
        )

    def _tabulate(self, weather: Weather) -> None:
        self._at, self.made = weather, self.made + 1
        load = np.maximum(np.linspace(0.0, MAX_LOAD, STEPS + 1), 1e-9)
        e = self.engine.at(load, breathed(weather), self.fuel)
        flow = self._size * e.flow_kg_s
        columns = (
            flow,
            e.t_degC,
            self._size * e.fuel_kg_h,
            e.gas.dry(e.gas.co2),
            e.gas.h2o,
            e.gas.dry(e.gas.o2),
            1e6 * (1.0 - self._spec.scrubber_so2_removal) * e.gas.dry(e.gas.so2),
            e.gas.dry(e.nox_ppm),
            e.back_pressure_mbar,
            boiler_heat_kW(flow, e.t_degC, self._spec.boiler_exit_degC),
        )
        self._rows = list(zip(*(c.tolist() for c in columns), strict=True))


def breathed(weather: Weather) -> Ambient:
    """Return what the engine breathes and is cooled with; the room's air keeps its water."""
    intake = weather.air_degC + ROOM_RISE_K
    drier = float(psat_water_kPa(weather.air_degC)) / float(psat_water_kPa(intake))
    return Ambient(
        intake,
        low_temperature_water(weather.sea_degC),
        10.0 * weather.baro_kPa,
        weather.humidity_pct * drier,
    )


def low_temperature_water(sea_degC: float) -> float:
    """Return the water of the charge-air coolers, degC: held, or as cold as the sea allows."""
    return max(WATER_HELD_degC, sea_degC + WATER_APPROACH_K)


def _fuel(name: str) -> Fuel:
    if name not in FUELS:
        raise ConfigError("plant.toml", "ship.fuel", f"no fuel '{name}'", nearest(name, FUELS))
    return FUELS[name]


def _engine(name: str) -> FourStroke:
    try:
        return FourStroke.load(name)
    except UnknownTable as error:
        raise ConfigError("plant.toml", "ship.engine", str(error)) from None
