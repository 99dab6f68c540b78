"""A two-stroke engine's exhaust by the maker's published part-load and ambient method.

MAN B&W project guides, chapter 6.04 "Exhaust gas amount and temperature": an anchor at
the specified maximum rating (SMCR) in ISO conditions, polynomials in load, linear
corrections for the surroundings.  Guide tolerance: +-15 % of flow, +-5 K (older: 15 K).
"""

import csv
import math
from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np

from models.ambient import ISO, MBAR_PER_MMWC, Ambient
from models.combustion import MGO, Fuel
from models.engines import EngineGas, gas_of, like
from models.errors import UnknownTable
from models.nox import nox_limit_g_kWh
from models.numbers import F64, N

DESIGN_BACK_PRESSURE_MMWC = 300.0
SFOC_LCV_KJ_KG = 42700.0
LOWEST_LOAD, HIGHEST_LOAD = 0.4, 1.0


@dataclass(frozen=True, slots=True)
class PartLoad:
    """Polynomial coefficients in the load fraction, highest power first: flow %, K."""

    flow_pct: tuple[float, float, float, float]
    t_K: tuple[float, float, float]

    def at(self, load: F64) -> tuple[F64, F64]:
        """Return the change of specific flow, %, and of temperature, K, against SMCR."""
        a, b, c, d = self.flow_pct
        e, f, g = self.t_K
        return ((a * load + b) * load + c) * load + d, (e * load + f) * load + g


S80ME_C7 = PartLoad((37.0, -83.0, 31.0, 15.0), (262.0, -413.0, 151.0))
"""Project guide S80ME-C7, page 6.04 (its own example 3: +5.6 %, -11.7 degC at 80 %)."""
ME_C8 = PartLoad((37.0, -87.0, 31.0, 19.0), (280.0, -410.0, 130.0))
"""ME-C8.2 and ME-B9.3 TII: recalled; gives both published examples at 80 % and 0 at 100 %."""


def derating(power: float, speed: float) -> tuple[float, float]:
    """Return flow change, %, and temperature change, K, of a rating against the nominal one (L1).

    power, speed: the specified maximum over L1's.  Figures 6.04.07 and 6.04.08, recalled;
    they give both published examples: -0.26 %, -3.9 K and -0.6 %, -8.1 K.
    """
    flow = 14.0 * math.log(power) - 24.0 * math.log(speed)
    return flow, 15.0 * math.log(power) + 45.0 * math.log(speed)


def surroundings(ambient: Ambient) -> tuple[float, float]:
    """Return flow change, %, and temperature change, K, of ambient against ISO conditions."""
    air, water = ambient.air_degC - 25.0, ambient.water_degC - 25.0
    baro = ambient.pressure_mbar - 1000.0
    back = ambient.back_pressure_mbar
    over = 0.0 if back is None else back / MBAR_PER_MMWC - DESIGN_BACK_PRESSURE_MMWC
    flow = -0.41 * air + 0.03 * baro + 0.19 * water - 0.011 * over
    return flow, 1.6 * air - 0.01 * baro + 0.1 * water + 0.05 * over


