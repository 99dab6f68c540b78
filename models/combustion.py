"""Exhaust flow and moisture from fuel burnt and measured dry CO2.

First principles: complete combustion, every carbon atom of fuel and air leaves
as CO2, but for the methane a gas engine lets slip.  The NOx Technical Code (NTC) 2008
form is kept beside it as a check: it holds a real-gas CO2 volume and a sample-cooler term
and reads 1-2 % less.
"""

from dataclasses import dataclass, replace

from models.errors import OutOfRange, require
from models.numbers import N, positive, where_positive

M_AIR = 28.96
Y_CO2_AIR = 0.0004
Y_O2_AIR = 0.2095
HUMIDITY_G_KG = 10.71
M_C, M_H2, M_S, M_O2, M_N2 = 12.011, 2.016, 32.06, 31.998, 28.013
M_H2O, M_CH4 = 18.015, 16.043
LCV_CH4_KJ_KG = 50000.0
LCV_KJ_KG = (5e3, 1.5e5, "kJ/kg from 5000 to 150 000, no MJ/kg")
CO2_PER_CH4 = 2.750
"""kg of CO2 that a kg of slipped methane would have become: the LNG factor, as FuelEU takes it."""


@dataclass(frozen=True, slots=True)
class Fuel:
    """Mass fractions, IMO carbon factor (t CO2 per t fuel) and lower calorific value, kJ/kg.

    Factors and calorific values: IMO MEPC.308(73) and MEPC.364(79); FuelEU Annex II has the same
    factors, its calorific values differ (HFO -0.7 %, LNG -2.2 %).  VLSFO takes those of LFO.
    Mass fractions are typical values; what they lack to one is ash.  The factors imply their
    own carbon (HFO 0.8493), so CO2 by factor and CO2 by composition differ by up to 2 %.

    slip: kg of methane that leaves unburnt per kg of fuel; ValueError for fractions and a
    calorific value that cannot be.
    """

    name: str
    carbon: float
    hydrogen: float
    sulphur: float = 0.0
    oxygen: float = 0.0
    nitrogen: float = 0.0
    factor: float = 0.0
    lcv_kJ_kg: float = 0.0
    slip: float = 0.0

    def __post_init__(self) -> None:
        """Refuse mass fractions below zero or above one in all, and more slip than fuel."""
        parts = (self.carbon, self.hydrogen, self.sulphur, self.oxygen, self.nitrogen)
        if min(parts) < 0.0 or sum(parts) > 1.0 + 1e-9:
            raise ValueError(f"{self.name}: mass fractions {parts} must be 0 or more, in all <= 1")
        if self.lcv_kJ_kg:
            require(f"{self.name}: lcv_kJ_kg", self.lcv_kJ_kg, *LCV_KJ_KG)
        if self.slip < 0.0 or min(self.burnt_carbon, self.burnt_hydrogen) < 0.0:
            raise ValueError(f"{self.name}: slip {self.slip} must be 0 to what the fuel holds")

    @property
    def burnt_carbon(self) -> float:
        """Return the carbon that becomes CO2, kg per kg fuel."""
        return self.carbon - self.slip * M_C / M_CH4

    @property
    def burnt_hydrogen(self) -> float:
        """Return the hydrogen that becomes water, kg per kg fuel."""
        return self.hydrogen - self.slip * 2.0 * M_H2 / M_CH4

    @property
    def heat_kJ_kg(self) -> float:
        """Return the heat set free, kJ per kg fuel: what slips brings none.

        Raises OutOfRange for a fuel made without its calorific value.
        """
        if not self.lcv_kJ_kg:
            raise OutOfRange(f"{self.name}: lcv_kJ_kg", self.lcv_kJ_kg, LCV_KJ_KG[2])
        return self.lcv_kJ_kg - self.slip * LCV_CH4_KJ_KG

    def with_sulphur(self, sulphur: float) -> "Fuel":
        """Return the same fuel with another mass fraction of sulphur, the rest in proportion."""
        rest = (1.0 - sulphur) / (1.0 - self.sulphur)
        return replace(
            self,
            carbon=self.carbon * rest,
            hydrogen=self.hydrogen * rest,
            sulphur=sulphur,
            oxygen=self.oxygen * rest,
            nitrogen=self.nitrogen * rest,
        )


def dual_fuel(name: str, main: Fuel, pilot: Fuel, pilot_heat: float, slip: float = 0.0) -> Fuel:
    """Return a main fuel lit by a pilot as one fuel: mass-weighted, 1 kg of both together.

    pilot_heat: the pilot's share of the heat fed (at this load: a pilot of constant mass is
    a larger share at part load); slip: share of the main fuel's mass that leaves unburnt,
    as methane.
    """
    pilot_kg = pilot_heat / pilot.lcv_kJ_kg
    main_kg = (1.0 - pilot_heat) / main.lcv_kJ_kg
    share = pilot_kg / (pilot_kg + main_kg)

    def mix(of_main: float, of_pilot: float) -> float:
        return (1.0 - share) * of_main + share * of_pilot

    return Fuel(
        name,
        mix(main.carbon, pilot.carbon),
        mix(main.hydrogen, pilot.hydrogen),
        mix(main.sulphur, pilot.sulphur),
        mix(main.oxygen, pilot.oxygen),
        mix(main.nitrogen, pilot.nitrogen),
        mix(main.factor, pilot.factor),
        mix(main.lcv_kJ_kg, pilot.lcv_kJ_kg),
        (1.0 - share) * slip,
    )


