"""A four-stroke engine's exhaust from its shop test: air by speed-density, gas by the fuel.

Measured at each load: fuel, speed, charge-air pressure and temperature, temperatures
around the turbine, back-pressure.  Computed: air = 0.97 x 0.95 x V x n/2 x rho(receiver),
V the volume of six cylinders with the piston down (bore 0.46 m, stroke 0.58 m, compression
14), factors as in Baldi et al., repository Ecos2015PaperExtension (Constants.py);
scavenging and bypass air are left out, so the 25 and 50 % points hold too little air.

Other surroundings than the test's are a first-principles estimate without a measured
check: the turbine's work is constant, so the compressor's pressure ratio falls with
hotter intake air; the air cooler keeps its approach to the water; the heat to the
exhaust per kg of fuel is constant; back-pressure shortens the turbine's expansion.
"""

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from models.ambient import Ambient, saturated_g_kg
from models.combustion import HFO, Fuel
from models.engines import EngineGas, gas_of, like
from models.errors import UnknownTable
from models.exhaust import CP_EXHAUST_KJ_KG_K, ENGINE_MCR_KW
from models.nox import nox_limit_g_kWh
from models.numbers import F64, N

CYLINDER_M3 = math.pi / 4.0 * 0.46**2 * 0.58 * 14.0 / 13.0
CYLINDERS = 6
FILLING = 0.97 * 0.95
R_AIR_KJ_KG_K = 0.2871
CP_AIR_KJ_KG_K = 1.01
COMPRESSION = 0.286
EXPANSION = 0.248
ZERO_C = 273.15
MBAR_PER_BAR = 1000.0
INTAKE_DEGC = 32.0
"""Mean of the intake temperatures the test logged; one of its six points lacks it."""
TEST_AMBIENT = Ambient(INTAKE_DEGC, 34.0, 1025.0, 17.0)
"""Air and low-temperature water of the shop test; 17 % humidity at 32 degC is the 5 g/kg that
the computed columns of the exhaust table took (the test logged 27 % at an unstated place)."""
FULL_LOAD_BACK_MBAR = 15.0

_COLUMNS = {
    "fuel_kg_h": "Fuel cons kg/h",
    "rpm": "Speed",
    "charge_barg": "CA Pressure bar",
    "charge_degC": "CA Air Temp",
    "before_cooler_degC": "T before CAC Celsius",
    "t_before_degC": "Temp before turbine",
    "t_after_degC": "Temp after turbine",
    "back_mbar": "Exhaust back pressure mbar",
}


@dataclass(frozen=True, slots=True)
class FourStroke:
    """A four-stroke engine by its shop test; arrays over the test's loads.

    air_factor: air against the diesel's at the same charge pressure; an Otto gas engine runs
    richer (`dataclasses.replace(engine, air_factor=0.9, nox_tier=3)`) and its gas is hotter.
    """

    name: str
    mcr_kW: float
    rpm: float
    load_frac: F64
    columns: dict[str, F64]
    test_fuel: Fuel = HFO
    nox_tier: int = 1
    air_factor: float = 1.0

    @classmethod
    def load(cls, name: str = "6L46B") -> "FourStroke":
        """Read a shop test carried by the package; UnknownTable if there is none."""
        return _load(name)

    def at(
        self, load_frac: N, ambient: Ambient = TEST_AMBIENT, fuel: Fuel | None = None
    ) -> EngineGas[N]:
        """Return the exhaust at a load fraction of MCR (scalar or array), linear in the test.

        Outside 25-110 % the nearest end is used and `clamped` says so; a stopped engine has no
        temperature and no NOx (nan).  Another fuel than
        the test's (HFO) brings the same heat.
        """
        burnt = fuel or self.test_fuel
        load = np.asarray(load_frac, dtype=np.float64)
        held = np.clip(load, self.load_frac[0], self.load_frac[-1])
        test = {k: np.interp(held, self.load_frac, v) for k, v in self.columns.items()}
        breath = _breathe(test, ambient, self.air_factor)
        fuel_kg_h = test["fuel_kg_h"] * (self.test_fuel.heat_kJ_kg / burnt.heat_kJ_kg)
        flow = breath.air_kg_s + fuel_kg_h / 3600.0
        power = held * self.mcr_kW
        limit = nox_limit_g_kWh(self.nox_tier, self.rpm)
        gas, nox = gas_of(flow, fuel_kg_h, power, burnt, ambient, limit, breath.humidity_g_kg)
        runs = np.where(load <= 0.0, 0.0, 1.0)
        exhaust = EngineGas(
            power_kW=runs * power,
            flow_kg_s=runs * flow,
            t_degC=np.where(runs > 0.0, breath.t_degC, np.nan),
            fuel_kg_h=runs * fuel_kg_h,
            gas=gas,
            nox_ppm=np.where(runs > 0.0, nox, np.nan),
            back_pressure_mbar=runs * breath.back_mbar,
            clamped=runs * np.where((load < held) | (load > held), 1.0, 0.0),
        )
        return like(load_frac, exhaust)


