"""What fans, pumps, valves, quench, compression and storage show, from the truth.

Small physical relations, one function an area: cubic fan and pump laws, column pressure
drop, saturated steam, a loaded solvent's density.  None of it feeds back into the plant.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from models.combustion import Y_CO2_AIR, Y_O2_AIR
from sim.ship import Ship
from sim.truth import SO2_REMOVED, Truth

# One value a tag, in this order, from the function of the same name below.
_GAS_PATH: Final = (
    "FT-110",
    "TT-110",
    "PT-110",
    "SI-110",
    "JT-110",
    "ZT-102",
    "XS-110",
    "ZSC-102",
    "TT-202",
    "LT-211",
    "FT-221",
    "TT-221",
    "AT-221",
    "PDT-331",
    "PDT-333",
    "PT-331",
)
_SOLVENT: Final = (
    "LT-371",
    "FT-371",
    "TT-371",
    "DT-401",
    "DT-402",
    "ZT-401",
    "PDT-441",
    "SI-401",
    "SI-402",
    "FT-491",
    "XS-401",
    "XS-402",
)
_HEAT: Final = ("FT-521", "ZT-521", "PT-521", "TT-523", "PDT-551", "TT-561")
_PRODUCT: Final = ("TT-601", "PT-631", "TT-631", "XS-630", "TT-651", "PT-741", "TT-741", "JT-831")
_ANALYSERS: Final = (
    "AT-101",
    "AT-102",
    "AT-301",
    "AT-302",
    "AT-303",
    "AT-345",
    "AT-411",
    "AT-412",
    "AT-103",
    "AT-104",
    "AT-211",
)
MACHINE_TAGS: Final = (*_GAS_PATH, *_SOLVENT, *_HEAT, *_PRODUCT, *_ANALYSERS)
_PH_WITHOUT_CAUSTIC: Final = 4.0


def machine_values(
    truth: Truth, ship: Ship, at: Mapping[str, int], sea_degC: float
) -> tuple[float, ...]:
    """Return the values of `MACHINE_TAGS`, in order; `at` finds a model output by name."""
    y = truth.y.tolist()
    share = truth.treated_kg_h / truth.spec.gas.max_flow_kg_h
    return (
        *_gas_path(truth, share, sea_degC),
        *_solvent(truth, y, at, share),
        *_heat(truth, ship, y, at),
        *_product(truth, y, at),
        *_analysers(truth, ship, y, at, share),
    )


def _gas_path(truth: Truth, share: float, sea: float) -> tuple[float, ...]:
    act = truth.actuators
    speed, inlet = 0.01 * act["blower"].position, act["inlet"].position
    lean = 0.01 * act["lean"].position
    drawn = min(1.0, 3.0 * share)
    return (
        truth.treated_kg_h,
        150.0 * drawn + 25.0 * (1.0 - drawn),
        -2.0 * share * share,
        3600.0 * speed,
        _fan_kW(truth),
        inlet,
        float(act["blower"].position > 2.0),
        float(inlet < 2.0),
        float(truth.d[1]),
        50.0,
        30.0 + 90.0 * share,
        sea + 1.0,
        7.4 if truth.so2_removed >= SO2_REMOVED else _PH_WITHOUT_CAUSTIC,
        14.0 * share**1.8 * (0.7 + 0.45 * lean) + 0.02,
        2.5 * share * share,
        float(truth.d[2]),
    )


def _solvent(
    truth: Truth, y: Sequence[float], at: Mapping[str, int], share: float
) -> tuple[float, ...]:
    act = truth.actuators
    lean, rich = 0.01 * act["lean"].position, 0.01 * act["rich"].position
    cooling = (y[at["t_tank_degC"]] - truth.t_lean) * 3.2 * (0.3 + lean)
    return (
        52.0,
        25.0 if share > 0.02 else 5.0,
        truth.t_wash,
        density_kg_m3(y[at["t_lean_in_degC"]], y[at["lean_loading"]]),
        density_kg_m3(y[at["t_rich_degC"]], y[at["rich_loading"]]),
        min(100.0, max(0.0, cooling)),
        0.25 + 0.5 * lean * lean,
        3600.0 * lean,
        3600.0 * rich,
        float(truth.u[10]) * 3600.0,
        float(lean > 0.02),
        float(rich > 0.02),
    )


def _heat(truth: Truth, ship: Ship, y: Sequence[float], at: Mapping[str, int]) -> tuple[float, ...]:
    steam, t_cond = truth.steam_kg_h, float(truth.d[3])
    full = truth.spec.reboiler.max_steam_kg_h
    p_steam = max(0.0, ship.header_barg) * (0.15 + 0.75 * steam / full)
    return (
        steam,
        truth.actuators["steam"].position,
        p_steam,
        _saturation_degC(p_steam) + 2.0,
        4.0 + 12.0 * (y[at["product_available_kg_s"]] * 3600.0 / 1100.0),
        t_cond,
    )


def _product(truth: Truth, y: Sequence[float], at: Mapping[str, int]) -> tuple[float, ...]:
    act = truth.actuators
    on = float(act["compressor"].position > 1.0)
    tank = y[at["m_lco2_kg"]] / (truth.spec.product.tank_capacity_t * 1000.0)
    lean, rich = 0.01 * act["lean"].position, 0.01 * act["rich"].position
    pumps_kW = 22.0 * lean**2 + 26.0 * rich**2 + 9.0
    compression_kW = 0.13 * 3600.0 * y[at["product_kg_s"]]  # 130 kWh/t with liquefaction
    return (
        float(truth.d[3]) + 1.0,
        16.5 * on,
        35.0 + 85.0 * on,
        on,
        5.0 - 31.0 * on,
        15.5 + 0.6 * tank,
        -27.0 + 0.5 * tank,
        _fan_kW(truth) + pumps_kW + compression_kW + 20.0,
    )


def _analysers(
    truth: Truth, ship: Ship, y: Sequence[float], at: Mapping[str, int], share: float
) -> tuple[float, ...]:
    sampled = share > 0.02
    # Without flow the sample lines draw stack gas on one side, air on the other.
    dry_in = y[at["y_co2_in_dry"]] if sampled else ship.gas.y_co2_dry
    dry_out = y[at["y_co2_out_dry"]] if sampled else Y_CO2_AIR
    o2_in = ship.gas.y_o2_dry
    # Air drawn down the funnel thins all that came from the fuel alike.
    of_stack = max(0.0, dry_in - Y_CO2_AIR) / (ship.gas.y_co2_dry - Y_CO2_AIR)
    so2_in = ship.gas.so2_ppm * of_stack if sampled else 0.0
    o2_out = o2_in * (1.0 - dry_out) / (1.0 - dry_in) if sampled else Y_O2_AIR
    return (
        100.0 * dry_in,
        100.0 * o2_in,
        100.0 * dry_out,
        100.0 * o2_out,
        float(truth.p[-1]) * (1.0 if sampled else 0.1),
        8.0 if sampled else 4.0,
        18.0 + 60.0 * y[at["lean_loading"]],
        18.0 + 60.0 * y[at["rich_loading"]],
        so2_in,
        ship.gas.nox_ppm * of_stack if sampled else 0.0,
        (1.0 - truth.so2_removed) * so2_in,
    )


def _fan_kW(truth: Truth) -> float:
    """Return the blower's power, kW: the cube of its speed."""
    return 95.0 * (0.01 * truth.actuators["blower"].position) ** 3


def density_kg_m3(t_degC: float, a: float) -> float:
    """Return the density of 30 wt% MEA, kg/m3 (linear form fitted to Amundsen 2009)."""
    dt = t_degC - 40.0
    return 1000.0 * (1.000066 + 0.220031 * a - 5.13925e-4 * dt - 2.2478e-6 * dt * dt)


def _saturation_degC(p_barg: float) -> float:
    """Return the saturation temperature of steam, degC, within 1 K from 0 to 5 barg."""
    return float(100.0 * (max(0.05, p_barg + 1.013) / 1.013) ** 0.25)
