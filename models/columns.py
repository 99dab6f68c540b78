"""Compiled pieces of the lumped plant: gas marched through cells of liquid.

Gas and vapour are quasi-steady.  In each cell they approach equilibrium with
the liquid exponentially, n_out = n* + (n_in - n*) exp(-NTU): positive for any
flow and conservative by construction, because the liquid gets exactly what
the gas loses.  A block's row in the table `c` holds what its liquid is now.
"""

from math import exp

from models.kernel import kernel
from models.numbers import F64
from models.plant_names import N_ABS, N_STR
from models.properties import (
    CP_CO2,
    CP_INERT,
    CP_MEA,
    CP_STEAM,
    CP_WATER,
    H_ABSORPTION,
    H_VAPOUR,
    M_CO2,
    M_H2O,
    M_MEA,
    free_mea,
    p_co2,
    psat_water,
)

# columns of the block table
T, A, MASS, DRAIN, P_C, P_W = 0, 1, 2, 3, 4, 5
N_C = 6
# kmol/s/kPa per cell of packing at full wetting: gas film, and liquid film with all amine free
KG_CELL = 0.012
KL_CELL = 0.00095
KW_CELL = 0.006
# -E/R of the liquid film coefficient: half of kinetics and diffusion minus Henry
KL_EXPONENT_K = 1000.0
# stripper cell: transfer units, and boiling per overpressure in kmol/s/kPa
NTU_STR = 2.2
NTU_STR_WATER = 3.5
BOIL_CELL = 0.0006
BOIL_REBOILER = 0.003
# share of the design hold-up that does not drain, and the flow that wets half of the packing
STATIC = 0.3
WETTING_KG_S = 0.5
DESIGN_FLOW_KG_S = 6.67


@kernel
def gas_enthalpy(inert: float, co2: float, water: float, t: float) -> float:
    """Return the enthalpy flow of a gas, kW, from kmol/s and degC."""
    cp = inert * CP_INERT + co2 * CP_CO2 + water * CP_STEAM
    return cp * t + water * H_VAPOUR


@kernel
def liquid_state(x: F64, at: int, row: F64) -> None:
    """Fill a block's row with T, loading, mass and partial pressures from its four states."""
    co2, water, mea, h = x[at], x[at + 1], x[at + 2], x[at + 3]
    t = (h + H_ABSORPTION * co2) / (water * CP_WATER + mea * CP_MEA + 1e-9)
    # in water with a trace of amine CO2 still has somewhere to go: keeps the cell non-stiff
    a = co2 / (max(mea, 0.03 * water) + 1e-9)
    t_fit = min(max(t, -5.0), 180.0)
    row[T] = t
    row[A] = a
    row[MASS] = co2 * M_CO2 + water * M_H2O + mea * M_MEA
    row[P_C] = p_co2(t_fit, min(max(a, 1e-5), 0.8))
    row[P_W] = psat_water(t_fit) * water / (water + mea + co2 + 1e-9)


@kernel
def drain_kg_s(mass: float, holdup_cell: float) -> float:
    """Return the outflow of a packing cell: linear above the static hold-up.

    `holdup_cell` is the hold-up at design flow.
    """
    tau = (1.0 - STATIC) * holdup_cell / DESIGN_FLOW_KG_S
    return max(mass - STATIC * holdup_cell, 0.0) / tau


@kernel
def move(x: F64, source: int, mass: float, flow: float, dx: F64) -> float:
    """Take `flow` kg/s of a block's liquid out of its balances; return the share per second."""
    share = flow / (mass + 1e-9)
    for k in range(4):
        dx[source + k] -= share * x[source + k]
    return share


