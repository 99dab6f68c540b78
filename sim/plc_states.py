"""The unit's state machine: what the rig is doing and what it is allowed to do next.

The PLC owns the state; a controller or the panel only asks.  CAPTURE is asked once and
stands: the PLC goes through WARM by itself, falls back to HOLD when a permissive is lost
and comes back when it returns.  A bypass ends the standing request and latches: only a fresh
READY (or CAPTURE) takes the latch back.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final


class Unit(IntEnum):
    """Unit states, numbers of HS-UNIT."""

    OFF = 0
    READY = 1
    WARM = 2
    CAPTURE = 3
    TURNDOWN = 4
    HOLD = 5
    COOLDOWN = 6
    TRIP = 7
    ESD = 8


class Permit(IntFlag):
    """Permissives; a set bit in HS-PERMIT is a missing one."""

    ENGINE = 1 << 0  # no running engine with its damper open
    DAMPERS = 1 << 1  # a stopped engine's damper is not proven shut
    TRIP = 1 << 2  # a trip stands or is latched
    STEAM = 1 << 3  # no steam for the rig
    HOT = 1 << 4  # reboiler not hot enough to capture
    TANK = 1 << 5  # LCO2 tank full
    AIR = 1 << 6  # instrument air low
    VENTILATION = 1 << 7  # space ventilation not running
    PUMPS = 1 << 8  # lean or rich pump not available
    EXHAUST = 1 << 9  # less exhaust than the least treated flow
    BYPASS = 1 << 10  # bypass asked for and not taken back


CAPTURING: Final = frozenset({Unit.CAPTURE, Unit.TURNDOWN})
INLET: Final = (
    Permit.ENGINE
    | Permit.DAMPERS
    | Permit.TRIP
    | Permit.TANK
    | Permit.AIR
    | Permit.VENTILATION
    | Permit.PUMPS
    | Permit.EXHAUST
    | Permit.BYPASS
)
_INLET_MASK: Final = int(INLET)
_KEEP_MASK: Final = int(INLET | Permit.STEAM)
WARM: Final = (
    Permit.ENGINE
    | Permit.DAMPERS
    | Permit.TRIP
    | Permit.PUMPS
    | Permit.STEAM
    | Permit.TANK
    | Permit.BYPASS
)
_WARM_MASK: Final = int(WARM)
REFILL_S: Final = 10.0  # permissives must stand this long before the rig goes on
GRACE_S: Final = 3.0  # a permissive may blink this long
COLD_degC: Final = 60.0  # COOLDOWN ends here


@dataclass(slots=True)
class Sequencer:
    """State, the request that stands, and the bypass latch."""

    state: Unit = Unit.READY
    asked: Unit = Unit.READY
    bypassed: bool = False
    _good_s: float = 0.0
    _bad_s: float = 0.0
    _button: bool = False

    def ask(self, wanted: int) -> bool:
        """Take a fresh request; return False when it makes no sense as a request."""
        if wanted not in (0, 1, 2, 3, 4, 5, 6):
            return False
        self.asked = Unit(wanted)
        if self.asked in CAPTURING or self.asked is Unit.READY:  # READY resets it, like a trip
            self.bypassed = False
        return True

    def button(self, pressed: bool) -> None:
        """See the momentary bypass bit: its rising edge is always obeyed."""
        if pressed and not self._button:
            self.bypass()
        self._button = pressed

    def bypass(self) -> None:
        """Let the exhaust go to the funnel, now, whatever the state."""
        self.bypassed = True
        if self.asked in CAPTURING:
            self.asked = Unit.HOLD
        if self.state in CAPTURING or self.state is Unit.WARM:
            self.state = Unit.HOLD

    def scan(self, missing: int, tripped: bool, esd: bool, t_reb: float, dt_s: float) -> None:
        """Move at most one state; `missing` is the permissive word of this scan."""
        state = self.state
        if esd or tripped:
            self.state = Unit.ESD if esd else Unit.TRIP
            self._good_s = self._bad_s = 0.0
            if self.asked in CAPTURING:
                self.asked = Unit.HOLD
            return
        if state in CAPTURING:
            self._capture(missing, dt_s)
        elif state in (Unit.TRIP, Unit.ESD):
            self.state = Unit.READY  # the latch is clear: it was reset by request
        elif state in (Unit.HOLD, Unit.READY, Unit.WARM):
            self._wait(missing, dt_s)
        elif state is Unit.COOLDOWN:
            if self.asked not in (Unit.COOLDOWN, Unit.OFF):
                self.state = Unit.READY
            elif t_reb < COLD_degC and self.asked is Unit.OFF:
                self.state = Unit.OFF
        elif self.asked is not Unit.OFF and not missing & int(Permit.PUMPS):
            self.state = Unit.READY

    def _capture(self, missing: int, dt_s: float) -> None:
        self._bad_s = self._bad_s + dt_s if missing & _KEEP_MASK else 0.0
        if self.asked not in CAPTURING or self._bad_s > GRACE_S:
            self.state, self._good_s, self._bad_s = Unit.HOLD, 0.0, 0.0
            return
        self.state = self.asked

    def _wait(self, missing: int, dt_s: float) -> None:
        asked, state = self.asked, self.state
        if asked in CAPTURING or asked is Unit.WARM:
            self._good_s = 0.0 if missing & _WARM_MASK else self._good_s + dt_s
            if self._good_s <= REFILL_S:
                if state is Unit.WARM and self._good_s == 0.0:
                    self.state = Unit.HOLD
                return
            ready = not missing & (_INLET_MASK | int(Permit.HOT))
            self.state = asked if asked in CAPTURING and ready else Unit.WARM
            return
        self._good_s = 0.0
        if asked in (Unit.COOLDOWN, Unit.OFF):
            self.state = Unit.COOLDOWN
        elif asked is Unit.READY:
            self.state = Unit.READY
        else:
            self.state = Unit.HOLD
