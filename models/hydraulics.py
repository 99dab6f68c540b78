"""Pressure drop, holdup and distance from flooding of a solved absorber."""

from dataclasses import dataclass

import numpy as np

from models.absorber import Absorbed, Absorber
from models.flux import M_INERT
from models.gasphase import gas_viscosity
from models.packing import flooding_velocity, holdup, pressure_drop
from models.solution import amine_fraction, liquid_density, liquid_viscosity


@dataclass(frozen=True)
class Hydraulics:
    """kPa over the bed, the worst share of the flooding velocity, mean liquid m3/m3."""

    pressure_drop_kPa: float
    flooding: float
    holdup: float


def hydraulics(column: Absorber, out: Absorbed, p_Pa: float) -> Hydraulics:
    """Return what the bed does to the flows; the columns themselves run at constant pressure.

    Below loading, no wall term; 250Y at sea has more (liquid at one wall).
    """
    c = column.coefficients()
    drops, shares, held = [], [], []
    for k in range(len(out.z_m)):
        a, wet = out.liquid_co2[k] / out.amine, out.liquid_water[k] / out.amine
        w = amine_fraction(wet)
        t = out.t_liquid_degC[k]
        rho, mu = liquid_density(t, a, w), liquid_viscosity(t, a, w)
        liquid = 1e-3 * out.amine * (61.08 + 18.015 * wet + 44.01 * a)
        n = out.gas_co2[k] + out.gas_water[k] + out.inert
        gas = 1e-3 * (44.01 * out.gas_co2[k] + 18.015 * out.gas_water[k] + M_INERT * out.inert)
        molar = p_Pa / (8.314462 * (out.t_gas_degC[k] + 273.15))
        rho_g = molar * gas / n
        mu_g = gas_viscosity(out.t_gas_degC[k], out.gas_co2[k] / n, out.gas_water[k] / n)
        u_g = n / molar / column.section_m2
        h = holdup(c, liquid / rho / column.section_m2, mu / rho)
        held.append(h)
        drops.append(pressure_drop(c, u_g, rho_g, mu_g, h))
        shares.append(u_g / flooding_velocity(c, liquid, gas, rho, rho_g, mu))
    total = float(np.trapezoid(drops, out.z_m))
    return Hydraulics(1e-3 * total, float(max(shares)), float(np.mean(held)))
