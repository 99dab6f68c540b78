"""What instruments and accounts need to know of moist gas and MEA solution.

Temperatures are degC, pressures kPa; `a` is the loading in mol CO2 per mol MEA, `w` the
MEA mass fraction on the CO2-free basis.  Every function takes floats or arrays alike.
The columns have their own in `solution`, `vle`, `gasphase` and `transport`.
"""

import numpy as np

from models.numbers import N

M_CO2 = 44.01
M_H2O = 18.015
M_MEA = 61.08
M_INERT = 28.7
"""kg/kmol; inert is exhaust without CO2 and water: nitrogen, oxygen, argon."""


def psat_water_kPa(t_degC: N) -> N:
    """Return the saturation pressure of water, kPa (DIPPR form as used by IDAES)."""
    t = t_degC + 273.15
    p: N = 1e-3 * np.exp(72.55 - 7206.7 / t - 7.1385 * np.log(t) + 4.05e-6 * t * t)
    return p


def saturated_fraction(t_degC: N, p_kPa: N) -> N:
    """Return the mole fraction of water in saturated gas, at most 0.95."""
    y: N = np.minimum(psat_water_kPa(t_degC) / p_kPa, 0.95)
    return y


def solution_mass_fraction_mea(a: N, w: N) -> N:
    """Return kg MEA per kg of loaded solution from loading and CO2-free MEA mass fraction."""
    return w / (1.0 + a * w * M_CO2 / M_MEA)


def loading_from_density(rho_kg_m3: N, t_degC: N) -> N:
    """Return the loading of 30 wt% MEA from its density, mol/mol (linear fit to Amundsen 2009).

    0.010 mol/mol on average, 0.018 at most; of our own `solution.liquid_density` it is 0.031 low
    at a = 0.5, 0.014 at 0.3.  1 wt% error in MEA costs about 0.01 mol/mol.
    """
    dt = t_degC - 40.0
    base = 1.000066 - 5.13925e-4 * dt - 2.2478e-6 * dt * dt
    return (rho_kg_m3 / 1000.0 - base) / 0.220031
