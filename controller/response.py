"""Does the rig answer? What is expected after a set-point moves, against what is seen.

A process value that is away from its set-point in force must come nearer at a
least rate; one that stays away without coming nearer does not answer: a stuck
valve, a tripped pump, a loop in MANUAL at the panel.  The idea is that of
Klipper's verify_heater: watch for progress, not for a deadline, so that slow
and fast loops, ramps and large moves need one rule.
"""

from dataclasses import dataclass, replace
from typing import Final

SETPOINTS: Final = 5
NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Watch:
    """One loop being watched: away since (0: it is not), and how far at its nearest.

    `nearest` is the least distance so far, as a share of the range, that
    counted as progress; `failed` says that patience has run out.
    """

    since_ns: int = 0
    nearest: float = NAN
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """`near` and `progress` as shares of the range; `patience_s` for one step of progress."""

    near: float
    progress: float
    patience_s: float


AT_REST: Final = Watch()


def advance(watch: Watch, setpoint: float, value: float, patience: Patience, t_ns: int) -> Watch:
    """Return the watch one cycle later; `setpoint` and `value` as shares of the range.

    What is not known (NaN) is not held against the rig: it has its own alarm.
    """
    away = abs(setpoint - value)
    if away != away or away <= patience.near:
        return AT_REST
    if not watch.since_ns or away > watch.nearest + patience.progress:
        # The set-point moved on: a new start, but a failure stays one until answered.
        return Watch(t_ns, away, watch.failed)
    if away < watch.nearest - patience.progress:
        return Watch(t_ns, away)
    if not watch.failed and (t_ns - watch.since_ns) * 1e-9 >= patience.patience_s:
        return replace(watch, failed=True)
    return watch
