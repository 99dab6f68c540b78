"""Reaction of CO2 with MEA in the liquid film and the flux that comes of it.

Pressures Pa, concentrations mol/m3, film coefficients m/s (liquid) and
mol/(m2 s Pa) (gas), fluxes mol/(m2 s), absorption positive.
"""

from models.kernel import kernel
from models.maths import exp, sqrt

NEWTON_STEPS = 5
"""Of the interface: to rounding from its closed-form start over the whole range (tested)."""


@kernel
def rate_constant(
    t: float, amine: float, water: float, km: float, em: float, kw: float, ew: float
) -> float:
    """Return m3/(mol s) of the apparent second-order rate k [MEA][CO2].

    Direct mechanism, k = kM [MEA] + kW [H2O] with Arrhenius constants (m6/mol2/s
    and K): Luo et al. 2015 or Putta et al. 2017, see `coefficients`.
    """
    k = t + 273.15
    return km * exp(-em / k) * amine + kw * exp(-ew / k) * water


@kernel
def film_flux(
    p: float, p_eq: float, g: float, h: float, cap: float, plus: float, minus: float
) -> float:
    """Return the CO2 flux by balances over the liquid film, closed to rounding.

    p, p_eq   pressure of CO2 in the gas and in equilibrium with the bulk liquid
    g         gas film resistance 1/kG
    h         liquid film resistance with all bulk MEA free: H / (kL sqrt(1 + Ha^2))
    cap       the flux that would use up all MEA at the interface, kL,MEA [MEA] / 2
    plus, minus  cap / (kL,ion [ion]): what that flux would add to each ion, relative

    The interface keeps x = [MEA]i/[MEA] of the bulk amine, float = cap (1 - x); there the
    rate falls with x and equilibrium pressure grows with ions / x^2.  In v = 1/x

        cap (1 - 1/v) (g + h v) + p_eq ((1+plus) v - plus) ((1+minus) v - minus) = p

    is monotone; started from its quadratic without curvature of g it takes a fixed
    number of Newton steps.  Desorption is the same equation with v < 1.
    """
    s, q = 1.0 + plus, 1.0 + minus
    a = p_eq * s * q
    lin = p_eq * (s * minus + q * plus)
    # start: 1 - 1/v taken as 2 (v - 1)/(v + 1) would be cubic; v - 1 is a lower bound
    b = cap * (h + g) - lin
    c = p_eq * plus * minus - cap * (h + g) - p
    root = sqrt(b * b - 4.0 * a * c)
    v = -2.0 * c / (b + root)
    for _ in range(5):
        w = 1.0 / v
        f = cap * (1.0 - w) * (g + h * v) + v * (a * v - lin) + p_eq * plus * minus - p
        slope = cap * (g * w * w + h) + 2.0 * a * v - lin
        v = v - f / slope
    return cap * (1.0 - 1.0 / v)


@kernel
def explicit_flux(
    p: float, p_eq: float, g: float, henry: float, kl: float, ha: float, z: float, ratio: float
) -> float:
    """Return the CO2 flux with the explicit enhancement of Gaspar and Fosbol 2015 (IDAES).

    z = D_MEA [MEA] / (2 D_CO2 c*) with c* in equilibrium with the bulk, ratio = R+ + R-.
    """
    e = 1.0 + (ha - 1.0) / (ha * (ratio + 2.0) / z + 1.0)
    return (p - p_eq) / (g + henry / (e * kl))
