"""What a point is for: which part of the controller asks for its value.

No list to keep.  For some cycles the step looks at its image through a view that notes who
asks for which channel; the part that asks says what for.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from controller import cycle
from controller.config import PlantConfig
from controller.points import View

CYCLES: Final = 5
USES: Final = ("control", "accounting", "levels", "alarms")
ACCOUNTING: Final = frozenset({"controller.estimate", "controller.results", "controller.ways"})
ALARMS: Final = frozenset({"controller.alarming"})


def uses(plant: PlantConfig, advance: Callable[[], object]) -> dict[str, tuple[str, ...]]:
    """Return by name of every point that is read what it is used for, () for shown only.

    `advance` runs one cycle, in CAPTURE; limits on set-points count as control.
    """
    with _noted() as asked:
        for _ in range(CYCLES):
            advance()
    levels = {i for i, t in enumerate(plant.table.tags) if (t.role or "").endswith("_level")}
    asked["levels"] |= levels
    asked["alarms"] |= {r.channel for r in plant.rules}
    return {
        plant.table.tags[i].name: tuple(use for use in USES if i in asked[use])
        for i in plant.read.tolist()
    }


@contextmanager
def _noted() -> Iterator[dict[str, set[int]]]:
    """Note which channels the step asks for, by use."""
    asked: dict[str, set[int]] = defaultdict(set)

    class Noting(View):
        __slots__ = ()

        def at(self, channel: int) -> float:
            _note(asked, channel)
            return super().at(channel)

        def of(self, role: str) -> float:
            _note(asked, self._role.get(role, -1))
            return super().of(role)

        def quality_of(self, role: str) -> int:
            _note(asked, self._role.get(role, -1))
            return super().quality_of(role)

    names = vars(cycle)
    names["View"] = Noting
    try:
        yield asked
    finally:
        names["View"] = View


def _note(asked: dict[str, set[int]], channel: int) -> None:
    name = str(sys._getframe(2).f_globals["__name__"])
    use = "accounting" if name in ACCOUNTING else "alarms" if name in ALARMS else "control"
    asked[use].add(channel)
