"""Liquid properties of loaded aqueous monoethanolamine (MEA).

Temperatures are degC; `a` is the loading in mol CO2 per mol MEA and `w` the MEA
mass fraction on the CO2-free basis.  Functions take floats, arrays or (through
`traced`) CasADi symbols.  Validity: 20-125 degC, a 0-0.55, w 0.15-0.45 unless
said otherwise; nothing is clipped, `ranges.outside` says what is extrapolated.
"""

from models.kernel import kernel
from models.maths import exp
from models.numbers import N

M_CO2 = 44.01
M_H2O = 18.015
M_MEA = 61.08
"""g/mol."""
GAS_CONSTANT = 8.314462
ZERO_C = 273.15


@kernel
def water_per_amine(w: N) -> N:
    """Return mol water per mol MEA from the CO2-free MEA mass fraction."""
    return (1.0 / w - 1.0) * (61.08 / 18.015)


@kernel
def amine_fraction(water: N) -> N:
    """Return the CO2-free MEA mass fraction from mol water per mol MEA."""
    return 61.08 / (61.08 + 18.015 * water)


@kernel
def liquid_density(t: N, a: N, w: N) -> N:
    """Return kg/m3 (Morgan et al., Ind. Eng. Chem. Res. 2015, 54, 1822).

    The molar volume is per mole of true species: the CO2 is bound in ions, so
    the mass of the apparent mole is divided by V (1 - x_CO2).  0.1-0.4 % on
    Amundsen et al. 2009, 20-30 wt%, 25-80 degC, on the whole; 1 % low at a = 0.5, 25-50 degC.
    """
    k = t + 273.15
    x_m = 1.0 / (1.0 + a + (1.0 / w - 1.0) * (61.08 / 18.02))
    x_c = a * x_m
    x_w = 1.0 - x_m - x_c
    v_m = 61.08 / (-5.35162e-7 * k * k - 4.51417e-4 * k + 1.19451)
    v_w = 18.02 / (-3.24839e-6 * k * k + 1.65311e-3 * k + 0.793041)
    v = x_m * v_m + x_w * v_w + 10.2074 * x_c
    v = v + x_m * x_w * (-2.2642 + 3.0059 * x_m) + x_m * x_c * (207.0 - 563.3701 * x_m)
    mass = x_m * 61.08 + x_c * 44.01 + x_w * 18.02
    return 1000.0 * mass / (v * (1.0 - x_c))


@kernel
def water_viscosity(t: N) -> N:
    """Return Pa s of pure water (CRC handbook form used by Weiland et al. 1998).

    Within 1 % of IAPWS to 70 degC; 2.4 % low at 100, 5.7 % at 140 degC.
    """
    d = t - 20.0
    return 1.002e-3 * exp(2.302585092994046 * 1.3272 * (-d - 0.001053 * d * d) / (t + 105.0))


@kernel
def liquid_viscosity(t: N, a: N, w: N) -> N:
    """Return Pa s (Weiland et al. 1998 form, coefficients of Morgan et al. 2015).

    2-3.4 % on Amundsen et al. 2009, 20-40 wt%; not valid above 60 wt%.
    """
    k = t + 273.15
    r = 100.0 * w
    loaded = a * (0.00847 * r + 0.0103 * k - 2.389) + 1.0
    return water_viscosity(t) * exp(
        r * (k * (-0.0838 * r + 2.8817) + 33.651 * r + 1817.0) * loaded / (k * k)
    )


@kernel
def surface_tension(t: N, a: N, w: N) -> N:
    """Return N/m (Morgan et al. 2015; pure water and MEA by the DIPPR form)."""
    k = t + 273.15
    x_m = 1.0 / (1.0 + a + (1.0 / w - 1.0) * (61.08 / 18.02))
    x_c = a * x_m
    r_w, r_m = k / 647.13, k / 614.45
    s_w = 0.18548 * (1.0 - r_w) ** (2.717 - 3.554 * r_w + 2.047 * r_w * r_w)
    s_m = 0.09945 * (1.0 - r_m) ** 1.067
    s_c = -5.987 * w * w + 3.7699 * w - 0.43164 + k * (0.018155 * w * w - 0.01207 * w + 0.002119)
    f_c = 2.4558 - 1.5311 * a + 3.4994 * a * a - 5.6398 * w + 10.2109 * w * w
    f_m = 2.3122 + 4.5608 * a - 2.3924 * a * a + 5.3324 * w - 12.0494 * w * w
    found: N = s_w + (s_c - s_w) * f_c * x_c + (s_m - s_w) * f_m * x_m
    return found


@kernel
def cp_water(t: N) -> N:
    """Return J/(mol K) of liquid water (Hilliard 2008, polynomial as used by IDAES)."""
    return 18.015 * (4.2107 + t * (-1.696e-3 + t * (2.568e-5 + t * (-1.095e-7 + t * 3.038e-10))))


@kernel
def cp_amine(t: N) -> N:
    """Return J/(mol K) of liquid MEA (Hilliard 2008, polynomial as used by IDAES)."""
    return 61.08 * (2.6161 + t * (3.706e-3 + t * 3.787e-6))


@kernel
def h_water(t: N) -> N:
    """Return J/mol of liquid water above 0 degC: the integral of `cp_water`."""
    c4, c5 = -1.095e-7 / 4.0, 3.038e-10 / 5.0
    return 18.015 * t * (4.2107 + t * (-0.848e-3 + t * (0.856e-5 + t * (c4 + t * c5))))


@kernel
def h_amine(t: N) -> N:
    """Return J/mol of liquid MEA above 0 degC: the integral of `cp_amine`."""
    return 61.08 * t * (2.6161 + t * (1.853e-3 + t * (3.787e-6 / 3.0)))
