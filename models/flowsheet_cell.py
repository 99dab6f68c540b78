"""One cell of packing: what its liquid is, and what it takes from the gas that passes.

Smooth scalar text without branches: numba compiles it for floats and, for exact
derivatives by the complex step, for complex numbers; CasADi traces it.  Amounts in
kmol, energies in kJ, pressures in kPa, temperatures in degC.
"""

from numpy import exp, sqrt

from models.gasphase import h_co2, h_inert, h_steam
from models.kernel import kernel
from models.solution import amine_fraction, cp_water, h_water
from models.vle import cp_liquid, h_liquid, ln_p_co2, p_water

TRACE = 1e-9
DREG = 1e-5
"""kmol MEA of a common solution that an empty vessel counts as holding."""
DREG_A, DREG_W = 0.3, 8.0
DREG_E = float(h_liquid(25.0, DREG_A, DREG_W))
DREG_WATER_E = float(h_water(25.0))


@kernel
def above(z: float, width: float) -> float:
    """Return max(z, 0), its corner rounded over about `width`."""
    result: float = 0.5 * (z + sqrt(z * z + width * width))
    return result


@kernel
def liquid_t(h: float, a: float, w: float) -> float:
    """Return the temperature of a liquid from its enthalpy, kJ per kmol MEA.

    a and w are mol CO2 and water per mol MEA.  Two Newton steps from a fitted start: to
    1e-6 K between -5 and 150 degC, loading to 0.55.
    """
    t = (h + 88188.79 * a - 8073.37 * a * a) / (175.0446 + 10.2094 * a + 75.51599 * w)
    t = t + (h - h_liquid(t, a, w)) / cp_liquid(t, a, w)
    return t + (h - h_liquid(t, a, w)) / cp_liquid(t, a, w)


@kernel
def held(co2: float, water: float, mea: float, energy: float) -> tuple[float, float, float]:
    """Return CO2, water and energy per MEA of a vessel; an empty one has a common solution."""
    m = 1.0 / (mea + DREG)
    return (co2 + DREG * DREG_A) * m, (water + DREG * DREG_W) * m, (energy + DREG * DREG_E) * m


@kernel
def water_t(h: float) -> float:
    """Return the temperature of liquid water from its enthalpy, kJ/kmol."""
    t = h / 75.6
    t = t + (h - h_water(t)) / cp_water(t)
    return t + (h - h_water(t)) / cp_water(t)


@kernel
def gas_enthalpy(inert: float, co2: float, water: float, t: float) -> float:
    """Return the enthalpy flow of a gas, kW, from kmol/s and degC."""
    return inert * h_inert(t) + co2 * h_co2(t) + water * h_steam(t)


@kernel
def pressures(t: float, a: float, w: float) -> tuple[float, float]:
    """Return the equilibrium pressures of CO2 and water over a solution, kPa."""
    a_pos = 0.5 * (a + sqrt(a * a + 1e-8))
    return 1e-3 * exp(ln_p_co2(t, a_pos, amine_fraction(w))), 1e-3 * p_water(t) * w / (1.0 + w)


@kernel
def boilup(
    co2: float, water: float, mea: float, energy: float, p: float, low_kg: float, per_kPa: float
) -> tuple[float, float, float]:
    """Return the vapour of a boiling vessel: CO2 and water in kmol/s, temperature in degC.

    It boils `per_kPa` kmol/s for each kPa of its bubble pressure above p, less when
    only about `low_kg` are left.
    """
    a, w, e = held(co2, water, mea, energy)
    t = liquid_t(e, a, w)
    s_c, s_w = pressures(t, a, w)
    left = 1.0 - exp(-(co2 * 44.01 + water * 18.015 + mea * 61.08) / low_kg)
    rate = per_kPa * left * above(s_c + s_w - p, 1.0) / (s_c + s_w)
    # what boils is there
    s_c, s_w = s_c * co2 / (co2 + DREG * DREG_A), s_w * water / (water + DREG * DREG_W)
    return rate * s_c, rate * s_w, t
