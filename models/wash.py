"""MEA that leaves with the treated gas, and the water wash that takes it back.

Vapour only: mist and aerosol, which carry most of the amine of plants with sulphuric
acid or soot in their exhaust, are not in it.  What leaves is therefore a lower bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from models.absorber import Absorbed
from models.errors import ConvergenceError
from models.solution import M_H2O, M_MEA, amine_fraction, water_per_amine
from models.speciation import species
from models.vle import p_amine, p_water

V0, V1, V2, V3 = -0.9896, 2.3206, 0.6028, -0.5418


def p_amine_over(t: float, a: float, w: float) -> float:
    """Return the pressure of MEA over loaded solution, Pa.

    p = x p_sat(T) f^V2 exp(V0 + V1 (1000/T - 1000/323.15) + V3 (w - 0.3)), x and f the
    mole fraction and the free share of MEA.  Fitted to Hilliard 2008: 40-60 degC, 17-40
    wt%, a 0.11-0.55, 12 % mean error.  Wash water is an extrapolation in strength.
    """
    wet = float(water_per_amine(w))
    free = float(species(t, a, wet, 0)[0])
    slope = V1 * (1000.0 / (t + 273.15) - 1000.0 / 323.15)
    ease = float(np.exp(V0 + slope + V3 * (w - 0.3) + V2 * np.log(free)))
    return float(p_amine(t)) * ease / (1.0 + wet)


def emission_ppm(out: Absorbed, p_Pa: float) -> float:
    """Return the MEA in the gas that leaves an absorber, ppm by volume, wet.

    In equilibrium with the liquid at the top: MEA is so easily taken up that the gas
    forgets the hot bulge below within a few decimetres.
    """
    a, wet = float(out.liquid_co2[-1] / out.amine), float(out.liquid_water[-1] / out.amine)
    t, w = float(out.t_gas_degC[-1]), float(amine_fraction(wet))
    return 1e6 * p_amine_over(t, a, w) / p_Pa


@dataclass(frozen=True)
class Wash:
    """A water wash: packed bed with circulated, cooled water that is bled off.

    ntu: gas-side transfer units; makeup_kg_h is clean water fed to it; loading is the
    CO2 its MEA has caught.
    """

    t_degC: float
    ntu: float = 4.0
    makeup_kg_h: float = 0.0
    loading: float = 0.4


@dataclass(frozen=True)
class Washed:
    """What leaves a wash: gas degC and ppm (wet), bleed kg/h with its MEA mass fraction."""

    t_degC: float
    ppm: float
    condensed_kg_h: float
    bleed_kg_h: float
    bleed_mea: float


def _vapour(gas_dry: float, t: float, p_Pa: float) -> float:
    """Return mol/s of water that saturate a dry gas."""
    y = float(p_water(t)) / p_Pa
    return gas_dry * y / (1.0 - y)


def wash(dry: float, water: float, ppm_in: float, p_Pa: float, column: Wash) -> Washed:
    """Return the steady water wash of a gas (mol/s dry and water, MEA in ppm of both).

    The gas leaves saturated at the wash's temperature.  Its MEA approaches equilibrium
    with the circulated water over ntu transfer units; the water's strength is the one at
    which the bleed (condensate and make-up) carries away what is caught.
    Raises ConvergenceError where more water evaporates than is fed.
    """
    out = _vapour(float(dry), column.t_degC, p_Pa)
    condensed = 3.6 * M_H2O * (float(water) - out)
    bleed = condensed + column.makeup_kg_h
    if bleed <= 0.0:
        raise ConvergenceError(f"wash: dries up, needs {-condensed:.0f} kg/h of make-up", np.inf)
    came = 1e-6 * float(ppm_in) * (dry + water)
    left_by = float(np.exp(-column.ntu))

    def leaves(strength: float) -> float:
        y_eq = p_amine_over(column.t_degC, column.loading, strength) / p_Pa
        return y_eq * (float(dry) + out) * (1.0 - left_by) + came * left_by

    def surplus(strength: float) -> float:
        return came - leaves(strength) - bleed / 3.6 * strength / M_MEA

    strength = _root(surplus)
    return Washed(
        column.t_degC, float(1e6 * leaves(strength) / (dry + out)), condensed, bleed, strength
    )


def _root(surplus: Callable[[float], float]) -> float:
    """Return the strength of the water, kg MEA per kg without CO2, at which nothing piles up."""
    low = 1e-12
    if surplus(low) <= 0.0:
        return low
    return float(brentq(surplus, low, 0.6, xtol=1e-14, rtol=1e-10))
