"""One trial of `bench watch`: a broken instrument on a copy of the warmed rig, until it is said.

A trial begins from the same moment as all others, so only the fault differs.
"""

import copy
from dataclasses import dataclass
from typing import Final

from controller.config import PlantConfig
from controller.modes import LOOPS
from controller.types import Outputs
from seastack.bench.sail import Sailing
from sensors.checks import plan_of
from sim.faults import Fault

DRIFT_PER_H: Final = 0.2  # of the range: what goes slower is said at the same deviation, later
_NAMES: Final = {
    "NaN": "analyser_nan",
    "3.5 mA": "ma_3_5",
    "stuck": "analyser_stuck",
    "drift up": "analyser_drift",
    "drift down": "analyser_drift",
}
FAULTS: Final = tuple(_NAMES)
HORIZON_S: Final = {"NaN": 60, "3.5 mA": 60, "stuck": 900, "drift up": 14400, "drift down": 14400}
# A read-back stands still as long as nobody moves its set-point: so somebody does.
_STEP: Final = 0.1  # of the set-point's range


@dataclass(frozen=True, slots=True)
class Said:
    """The first thing that is said: an alarm, its priority, s after the fault; "" for nothing."""

    alarm: str = ""
    text: str = ""
    priority: int = 0
    seconds: float = float("nan")


def copied(sailing: Sailing) -> Sailing:
    """Return a copy that sails on by itself; what never changes is shared."""
    config = sailing.config
    shared = (config, config.table, config.plant, sailing.rig.voyage, sailing.state)
    return copy.deepcopy(sailing, {id(x): x for x in shared})


def at_rest(sailing: Sailing, name: str) -> bool:
    """Return whether a meter stands at the end of its range, where standing still is no fault."""
    channel = sailing.config.table.index[name]
    plan = plan_of(sailing.config.table)
    places = plan.flat_at.tolist()
    if channel not in places:
        return False
    k, value = places.index(channel), float(sailing.rig.value[channel])
    return not plan.flat_low[k] < value < plan.flat_high[k]


def tried(base: Sailing, names: tuple[str, ...], fault: str) -> dict[str, Said]:
    """Break these points at once and return what is said of each, `Said()` for nothing.

    Several at once are told apart by their own instruments' alarms; of a single one, any
    alarm counts.
    """
    sailing = copied(base)
    for name in names:
        sailing.rig.inject(_fault(sailing.config, name, fault))
    said: dict[str, Said] = {}
    standing = set(sailing.state.alarms)
    for k in range(HORIZON_S[fault]):
        _exercise(sailing, names, k)
        outputs = sailing.cycle()
        for name in names:
            heard = _heard(outputs, standing, "" if len(names) == 1 else f"sensor:{name}", k + 1)
            if heard is not None:
                said.setdefault(name, heard)
        if len(said) == len(names):
            break
    return {name: said.get(name, Said()) for name in names}


def _fault(config: PlantConfig, name: str, fault: str) -> Fault:
    if not fault.startswith("drift"):
        return Fault(_NAMES[fault], name)
    tag = config.table[name]
    sign = 1.0 if fault == "drift up" else -1.0
    return Fault(_NAMES[fault], name, sign * DRIFT_PER_H * (tag.hi - tag.lo))


def _heard(outputs: Outputs, standing: set[str], only: str, seconds: int) -> Said | None:
    for event in outputs.events:
        new = event.kind == "alarm" and event.state == "ACTIVE" and event.source not in standing
        if new and only in ("", event.source):
            return Said(event.source, event.text, event.priority, float(seconds))
    return None


def _exercise(sailing: Sailing, names: tuple[str, ...], k: int) -> None:
    """Move the set-point whose read-back is broken, by hand."""
    if k not in (5, 10) or len(names) > 1:
        return
    points = sailing.config.points.setpoints()
    channel = sailing.config.table.index[names[0]]
    for loop, point in zip(LOOPS[1:], points, strict=True):
        if point is None or point.active != channel:
            continue
        if k == 5:
            sailing.ask("loop_mode", {"loop": loop, "mode": "MAN"})
            return
        middle, now = 0.5 * (point.low + point.high), float(sailing.rig.value[channel])
        step = _STEP * (point.high - point.low)
        value = now - step if now > middle else now + step
        sailing.ask("loop_setpoint", {"loop": loop, "value": value})
