"""What goes into and comes out of the PLC: field signals, the PC's registers, commands."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from sensors.tag import TagTable
from sim import plc_setpoints as sp


class Sensed(NamedTuple):
    """The measurements the PLC uses, units of their tags."""

    treated: float
    t_quench: float
    dp_bed: float
    level_sump: float
    lean: float
    rich: float
    t_lean: float
    level_tank: float
    p_stripper: float
    t_reb: float
    t_reb_b: float
    steam: float
    level_reb: float
    level_reflux: float
    product: float
    lco2: float
    lco2_b: float
    p_lco2: float
    p_header: float
    steam_available: float
    p_air: float
    space_co2_1: float
    space_co2_2: float
    ventilation: float
    so2: float
    co2_in: float
    inlet_shut: float
    blower_running: float
    strength: float
    t_wash: float


SENSED_TAGS: Final = (
    *("FT-110", "TT-202", "PDT-331", "LT-361", "FT-401", "FT-402", "TT-401", "LT-451"),
    *("PT-501", "TT-521", "TT-521B", "FT-521", "LT-521", "LT-561", "FT-601", "LT-741A"),
    *("LT-741B", "PT-741", "PT-810", "FT-810", "PT-841", "GT-801", "GT-802", "XS-821"),
    *("AT-211", "AT-101", "ZSC-102", "XS-110", "AY-403", "TT-371"),
)


def sensed_picker(table: TagTable) -> Callable[[Sequence[float]], tuple[float, ...]]:
    """Return a function that picks the fields of `Sensed` from values in table order."""
    return itemgetter(*(table.index[name] for name in SENSED_TAGS))


class Engine(NamedTuple):
    """Hard-wired signals of one engine and its inlet."""

    running: bool
    stopping: bool  # the ship announces a stop before it happens
    back_pressure_mbar: float
    damper_open: bool
    damper_shut: bool


@dataclass(slots=True)
class Mailbox:
    """The holding registers and the coil that a PC may write."""

    beat: int = 0
    sequence: int = 0
    owner: int = 0
    lease: int = 0
    unit: int = 0
    setpoints: list[float] = field(default_factory=lambda: [0.0] * 5)
    bypass: bool = False
    blocks: int = 0

    def put(self, values: Mapping[str, float]) -> None:
        """Store what the PC wrote, by tag name; other tags are not the PLC's business.

        A set-point that is no number is kept: the judge refuses it.  A block to be judged
        has handshake or set-point words in it: an output or a bypass alone is none.
        """
        for name, value in values.items():
            if name in _INTEGER:
                setattr(self, _INTEGER[name], int(value) & 0xFFFF if math.isfinite(value) else 0)
            elif name in _SETPOINT:
                self.setpoints[_SETPOINT[name]] = float(value)
            elif name == BYPASS:
                self.bypass = bool(value)
        if any(name in _INTEGER or name in _SETPOINT for name in values):
            self.blocks += 1


_INTEGER: Final = {
    "HS-PC-BEAT": "beat",
    "HS-PC-SEQ": "sequence",
    "HS-PC-OWNER": "owner",
    "HS-PC-LEASE": "lease",
    "HS-PC-UNIT": "unit",
}
BYPASS: Final = "HS-BYPASS-REQ"
PC_TAGS: Final = (*_INTEGER, *sp.TAGS, BYPASS)  # what a PC may write
_SETPOINT: Final = {name: i for i, name in enumerate(sp.TAGS)}


@dataclass(slots=True)
class Commands:
    """Outputs to the field: positions and speeds in %, temperatures in degC."""

    inlet_open: bool = False
    blower: float = 0.0
    lean: float = 0.0
    rich: float = 0.0
    bottoms: float = 0.0
    steam: float = 0.0
    compressor: float = 0.0
    vent: float = 0.0
    reflux: float = 0.0
    makeup: float = 0.0
    t_lean: float = 40.0
    t_wash: float = 40.5
    dampers: list[bool] = field(default_factory=list)
    fast_shut: bool = False  # trip or stop: steam valve and blower go by spring, not by ramp


# What 100 % of each output means, kg/h: the pump, valve and fan sizes of the rig.
BLOWER_KG_H: Final = 25000.0
LEAN_KG_H: Final = 36000.0
RICH_KG_H: Final = 40000.0
BOTTOMS_KG_H: Final = 40000.0
STEAM_KG_H: Final = 3000.0
COMPRESSOR_KG_H: Final = 1400.0
VENT_KG_H: Final = 2000.0
REFLUX_KG_H: Final = 3000.0
MAKEUP_KG_H: Final = 1500.0
