"""Loop modes: what each loop is asked to do, may do, and does.

The words are those of ISA-5.1/5.9 and Fieldbus practice.  A loop has a target
mode (what a person asked), permitted modes (what it can do at all) and an
actual mode (what it does now, and the reason when that is not the target).
Nothing here knows a tag or a number of the plant.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final


class Mode(IntEnum):
    """Actual mode of a loop; the numbers are journalled and fixed for ever."""

    OOS = 0  # out of service: writes nothing new
    IMAN = 1  # initialisation manual: an input is BAD, output frozen
    LO = 2  # local override: the PLC has the loop
    MAN = 3  # a person sets the output
    AUTO = 4  # the loop's own set-point
    CAS = 5  # set-point from the loop above


LOOPS: Final = ("capture", "lean", "steam", "treated", "lean_t", "pressure")
CAPTURE, LEAN, STEAM, TREATED, LEAN_T, PRESSURE = range(6)

PERMITTED: Final[tuple[frozenset[Mode], ...]] = (
    frozenset({Mode.OOS, Mode.MAN, Mode.AUTO}),
    frozenset({Mode.OOS, Mode.MAN, Mode.AUTO, Mode.CAS}),
    frozenset({Mode.OOS, Mode.MAN, Mode.AUTO, Mode.CAS}),
    frozenset({Mode.OOS, Mode.MAN, Mode.AUTO, Mode.CAS}),
    frozenset({Mode.OOS, Mode.MAN, Mode.AUTO}),
    frozenset({Mode.OOS, Mode.MAN, Mode.AUTO}),
)
NORMAL: Final = (Mode.AUTO, Mode.CAS, Mode.CAS, Mode.CAS, Mode.AUTO, Mode.AUTO)


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop: modes, the person's set-point and since when a vital input is missing.

    `setpoint` is in the loop's unit (capture: trim of the lean ratio in %);
    NaN means none was given yet.  `bad_since_ns` is 0 while all vital inputs are good.
    """

    target: Mode
    actual: Mode = Mode.LO
    setpoint: float = float("nan")
    bad_since_ns: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides a loop's actual mode, besides its target."""

    armed: bool
    ours: bool  # lease held and the unit capturing: outside CAPTURE the PLC's sequence has it


def initial_loops() -> tuple[Loop, ...]:
    """Return all loops in their normal mode, given to the PLC."""
    return tuple(Loop(target=mode) for mode in NORMAL)


def actual_mode(target: Mode, inputs_good: bool, situation: Situation) -> Mode:
    """Return the mode a loop can really be in; the first rule that holds wins."""
    if target is Mode.OOS:
        return Mode.OOS
    if not situation.armed:
        return Mode.LO
    if not inputs_good:
        return Mode.IMAN
    return target if situation.ours else Mode.LO


def advance(
    loop: Loop, inputs_good: bool, situation: Situation, t_ns: int, vital_good: bool | None = None
) -> Loop:
    """Return the loop one cycle later; the same object when nothing changed.

    `vital_good`: whether the inputs are there without which capture cannot go on;
    None: they are the loop's inputs.
    """
    actual = actual_mode(loop.target, inputs_good, situation)
    vital = inputs_good if vital_good is None else vital_good
    bad_since = 0 if vital else (loop.bad_since_ns or t_ns)
    if actual is loop.actual and bad_since == loop.bad_since_ns:
        return loop
    return replace(loop, actual=actual, bad_since_ns=bad_since)


def request_mode(loop: Loop, number: int, mode: Mode, in_force: float) -> Loop | str:
    """Return the loop with a new target mode, or why that is refused.

    Entering MAN or AUTO without a set-point takes the value in force, so the
    hand-over has no bump.
    """
    if mode not in PERMITTED[number]:
        allowed = ", ".join(sorted(m.name for m in PERMITTED[number]))
        return f"loop {LOOPS[number]} cannot be in {mode.name}; permitted are {allowed}"
    return replace(loop, target=mode, setpoint=in_force)


def bad_for_s(loops: tuple[Loop, ...], t_ns: int) -> float:
    """Return how long (s) the worst of the four process loops has missed a vital input."""
    since = [loop.bad_since_ns for loop in loops[: TREATED + 1] if loop.bad_since_ns]
    return (t_ns - min(since)) * 1e-9 if since else 0.0
