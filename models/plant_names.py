"""Names and order of what every plant takes in (u, d) and gives out (balances, measures)."""

from typing import Final

N_ABS: Final = 8
N_STR: Final = 6
"""Thermometers in absorber and stripper, 1 at the bottom."""

U_NAMES: Final = (
    "gas_flow_kg_s",
    "lean_flow_kg_s",
    "rich_flow_kg_s",
    "bottoms_flow_kg_s",
    "q_reboiler_kW",
    "t_lean_degC",
    "product_flow_kg_s",
    "vent_flow_kg_s",
    "reflux_flow_kg_s",
    "t_wash_degC",
    "makeup_water_kg_s",
    "offload_kg_s",
)
GAS_FLOW: Final = 0
LEAN_FLOW: Final = 1
RICH_FLOW: Final = 2
BOTTOMS_FLOW: Final = 3
Q_REBOILER: Final = 4
T_LEAN: Final = 5
PRODUCT_FLOW: Final = 6
VENT_FLOW: Final = 7
REFLUX_FLOW: Final = 8
T_WASH: Final = 9
MAKEUP: Final = 10
OFFLOAD: Final = 11

D_NAMES: Final = (
    "y_co2_in",
    "t_gas_in_degC",
    "p_absorber_kPa",
    "t_condenser_degC",
    "t_ambient_degC",
    "derate",
)
Y_CO2_IN: Final = 0
T_GAS_IN: Final = 1
P_ABS: Final = 2
T_COND: Final = 3
T_AMB: Final = 4
DERATE: Final = 5

INVENTORY_NAMES: Final = ("co2_kmol", "water_kmol", "amine_kmol", "energy_kJ")

BOUNDARY: Final[dict[str, tuple[int, str]]] = {
    "gas_in_co2_kmol_s": (1, "co2_kmol"),
    "gas_out_co2_kmol_s": (-1, "co2_kmol"),
    "vent_co2_kmol_s": (-1, "co2_kmol"),
    "offload_co2_kmol_s": (-1, "co2_kmol"),
    "gas_in_water_kmol_s": (1, "water_kmol"),
    "gas_out_water_kmol_s": (-1, "water_kmol"),
    "makeup_water_kmol_s": (1, "water_kmol"),
    "product_water_kmol_s": (-1, "water_kmol"),
    "vent_water_kmol_s": (-1, "water_kmol"),
    "gas_out_mea_kmol_s": (-1, "amine_kmol"),
    "gas_in_kW": (1, "energy_kJ"),
    "reboiler_kW": (1, "energy_kJ"),
    "makeup_kW": (1, "energy_kJ"),
    "gas_out_kW": (-1, "energy_kJ"),
    "lean_cooler_kW": (-1, "energy_kJ"),
    "wash_cooler_kW": (-1, "energy_kJ"),
    "condenser_kW": (-1, "energy_kJ"),
    "product_kW": (-1, "energy_kJ"),
    "vent_kW": (-1, "energy_kJ"),
    "heat_loss_kW": (-1, "energy_kJ"),
}
"""Flow over the plant's boundary -> (+1 in or -1 out, balance it belongs to).
The energy balance ends where product gas goes to the compressor; the CO2
balance includes the LCO2 tank."""

_MEASURES = (
    "co2_in_kg_s",
    "co2_out_kg_s",
    "gas_out_kg_s",
    "y_co2_in_dry",
    "y_co2_out_dry",
    "t_gas_out_degC",
    "rich_loading",
    "lean_loading",
    "lean_loading_reboiler",
    "t_rich_degC",
    "t_rich_hx_degC",
    "t_bottoms_degC",
    "t_lean_hx_degC",
    "t_tank_degC",
    "t_lean_in_degC",
    "p_stripper_kPa",
    "t_reboiler_degC",
    "t_reflux_degC",
    "product_available_kg_s",
    "product_kg_s",
    "vent_kg_s",
    "condensate_kg_s",
    "lean_flow_kg_s",
    "rich_flow_kg_s",
    "bottoms_flow_kg_s",
    "reflux_flow_kg_s",
    "absorber_drain_kg_s",
    "stripper_drain_kg_s",
    "m_absorber_kg",
    "m_stripper_kg",
    "m_sump_kg",
    "m_reboiler_kg",
    "m_reflux_kg",
    "m_tank_kg",
    "m_lco2_kg",
    "mea_wt_frac",
    "q_condenser_kW",
    "q_hx_kW",
    "q_lean_cooler_kW",
)
Y_BED: Final = len(_MEASURES)
Y_STRIP: Final = Y_BED + N_ABS
Y_BOUNDARY: Final = Y_STRIP + N_STR
N_BOUNDARY: Final = len(BOUNDARY)
N_Y: Final = Y_BOUNDARY + N_BOUNDARY
Y_NAMES: Final = (
    *_MEASURES,
    *(f"t_bed_{i + 1}_degC" for i in range(N_ABS)),
    *(f"t_strip_{i + 1}_degC" for i in range(N_STR)),
    *BOUNDARY,
)
