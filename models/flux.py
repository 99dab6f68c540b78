"""What crosses the interface in one metre of packed column: the one text of both columns.

`flux` takes a liquid and a gas as they are at one height and returns the CO2,
water and heat that pass from gas to liquid.  Steady columns, the dynamic plant
and CasADi (through `traced.traced`) all run this text; nothing in it branches
on a value, and every form stays finite at zero flow.
"""

from models.gasphase import cp_gas, gas_conductivity, gas_diffusivities, gas_viscosity
from models.kernel import kernel
from models.kinetics import explicit_flux, film_flux, rate_constant
from models.maths import sqrt
from models.numbers import F64
from models.packing import effective_area, gas_film, holdup, liquid_film
from models.solution import amine_fraction, liquid_density, liquid_viscosity, surface_tension
from models.speciation import idaes_p_co2, species
from models.transport import diffusivity_amine, diffusivity_co2, diffusivity_ion, henry
from models.vle import p_co2, p_water_over

TINY = 1e-6
M_INERT = 28.5
"""g/mol of exhaust without CO2 and water."""
LIQUID_CONDUCTIVITY = 0.5
LIQUID_CP = 3700.0
"""W/(m K) and J/(kg K) of 30 wt% MEA, 40-80 degC: only their root counts, in the heat film."""
LATENT, ABSORBED = 43e3, 85e3
"""J/mol that steam and CO2 leave at the interface: in the heat film only, not in balances."""


@kernel
def positive_part(x: float, width: float) -> float:
    """Return x where it is large, a small positive number where it is not: a smooth floor."""
    return 0.5 * (x + sqrt(x * x + width * width))


@kernel
def liquid_side(
    c: F64, co2: float, water: float, amine: float, t: float, mode: int
) -> tuple[float, float, float, float, float, float, float, float, float, float, float]:
    """Return what the liquid (mol/s, degC) brings to the film.

    (a_e, kL, H, p_eq, [MEA], D_MEA/D_CO2, D_ion/D_CO2, [MEAH+], [MEACOO-], Ha, holdup)
    """
    m = amine + 1e-6
    a = positive_part(co2 / m, 1e-4)
    wet = positive_part(water / m, 1e-3)
    w = amine_fraction(wet)
    rho = liquid_density(t, a, w)
    if mode == 1:  # its molar volume is taken per mole of apparent species
        rho = rho * (1.0 - a / (1.0 + a + wet))
    mu = liquid_viscosity(t, a, w)
    nu = mu / rho
    volume = 1e-3 * (61.08 + 18.015 * wet + 44.01 * a) / rho  # m3 per mol MEA
    total = 1.0 / volume
    u = m * volume / c[0]
    area = effective_area(c, u, rho, surface_tension(t, a, w), nu)
    d_co2 = diffusivity_co2(t, total)
    kl = liquid_film(c, u, nu, d_co2)
    free, carb, water_left = species(t, a, wet, mode)
    free = free * total + 1e-3
    k = c[20] * rate_constant(t, free, water_left * total, c[15], c[16], c[17], c[18])
    ha = sqrt(k * free * d_co2) / kl
    h = henry(t, w)
    p_eq = idaes_p_co2(t, a, wet, h) if mode == 1 else p_co2(t, a, w)
    ratio_m = diffusivity_amine(t, total) / d_co2
    ratio_i = diffusivity_ion(t, mu) / d_co2
    ions = (a * total + 1e-3, carb * total + 1e-3)
    return area, kl, h, p_eq, free, ratio_m, ratio_i, ions[0], ions[1], ha, holdup(c, u, nu)