@kernel
def absorber_gas(
    c: F64, gas: F64, p_abs: float, area: float, kinetics: float, slot: int, dx: F64
) -> None:
    """March gas (inert, co2, water kmol/s, T) bottom up; it changes in place, liquid gains."""
    inert, co2, water, t = gas[0], gas[1], gas[2], gas[3]
    h = gas_enthalpy(inert, co2, water, t)
    for i in range(N_ABS):
        row = c[i]
        wet = area * row[DRAIN] / (row[DRAIN] + WETTING_KG_S)
        n = inert + co2 + water + 1e-12
        kelvin = min(max(row[T], -5.0), 150.0) + 273.15
        film = KL_CELL * kinetics * free_mea(min(max(row[A], 0.0), 0.8))
        film *= exp(-KL_EXPONENT_K * (1.0 / kelvin - 1.0 / 313.15))
        ka = wet * film * KG_CELL / (film + KG_CELL)
        to_co2 = (co2 - n * min(row[P_C] / p_abs, 0.9)) * (1.0 - exp(-ka * p_abs / n))
        e_w = 1.0 - exp(-wet * KW_CELL * p_abs / n)
        to_water = (water - n * min(row[P_W] / p_abs, 0.9)) * e_w
        co2 -= to_co2
        water -= to_water
        t = t + (row[T] - t) * e_w
        h_out = gas_enthalpy(inert, co2, water, t)
        at = slot + 4 * i
        dx[at] += to_co2
        dx[at + 1] += to_water
        dx[at + 3] += h - h_out
        h = h_out
    gas[1], gas[2], gas[3] = co2, water, t


@kernel
def above(z: float, width: float) -> float:
    """Return max(z, 0) with its corner rounded within +-width (continuous slope)."""
    if z >= width:
        return z
    if z <= -width:
        return 0.0
    return (z + width) * (z + width) / (4.0 * width)


@kernel
def boil(row: F64, p: float, k: float, low_kg: float) -> tuple[float, float]:
    """Return CO2 and water boiled off by liquid above its bubble pressure, kmol/s.

    Below `low_kg` of liquid the rate fades with what is left.
    """
    p_sum = row[P_C] + row[P_W]
    left = min(max(row[MASS] / low_kg, 0.0), 1.0)
    rate = k * left * above(p_sum - p, 2.0) / (p_sum + 1e-9)
    return rate * row[P_C], rate * row[P_W]


@kernel
def stripper_vapour(c: F64, first: int, vapour: F64, p: float, factor: float, dx: F64) -> None:
    """March vapour (co2, water kmol/s, enthalpy kW) up the stripper cells, in place."""
    co2, water, h = vapour[0], vapour[1], vapour[2]
    for i in range(N_STR):
        row = c[first + i]
        wet = factor * row[DRAIN] / (row[DRAIN] + WETTING_KG_S)
        n = co2 + water
        # one cell may not raise the vapour flow more than by half: flashing is left to boil()
        cut = min(1.0 / p, 1.5 / (row[P_C] + row[P_W] + 1e-9))
        boil_co2, boil_water = boil(row, p, BOIL_CELL, 25.0)
        to_co2 = (co2 - n * row[P_C] * cut) * (1.0 - exp(-NTU_STR * wet)) - boil_co2
        to_water = (water - n * row[P_W] * cut) * (1.0 - exp(-NTU_STR_WATER * wet)) - boil_water
        co2 -= to_co2
        water -= to_water
        h_out = gas_enthalpy(0.0, co2, water, row[T])
        at = 4 * (first + i)
        dx[at] += to_co2
        dx[at + 1] += to_water
        dx[at + 3] += h - h_out
        h = h_out
    vapour[0], vapour[1], vapour[2] = co2, water, h


@kernel
def exchanger_kW(c_hot: float, c_cold: float, ua: float, t_hot: float, t_cold: float) -> float:
    """Return the heat from hot to cold in a counter-current exchanger (effectiveness-NTU).

    UA follows the flows with the power 0.7; equal capacities need no special
    branch because the ratio is kept a hair below one.
    """
    c_min = min(c_hot, c_cold)
    c_max = max(c_hot, c_cold)
    if c_min < 1e-6:
        return 0.0
    ratio = min(c_min / c_max, 0.9999)
    ntu = ua * (c_min / 24.0) ** 0.7 / c_min
    e = exp(-ntu * (1.0 - ratio))
    return (1.0 - e) / (1.0 - ratio * e) * c_min * (t_hot - t_cold)
