"""Places of a plant's outputs: y by name, boundary flows counted from Y_BOUNDARY.

A test holds these numbers against the names in plant_names.
"""

from typing import Final

Y_CO2_IN: Final = 0
Y_CO2_OUT: Final = 1
Y_GAS_OUT: Final = 2
Y_DRY_IN: Final = 3
Y_DRY_OUT: Final = 4
Y_T_GAS_OUT: Final = 5
Y_RICH_LOADING: Final = 6
Y_LEAN_LOADING: Final = 7
Y_LEAN_LOADING_REBOILER: Final = 8
Y_T_RICH: Final = 9
Y_T_RICH_HX: Final = 10
Y_T_BOTTOMS: Final = 11
Y_T_LEAN_HX: Final = 12
Y_T_TANK: Final = 13
Y_T_LEAN_IN: Final = 14
Y_P_STRIPPER: Final = 15
Y_T_REBOILER: Final = 16
Y_T_REFLUX: Final = 17
Y_PRODUCT_AVAILABLE: Final = 18
Y_PRODUCT: Final = 19
Y_VENT: Final = 20
Y_CONDENSATE: Final = 21
Y_LEAN_FLOW: Final = 22
Y_RICH_FLOW: Final = 23
Y_BOTTOMS_FLOW: Final = 24
Y_REFLUX_FLOW: Final = 25
Y_ABSORBER_DRAIN: Final = 26
Y_STRIPPER_DRAIN: Final = 27
Y_M_ABSORBER: Final = 28
Y_M_STRIPPER: Final = 29
Y_M_SUMP: Final = 30
Y_M_REBOILER: Final = 31
Y_M_REFLUX: Final = 32
Y_M_TANK: Final = 33
Y_M_LCO2: Final = 34
Y_MEA_WT_FRAC: Final = 35
Y_Q_CONDENSER: Final = 36
Y_Q_HX: Final = 37
Y_Q_LEAN_COOLER: Final = 38

B_GAS_IN_CO2: Final = 0
B_GAS_OUT_CO2: Final = 1
B_VENT_CO2: Final = 2
B_OFFLOAD_CO2: Final = 3
B_GAS_IN_WATER: Final = 4
B_GAS_OUT_WATER: Final = 5
B_MAKEUP_WATER: Final = 6
B_PRODUCT_WATER: Final = 7
B_VENT_WATER: Final = 8
B_GAS_OUT_MEA: Final = 9
B_GAS_IN_HEAT: Final = 10
B_REBOILER_HEAT: Final = 11
B_MAKEUP_HEAT: Final = 12
B_GAS_OUT_HEAT: Final = 13
B_LEAN_COOLER_HEAT: Final = 14
B_WASH_COOLER_HEAT: Final = 15
B_CONDENSER_HEAT: Final = 16
B_PRODUCT_HEAT: Final = 17
B_VENT_HEAT: Final = 18
B_HEAT_LOSS_HEAT: Final = 19
