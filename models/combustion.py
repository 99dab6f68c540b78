"""Exhaust flow and moisture from fuel burnt and measured dry CO2.

First principles: complete combustion, every carbon atom of fuel and air leaves
as CO2.  The NOx Technical Code (NTC) 2008 form is kept beside it as a check:
it holds a real-gas CO2 volume and a sample-cooler term and reads 1-2 % less.
"""

from dataclasses import dataclass

from models.numbers import N, positive

M_AIR = 28.96
Y_CO2_AIR = 0.0004
HUMIDITY_G_KG = 10.71


@dataclass(frozen=True, slots=True)
class Fuel:
    """Mass fractions, IMO carbon factor (t CO2 per t fuel) and lower calorific value, kJ/kg.

    Factors and calorific values: IMO MEPC.364(79); VLSFO takes those of LFO.  Mass
    fractions are typical values.
    """

    name: str
    carbon: float
    hydrogen: float
    sulphur: float = 0.0
    oxygen: float = 0.0
    nitrogen: float = 0.0
    factor: float = 0.0
    lcv_kJ_kg: float = 0.0


HFO = Fuel("HFO", 0.86, 0.11, 0.02, 0.005, 0.005, 3.114, 40200.0)
VLSFO = Fuel("VLSFO", 0.867, 0.122, 0.005, 0.002, 0.004, 3.151, 41200.0)
MGO = Fuel("MGO", 0.862, 0.136, 0.001, 0.0, 0.0, 3.206, 42700.0)
LNG = Fuel("LNG", 0.75, 0.25, 0.0, 0.0, 0.0, 2.750, 48000.0)
METHANOL = Fuel("methanol", 0.375, 0.126, 0.0, 0.499, 0.0, 1.375, 19900.0)
FUELS = {fuel.name: fuel for fuel in (HFO, VLSFO, MGO, LNG, METHANOL)}


def _moles(fuel: Fuel) -> tuple[float, float, float]:
    """Return kmol carbon, kmol water made, and net kmol dry gas added to air per kg fuel."""
    carbon, hydrogen = fuel.carbon / 12.011, fuel.hydrogen / 2.016
    sulphur = fuel.sulphur / 32.06
    oxygen = carbon + 0.5 * hydrogen + sulphur - fuel.oxygen / 31.998
    return carbon, hydrogen, carbon + sulphur + fuel.nitrogen / 28.013 - oxygen


def exhaust_flow(
    fuel_kg_h: N,
    y_co2_dry: N,
    fuel: Fuel,
    u_fuel: N,
    u_co2: N,
    humidity_g_kg: float = HUMIDITY_G_KG,
) -> tuple[N, N]:
    """Return wet exhaust flow, kg/h, and its standard uncertainty.

    From fuel flow and dry CO2 mole fraction by the carbon balance; u_fuel and
    u_co2 are standard uncertainties in the same units.  nan where CO2 is not
    above that of air.
    """
    carbon, _, added = _moles(fuel)
    over = positive(y_co2_dry - Y_CO2_AIR)
    moist = M_AIR * (1.0 + 1e-3 * humidity_g_kg)
    per_fuel = 1.0 + moist * (carbon - y_co2_dry * added) / over
    slope = moist * (carbon - Y_CO2_AIR * added) / (over * over)
    u = ((per_fuel * u_fuel) ** 2 + (fuel_kg_h * slope * u_co2) ** 2) ** 0.5
    return fuel_kg_h * per_fuel, u


def exhaust_water_fraction(y_co2_dry: N, fuel: Fuel, humidity_g_kg: float = HUMIDITY_G_KG) -> N:
    """Return the mole fraction of water in wet exhaust, from fuel hydrogen and air humidity."""
    carbon, hydrogen, added = _moles(fuel)
    air = (carbon - y_co2_dry * added) / positive(y_co2_dry - Y_CO2_AIR)
    water = hydrogen + air * 1e-3 * humidity_g_kg * M_AIR / 18.015
    return water / (air + added + water)


def ntc_exhaust_per_fuel(y_co2_dry: N, fuel: Fuel, humidity_g_kg: float = HUMIDITY_G_KG) -> N:
    """Return kg wet exhaust per kg fuel in the NTC 2008 one-step carbon-balance form.

    Constants as recalled from chapter 5.12 / appendix VI; a regression check
    of `exhaust_flow` within 2 %, not for reporting.
    """
    w_c = 100.0 * fuel.carbon
    f_fd = -0.055593 * 100.0 * fuel.hydrogen + 0.008002 * 100.0 * fuel.nitrogen
    f_fd = f_fd + 0.0070046 * 100.0 * fuel.oxygen
    k_c = 100.0 * (y_co2_dry - Y_CO2_AIR) * 0.5441
    flow: N = 1.4 * w_c * w_c / ((1.0828 * w_c + f_fd * k_c) * k_c)
    return flow * (1.0 + 1e-3 * humidity_g_kg) + 1.0


def carbon_emitted_kg_h(fuel_kg_h: N, fuel: Fuel) -> N:
    """Return CO2 from burning fuel by its IMO carbon factor, kg/h."""
    return fuel_kg_h * fuel.factor