HFO = Fuel("HFO", 0.86, 0.11, 0.02, 0.005, 0.005, 3.114, 40200.0)
VLSFO = Fuel("VLSFO", 0.867, 0.122, 0.005, 0.002, 0.004, 3.151, 41200.0)
MGO = Fuel("MGO", 0.862, 0.136, 0.001, 0.0, 0.0, 3.206, 42700.0)
LNG = Fuel("LNG", 0.75, 0.25, 0.0, 0.0, 0.0, 2.750, 48000.0)
METHANOL = Fuel("methanol", 0.375, 0.126, 0.0, 0.499, 0.0, 1.375, 19900.0)
# Slip: defaults of FuelEU Annex II.  Pilot shares at full load: typical of each kind, no data.
LNG_OTTO_MEDIUM = dual_fuel("LNG-Otto-medium", LNG, MGO, 0.01, 0.031)
LNG_OTTO_SLOW = dual_fuel("LNG-Otto-slow", LNG, MGO, 0.01, 0.017)
LNG_DIESEL_SLOW = dual_fuel("LNG-Diesel-slow", LNG, MGO, 0.03, 0.002)
METHANOL_PILOT = dual_fuel("methanol-pilot", METHANOL, MGO, 0.05)
PURE = (HFO, VLSFO, MGO, LNG, METHANOL)
DUAL = (LNG_OTTO_MEDIUM, LNG_OTTO_SLOW, LNG_DIESEL_SLOW, METHANOL_PILOT)
FUELS = {fuel.name: fuel for fuel in (*PURE, *DUAL)}


def oxygen_need(fuel: Fuel) -> float:
    """Return kmol of O2 that just burn one kg of fuel, its own oxygen and slip counted."""
    atoms = fuel.burnt_carbon / M_C + 0.5 * fuel.burnt_hydrogen / M_H2 + fuel.sulphur / M_S
    return atoms - fuel.oxygen / M_O2


def stoichiometric_air(fuel: Fuel) -> float:
    """Return kg of dry air that just burn one kg of fuel."""
    return (oxygen_need(fuel) / Y_O2_AIR) * M_AIR


def _moles(fuel: Fuel) -> tuple[float, float, float]:
    """Return kmol CO2 made, kmol water made, and net kmol dry gas added to air per kg fuel."""
    carbon, hydrogen = fuel.burnt_carbon / M_C, fuel.burnt_hydrogen / M_H2
    kept = carbon + fuel.sulphur / M_S + fuel.nitrogen / M_N2 + fuel.slip / M_CH4
    return carbon, hydrogen, kept - oxygen_need(fuel)


def _air_kmol(y_co2_dry: N, fuel: Fuel) -> N:
    """Return kmol of dry air per kg fuel that dilute its CO2 to a dry fraction."""
    carbon, _, added = _moles(fuel)
    return (carbon - y_co2_dry * added) / positive(y_co2_dry - Y_CO2_AIR)


def excess_air_ratio(y_co2_dry: N, fuel: Fuel) -> N:
    """Return dry air over the air that just burns the fuel, from dry CO2.

    Below one the reading is impossible: too much CO2 for this fuel.
    """
    return _air_kmol(y_co2_dry, fuel) * M_AIR / stoichiometric_air(fuel)


def most_co2_dry(fuel: Fuel) -> float:
    """Return the dry CO2 mole fraction of the fuel burnt in just enough air: its maximum."""
    carbon, _, added = _moles(fuel)
    air = stoichiometric_air(fuel) / M_AIR
    return (carbon + air * Y_CO2_AIR) / (air + added)


def o2_dry_from_co2(y_co2_dry: N, fuel: Fuel) -> N:
    """Return the dry O2 mole fraction that belongs to a dry CO2: the cross-check of two analysers.

    Air leaking into a sample line moves both along this very line; a drifting analyser
    leaves it.  Negative where the CO2 is more than the fuel can make.
    """
    _, _, added = _moles(fuel)
    air = _air_kmol(y_co2_dry, fuel)
    return (air * Y_O2_AIR - oxygen_need(fuel)) / (air + added)


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
    above that of air, or is more than the fuel makes without excess air (MGO 0.153;
    per cent for a fraction).
    """
    carbon, _, added = _moles(fuel)
    spare = _air_kmol(y_co2_dry, fuel) * Y_O2_AIR - oxygen_need(fuel)
    # just enough air, but for rounding, is enough
    over = where_positive(spare + 1e-9, positive(y_co2_dry - Y_CO2_AIR))
    moist = M_AIR * (1.0 + 1e-3 * humidity_g_kg)
    per_fuel = 1.0 + moist * (carbon - y_co2_dry * added) / over
    slope = moist * (carbon - Y_CO2_AIR * added) / (over * over)
    u = ((per_fuel * u_fuel) ** 2 + (fuel_kg_h * slope * u_co2) ** 2) ** 0.5
    return fuel_kg_h * per_fuel, u


def exhaust_water_fraction(y_co2_dry: N, fuel: Fuel, humidity_g_kg: float = HUMIDITY_G_KG) -> N:
    """Return the mole fraction of water in wet exhaust, from fuel hydrogen and air humidity."""
    _, hydrogen, added = _moles(fuel)
    air = _air_kmol(y_co2_dry, fuel)
    water = hydrogen + air * 1e-3 * humidity_g_kg * M_AIR / M_H2O
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
    """Return CO2 from burning fuel by its IMO carbon factor, kg/h.

    Methane that slips is no CO2 and is not counted here (FuelEU Annex II); see
    `methane_kg_h`.
    """
    return fuel_kg_h * (fuel.factor - CO2_PER_CH4 * fuel.slip)


def methane_kg_h(fuel_kg_h: N, fuel: Fuel) -> N:
    """Return methane that leaves unburnt, kg/h; an amine plant does not take it."""
    return fuel_kg_h * fuel.slip
