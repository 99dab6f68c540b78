"""Unit states of the rig. They belong to the PLC; Seastack asks for them.

The numbers are those of the unit words in the handshake block.
"""

from enum import IntEnum
from typing import Final


class Unit(IntEnum):
    """State of the capture unit as the PLC reports it."""

    OFF = 0
    READY = 1
    WARM = 2
    CAPTURE = 3
    TURNDOWN = 4
    HOLD = 5
    COOLDOWN = 6
    TRIP = 7
    ESD = 8


UNIT_LABELS: Final = {int(u): u.name for u in Unit}

# TRIP and ESD are never asked for: they are the PLC's and the ship's own.
REQUESTABLE: Final = frozenset(
    {Unit.OFF, Unit.READY, Unit.WARM, Unit.CAPTURE, Unit.TURNDOWN, Unit.HOLD, Unit.COOLDOWN}
)
CAPTURING: Final = frozenset({Unit.CAPTURE, Unit.TURNDOWN})
TRIPPED: Final = frozenset({Unit.TRIP, Unit.ESD})


def unit_of(value: float) -> Unit | None:
    """Return the state a unit word stands for, None when it stands for none."""
    return Unit(int(value)) if value == value and int(value) in UNIT_LABELS else None
