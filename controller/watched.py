"""Which instruments are watched for faults, and which of them come first."""

from collections.abc import Iterable
from typing import Final

from controller.alarmspec import Rule
from controller.channels import is_input
from sensors.tag import TagTable

# What control, limits and accounting read, of every index and witness: when one of these
# instruments fails, somebody must act before the next watch.
USED: Final = frozenset(
    {
        "absorber_pressure",
        "auxiliary_fuel_flow",
        "auxiliary_power",
        "blower_running",
        "bypass_active",
        "co2_in",
        "co2_out",
        "engine_back_pressure",
        "engine_exhaust_temperature",
        "engine_fuel_flow",
        "engine_power",
        "engine_running",
        "first_out",
        "inlet_damper_open",
        "inlet_damper_shut",
        "inlet_shut",
        "lco2_flow",
        "lco2_level",
        "lean_flow",
        "lean_flow_sp_active",
        "lean_loading",
        "lean_temperature",
        "lean_temperature_sp_active",
        "lease_owner",
        "mea_strength",
        "o2_in",
        "o2_out",
        "permissive_word",
        "product_flow",
        "product_purity",
        "quench_temperature",
        "reboiler_temperature",
        "reject_reason",
        "remote_key",
        "rich_loading",
        "rig_power",
        "sequence_ack",
        "setpoint_ok_word",
        "ship_heat",
        "steam_available",
        "steam_flow",
        "steam_flow_sp_active",
        "steam_header_pressure",
        "stripper_pressure",
        "stripper_pressure_sp_active",
        "treated_flow",
        "treated_flow_sp_active",
        "trip_word",
        "unit_requested",
        "unit_state",
        "vent_flow",
    }
)


def watched(table: TagTable, rules: Iterable[Rule]) -> dict[int, bool]:
    """Return every point that is read, and whether something uses it.

    A use is control, accounting, or an alarm that asks to act (priority 1 or 2).  What only
    a person reads is watched as well: a display must not lie in silence.  A heartbeat that
    cannot be read is a lost link, and said as that.
    """
    alarmed = dict.fromkeys(r.channel for r in rules if r.channel >= 0 and r.priority < 3)
    tags = table.tags
    read = [i for i, t in enumerate(tags) if is_input(t) and t.role != "plc_heartbeat"]
    used = [i for i in read if tags[i].role in USED]
    first = dict.fromkeys((*alarmed, *used), True)
    return first | {i: False for i in read if i not in first}