@dataclass(frozen=True, slots=True)
class TwoStroke:
    """A two-stroke engine: anchor at SMCR in ISO conditions and its part-load set.

    sfoc_load, sfoc_g_kWh: specific fuel by load at 42 700 kJ/kg.
    """

    name: str
    smcr_kW: float
    rpm: float
    flow_kg_h: float
    t_degC: float
    part_load: PartLoad
    sfoc_load: F64
    sfoc_g_kWh: F64
    nox_tier: int = 2

    @classmethod
    def load(cls, name: str = "6S65ME-C8.2-GI") -> "TwoStroke":
        """Return an engine carried by the package; UnknownTable if there is none."""
        if name not in _ANCHORS:
            raise UnknownTable(name, sorted(_ANCHORS))
        text = (files("models") / "data" / f"twostroke_{name}.csv").read_text(encoding="utf-8")
        rows = list(csv.DictReader(text.splitlines()))
        load = np.array([float(row["load_frac"]) for row in rows])
        sfoc = np.array([float(row["sfoc_g_kWh_typical"]) for row in rows])
        at, part_load = _ANCHORS[name]
        return cls(name, at.smcr_kW, at.rpm, at.flow_kg_h, at.t_degC, part_load, load, sfoc)

    def rated(self, smcr_kW: float, rpm: float) -> "TwoStroke":
        """Return this engine type at another specified rating inside its layout diagram.

        Specific fuel stays this engine's curve.  ValueError above the nominal rating, or
        below half its power or two thirds of its speed, where no such engine is sold.
        """
        nominal = _NOMINAL[self.name]
        power, speed = smcr_kW / nominal.smcr_kW, rpm / nominal.rpm
        if not (0.5 <= power <= 1.0 and 2.0 / 3.0 <= speed <= 1.0):
            raise ValueError(
                f"{self.name}: {smcr_kW:g} kW at {rpm:g} rpm is outside its layout, nominal "
                f"{nominal.smcr_kW:g} kW at {nominal.rpm:g} rpm"
            )
        flow_pct, t_K = derating(power, speed)
        flow = nominal.flow_kg_h * power * (1.0 + 0.01 * flow_pct)
        return replace(self, smcr_kW=smcr_kW, rpm=rpm, flow_kg_h=flow, t_degC=nominal.t_degC + t_K)

    def at(self, load_frac: N, ambient: Ambient = ISO, fuel: Fuel = MGO) -> EngineGas[N]:
        """Return the exhaust at a load fraction of SMCR (scalar or array).

        Below 40 and above 100 % the exhaust of that end is used and `clamped` says so.
        Another fuel brings the same heat in the same exhaust flow.  The guide gives no
        scavenge pressure, so water that condenses in the air cooler is not taken out: in
        the tropics the gas is drier than this.
        """
        load = np.asarray(load_frac, dtype=np.float64)
        held = np.clip(load, LOWEST_LOAD, HIGHEST_LOAD)
        flow_pct, t_K = self.part_load.at(held)
        around_pct, around_K = surroundings(ambient)
        share = np.where(load <= 0.0, 0.0, held)
        specific = self.flow_kg_h / 3600.0 * (1.0 + 0.01 * flow_pct) * (1.0 + 0.01 * around_pct)
        heat = SFOC_LCV_KJ_KG / fuel.heat_kJ_kg
        sfoc = 1e-3 * heat * np.interp(held, self.sfoc_load, self.sfoc_g_kWh)
        power = held * self.smcr_kW
        nox_g_kWh = nox_limit_g_kWh(self.nox_tier, self.rpm)
        water = ambient.humidity_g_kg
        gas, nox = gas_of(specific * held, sfoc * power, power, fuel, ambient, nox_g_kWh, water)
        full = ambient.back_pressure_mbar
        full = DESIGN_BACK_PRESSURE_MMWC * MBAR_PER_MMWC if full is None else full
        relative = specific * share * 3600.0 / self.flow_kg_h
        exhaust = EngineGas(
            power_kW=share * self.smcr_kW,
            flow_kg_s=specific * share,
            t_degC=np.where(load > 0.0, self.t_degC + t_K + around_K, np.nan),
            fuel_kg_h=sfoc * share * self.smcr_kW,
            gas=gas,
            nox_ppm=np.where(load > 0.0, nox, np.nan),
            back_pressure_mbar=full * relative * relative,
            clamped=np.where((load > 0.0) & ((load < held) | (load > held)), 1.0, 0.0),
        )
        return like(load_frac, exhaust)


@dataclass(frozen=True, slots=True)
class _Point:
    """kW, rpm, exhaust kg/h and degC of a rating in ISO conditions."""

    smcr_kW: float
    rpm: float
    flow_kg_h: float
    t_degC: float


# Project guide S65ME-C8.2-GI-TII, page 163: the specified rating of its example, and L1.
_ANCHORS = {"6S65ME-C8.2-GI": (_Point(15498.0, 90.3, 132461.0, 226.1), ME_C8)}
_NOMINAL = {"6S65ME-C8.2-GI": _Point(17220.0, 95.0, 147600.0, 230.0)}
