"""What a new life of the controller takes over from the one before.

The target a person asked for and the standing alarms, with their time and
their acknowledgement; never authority, never a lease: a controller begins in
MONITOR, and set-points begin at what is in force when it is armed.  It enters
the first cycle as a request of its own, so it is in the journal, replay puts
it again, and `step` stays the only thing that changes a state.  `leftover`
makes that request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.alarms import Restored, restored
from controller.eventlog import EventLog
from controller.limits import clamp
from controller.types import State

KIND: Final = "resume"
BY: Final = "restart"
SHELL_ID: Final = 0  # no request of a person has it


@dataclass(frozen=True, slots=True)
class Resumed:
    """The state after taking over and one plain sentence about it."""

    state: State
    text: str


def resume(
    state: State,
    args: Mapping[str, float | str],
    texts: Mapping[str, str],
    target_range: tuple[float, float],
    log: EventLog,
) -> Resumed:
    """Return the state with what the run before left: target and standing alarms.

    An alarm the plant folder no longer knows is dropped and counted in the text.
    """
    alarms = [Restored(**a) for a in json.loads(str(args.get("alarms", "[]")))]
    known = [a for a in alarms if a.id in texts]
    target = args.get("target_pct")
    if isinstance(target, int | float):
        state = replace(state, target_pct=clamp(float(target), *target_range))
    after = replace(state, alarms=restored(known, log))
    dropped = len(alarms) - len(known)
    unknown = f"; {dropped} the plant no longer has were dropped" if dropped else ""
    text = (
        f"Taken over from run {args['run']}: target" if "run" in args else "No run before: target"
    )
    damage = f" Journal: {args['damage']}." if "damage" in args else ""
    told = (
        f"{text} {after.target_pct:g} %, {len(known)} standing alarms{unknown}. In MONITOR.{damage}"
    )
    return Resumed(after, told)
