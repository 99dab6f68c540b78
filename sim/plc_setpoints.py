"""The five remote set-points as the PLC keeps them: judged, held, ramped.

Three numbers a set-point: `accepted` (the last one the lease owner wrote and the PLC took),
`target` (accepted, or the local default) and `active` (what the loop follows, HS read-back),
which moves to the target at a limited rate: no hand-over can make a jump.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sim.plc_lease import Reject

LEAN, STEAM, LEAN_T, PRESSURE, TREATED = range(5)
TAGS: Final = ("FIC-401.SP", "FIC-521.SP", "TIC-401.SP", "PIC-501.SP", "FIC-110.SP")
# Share of the span per second at which the active set-point may move.
REMOTE_SLEW: Final = (0.02, 0.02, 0.02, 0.02, 0.04)
LOCAL_SLEW: Final = (0.004, 0.006, 0.01, 0.01, 0.02)
STEP_LIMIT: Final = 0.25  # of the span, in one write: more is a slip of the pen
# Except down, for what takes heat from the ship or gas from its engines: never refused.
FREE_DOWN: Final = frozenset({STEAM, TREATED})


@dataclass(slots=True)
class SetPoints:
    """Limits `lo`, `hi` and the state of the five set-points, engineering units."""

    lo: Sequence[float]
    hi: Sequence[float]
    active: list[float]
    accepted: list[float] = field(init=False)
    ok_word: int = 0
    sequence: int = -1
    acknowledged: int = 0

    def __post_init__(self) -> None:
        self.accepted = list(self.active)

    def take_over(self) -> None:
        """Start a lease from what is in force now: the first change is the owner's."""
        self.accepted = list(self.active)
        self.sequence, self.ok_word = -1, 0

    def judge(self, sequence: int, written: Sequence[float], rate_checked: bool) -> Reject:
        """Judge one block of the lease owner; return the reason of the worst refusal.

        A block whose sequence did not change is not a new block: it is refused as stale
        if it carries other values, ignored if not.  Accepted set-points are kept one by one.
        """
        if sequence == self.sequence:
            changed = any(
                (self.ok_word >> i) & 1 and value != self.accepted[i]
                for i, value in enumerate(written)
            )
            return Reject.STALE_SEQUENCE if changed else Reject.NONE
        self.sequence = self.acknowledged = sequence
        worst, word = Reject.NONE, 0
        lo, hi, accepted, active = self.lo, self.hi, self.accepted, self.active
        for i, value in enumerate(written):
            if value == accepted[i]:
                word |= 1 << i
                continue
            tolerance = 1e-6 * hi[i]  # float32 on the wire
            if not lo[i] - tolerance <= value <= hi[i] + tolerance:
                worst = Reject.LIMITS
                continue
            step = STEP_LIMIT * (hi[i] - lo[i])
            near = abs(value - accepted[i]) <= step or abs(value - active[i]) <= step
            near = near or (i in FREE_DOWN and value < accepted[i])
            if rate_checked and not near:
                worst = worst or Reject.RATE
                continue
            accepted[i] = value
            word |= 1 << i
        self.ok_word = word
        return worst

    def follow(self, target: Sequence[float], slew: Sequence[float], dt_s: float) -> None:
        """Move the active set-points towards `target`, at most `slew` of span a second."""
        active, lo, hi = self.active, self.lo, self.hi
        for i, goal in enumerate(target):
            step = slew[i] * (hi[i] - lo[i]) * dt_s
            delta = goal - active[i]
            active[i] += min(step, max(-step, delta))
