"""What must hold in every cycle, whatever the rig says and whoever asks for what.

Worked out anew from what was read and what was written, and not by the functions that
decided it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from controller.config import PlantConfig
from controller.points import View
from controller.types import Inputs, Outputs
from sensors.tag import Tag

CAPTURE, TURNDOWN = 3.0, 4.0
_ARMED: Final = 1.0
_HAND_BACK: Final = frozenset({"pc_heartbeat", "write_sequence", "owner_id"})
_OUTPUTS: Final = frozenset({"common_alarm_out", "watchdog_out", "engineer_call_out"})
_SLACK: Final = 1e-6  # of the value: what float arithmetic leaves
HAND_BACK_WITHIN: Final = 4  # cycles after ARMED ended


@dataclass(slots=True)
class Seen:
    """What the rules remember: authority of the cycle before, cycles since it was ARMED."""

    armed: bool = False
    monitor_for: int = HAND_BACK_WITHIN + 1

    def forget(self) -> None:
        """Begin a new life: in MONITOR, with nothing to hand back."""
        self.armed, self.monitor_for = False, HAND_BACK_WITHIN + 1


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle from outside: what went in, what came out, by role and by name."""

    plant: PlantConfig
    inputs: Inputs
    outputs: Outputs
    view: View
    roles: Mapping[str, float]  # what is written, by role

    @classmethod
    def of(
        cls, plant: PlantConfig, inputs: Inputs, outputs: Outputs, by_name: Mapping[str, Tag]
    ) -> "Cycle":
        """Look at a cycle."""
        roles = {by_name[name].role or name: v for name, v in outputs.write.items()}
        return cls(plant, inputs, outputs, View(outputs.checked, plant.points), roles)

    def calc(self, name: str) -> float:
        """Return a calculated channel."""
        return float(self.outputs.calc[self.plant.calc[name]])


def broken(cycle: Cycle, seen: Seen, by_name: Mapping[str, Tag]) -> list[str]:
    """Return the rules that a cycle broke; `seen` is brought up to date."""
    armed = cycle.calc("authority") == _ARMED
    asked = any(c.kind == "arm" for c in cycle.inputs.commands)
    seen.monitor_for = 0 if armed or asked else seen.monitor_for + 1
    found = [
        *(["armed by itself"] if armed and not seen.armed and not asked else []),
        *_bypass(cycle),
        *_ranges(cycle, by_name),
        *_steam(cycle),
        *_treated(cycle),
        *_monitor(cycle, seen, armed),
        *_other_owner(cycle, armed),
        *_numbers(cycle),
    ]
    seen.armed = armed
    return found


def _bypass(cycle: Cycle) -> Iterator[str]:
    pressed = any(c.kind == "bypass" for c in cycle.inputs.commands)
    if pressed and not cycle.outputs.bypass:
        yield "bypass pressed and not written"
    permit = cycle.view.of("permissive_word")
    bit = cycle.plant.control.unit.bypass_permissive_bit
    latched = permit == permit and bool(int(permit) >> bit & 1)
    if (cycle.outputs.bypass or latched) and cycle.roles.get("unit_request") in (CAPTURE, TURNDOWN):
        yield "CAPTURE or TURNDOWN beside a bypass"


def _ranges(cycle: Cycle, by_name: Mapping[str, Tag]) -> Iterator[str]:
    for name, value in cycle.outputs.write.items():
        tag = by_name[name]
        if not tag.lo <= value <= tag.hi:
            yield f"{tag.role} outside its range"


def _above(value: float, ceiling: float, low: float) -> bool:
    return value > max(ceiling, low) * (1.0 + _SLACK) + _SLACK


def _steam(cycle: Cycle) -> Iterator[str]:
    value = cycle.roles.get("steam_flow_sp")
    if value is None:
        return
    plant, view = cycle.plant, cycle.view
    most, steam = plant.spec.reboiler.max_steam_kg_h, plant.control.steam
    header = view.of("steam_header_pressure")
    share = 1.0
    if header == header:
        span = steam.header_full_barg - steam.header_none_barg
        share = min(max((header - steam.header_none_barg) / span, 0.0), 1.0)
    available = view.of("steam_available")
    ceiling = most * share
    if available == available:
        ceiling = min(most, steam.available_share * share * available)
    hot = max(
        (t for t in (view.of("reboiler_temperature"), view.at(plant.points.reboiler_b)) if t == t),
        default=-273.0,
    )
    band = plant.control.reboiler_loop.override_band_K
    left = (plant.spec.reboiler.max_temperature_degC + 0.5 * band - hot) / band
    ceiling = max(0.0, min(ceiling, most * min(max(left, 0.0), 1.0)))
    if _above(value, ceiling, plant.points.steam.low):
        yield "steam above a limit of the moment"


def _treated(cycle: Cycle) -> Iterator[str]:
    value, point = cycle.roles.get("treated_flow_sp"), cycle.plant.points.treated
    if value is None or point is None:
        return
    ceiling = cycle.plant.spec.gas.available_fraction * cycle.calc("available_exhaust_kg_h")
    if ceiling == ceiling and _above(value, ceiling, point.low):
        yield "treated flow above its share of the exhaust"


def _monitor(cycle: Cycle, seen: Seen, armed: bool) -> Iterator[str]:
    if armed:
        return
    written = cycle.roles.keys() - _OUTPUTS
    if written - _HAND_BACK:
        yield "written in MONITOR"
    if written and (seen.monitor_for > HAND_BACK_WITHIN or cycle.roles.get("owner_id") != 0.0):
        yield "more than a hand-back in MONITOR"


def _other_owner(cycle: Cycle, armed: bool) -> Iterator[str]:
    owner = cycle.view.of("lease_owner")
    if owner == owner and owner not in (0.0, float(cycle.inputs.owner_id)):
        if armed:
            yield "armed while another owner has the rig"
        if cycle.roles.keys() - _OUTPUTS:
            yield "written while another owner has the rig"


def _numbers(cycle: Cycle) -> Iterator[str]:
    good = cycle.outputs.calc_quality == 2
    if not np.isfinite(cycle.outputs.calc[good]).all():
        yield "no number, and GOOD"
