"""What a plant loses that has no point for a role: one table for `seastack check`.

Roles without which nothing can be supervised are refused when the folder is
loaded or configured; every other role has a cost here, "" where it is only
recorded and shown.
"""

from typing import Final

from controller.points import NEEDED
from sensors.plantrules import PER_ENGINE_ROLES, REQUIRED_ROLES
from sensors.roles import UNIT_OF_ROLE
from sensors.tag import TagTable

_NEVER_PROVEN: Final = (
    "no bypass is ever proven: each raises its alarm, and is asked for until READY ends it"
)
# What control, limits, levels and accounting use.
_USED: Final = {
    "lean_temperature": "the loop of the lean temperature stays in IMAN: its set-point is frozen",
    "stripper_pressure": "the loop of the stripper pressure stays in IMAN: its set-point is frozen",
    "treated_flow_sp": "the treated flow is not steered: the PLC keeps its own",
    "treated_flow_sp_active": "the treated flow is not steered: the PLC keeps its own",
    "absorber_pressure": "101.3 kPa is taken: CO2 flows are off by up to 0.1 % per kPa",
    "steam_available": "steam cannot be capped by what the boilers give: the header pressure "
    "alone holds it back, what is possible is unknown, and less steam than expected is not seen",
    "steam_header_pressure": "steam is not cut back when the header falls: the PLC's trip "
    "stands alone",
    "lean_loading": "no liquid-side witness of the capture rate",
    "rich_loading": "no liquid-side witness of the capture rate",
    "mea_strength": "no liquid-side witness of the capture rate",
    "product_flow": "no product-side witness of the capture rate",
    "product_purity": "no product-side witness of the capture rate",
    "vent_flow": "vented CO2 is unknown: no product-side witness, and no captured mass or total",
    "engine_fuel_flow": "exhaust is estimated from the engines' load, and the share of the "
    "ship's CO2 cannot be told",
    "auxiliary_fuel_flow": "the share of the ship's CO2 cannot be told",
    "engine_exhaust_temperature": "the steam these engines should give is unknown: lost boiler "
    "heat is not seen",
    "ship_heat": "the ship's heat is taken as ship.ship_heat_kW of plant.toml",
    "inlet_damper_open": "every running engine's exhaust is taken to reach the rig",
    "lco2_level": "hours to a full tank are unknown",
    "lean_tank_level": "no level to show; the PLC's own stays",
    "absorber_sump_level": "no level to show; the PLC's own stays",
    "rig_power": "electricity per tonne is unknown",
    "place_of_command": "the page cannot say who commands the rig",
    "setpoint_ok_word": "which set-point the PLC refused cannot be told",
    "lease_lost": "that the PLC took the rig back is told by the owner of the lease alone",
    "inlet_shut": _NEVER_PROVEN,
    "blower_running": _NEVER_PROVEN,
    "common_alarm_out": "no common alarm at the PLC",
    "engineer_call_out": "no call of the engineer at the PLC",
    "watchdog_out": "the PLC is not told that the controller is healthy",
}
# A plant without a point for it cannot have an alarm on it either.
_ALARM_ONLY: Final = frozenset(
    {
        "so2_quench",
        "lco2_pressure",
        "space_co2",
        "space_o2",
        "ventilation_running",
        "instrument_air_pressure",
        "product_o2",
        "mea_slip",
    }
)
COSTS: Final = {
    role: _USED.get(role, "no alarm on it" if role in _ALARM_ONLY else "")
    for role in UNIT_OF_ROLE
    if role not in {*REQUIRED_ROLES, *PER_ENGINE_ROLES, *NEEDED}
}


def costs_of(table: TagTable) -> dict[str, str]:
    """Return every role no tag of the plant is bound to, with what that costs."""
    bound = {tag.role for tag in table.tags}
    return {role: cost for role, cost in COSTS.items() if role not in bound}
