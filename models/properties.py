"""Properties of MEA-water-CO2 solutions and of moist gas.

Temperatures are degC in the interface, pressures kPa; `a` is the loading in
mol CO2 per mol MEA, `w` the MEA mass fraction on the CO2-free basis.  Every
function takes floats or arrays alike and is also compiled into the plant.
"""

import numpy as np

from models.kernel import kernel
from models.numbers import N

M_CO2 = 44.01
M_H2O = 18.015
M_MEA = 61.08
M_INERT = 28.7
"""kg/kmol; inert is exhaust without CO2 and water: nitrogen, oxygen, argon."""

R_GAS = 8.314462
ZERO_C = 273.15

CP_WATER = 75.7
CP_MEA = 174.0
CP_CO2 = 38.5
CP_STEAM = 33.8
CP_INERT = 29.4
H_VAPOUR = 45056.0
H_ABSORPTION = 84000.0
"""kJ/kmol(/K).  One constant heat capacity per species and one constant heat of
absorption (84 MJ/kmol, Akula et al. in IDAES; 82-98 measured by Kim 2007) make
enthalpy a state function, so that the plant's energy balance closes exactly.
Reference: liquid water, liquid MEA and gaseous CO2 at 0 degC."""


def psat_water_kPa(t_degC: N) -> N:
    """Return the saturation pressure of water, kPa (DIPPR form as used by IDAES)."""
    t = t_degC + 273.15
    p: N = 1e-3 * np.exp(72.55 - 7206.7 / t - 7.1385 * np.log(t) + 4.05e-6 * t * t)
    return p


def p_co2_kPa(t_degC: N, a: N) -> N:
    """Return the equilibrium partial pressure of CO2 over 30 wt% MEA, kPa.

    Least-squares form refitted to published data, 39-125 degC, 0.03 <= a <=
    0.56 (mean absolute deviation 0.18 in ln p).  a must be > 0; a**1.95 near 0.
    """
    t = t_degC + 273.15
    a2 = a * a
    ln_p = (
        32.4377
        - 8291.5 / t
        + (67.5693 - 23752.9 / t) * a
        + (-126.5656 + 47843.4 / t) * a2
        + 1.9489 * np.log(a)
        + 47.22 * a2 * a2 * a2
    )
    p: N = 1e-3 * np.exp(ln_p)
    return p


def free_amine(a: N) -> N:
    """Return free MEA per mol MEA: 1 - 2a, rounded smoothly so that it never reaches 0."""
    d = 1.0 - 2.0 * a
    free: N = 0.5 * (d + np.sqrt(d * d + 0.01))
    return free


def saturated_fraction(t_degC: N, p_kPa: N) -> N:
    """Return the mole fraction of water in saturated gas, at most 0.95."""
    y: N = np.minimum(psat_water_kPa(t_degC) / p_kPa, 0.95)
    return y


def solution_mass_fraction_mea(a: N, w: N) -> N:
    """Return kg MEA per kg of loaded solution from loading and CO2-free MEA mass fraction."""
    return w / (1.0 + a * w * M_CO2 / M_MEA)


def density_kg_m3(t_degC: N, a: N, w: N) -> N:
    """Return the density of loaded MEA solution, kg/m3 (Morgan et al. 2015, CCSI form).

    Volume is per mole of true species: CO2 is bound, so the apparent mass is
    divided by V (1 - x_CO2).  0.1-0.4 % on Amundsen 2009, 20-40 wt%, 25-80 degC.
    """
    t = t_degC + 273.15
    x_m = 1.0 / (1.0 + a + (M_MEA / 18.02) * (1.0 / w - 1.0))
    x_c = a * x_m
    x_w = 1.0 - x_m - x_c
    v_m = M_MEA / (-5.35162e-7 * t * t - 4.51417e-4 * t + 1.19451)
    v_w = 18.02 / (-3.24839e-6 * t * t + 1.65311e-3 * t + 0.793041)
    v = x_m * v_m + x_w * v_w + 10.2074 * x_c
    v = v + x_m * x_w * (-2.2642 + 3.0059 * x_m) + x_m * x_c * (207.0 - 563.3701 * x_m)
    mass = x_m * M_MEA + x_c * M_CO2 + x_w * 18.02
    return 1000.0 * mass / (v * (1.0 - x_c))


def loading_from_density(rho_kg_m3: N, t_degC: N) -> N:
    """Return the loading of 30 wt% MEA from its density, mol/mol (linear fit to Amundsen 2009).

    0.010 mol/mol on average; 1 wt% error in MEA costs about 0.01 mol/mol.
    """
    dt = t_degC - 40.0
    base = 1.000066 - 5.13925e-4 * dt - 2.2478e-6 * dt * dt
    return (rho_kg_m3 / 1000.0 - base) / 0.220031


psat_water = kernel(psat_water_kPa)
p_co2 = kernel(p_co2_kPa)
free_mea = kernel(free_amine)
