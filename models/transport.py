"""Transport in loaded MEA: physical solubility of CO2 and diffusion in the liquid.

Temperatures degC, `w` MEA mass fraction CO2-free, `amine` mol/m3 of total MEA,
`mu` Pa s.  Ranges: 20-80 degC in the sources; above, extrapolated with their slopes.
"""

from models.kernel import kernel
from models.maths import exp, log
from models.numbers import N


@kernel
def henry(t: N, w: N) -> N:
    """Return Pa m3/mol of unreacted CO2 (N2O analogy, Jiru, Eimer, Wenjuan 2012, true species).

    ln H is mixed from pure water and pure MEA with their excess term; about 5 % in the source.
    """
    k = t + 273.15
    q = 1.0 - w
    ln_w = 15.073972 - 2113.0 / k
    ln_m = 12.408260 - 1348.0 / k + ln_w - 15.949562 + 2283.0 / k
    excess = 1.70981 + 0.03972 * t - 4.3e-4 * t * t - 2.20377 * q
    return exp(w * ln_m + q * ln_w + w * q * excess)


@kernel
def diffusivity_co2(t: N, amine: N) -> N:
    """Return m2/s of CO2 (Ying and Eimer 2012, N2O analogy; `amine` counts all MEA)."""
    c = 1e-3 * amine
    k = t + 273.15
    # the quadratic of the source has no root below 16 kmol/m3
    return (2.35e-6 + 2.9837e-8 * c - 9.7078e-9 * c * c) * exp((-2119.0 - 20.132 * c) / k)


@kernel
def diffusivity_amine(t: N, amine: N) -> N:
    """Return m2/s of MEA (Snijder et al. 1993)."""
    return exp(-13.275 - 2198.3 / (t + 273.15) - 7.8142e-5 * amine)


@kernel
def diffusivity_ion(t: N, mu: N) -> N:
    """Return m2/s of MEAH+ and MEACOO- (Akula et al. 2021, IDAES)."""
    return exp(-22.64 - 1000.0 / (t + 273.15) - 0.7 * log(mu))
