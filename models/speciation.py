"""Who the dissolved CO2 is with: free MEA, carbamate and bicarbonate per mol MEA.

Two texts: the hydrolysis equilibrium behind `vle` (fitted to pressures and to the
NMR data of Bottinger 2007, Jakobsen 2005, Matin 2012: 0.02 mean absolute error in
carbamate share), and the activity-free constants of Akula et al. 2021 (IDAES).
Free CO2 is left out of the balance: below 0.1 % of the CO2 up to a = 0.5.
"""

from models.kernel import kernel
from models.maths import exp, log, sqrt
from models.vle import carbamate


@kernel
def idaes_hydrolysis(t: float, water: float) -> float:
    """Return K2 [H2O]/K1 per total MEA; K in m3/mol carries a hidden ln(1e-3) that cancels."""
    k = t + 273.15
    return water * exp(-56.68 + 501.0 / k + 8.34 * log(k))


@kernel
def idaes_carbamate(t: float, a: float, water: float) -> float:
    """Return carbamate per mol MEA by the constants of Akula et al. 2021."""
    b = 1.0 + idaes_hydrolysis(t, water)
    q = a * (1.0 - a)
    return 2.0 * q / (b + sqrt(b * b - 4.0 * q))


@kernel
def idaes_p_co2(t: float, a: float, water: float, henry: float) -> float:
    """Return the CO2 pressure, Pa, from K1 = [MEAH+][MEACOO-]/([CO2][MEA]^2) and Henry's law."""
    k = t + 273.15
    u = idaes_carbamate(t, a, water)
    f = 1.0 - a - u
    return henry * a * u / (f * f) * exp(6.907755278982137 - 233.4 + 3410.0 / k + 36.8 * log(k))


@kernel
def species(t: float, a: float, water: float, mode: int) -> tuple[float, float, float]:
    """Return (free MEA, carbamate, free water), each per mol MEA."""
    u = idaes_carbamate(t, a, water) if mode == 1 else carbamate(t, a, water)
    return 1.0 - a - u, u, water - a + u
