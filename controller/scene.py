"""What the set-points of a cycle rest on, what they remember, and what was decided."""

from dataclasses import dataclass
from enum import IntEnum

from controller.inlet import Inlet
from controller.limits import Constraint
from controller.modes import Loop
from controller.points import NAN, View


class Source(IntEnum):
    """What the capture loop steers on; the numbers are journalled."""

    NOTHING = 0
    GAS = 1
    LIQUID = 2
    PRODUCT = 3
    LIQUID_AND_PRODUCT = 4


@dataclass(frozen=True, slots=True)
class RegulateState:
    """Filters and integrators; NaN until first known.

    fast, bias: filtered gas-side capture (%) and the slow correction to it;
    possible_pct, target_pct: filtered estimate and the target in force;
    lean_lag, steam_lag (kg/h): lags of the two feed-forwards; trim, heat
    (1, kg/h): integrals of the two loops; steam_kg_h, caught_kg_h: slow means
    for the specific duty; since_ns: capturing since (0: not); seen: the capture
    the loop saw last (%); blind_s: time without a gas side that can be believed;
    source: what it steers on; ceiling_pct, trim_kept: target in force and trim
    when the gas side was lost (NaN: it is there).
    """

    fast: float = NAN
    bias: float = 0.0
    possible_pct: float = NAN
    target_pct: float = NAN
    lean_lag: float = NAN
    steam_lag: float = NAN
    trim: float = 0.0
    heat: float = 0.0
    steam_kg_h: float = NAN
    caught_kg_h: float = NAN
    since_ns: int = 0
    seen: float = NAN
    blind_s: float = 0.0
    source: Source = Source.NOTHING
    ceiling_pct: float = NAN
    trim_kept: float = NAN


@dataclass(frozen=True, slots=True)
class Scene:
    """What the decision of this cycle rests on, besides state and configuration.

    `follow`: the PLC moves the rig by itself, set-points track what is in
    force; `armed`: they are written, so momentary limits bind them in every
    mode; gas_pct: capture of treated gas by the gas side, NaN when not GOOD or
    contradicted; best_pct: by all that count; others: what is there beside it;
    refused: a bit for each set-point that the PLC has not taken.
    """

    view: View
    inlet: Inlet
    loops: tuple[Loop, ...]
    asked_pct: float
    gas_pct: float
    best_pct: float
    others: Source
    capturing: bool
    follow: bool
    armed: bool
    t_ns: int
    dt_s: float
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, for the record and the screen."""

    measured_pct: float
    target_pct: float
    possible_pct: float
    constraint: Constraint
    available_steam_kg_h: float
    t_reboiler_sp_degC: float
    trim: float
    heat_kg_h: float
    ramp_min: float


def settled(state: RegulateState, capturing: bool, t_ns: int, entry_s: float) -> bool:
    """Return whether the gas side has filled since capture began: loops may act."""
    return capturing and bool(state.since_ns) and (t_ns - state.since_ns) * 1e-9 >= entry_s
