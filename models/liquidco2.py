"""Liquid CO2 in its tank: saturation pressure and densities, triple point to near critical.

Ancillary equations of Span and Wagner, J. Phys. Chem. Ref. Data 1996, 25, 1509, eqs. 3.13 to
3.15; within 0.1 % of the equation of state up to 25 degC.
"""

from typing import Any, cast

import numpy as np

from models.numbers import F64, N, shaped

T_CRITICAL_K, P_CRITICAL_KPA, RHO_CRITICAL = 304.1282, 7377.3, 467.6
LOWEST_DEGC, HIGHEST_DEGC = -56.558, 30.0
"""Triple point; and a kelvin below the critical one."""
_PRESSURE = ((-7.0602087, 1.0), (1.9391218, 1.5), (-1.6463597, 2.0), (-3.2995634, 4.0))
_LIQUID = ((1.9245108, 0.34), (-0.62385555, 0.5), (-0.32731127, 10 / 6), (0.39245142, 11 / 6))
_VAPOUR = (
    (-1.7074879, 0.34), (-0.82274670, 0.5), (-4.6008549, 1.0), (-10.111178, 7 / 3),
    (-29.742252, 14 / 3),
)  # fmt: skip
Terms = tuple[tuple[float, float], ...]


def _sum(terms: Terms, t_degC: N) -> tuple[F64, F64]:
    """Return the sum of a theta^b with theta = 1 - T/Tc, and T/Tc; nan outside the range."""
    t = np.asarray(t_degC, dtype=float)
    inside = (t >= LOWEST_DEGC) & (t <= HIGHEST_DEGC)
    reduced = np.where(inside, (t + 273.15) / T_CRITICAL_K, np.nan)
    theta = 1.0 - reduced
    total = np.zeros_like(theta)
    for factor, power in terms:
        total = total + factor * theta**power
    return total, reduced


def saturation_kPa(t_degC: N) -> N:
    """Return the vapour pressure of CO2, kPa absolute; nan outside -56.558 to 30 degC."""
    total, reduced = _sum(_PRESSURE, t_degC)
    return shaped(t_degC, P_CRITICAL_KPA * np.exp(total / reduced))


def liquid_density(t_degC: N) -> N:
    """Return the density of saturated liquid CO2, kg/m3; nan outside -56.558 to 30 degC."""
    return shaped(t_degC, RHO_CRITICAL * np.exp(_sum(_LIQUID, t_degC)[0]))


def vapour_density(t_degC: N) -> N:
    """Return the density of saturated CO2 vapour, kg/m3; nan outside -56.558 to 30 degC."""
    return shaped(t_degC, RHO_CRITICAL * np.exp(_sum(_VAPOUR, t_degC)[0]))


def tank_kg(volume_m3: N, level: N, t_degC: N) -> N:
    """Return the CO2 in a tank, liquid and the vapour above it, kg.

    `level`: share of the volume that is liquid, 0 to 1; temperature of both, at saturation.
    """
    share = np.asarray(level, dtype=float)
    liquid, vapour = np.asarray(liquid_density(t_degC)), np.asarray(vapour_density(t_degC))
    found = np.asarray(volume_m3, dtype=float) * (share * liquid + (1.0 - share) * vapour)
    result: N = cast(Any, shaped(found, found))
    return result