def heat_left_kW(engine: FourStroke) -> F64:
    """Return fuel heat less shaft, exhaust and air-cooler heat at the test's loads, kW.

    What is left must be cooling water, oil and radiation: an independent check of the
    computed flow, since fuel, power and temperatures are measured.
    """
    test = engine.columns
    at = engine.at(engine.load_frac)
    air = at.flow_kg_s - at.fuel_kg_h / 3600.0
    fuel = at.fuel_kg_h / 3600.0 * engine.test_fuel.heat_kJ_kg
    exhaust = at.flow_kg_s * CP_EXHAUST_KJ_KG_K * (at.t_degC - INTAKE_DEGC)
    cooler = air * CP_AIR_KJ_KG_K * (test["before_cooler_degC"] - test["charge_degC"])
    left: F64 = fuel - at.power_kW - exhaust - cooler
    return left


@dataclass(frozen=True, slots=True)
class _Breath:
    """Moist air, temperature after turbine, back-pressure, water in the charge air."""

    air_kg_s: F64
    t_degC: F64
    back_mbar: F64
    humidity_g_kg: F64


def _breathe(test: dict[str, F64], ambient: Ambient, air_factor: float) -> _Breath:
    """Return what the test's engine breathes in other surroundings.

    Charge air holds no more water than saturates it behind the cooler: the rest leaves
    by the drain (NTC 2008 5.12.4 uses the same limit for its NOx correction).
    """
    baro_test = TEST_AMBIENT.pressure_mbar / MBAR_PER_BAR
    ratio = (test["charge_barg"] + baro_test) / baro_test
    intake = (TEST_AMBIENT.air_degC + ZERO_C) / (ambient.air_degC + ZERO_C)
    work = (ratio**COMPRESSION - 1.0) * intake
    charge_bar = (1.0 + work) ** (1.0 / COMPRESSION) * ambient.pressure_mbar / MBAR_PER_BAR
    charge_degC = test["charge_degC"] + ambient.water_degC - TEST_AMBIENT.water_degC
    air_test = _filling(test["rpm"], ratio * baro_test, test["charge_degC"])
    air = air_factor * _filling(test["rpm"], charge_bar, charge_degC)
    heating = (test["t_before_degC"] - test["charge_degC"]) * air_test / air
    back = test["back_mbar"] * (air / air_test) ** 2
    if ambient.back_pressure_mbar is not None:
        back = back * (ambient.back_pressure_mbar / FULL_LOAD_BACK_MBAR)
    hot_K = test["t_before_degC"] + ZERO_C
    squeezed = EXPANSION * hot_K * (back - test["back_mbar"]) / ambient.pressure_mbar
    rise = charge_degC + heating - test["t_before_degC"]
    water = np.minimum(ambient.humidity_g_kg, saturated_g_kg(charge_degC, 100.0 * charge_bar))
    return _Breath(air, test["t_after_degC"] + rise + squeezed, back, water)


def _filling(rpm: F64, charge_bar: F64, charge_degC: F64) -> F64:
    """Return air that fills the cylinders, kg/s: speed-density."""
    density = 100.0 * charge_bar / (R_AIR_KJ_KG_K * (charge_degC + ZERO_C))
    air: F64 = FILLING * CYLINDERS * CYLINDER_M3 * rpm / 120.0 * density
    return air


@lru_cache(maxsize=4)
def _load(name: str) -> FourStroke:
    folder = files("models") / "data"
    file = folder / f"shop_test_{name}.csv"
    if not file.is_file():
        known = [f.name for f in folder.iterdir() if f.name.startswith("shop_test_")]
        raise UnknownTable(
            name, sorted(f.removeprefix("shop_test_").removesuffix(".csv") for f in known)
        )
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    load = np.array([float(row["Power"]) for row in rows])
    columns = {k: np.array([float(row[c]) for row in rows]) for k, c in _COLUMNS.items()}
    for array in (load, *columns.values()):
        array.flags.writeable = False
    full = int(np.argmin(np.abs(load - 1.0)))
    return FourStroke(name, ENGINE_MCR_KW, float(columns["rpm"][full]), load, columns)
