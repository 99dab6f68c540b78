"""What the rig says it does and why, as far as its words are GOOD."""

from dataclasses import dataclass
from typing import Final

from dashboard.values import Values

CAPTURING: Final = frozenset({3, 4})  # HS-UNIT: CAPTURE, TURNDOWN
NO_TARGET: Final = 6  # "Not capturing" in channel `constraint`
_BYPASS_BIT: Final = 10  # of HS-PERMIT: bypass asked for and not taken back
# What keeps the rig from capturing, by bit of HS-PERMIT.
_MISSING: Final = {
    0: "no running engine with its damper open",
    1: "a stopped engine's damper is not proven shut",
    2: "a trip stands or is latched",
    3: "no steam for the rig",
    4: "the reboiler is not hot enough",
    5: "the LCO₂ tank is full",
    6: "instrument air is low",
    7: "space ventilation does not run",
    8: "the lean or the rich pump is not available",
    9: "less exhaust than the least treated flow",
}


@dataclass(frozen=True, slots=True)
class Bypass:
    """How far a bypass got: asked by the controller, held by the PLC, proven by the rig."""

    pending: bool
    latched: bool
    proven: bool


def bypass_of(values: Values, dead: bool, silent: bool) -> Bypass:
    """Return the bypass; `dead`: the rig's words are old, `silent`: the controller's too."""
    latched = not dead and bool(_permit(values) >> _BYPASS_BIT & 1)
    return Bypass(
        pending=not silent and values["bypass_asked"].on,
        latched=latched,
        proven=latched and values["HS-BYPASS"].on,
    )


def capturing(values: Values) -> bool:
    """Return False only when the rig or the controller says that nothing is captured."""
    unit, limit = values["HS-UNIT"], values["constraint"]
    if unit.good:
        return round(unit.value) in CAPTURING
    return not (limit.good and round(limit.value) == NO_TARGET)


def missing(values: Values) -> list[str]:
    """Return what the PLC says is missing for capture, a bypass left out."""
    word = _permit(values)
    return [words for bit, words in _MISSING.items() if word >> bit & 1]


def _permit(values: Values) -> int:
    word = values["HS-PERMIT"]
    return int(word.value) if word.good else 0
