"""Vapour-liquid equilibrium of CO2, water and MEA over loaded MEA: one text for 20-125 degC.

CO2: mass action of carbamate and bicarbonate (free CO2 left out),

    ln p = A(a) + B(a) x + C (ln T/T0 + T0/T - 1) + ln(a u / f^2) + amine strength,

x = 1000/T - 1000/T0, T0 = 353.15 K; u and f are carbamate and free MEA per mol
MEA from the hydrolysis equilibrium (a - u) f = kappa u.  The eighteen numbers
were fitted to Aronu 2011, Hilliard 2008, Idris 2014 and Xu 2011 together with the
heats of Kim and Svendsen 2007 (a <= 0.5) and NMR speciation; so the heat of
absorption is the Gibbs-Helmholtz slope of the pressure, not a second opinion.
C = 10 is a choice between two data sets that contradict each other: Kim's heats
rise by 0.22 kJ/mol/K (C = 26), measured heat capacities of loaded solution by
0.04 (C = 5).  Ranges: 20-125 degC, a 0.02-0.55, w 0.15-0.45.
"""

from models.gasphase import h_co2, h_steam
from models.kernel import kernel
from models.maths import exp, log, sqrt
from models.numbers import N
from models.solution import cp_amine, cp_water, h_amine, h_water

T0 = 353.15
X0 = 1000.0 / 353.15
K0, K1 = -5.86012, -3.237555
A0, A1, A2 = 8.129103, -2.468823, 3.290523
B0, B1, B2 = -11.015057, -1.732161, 2.740465
C0 = 10.0
D0, D1, D2, D3, D4 = -0.630848, 3.955646, -14.623745, -1.982008, -33.442829
E0, E1 = -5.914845, 86.744676
R = 8.314462


@kernel
def hydrolysis(t: N, water: N | float) -> N:
    """Return kappa = [HCO3-][MEA]/[MEACOO-] per total MEA; `water` is mol per mol MEA."""
    return water * exp(-5.86012 - 3.237555 * (1000.0 / (t + 273.15) - 1000.0 / 353.15))


@kernel
def carbamate(t: N, a: N, water: N | float) -> N:
    """Return carbamate per mol MEA: the stable root of the mass action; never above a or 1 - a."""
    b = 1.0 + hydrolysis(t, water)
    q = a * (1.0 - a)
    return 2.0 * q / (b + sqrt(b * b - 4.0 * q))


@kernel
def ln_p_co2(t: N, a: N, w: N) -> N:
    """Return ln of the CO2 pressure over the solution, p in Pa; a must be > 0."""
    k = t + 273.15
    x = 1000.0 / k - X0
    c = a - 0.3
    v = w - 0.3
    water = (1.0 / w - 1.0) * (61.08 / 18.015)
    u = carbamate(t, a, water)
    f = 1.0 - a - u
    own = A0 + c * (A1 + c * A2) + (B0 + c * (B1 + c * B2)) * x
    own = own + C0 * (log(k / T0) + T0 / k - 1.0) + log(a * u / (f * f))
    return own + v * (D0 + c * (D1 + c * D2) + x * (D3 + D4 * c)) + v * v * (E0 + E1 * c)


@kernel
def p_co2(t: N, a: N, w: N) -> N:
    """Return the equilibrium pressure of CO2, Pa; mean |ln error| 0.20 on the data (a > 0)."""
    return exp(ln_p_co2(t, a, w))


@kernel
def heat_of_absorption(t: N, a: N) -> N:
    """Return J released per mol CO2 absorbed at loading a: -R d ln p / d(1/T) at 30 wt%.

    5.9 % mean on Kim and Svendsen 2007 below a = 0.5, where its two temperatures end.
    """
    k = t + 273.15
    water = 7.911186  # mol water per mol MEA at 30 wt%
    kappa = hydrolysis(t, water)
    b = 1.0 + kappa
    c = a - 0.3
    s = sqrt(b * b - 4.0 * a * (1.0 - a))
    # d(a - u)/da: the share of the next CO2 that ends as bicarbonate
    share = 1.0 - (1.0 - 2.0 * a) / s
    slope = B0 + c * (B1 + c * B2)
    return R * (-1000.0 * slope - C0 * (T0 - k) + 1000.0 * K1 * share)


@kernel
def absorbed_heat(t: N, a: N) -> N:
    """Return J per mol MEA released by loading it from 0 to a at t: the integral of the above."""
    k = t + 273.15
    u = carbamate(t, a, 7.911186)
    c = a - 0.3
    linear = B0 * a + 0.5 * B1 * (c * c - 0.09) + B2 * (c * c * c + 0.027) / 3.0
    return R * (-1000.0 * linear - C0 * (T0 - k) * a + 1000.0 * K1 * (a - u))


@kernel
def h_liquid(t: N, a: N, water: N) -> N:
    """Return the enthalpy of solution, J per mol MEA; zero: liquids and gaseous CO2 at 0 degC."""
    return h_amine(t) + water * h_water(t) + a * h_co2(t) - absorbed_heat(t, a)


@kernel
def cp_liquid(t: N, a: N, water: N) -> N:
    """Return J/K per mol MEA of solution: the exact temperature slope of `h_liquid`."""
    k = t + 273.15
    kappa = hydrolysis(t, 7.911186)
    b = 1.0 + kappa
    u = carbamate(t, a, 7.911186)
    # du/dT from b u = a(1-a) + u^2 and d kappa/dT = -1000 K1 kappa / T^2
    du = -u / (b - 2.0 * u) * kappa * (-1000.0 * K1) / (k * k)
    dq = R * (C0 * a - 1000.0 * K1 * du)
    # slope of the ideal-gas enthalpy of CO2 as used by h_co2
    cp_gas = R * (5.457 + 1.045e-3 * k - 1.157e5 / (k * k))
    return cp_amine(t) + water * cp_water(t) + a * cp_gas - dq


@kernel
def p_water(t: N) -> N:
    """Return the saturation pressure of pure water, Pa (DIPPR form as used by IDAES)."""
    k = t + 273.15
    return exp(72.55 - 7206.7 / k - 7.1385 * log(k) + 4.05e-6 * k * k)


@kernel
def p_water_over(t: N, water: N) -> N:
    """Return the pressure of water over solution, Pa; `water` mol per mol MEA.

    Raoult's law on true species: bound CO2 makes ions out of amine and adds no
    moles, which is what Hilliard 2008 measured (2 % mean, no trend with loading).
    """
    return p_water(t) * water / (water + 1.0)


@kernel
def p_amine(t: N) -> N:
    """Return the saturation pressure of pure MEA, Pa (DIPPR form as used by IDAES)."""
    k = t + 273.15
    return exp(172.78 - 13492.0 / k - 21.914 * log(k) + 1.38e-5 * k * k)


@kernel
def vaporisation(t: N) -> N:
    """Return J per mol water evaporated at t: steam minus liquid, 43.99 kJ/mol at 25 degC."""
    return h_steam(t) - h_water(t)
