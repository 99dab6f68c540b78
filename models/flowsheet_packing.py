"""Packing of the flowsheet: what one cell of liquid takes from the gas that passes it.

The film text is that of the steady columns (`flux.liquid_side`, `flux.gas_side`,
`kinetics.film_flux`); here its fluxes become conductances, so that the gas can approach
equilibrium exponentially: n_out = n* + (n_in - n*) exp(-NTU), positive for any flow and
conservative, because the liquid gets exactly what the gas loses.  Plant units: kmol, kJ,
kPa, degC; the film text has mol, J, Pa.
"""

from typing import TypeAlias

from numpy import exp, sqrt

from models.flowsheet_cell import TRACE, above, gas_enthalpy, liquid_t
from models.flux import LATENT, gas_side, heat_film, liquid_side
from models.gasphase import cp_gas
from models.kernel import kernel
from models.kinetics import film_flux
from models.numbers import F64
from models.vle import p_water

STATIC = 0.3
"""Share of the hold-up at design flow that never drains."""
BOIL_MOST = 0.05
"""kmol/s per kPa above the bubble pressure and metre that flashing never exceeds."""
P_LEAST = 40.0
DRIEST = 2.5
"""mol water per mol MEA (58 wt%)."""
EVEN = 1.0
GRADED = 1.6
"""Lowest cell over the mean: absorber beds, stripper."""
Liquid: TypeAlias = tuple[
    float, float, float, float, float, float, float, float, float, float, float, float, float, float
]

Gas: TypeAlias = tuple[float, float, float, float]


@kernel
def below(k: int, n: int, lowest: float) -> float:
    """Return the share of a bed's height below cell k of n.

    The lowest cell is `lowest` times as high as their mean, the highest 2 - lowest: a
    stripper needs its small cells where the rich feed flashes.
    """
    s = k / n
    return s * (lowest + (1.0 - lowest) * s)


@kernel
def drain(mea: float, full: float, flow: float) -> float:
    """Return the MEA flow out of a bed, kmol/s, from its hold-up.

    `full` is the hold-up at the design flow `flow`; a static share never drains.
    """
    return flow * above(mea / full - STATIC, 1e-4) / (1.0 - STATIC)


@kernel
def wetted(c: F64, co2: float, water: float, energy: float, mea: float, flow: float) -> Liquid:
    """Return what a cell's liquid brings to the film, once its MEA flows with `flow` kmol/s.

    (degC, water pressure kPa), the eleven of `flux.liquid_side` and its `heat_film`.
    """
    a, w = co2 / mea, water / mea
    t = liquid_t(energy / mea, a, w)
    f = 1e3 * flow
    # properties of a cell that dries out are those of the strongest solution they hold for
    wet = DRIEST + above(w - DRIEST, 0.01)
    area, kl, h, p_eq, free, d_m, d_i, plus, minus, ha, held = liquid_side(
        c, a * f, wet * f, f, t, 0
    )
    s_w = 1e-3 * p_water(t) * above(w, 1e-3) / (1.0 + w)
    h_film = heat_film(kl, t, above(a, 1e-4), wet)
    return t, s_w, area, kl, h, p_eq, free, d_m, d_i, plus, minus, ha, held, h_film


@kernel
def in_gas(
    c: F64, gas_co2: float, gas_water: float, inert: float, gas_t: float, p: float, held: float
) -> Gas:
    """Return what the gas brings to the film: y_co2, its film coefficients, as `flux.gas_side`."""
    pa = 1e3 * (p + above(P_LEAST - p, 0.1))
    y_c, _, k_c, k_w, heat = gas_side(
        c, 1e3 * gas_co2, 1e3 * gas_water, 1e3 * inert, gas_t, pa, held
    )
    return y_c, k_c, k_w, heat


