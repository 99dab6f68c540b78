"""The inlet gas of an absorber case, whichever way its flow was measured."""

from typing import Final

from models.solution import GAS_CONSTANT
from models.streams import Gas, flue_gas
from seastack.validation.table import Row, may, must, number

MASS: Final = "gas_flow_kg_h"
ACTUAL: Final = {"gas_flow_m3_h": 1.0, "gas_flow_m3_s": 3600.0, "gas_flow_m3_min": 60.0}
"""Volume as it flows: at gas_T_C and the pressure at the inlet, wet; m3/h per unit."""
NORMAL: Final = {"gas_flow_Nm3_h": 1.0, "gas_flow_Nm3_s": 3600.0, "gas_flow_Nm3_min": 60.0}
"""Volume at 0 degC and 101.325 kPa, wet."""
MOLES: Final = {"gas_flow_kmol_h": 1.0 / 3.6, "gas_flow_mol_s": 1.0, "gas_flow_mol_h": 1.0 / 3600.0}
FLOWS: Final = (MASS, *ACTUAL, *NORMAL, *MOLES)
NORMAL_MOL_M3: Final = 101325.0 / (GAS_CONSTANT * 273.15)


def moles(row: Row, p_kPa: float) -> tuple[float, str] | None:
    """Return the flow of the wet gas in mol/s and its column; None where it is a mass flow."""
    if number(row, MASS) is not None:
        return None
    for name, per in ACTUAL.items():
        if (value := may(row, name)) is not None:
            kelvin = must(row, "gas_T_C") + 273.15
            inlet = may(row, "gas_in_P_kPa")
            p = 1e3 * (p_kPa if inlet is None else inlet)
            return value * per / 3600.0 * p / (GAS_CONSTANT * kelvin), name
    for name, per in NORMAL.items():
        if (value := may(row, name)) is not None:
            return value * per / 3600.0 * NORMAL_MOL_M3, name
    for name, per in MOLES.items():
        if (value := may(row, name)) is not None:
            return value * per, name
    return None


def gas_of(
    row: Row, t: float, p_kPa: float, y: float, dry: bool, o2: float, y_water: float | None
) -> Gas:
    """Return the gas of a row; raise ValueError for a flow that is missing or not above zero."""
    found = moles(row, p_kPa)
    if found is None:
        return flue_gas(must(row, MASS), t, p_kPa, y, dry, o2, y_water)
    flow, name = found
    if flow <= 0.0:
        raise ValueError(f"{name}: must be above zero")
    tonne = flue_gas(1000.0, t, p_kPa, y, dry, o2, y_water)
    share = flow / (tonne.co2 + tonne.water + tonne.inert)
    return Gas(tonne.co2 * share, tonne.water * share, tonne.inert * share, t, tonne.p_Pa)
