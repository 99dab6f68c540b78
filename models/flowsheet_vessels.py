"""Vessels of the flowsheet: condenser, drum, gas space, LCO2 tank, reboiler, losses, holding."""

from numpy import exp

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet_cell import (
    DREG,
    DREG_A,
    DREG_WATER_E,
    above,
    gas_enthalpy,
    held,
    liquid_t,
    water_t,
)
from models.gasphase import h_co2, h_steam
from models.kernel import kernel
from models.numbers import F64
from models.solution import h_water
from models.vle import p_water

M_CO2, M_H2O, M_MEA = 44.01, 18.015, 61.08
MEA_PER_KG = 0.3 / (1.0 + 0.35 * 0.3 * M_CO2 / M_MEA) / M_MEA
"""kmol MEA per kg of 30 wt% solution at mean loading: sizes hold-ups given in kg."""
LOSS_SUMP, LOSS_REBOILER, LOSS_TANK = 0.06, 0.12, 0.12
KETTLE = 0.01
"""kmol/s that boil in the reboiler per kPa of excess: 2-3 kPa, 0.3 K, at its duty."""
T_STEAM = 143.6
T_SPACE = 40.0
R_SPACE = 8.314462 * 313.15
HOLD_S = 30.0


@kernel
def mass_kg(x: F64, at: int) -> float:
    """Return the mass of a vessel whose CO2, water and MEA start at `at`."""
    result: float = x[at] * M_CO2 + x[at + 1] * M_H2O + x[at + 2] * M_MEA
    return result


@kernel
def suction(mass: float, nominal: float) -> float:
    """Return 1, falling smoothly to 0 over the last few % of a vessel's nominal content."""
    result: float = 1.0 - exp(-mass / (0.01 * nominal))
    return result


@kernel
def overhead(x: F64, z: F64, u: F64, d: F64, p: F64, lump: int, out: F64, y: F64, b: F64) -> None:
    """Condenser, reflux drum, gas space, product, vent and the LCO2 tank."""
    drum, gas, tank = lump + fx.DRUM, lump + fx.GAS, lump + fx.LCO2
    p_w = 1e-3 * p_water(d[ix.T_COND])
    p_c = x[gas] * R_SPACE / p[fx.GAS_SPACE]
    # a compressor cannot draw a vacuum
    have = 1.0 - exp(-p_c / 15.0)
    product, vent = u[ix.PRODUCT_FLOW] / M_CO2 * have, u[ix.VENT_FLOW] / M_CO2 * have
    kg = x[drum] * M_H2O
    moist = p_w / (p_c + 1e-3) * suction(kg, p[fx.DRUM_NOM])
    t_drum = water_t((x[drum + 1] + DREG * DREG_WATER_E) / (x[drum] + DREG))
    carried = (product + vent) * moist
    h_gas, h_moist = h_co2(T_SPACE), h_steam(T_SPACE)
    dh = z[7] * h_water(d[ix.T_COND]) - carried * h_water(t_drum)
    out[gas] += z[6] - product - vent
    out[drum] += z[7] - carried
    out[drum + 1] += dh
    offload = u[ix.OFFLOAD] / M_CO2 * (1.0 - exp(-x[tank] / 2.0))
    out[tank] += product - offload
    b[yx.B_PRODUCT_WATER], b[yx.B_VENT_WATER] = product * moist, vent * moist
    b[yx.B_VENT_CO2], b[yx.B_OFFLOAD_CO2] = vent, offload
    b[yx.B_PRODUCT_HEAT] = product * (h_gas + moist * h_moist)
    b[yx.B_VENT_HEAT] = vent * (h_gas + moist * h_moist)
    b[yx.B_CONDENSER_HEAT] = (
        gas_enthalpy(0.0, z[6], z[7], z[8]) - z[6] * h_gas - dh - carried * h_moist
    )
    y[yx.Y_P_STRIPPER], y[yx.Y_T_REFLUX] = p_c + p_w, t_drum
    y[yx.Y_PRODUCT_AVAILABLE], y[yx.Y_PRODUCT] = z[6] * M_CO2, product * M_CO2
    y[yx.Y_VENT], y[yx.Y_CONDENSATE] = vent * M_CO2, z[7] * M_H2O
    y[yx.Y_M_REFLUX], y[yx.Y_M_LCO2] = kg, x[tank] * M_CO2
    y[yx.Y_Q_CONDENSER] = b[yx.B_CONDENSER_HEAT]


