"""Children of a demo that end by themselves are said, and started again as a service is.

The controller comes back as it would aboard: in MONITOR, with what people left, and it
is not armed by itself. A rig that comes back is as new, at this hour of the voyage.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from seastack.fleet import CONTROLLER, PAGE, SIMULATOR, ChildFailed, Fleet

PAUSE_S: Final = 5.0  # from an end to the new start: the page shows meanwhile what is missing
OFTEN: Final = 4  # ends of one child within WITHIN_S that end the demo
WITHIN_S: Final = 120.0
USER_ERROR: Final = 2  # exit code of a mistake, which a new start would only repeat

WHAT_NOW: Final = {
    CONTROLLER: "the PLC has the rig within 5 s",
    PAGE: "control goes on without it",
    SIMULATOR: "the rig is gone, as if its PLC had lost power",
}


@dataclass(slots=True)
class Attendance:
    """Looks after the children of a fleet; `look` once in a while."""

    fleet: Fleet
    say: Callable[[str], None]
    now_s: Callable[[], float] = time.monotonic
    _due_s: dict[str, float] = field(default_factory=dict)
    _ends_s: dict[str, list[float]] = field(default_factory=dict)

    def look(self) -> None:
        """Say who ended; start who has been gone for PAUSE_S.

        Raises ChildFailed for one that ended by a mistake of ours, ends again and again,
        or does not get ready.
        """
        for name in self.fleet.ended():
            if name not in self._due_s:
                self._ended(name)
            elif self.now_s() >= self._due_s[name]:
                self._start(name)

    def _ended(self, name: str) -> None:
        now_s, why = self.now_s(), self.fleet.obituary(name)
        recent = [t for t in self._ends_s.get(name, []) if now_s - t < WITHIN_S]
        self._ends_s[name] = [*recent, now_s]
        if len(recent) + 1 >= OFTEN or self.fleet.exit_code(name) == USER_ERROR:
            raise ChildFailed(why)
        self._due_s[name] = now_s + PAUSE_S
        self.say(f"{why}\n  {WHAT_NOW[name]}; it is started again in {PAUSE_S:g} s")

    def _start(self, name: str) -> None:
        del self._due_s[name]
        self.fleet.start(name)
        self.say(_back(name, self.fleet))


def _back(name: str, fleet: Fleet) -> str:
    state = fleet.plan.state
    if name == CONTROLLER:
        return (
            "the controller is back, in MONITOR: it steers nothing until a person arms it,\n"
            f"  on the page or with: seastack arm --state {state}"
        )
    if name == PAGE:
        return f"the page is back: {fleet.plan.url}"
    return "the rig is back; where the unit is not capturing, ask for it: " + (
        f"seastack unit CAPTURE --state {state}"
    )
