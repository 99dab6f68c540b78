"""What leaves a cylinder: wet gas composition from air, fuel and humidity.

Complete combustion, element by element: carbon to CO2, hydrogen to H2O, sulphur to
SO2, fuel nitrogen to N2, and what slips stays methane; NOx and SO3 take so little oxygen
that they are left out of the balance.  Dry air (US Standard Atmosphere 1976, CO2 of
`models.combustion`): 20.95 vol% O2, 0.04 % CO2, the rest N2 with argon, 28.96 kg/kmol.
"""

from dataclasses import dataclass
from typing import Generic

from models.combustion import (
    HUMIDITY_G_KG,
    M_AIR,
    M_C,
    M_CH4,
    M_H2,
    M_H2O,
    M_N2,
    M_O2,
    M_S,
    Y_CO2_AIR,
    Y_O2_AIR,
    Fuel,
    oxygen_need,
    stoichiometric_air,
)
from models.numbers import N, positive

M_CO2, M_SO2, M_NO2 = 44.01, 64.06, 46.006
M_AIR_REST = (M_AIR - Y_O2_AIR * M_O2 - Y_CO2_AIR * M_CO2) / (1.0 - Y_O2_AIR - Y_CO2_AIR)
"""kg/kmol of what is neither O2 nor CO2 in dry air: nitrogen with argon."""


@dataclass(frozen=True, slots=True)
class FlueGas(Generic[N]):
    """Wet mole fractions and molar mass, kg/kmol; n2 holds the argon of the air too."""

    co2: N
    h2o: N
    o2: N
    n2: N
    so2: N
    ch4: N
    molar_mass: N

    def dry(self, wet: N) -> N:
        """Return a wet mole fraction on dry basis."""
        return wet / (1.0 - self.h2o)


def burn(air_per_fuel: N, fuel: Fuel, humidity_g_kg: N | float = HUMIDITY_G_KG) -> FlueGas[N]:
    """Return the wet exhaust of one kg of fuel in `air_per_fuel` kg of dry air.

    humidity_g_kg: water in the intake air, g per kg dry air.  nan where the air does not
    suffice: unburnt fuel is outside this balance.
    """
    air = positive(air_per_fuel - stoichiometric_air(fuel)) + stoichiometric_air(fuel)
    air_kmol = air / M_AIR
    co2 = fuel.burnt_carbon / M_C + air_kmol * Y_CO2_AIR
    h2o = fuel.burnt_hydrogen / M_H2 + air * 1e-3 * humidity_g_kg / M_H2O
    o2 = air_kmol * Y_O2_AIR - oxygen_need(fuel)
    n2 = air_kmol * (1.0 - Y_O2_AIR - Y_CO2_AIR) + fuel.nitrogen / M_N2
    so2 = fuel.sulphur / M_S
    ch4 = fuel.slip / M_CH4
    total = co2 + h2o + o2 + n2 + so2 + ch4
    mass = 1.0 + air * (1.0 + 1e-3 * humidity_g_kg)
    return FlueGas(
        co2 / total,
        h2o / total,
        o2 / total,
        n2 / total,
        so2 / total,
        ch4 / total,
        mass / total,
    )


def so2_ppm_per_co2_pct(fuel: Fuel) -> float:
    """Return SO2 in ppm per CO2 in %: the ratio that IMO compares with the fuel's sulphur.

    MEPC.340(77): 21.7 for 0.50 % and 4.3 for 0.10 % sulphur.
    """
    return 1e4 * (fuel.sulphur / M_S) / (fuel.burnt_carbon / M_C)