@kernel
def conductances(c: F64, liquid: Liquid, gas: Gas, p: float) -> tuple[float, float, float]:
    """Return conductances per metre: CO2 and water in kmol/s/kPa, heat in kW/K.

    That of CO2 is flux over driving force; near equilibrium its limit takes over.  Those
    of water and heat hold the liquid's heat film in series, as in `flux.flux` when the gas
    is saturated (there the two fluxes have one driving force) and absorption warms nothing.
    """
    t, s_w, area, kl, h, p_eq, free, d_m, d_i, plus, minus, ha, _held, h_film = liquid
    y_c, k_c, k_w, heat = gas
    pa = 1e3 * p
    g = 1.0 / k_c
    film = h / (kl * sqrt(1.0 + ha * ha))
    cap = 0.5 * kl * sqrt(d_m) * free
    ion = cap / (kl * sqrt(d_i))
    plus, minus = ion / plus, ion / minus
    n = film_flux(y_c * pa, p_eq, g, film, cap, plus, minus)
    s, q = 1.0 + plus, 1.0 + minus
    limit = 1.0 / (g + film + p_eq * (2.0 * s * q - s * minus - q * plus) / cap)
    drive = y_c * pa - p_eq
    near = 1e-3 * (y_c * pa + p_eq) + 0.1
    k = (n * drive + limit * near * near) / (drive * drive + near * near)
    bed = area * c[0]
    kelvin = t + 273.15
    slope = 1e3 * s_w * LATENT / (8.314462 * kelvin * kelvin)
    mild = bed * h_film / (h_film + heat + LATENT * k_w * slope)
    return bed * k, mild * k_w, 1e-3 * mild * heat


@kernel
def passing(
    c: F64,
    dz: float,
    liquid: Liquid,
    gas: Gas,
    below_c: float,
    below_w: float,
    gas_co2: float,
    gas_water: float,
    gas_t: float,
    inert: float,
    p: float,
) -> tuple[float, float, float, float]:
    """Return CO2 and water taken up (kmol/s), heat taken up (kW) and the gas outlet degC.

    Equilibrium pressures run linearly through the cell, with the slope from the cell below
    (`below_*`, kPa), so that gas in equilibrium leaves with the liquid at the top, not in
    the middle.  The gas flow inside is the mean of inlet and outlet, found in two passes;
    liquid above its bubble pressure boils into however little gas there is.
    """
    t, s_w, s_c = liquid[0], liquid[1], 1e-3 * liquid[5]
    p = p + above(P_LEAST - p, 0.1)
    k_c, k_w, k_h = conductances(c, liquid, gas, p)
    # beyond its bubble pressure a liquid foams: no film holds CO2 back
    k_c = k_c + k_w * above((s_c + s_w) / p - 1.0, 0.01)
    lean_c, lean_w = 2.0 * s_c / (s_c + below_c), 2.0 * s_w / (s_w + below_w)
    low_c, low_w, top_c, top_w = lean_c * below_c, lean_w * below_w, lean_c * s_c, lean_w * s_w
    # one cell may not treble the gas flow; a column in a vacuum is taken to be at 40 kPa
    cut = 1.0 / (p + above(s_c / 3.0 - p, 0.1))
    low_c, top_c = low_c * cut, top_c * cut
    cut = 1.0 / (p + above(s_w / 3.0 - p, 0.1))
    low_w, top_w = low_w * cut, top_w * cut
    n_in = inert + gas_co2 + gas_water + TRACE
    boil = k_w / (1.0 + k_w / BOIL_MOST)
    n = n_in + 0.5 * dz * boil * above(s_c + s_w - p, 0.5)
    f_c, f_w = k_c * p * dz, k_w * p * dz
    out_c = approach(f_c / n + 1e-6, gas_co2, n * low_c, n * top_c)
    out_w = approach(f_w / n + 1e-6, gas_water, n * low_w, n * top_w)
    n = 0.5 * (n_in + inert + out_c + out_w + TRACE)
    to_c = gas_co2 - approach(f_c / n + 1e-6, gas_co2, n * low_c, n * top_c)
    to_w = gas_water - approach(f_w / n + 1e-6, gas_water, n * low_w, n * top_w)
    cp = cp_gas(gas_t, gas_co2 / n_in, gas_water / n_in)
    t_out = t + (gas_t - t) * exp(-k_h * dz / (n * cp))
    heat = gas_enthalpy(inert, gas_co2, gas_water, gas_t) - gas_enthalpy(
        inert, gas_co2 - to_c, gas_water - to_w, t_out
    )
    return to_c, to_w, heat, t_out


@kernel
def approach(ntu: float, came: float, low: float, top: float) -> float:
    """Return what leaves when `came` follows an equilibrium that runs from `low` to `top`."""
    e = exp(-ntu)
    mean = (1.0 - e) / ntu
    result: float = came * e + low * (mean - e) + top * (1.0 - mean)
    return result
