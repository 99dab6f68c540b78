"""Nitrogen oxides: the MARPOL limit by engine speed, as concentration in the exhaust.

An engine certified to a tier emits at most its limit over the test cycle.  Without a
measurement this limit is the best estimate there is; the true value at one load may
differ by half.
"""

import csv
from functools import lru_cache
from importlib.resources import files

from models.fluegas import M_NO2
from models.numbers import N, positive

TIERS: dict[int, tuple[float, float, float, float]] = {
    1: (17.0, 45.0, -0.2, 9.8),
    2: (14.4, 44.0, -0.23, 7.7),
    3: (3.4, 9.0, -0.2, 2.0),
}
"""MARPOL Annex VI reg. 13: g/kWh below 130 rpm; a * rpm**b; g/kWh from 2000 rpm."""


def nox_limit_g_kWh(tier: int, rated_rpm: float) -> float:
    """Return the cycle-weighted NOx limit of a tier, g NO2 per kWh; ValueError if not 1, 2, 3."""
    if tier not in TIERS:
        raise ValueError(f"no NOx tier {tier}; known: 1, 2, 3")
    slow, factor, power, fast = TIERS[tier]
    if rated_rpm < 130.0:
        return slow
    return fast if rated_rpm >= 2000.0 else factor * rated_rpm**power


def nox_ppm(nox_g_kWh: N | float, power_kW: N, flow_kg_s: N, molar_mass: N) -> N:
    """Return NOx in wet exhaust, ppm by volume; nan where no gas flows."""
    kmol_h = 3600.0 * positive(flow_kg_s) / molar_mass
    return 1e3 * nox_g_kWh * power_kW / M_NO2 / kmol_h


def humidity_factor(
    humidity_g_kg: N, air_degC: float = 25.0, charge_air_above_reference_K: float = 0.0
) -> N:
    """Return k_hd: NOx at reference conditions over NOx as emitted (charge-air cooled diesel).

    NTC 2008 5.12.4, engines with an intermediate air cooler, as recalled: 1 at 10.71 g/kg and
    25 degC; humid air makes less NOx, and so does warm air by the code's own sign.
    humidity_g_kg is that of the air that reaches the cylinder.
    """
    moist = 0.012 * (humidity_g_kg - 10.71)
    warm = 0.00275 * (air_degC - 25.0) - 0.00285 * charge_air_above_reference_K
    return 1.0 / (1.0 - moist - warm)


@lru_cache(maxsize=8)
def marpol_cycle(name: str) -> tuple[tuple[float, float], ...]:
    """Return (power fraction, weight) of the modes of cycle E2, E3 or D2; empty if unknown.

    MARPOL Annex VI appendix II.
    """
    text = (files("models") / "data" / "marpol_test_cycles.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    modes = [(0.01 * float(r["power_pct"]), float(r["weight"])) for r in rows if r["cycle"] == name]
    return tuple(modes)


def cycle_g_kWh(name: str, g_h_by_power: dict[float, float], rated_kW: float) -> float:
    """Return the weighted emission of a cycle, g/kWh, from g/h by power fraction.

    NTC 2008 3.2: sum of weight x g/h over sum of weight x kW.  Raises ValueError for a cycle
    that is not carried and for a mode without a value, naming those there are.
    """
    modes = marpol_cycle(name)
    if not modes:
        raise ValueError(f"no test cycle {name!r}; carried are E2, E3 and D2")
    lacking = [f"{load:g}" for load, _ in modes if load not in g_h_by_power]
    if lacking:
        raise ValueError(f"test cycle {name}: no g/h at power {', '.join(lacking)} of rated")
    mass = sum(weight * g_h_by_power[load] for load, weight in modes)
    return mass / sum(weight * load * rated_kW for load, weight in modes)
