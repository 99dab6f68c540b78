"""Gas properties: heat, viscosity, conductivity and diffusion of exhaust, steam and CO2.

Temperatures degC, pressures Pa, `y` mole fractions.  Inert is exhaust without CO2
and water; it counts as nitrogen with a little oxygen.  Zero of enthalpy: CO2 and
inert as gas, water as liquid, at 0 degC.
"""

from models.kernel import kernel
from models.maths import sqrt
from models.numbers import N

R = 8.314462
TREF = 273.15
STEAM_AT_0_C = 45041.0
"""J/mol: heat of vaporisation at 0 degC that gives 43.99 kJ/mol at 25 degC with these cp."""


@kernel
def _enthalpy(t: N, c1: float, c2: float, c3: float) -> N:
    k = t + 273.15
    return 8.314462 * t * (c1 + 0.5 * c2 * (k + 273.15) + c3 / (k * 273.15))


@kernel
def h_co2(t: N) -> N:
    """Return J/mol of CO2 gas above 0 degC; cp/R = A + B T + C/T^2 (Smith, Van Ness, Abbott)."""
    return _enthalpy(t, 5.457, 1.045e-3, -1.157e5)


@kernel
def h_steam(t: N) -> N:
    """Return J/mol of water vapour above liquid water at 0 degC (same source)."""
    return STEAM_AT_0_C + _enthalpy(t, 3.47, 1.45e-3, 1.21e4)


@kernel
def h_inert(t: N) -> N:
    """Return J/mol of inert above 0 degC: nitrogen with 12 % oxygen (same source)."""
    return _enthalpy(t, 3.323, 5.83e-4, 7.0e2)


@kernel
def cp_gas(t: N, y_co2: N, y_water: N) -> N:
    """Return J/(mol K) of the mixture (same source)."""
    k = t + 273.15
    i2 = 1.0 / (k * k)
    c = 5.457 + 1.045e-3 * k - 1.157e5 * i2
    s = 3.47 + 1.45e-3 * k + 1.21e4 * i2
    n = 3.323 + 5.83e-4 * k + 7.0e2 * i2
    return 8.314462 * (n + y_co2 * (c - n) + y_water * (s - n))


@kernel
def gas_viscosity(t: N, y_co2: N, y_water: N) -> N:
    """Return Pa s: pure gases by DIPPR/Sutherland, mixed by Herning and Zipperer (1936)."""
    k = t + 273.15
    root = sqrt(k)
    v_c = 2.148e-6 * k**0.46 / (1.0 + 290.0 / k)
    v_w = 1.7096e-8 * k**1.1146
    v_i = 1.7810e-5 * (300.55 + 111.0) / (k + 111.0) * k * root / (300.55 * 17.33638)
    y_i = 1.0 - y_co2 - y_water
    m_c, m_w, m_i = y_co2 * 6.63400, y_water * 4.24441, y_i * 5.33854
    found: N = (m_c * v_c + m_w * v_w + m_i * v_i) / (m_c + m_w + m_i)
    return found


@kernel
def gas_conductivity(t: N, y_co2: N, y_water: N) -> N:
    """Return W/(m K): pure gases by DIPPR, averaged with the square roots of their masses."""
    k = t + 273.15
    l_c = 3.69 * k**-0.3838 / (1.0 + 964.0 / k + 1.86e6 / (k * k))
    l_w = 6.204e-6 * k**1.3973
    l_i = 3.31e-4 * k**0.7722 / (1.0 + 16.323 / k + 373.72 / (k * k))
    y_i = 1.0 - y_co2 - y_water
    m_c, m_w, m_i = y_co2 * 3.53, y_water * 2.62, y_i * 3.06
    found: N = (m_c * l_c + m_w * l_w + m_i * l_i) / (m_c + m_w + m_i)
    return found


@kernel
def gas_diffusivities(t: N, p: N, y_co2: N, y_water: N) -> tuple[N, N]:
    """Return m2/s of CO2 and of water in the mixture (Fuller 1966; Wilke's mixing)."""
    k = t + 273.15
    base = 1.013e-2 * k**1.75 / p
    # sqrt(1e-3 (1/M1 + 1/M2)) / (v1^(1/3) + v2^(1/3))^2, M in kg/mol
    co2_inert = base * 7.61452e-3
    co2_water = base * 9.78590e-3
    water_inert = base * 1.209890e-2
    y_i = 1.0 - y_co2 - y_water
    tiny = 1e-9
    d_c = (y_i + y_water + tiny) / ((y_i + tiny) / co2_inert + y_water / co2_water)
    d_w = (y_i + y_co2 + tiny) / ((y_i + tiny) / water_inert + y_co2 / co2_water)
    return d_c, d_w
