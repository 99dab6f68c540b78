"""The air and water an engine breathes and is cooled with."""

from dataclasses import dataclass

from models.errors import require
from models.numbers import N, positive
from models.properties import psat_water_kPa

MBAR_PER_MMWC = 0.0980665
LIMITS = {
    "air_degC": (-60.0, 70.0, "degC from -60 to 70, no degF, no K"),
    "water_degC": (-5.0, 70.0, "degC from -5 to 70, no degF, no K"),
    "pressure_mbar": (500.0, 1200.0, "mbar from 500 to 1200, no kPa, no Pa"),
    "humidity_pct": (0.0, 100.0, "% from 0 to 100"),
    "back_pressure_mbar": (0.0, 500.0, "mbar from 0 to 500"),
}


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
    Defaults are the reference conditions of ISO 3046-1: 25 degC, 1000 mbar, 30 %.  Raises
    OutOfRange for what no engine breathes: another unit.
    """

    air_degC: float = 25.0
    water_degC: float = 25.0
    pressure_mbar: float = 1000.0
    humidity_pct: float = 30.0
    back_pressure_mbar: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is in another unit."""
        for name, (low, high, meant) in LIMITS.items():
            if (value := getattr(self, name)) is not None:
                require(name, value, low, high, meant)

    @property
    def humidity_g_kg(self) -> float:
        """Return water in the intake air, g per kg dry air."""
        vapour = float(psat_water_kPa(self.air_degC)) * 0.01 * self.humidity_pct
        return moisture_g_kg(vapour, 0.1 * self.pressure_mbar)


ISO = Ambient()
