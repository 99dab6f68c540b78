"""What the rig says it does and why, as far as its words are GOOD."""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dashboard.values import Point, Values, absent

CAPTURE: Final = 3  # HS-UNIT
HOLD: Final = 5
CAPTURING: Final = frozenset({CAPTURE, 4})  # and TURNDOWN
TRIPPED: Final = frozenset({7, 8})  # TRIP, ESD
_TRIP_BIT: Final = 2  # of HS-PERMIT: a trip stands or is latched
_BYPASS_BIT: Final = 10  # of HS-PERMIT, for journals that do not tell how far a bypass is
# What keeps the rig from capturing, by bit of HS-PERMIT.
_MISSING: Final = {
    0: "no running engine with its damper open",
    1: "a stopped engine's damper is not proven shut",
    _TRIP_BIT: "a trip stands or is latched",
    3: "no steam for the rig",
    4: "the reboiler is not hot enough",
    5: "the LCO₂ tank is full",
    6: "instrument air is low",
    7: "space ventilation does not run",
    8: "the lean or the rich pump is not available",
    9: "less exhaust than the least treated flow",
}


class Constraint(IntEnum):
    """What limits capture: the numbers of channel `constraint`, whose labels say it in words."""

    ON_TARGET = 0
    HEAT = 1
    GAS = 2
    SOLVENT = 3
    TEMPERATURE = 4
    TANK = 5
    NOT_CAPTURING = 6
    UNKNOWN = 7
    NEARING_TARGET = 8
    PLC_CONTROL = 9
    ABOVE_TARGET = 10
    TARGET_HELD = 11


class BypassState(IntEnum):
    """How far a bypass got: the numbers of channel `bypass_state`."""

    NONE = 0
    ASKED = 1
    LATCHED = 2
    PROVEN = 3
    CONTRADICTED = 4


@dataclass(frozen=True, slots=True)
class Bypass:
    """How far a bypass got, as the controller tells; nothing is concluded here.

    `against`, `unknown`: the witnesses that deny it or cannot be asked, in words;
    `left_s`: time the blower has left to run down.
    """

    state: BypassState = BypassState.NONE
    pending: bool = False
    overdue: bool = False
    left_s: float = 0.0
    against: str = ""
    unknown: str = ""

    @property
    def latched(self) -> bool:
        """Whether the PLC has it."""
        return self.state in (BypassState.LATCHED, BypassState.PROVEN)

    @property
    def proven(self) -> bool:
        """Whether every witness proves it."""
        return self.state is BypassState.PROVEN

    @property
    def contradicted(self) -> bool:
        """Whether the PLC says so and a witness denies it."""
        return self.state is BypassState.CONTRADICTED


def bypass_of(values: Values, dead: bool, silent: bool) -> Bypass:
    """Return the bypass; `dead`: the rig's words are old, `silent`: the controller's too."""
    told = values["bypass_state"]
    if silent:
        return Bypass()
    if not told.known or round(told.value) not in set(BypassState):
        return _bypass_before(values, dead)
    left = values["bypass_left_s"]
    return Bypass(
        state=BypassState(round(told.value)),
        pending=values["bypass_asked"].on,
        overdue=values["bypass_overdue"].on,
        left_s=left.value if left.known else 0.0,
        against=_named(values["bypass_against"]),
        unknown=_named(values["bypass_unknown"]),
    )


def _named(mask: Point) -> str:
    """Return the labels of the bits that are set."""
    bits = round(mask.value) if mask.known else 0
    return ", ".join(word for bit, word in mask.channel.labels.items() if bits & bit)


def _bypass_before(values: Values, dead: bool) -> Bypass:
    """Return what the PLC alone says: all there is in a journal of an earlier version."""
    pending = values["bypass_asked"].on
    if dead or not _permit(values) >> _BYPASS_BIT & 1:
        return Bypass(BypassState.ASKED if pending else BypassState.NONE, pending)
    proven = values["HS-BYPASS"].on
    return Bypass(BypassState.PROVEN if proven else BypassState.LATCHED, pending)


@dataclass(frozen=True, slots=True)
class Trip:
    """What stopped the rig, as its controller tells: "", TRIP or ESD, and why in words.

    `standing`: whether a cause stands now, None while nobody tells; `beneath`: a trip is
    latched, be it under an ESD; `for_s`: how long, NaN when nobody saw it come.
    """

    state: str
    first_out: str = ""
    standing: bool | None = None
    beneath: bool = False
    for_s: float = math.nan


def trip_of(values: Values) -> Trip:
    """Return the trip; the unit's own word tells as well, alone in an older journal."""
    told, unit, first = values["trip_state"], values["HS-UNIT"], values["trip_first_out"]
    state = told.label() if told.known and told.value else ""
    if not state and unit.good and round(unit.value) in TRIPPED:
        state = unit.label()
    standing = values["trip_standing"]
    return Trip(
        state,
        first.label() if first.known and first.value else "",
        bool(standing.value) if standing.known else None,
        values["trip_latched"].on,
        values["trip_for_s"].value,
    )


def constraint(values: Values) -> int | None:
    """Return the number of what limits capture, None while the controller does not tell."""
    limit = values["constraint"]
    return round(limit.value) if limit.known else None


def gas_flows(values: Values) -> bool:
    """Return False when too little gas is treated for a ratio to it to mean anything."""
    flow = values["FT-110"]
    normal = flow.channel.normal
    return not (flow.good and normal is not None and flow.value < normal[0])


def capturing(values: Values) -> bool:
    """Return False only when the rig or the controller says that nothing is captured."""
    unit, limit = values["HS-UNIT"], values["constraint"]
    if unit.good:
        return round(unit.value) in CAPTURING
    return not (limit.good and round(limit.value) == Constraint.NOT_CAPTURING)


def missing(values: Values) -> list[str]:
    """Return what the PLC says is missing for capture, a bypass left out; a trip by name."""
    word, first = _permit(values), trip_of(values).first_out
    words = {**_MISSING, **({_TRIP_BIT: f"tripped: {first}"} if first else {})}
    return [text for bit, text in words.items() if word >> bit & 1]


def point_named(values: Values, channel: str) -> Point | None:
    """Return the point whose name a calculated channel has as its word, None for none."""
    told = values[channel]
    return values[told.label()] if told.known and round(told.value) else None


def _permit(values: Values) -> int:
    word = next(iter(values.family("permissive_word")), absent("permissive_word"))
    return int(word.value) if word.good else 0