@kernel
def vessel_loss(
    x: F64, at: int, ua: float, nominal: float, d: F64, p: F64, out: F64
) -> tuple[float, float]:
    """Take a vessel's heat loss, kW; return its temperature and the loss."""
    a, w, e = held(x[at], x[at + 1], x[at + 2], x[at + 3])
    t = liquid_t(e, a, w)
    loss = p[fx.HEAT_LOSS] * ua * suction(mass_kg(x, at), 5.0 * nominal) * (t - d[ix.T_AMB])
    out[at + 3] -= loss
    return t, loss


@kernel
def vessels(x: F64, z: F64, u: F64, d: F64, p: F64, lump: int, out: F64, y: F64, b: F64) -> None:
    """Reboiler heat and boil-up, heat losses, make-up water, slow loss of amine."""
    sump, reb, tank = lump + fx.SUMP, lump + fx.REBOILER, lump + fx.TANK
    t_sump, l_sump = vessel_loss(x, sump, LOSS_SUMP, p[fx.SUMP_NOM], d, p, out)
    t_reb, l_reb = vessel_loss(x, reb, LOSS_REBOILER, p[fx.REB_NOM], d, p, out)
    _, l_tank = vessel_loss(x, tank, LOSS_TANK, p[fx.TANK_NOM], d, p, out)
    b[yx.B_HEAT_LOSS_HEAT] = 0.0
    n = ix.N_BOUNDARY
    b[n], b[n + 1], b[n + 2] = l_sump, l_reb, l_tank
    # condensing steam cannot heat beyond its own temperature
    hot = 1.0 - exp(-above(T_STEAM - t_reb, 0.1) / 2.5)
    q = u[ix.Q_REBOILER] * hot * suction(mass_kg(x, reb), 5.0 * p[fx.REB_NOM])
    out[reb] -= z[3]
    out[reb + 1] -= z[4]
    out[reb + 3] += q - gas_enthalpy(0.0, z[3], z[4], z[5])
    b[yx.B_REBOILER_HEAT] = q
    makeup = u[ix.MAKEUP] / M_H2O
    h_makeup = makeup * h_water(d[ix.T_AMB])
    out[tank + 1] += makeup
    out[tank + 3] += h_makeup
    b[yx.B_MAKEUP_WATER], b[yx.B_MAKEUP_HEAT] = makeup, h_makeup
    # carbamate polymerisation: 157 kJ/mol, a few % of the reboiler's amine a week at 120 degC
    rate = 4e-8 * exp(-18880.0 * (1.0 / (t_reb + 273.15) - 1.0 / 393.15))
    lost = p[fx.DEGRADATION] * rate * x[reb + 2]
    out[reb + 2] -= lost
    out[lump + fx.DEGRADED] += lost
    y[yx.Y_T_RICH], y[yx.Y_T_REBOILER], y[yx.Y_T_BOTTOMS] = t_sump, t_reb, t_reb
    y[yx.Y_RICH_LOADING] = (x[sump] + DREG * DREG_A) / (x[sump + 2] + DREG)
    y[yx.Y_LEAN_LOADING_REBOILER] = (x[reb] + DREG * DREG_A) / (x[reb + 2] + DREG)


@kernel
def hold(x: F64, u: F64, d: F64, p: F64, lump: int, p_set: float, out: F64, y: F64) -> None:
    """Hold pressure, the lean tank's water and MEA and the drum instead of their balances."""
    drum, tank = lump + fx.DRUM, lump + fx.TANK
    p_w = 1e-3 * p_water(d[ix.T_COND])
    moist = y[yx.Y_PRODUCT_AVAILABLE] / M_CO2 * p_w / (p_set - p_w)
    out[drum] -= moist
    out[drum + 1] -= moist * h_water(y[yx.Y_T_REFLUX])
    makeup = above(-out[tank + 1], 1e-9)
    out[tank + 3] += makeup * h_water(d[ix.T_AMB])
    n_gas = (p_set - p_w) * p[fx.GAS_SPACE] / R_SPACE
    out[lump + fx.GAS] = (n_gas - x[lump + fx.GAS]) / HOLD_S
    out[lump + fx.LCO2] = -x[lump + fx.LCO2] / HOLD_S
    out[lump + fx.DEGRADED] = -x[lump + fx.DEGRADED] / HOLD_S
    loaded = 1.0 + 0.3 * M_CO2 / M_MEA * x[tank] / x[tank + 2]
    mea = 0.3 * p[fx.TANK_NOM] / M_MEA / loaded
    out[tank + 1] = (mea * M_MEA * 0.7 / 0.3 / M_H2O - x[tank + 1]) / HOLD_S
    out[tank + 2] = (mea - x[tank + 2]) / HOLD_S