@kernel
def gas_side(
    c: F64, co2: float, water: float, inert: float, t: float, p: float, held: float
) -> tuple[float, float, float, float, float]:
    """Return (y_co2, y_water, kG_co2, kG_water, h): mol/(m2 s Pa), and heat W/(m2 K)."""
    n = positive_part(co2 + water + inert, 1e-5)
    y_c, y_w = co2 / n, water / n
    k = t + 273.15
    molar = p / (8.314462 * k)
    mass = 1e-3 * (M_INERT + y_c * (44.01 - M_INERT) + y_w * (18.015 - M_INERT))
    rho = molar * mass
    mu = gas_viscosity(t, y_c, y_w)
    u = n / (molar * c[0])
    d_c, d_w = gas_diffusivities(t, p, y_c, y_w)
    k_c = gas_film(c, u, rho, mu, d_c, held) / (8.314462 * k)
    k_w = k_c * (d_w / d_c) ** (2.0 / 3.0)
    cp = cp_gas(t, y_c, y_w)
    lewis = gas_conductivity(t, y_c, y_w) / (molar * cp * d_c)
    return y_c, y_w, k_c, k_w, k_c * p * cp * lewis ** (2.0 / 3.0)


@kernel
def heat_film(kl: float, t: float, a: float, wet: float) -> float:
    """Return the liquid's heat transfer coefficient, W/(m2 K): kL by Chilton and Colburn.

    Penetration: h = kL rho cp sqrt(thermal diffusivity / D).
    """
    rho = liquid_density(t, a, amine_fraction(wet))
    d_co2 = diffusivity_co2(t, rho / (1e-3 * (61.08 + 18.015 * wet + 44.01 * a)))
    return kl * sqrt(LIQUID_CONDUCTIVITY * LIQUID_CP * rho / d_co2)


@kernel
def flux(
    c: F64,
    liquid_co2: float,
    liquid_water: float,
    amine: float,
    t_liquid: float,
    gas_co2: float,
    gas_water: float,
    inert: float,
    t_gas: float,
    p: float,
    mode: int,
) -> tuple[float, float, float]:
    """Return CO2 and water, mol/(s m), and sensible heat, W/m, from gas to liquid.

    Flows are mol/s through the whole section, temperatures degC, p Pa; `c` is a
    vector of `coefficients`, `mode` is coefficients.FILM or IDAES (a plain int).
    Heat of reaction and of condensation is not in the heat: see `vle.h_liquid`.
    The interface is warmer than the bulk by what the liquid's heat film resists:
    without it beds exchange water and heat too well (mode FILM only).
    """
    area, kl, h, p_eq, free, d_m, d_i, plus, minus, ha, held = liquid_side(
        c, liquid_co2, liquid_water, amine, t_liquid, mode
    )
    y_c, y_w, k_c, k_w, heat = gas_side(c, gas_co2, gas_water, inert, t_gas, p, held)
    if mode == 1:
        z = d_m * free * h / (2.0 * p_eq)
        ratio = 0.5 * d_m * free / d_i * (1.0 / plus + 1.0 / minus)
        n_co2 = explicit_flux(y_c * p, p_eq, 1.0 / k_c, h, kl, ha, z, ratio)
    else:
        cap = 0.5 * kl * sqrt(d_m) * free
        ion = cap / (kl * sqrt(d_i))
        film = h / (kl * sqrt(1.0 + ha * ha))
        n_co2 = film_flux(y_c * p, p_eq, 1.0 / k_c, film, cap, ion / plus, ion / minus)
    wet = positive_part(liquid_water / (amine + 1e-6), 1e-3)
    p_w = p_water_over(t_liquid, wet)
    bed = area * c[0]
    if mode == 1:
        return bed * n_co2, bed * k_w * (y_w * p - p_w), bed * heat * (t_gas - t_liquid)
    kelvin = t_liquid + 273.15
    slope = p_w * LATENT / (8.314462 * kelvin * kelvin)
    gain = heat * (t_gas - t_liquid) + LATENT * k_w * (y_w * p - p_w) + ABSORBED * n_co2
    a = positive_part(liquid_co2 / (amine + 1e-6), 1e-4)
    warmer = gain / (heat_film(kl, t_liquid, a, wet) + heat + LATENT * k_w * slope)
    n_water = k_w * (y_w * p - p_w - slope * warmer)
    return bed * n_co2, bed * n_water, bed * heat * (t_gas - t_liquid - warmer)
