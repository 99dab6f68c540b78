"""What goes into a cycle, what comes out, and what it remembers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from controller.acceptance import Acceptance
from controller.actuation import ActuationState
from controller.alarms import NO_ALARMS, Alarms, Counts
from controller.authority import AuthorityState
from controller.boilers import Boilers
from controller.bypass import BypassWatch, Unheard
from controller.differences import DifferencesState
from controller.estimate import EstimateState
from controller.historian.record import Event
from controller.inlet import InletState
from controller.interlocks import UnitRequest
from controller.masters import Masters
from controller.modes import Loop, initial_loops
from controller.response import AT_REST, SETPOINTS, Watch
from controller.scene import RegulateState
from controller.trips import Trip
from sensors.checks import CheckState
from sensors.image import F64, Image
from sensors.tag import TagTable


@dataclass(frozen=True, slots=True)
class Command:
    """One request of a person, from the inbox.

    kind: arm, disarm, bypass, capture_target {pct}, unit {state}, loop_mode
    {loop, mode}, loop_setpoint {loop, value}, ack {alarm: id or "all", raised_ms: the
    occurrence that was looked at}.
    """

    id: int
    kind: str
    by: str
    t_ns: int
    args: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the last cycle's write: (tag name, why) for each refused tag."""

    ok: bool = True
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """What the shell knows about itself: the last cycle's duration, cycles skipped."""

    cycle_ms: float = 0.0
    overruns: int = 0
    journal_fault: bool = False
    copy_refused: bool = False  # the time-series server will have nothing from us
    journal_used_pct: float = 0.0  # of the journal's room, by what exists nowhere else
    certificate_ending: bool = False  # one of the pki folder has less than 30 days left
    inbox_deaf: bool = False  # requests of people cannot be read
    journal_damaged: bool = False  # damage was found a moment ago, or at the start


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a cycle reads, and nothing else. `dt_ns`: plant time since the last."""

    seq: int
    t_ns: int
    dt_ns: int
    raw: Image
    commands: tuple[Command, ...] = ()
    plan: None = None
    written_last: Written = field(default_factory=Written)
    health: Health = field(default_factory=Health)
    owner_id: int = 1  # the number by which the PLC knows this installation
    nonce: int = 0  # of this start: what tells two copies of one installation apart


@dataclass(frozen=True, slots=True)
class Outputs:
    """Everything a cycle decides.

    `write` is one block by tag name (empty: write nothing); `bypass` asks for
    the bypass bit in any case; `calc` float64 in the order of
    `channels.calc_channels`, with quality uint8 and reason uint32.
    """

    checked: Image
    write: Mapping[str, float]
    bypass: bool
    calc: F64
    calc_quality: NDArray[np.uint8]
    calc_reason: NDArray[np.uint32]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What one cycle hands to the next. Immutable; see `controller.snapshot`.

    `steady_ns` is the time of the first cycle plus all `dt_ns` since: it never
    jumps, so every timer in the cycle counts with it and not with UTC.
    """

    checks: CheckState
    target_pct: float
    steady_ns: int = 0
    capturing: bool = False  # as last known
    trip: Trip = field(default_factory=Trip)
    authority: AuthorityState = field(default_factory=AuthorityState)
    masters: Masters = field(default_factory=Masters)
    unit: UnitRequest = field(default_factory=UnitRequest)
    bypass: BypassWatch = field(default_factory=BypassWatch)
    unheard: Unheard = field(default_factory=Unheard)
    loops: tuple[Loop, ...] = field(default_factory=initial_loops)
    inlet: InletState = field(default_factory=InletState)
    regulate: RegulateState = field(default_factory=RegulateState)
    estimate: EstimateState = field(default_factory=EstimateState)
    actuation: ActuationState = field(default_factory=ActuationState)
    acceptance: Acceptance = field(default_factory=Acceptance)
    response: tuple[Watch, ...] = (AT_REST,) * SETPOINTS
    differences: DifferencesState = field(default_factory=DifferencesState)
    alarms: Alarms = field(default_factory=lambda: NO_ALARMS)
    alarm_counts: Counts = field(default_factory=Counts)
    boilers: Boilers = field(default_factory=Boilers)
    lease_fresh: bool = False  # granted in this cycle

    @classmethod
    def initial(cls, table: TagTable, target_pct: float) -> "State":
        """Return the state before the first cycle: MONITOR, nothing known."""
        return cls(checks=CheckState.initial(table), target_pct=target_pct)
