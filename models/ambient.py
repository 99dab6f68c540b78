"""The air and water an engine breathes and is cooled with."""

from dataclasses import dataclass

from models.numbers import N, positive
from models.properties import psat_water_kPa

MBAR_PER_MMWC = 0.0980665


def moisture_g_kg(vapour_kPa: N, pressure_kPa: N) -> N:
    """Return water, g per kg dry air, at a vapour pressure (NTC 2008, 5.12.3: 6.22 pa Ra / ...).

    nan where the vapour's pressure is all the pressure there is.
    """
    return 622.0 * vapour_kPa / positive(pressure_kPa - vapour_kPa)


def saturated_g_kg(air_degC: N, pressure_kPa: N) -> N:
    """Return the most water that air can hold as vapour, g per kg dry air."""
    return moisture_g_kg(psat_water_kPa(air_degC), pressure_kPa)


@dataclass(frozen=True, slots=True)
class Ambient:
    """Air at the turbocharger inlet, charge-air cooling water, exhaust back-pressure.

    air_degC, water_degC, pressure_mbar (barometer), humidity_pct (relative) and
    back_pressure_mbar at the engine's full load (None: the maker's design value).
    Defaults are the reference conditions of ISO 3046-1: 25 degC, 1000 mbar, 30 %.
    """

    air_degC: float = 25.0
    water_degC: float = 25.0
    pressure_mbar: float = 1000.0
    humidity_pct: float = 30.0
    back_pressure_mbar: float | None = None

    @property
    def humidity_g_kg(self) -> float:
        """Return water in the intake air, g per kg dry air."""
        vapour = float(psat_water_kPa(self.air_degC)) * 0.01 * self.humidity_pct
        return moisture_g_kg(vapour, 0.1 * self.pressure_mbar)


ISO = Ambient()
