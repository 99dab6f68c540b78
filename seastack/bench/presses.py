"""Presses of bypass on a healthy rig, in one process: how long proof takes, what is raised."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Final

from controller.bypass import BypassState
from controller.config import PlantConfig
from controller.types import Outputs
from seastack.bench.sail import Sailing
from sim.plc_states import Unit
from sim.rig import Rig
from sim.voyages import Voyage

# At sea at two loads, arriving, in port.
MOMENTS: Final = (
    datetime(2014, 1, 20, 10, 0, tzinfo=UTC),
    datetime(2014, 2, 1, 10, 0, tzinfo=UTC),
    datetime(2014, 2, 1, 6, 30, tzinfo=UTC),
    datetime(2014, 2, 1, 4, 0, tzinfo=UTC),
)
ASKED: Final = ("", "CAPTURE", "TURNDOWN", "HOLD", "WARM", "READY")  # "": nobody armed
LATER_S: Final = (30, 75, 130, 200)
WATCHED_S: Final = 60
ARM_S, UNIT_S = 5, 10  # after the start


@dataclass(frozen=True, slots=True)
class Story:
    """When bypass is pressed: on which rig, what it was asked for before, after how long."""

    moment: int
    asked: str
    after_s: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """What became of a press; `proven_s` 0 for never, `state` the unit's when pressed."""

    story: Story
    state: Unit
    proven_s: int
    alarms: tuple[str, ...]


def stories(count: int = 100) -> list[Story]:
    """Return so many presses over all moments and states, the first ones of every kind."""
    every = [Story(*s) for s in product(range(len(MOMENTS)), ASKED, LATER_S)]
    more = [Story(0, "CAPTURE", 300 + 7 * k) for k in range(max(0, count - len(every)))]
    stride = max(1, len(every) // count)
    return [*every[::stride], *more][:count]


def warm_rigs(config: PlantConfig, voyage: Voyage, seed: int) -> list[Rig]:
    """Return a rig, warm and steady, for each moment."""
    rigs = [Rig(config.plant, voyage, seed, int(m.timestamp() * 1e9)) for m in MOMENTS]
    for rig in rigs:
        rig.warm()
    return rigs


def under_way(warm: Rig, config: PlantConfig, asked: str, after_s: int) -> Sailing:
    """Return a copy of a rig some time after it was asked for a unit state."""
    shared = {id(part): part for part in (warm.plant, warm.voyage, warm.plant.spec, warm.table)}
    sailing = Sailing(deepcopy(warm, shared), config)
    for second in range(after_s):
        if asked and second == ARM_S:
            sailing.ask("arm")
        if asked and second == UNIT_S:
            sailing.ask("unit", {"state": asked})
        sailing.cycle()
    return sailing


def press(warm: Sequence[Rig], config: PlantConfig, story: Story) -> Pressed:
    """Press bypass and watch for a minute."""
    sailing = under_way(warm[story.moment], config, story.asked, story.after_s)
    state = sailing.rig.plc.unit.state
    sailing.ask("bypass")
    proven_s, raised = 0, []
    for second in range(1, WATCHED_S):
        outputs = sailing.cycle()
        raised += _raised(outputs)
        proven = outputs.calc[config.calc["bypass_state"]] == BypassState.PROVEN
        proven_s = proven_s or (second if proven else 0)
    return Pressed(story, state, proven_s, tuple(raised))


def _raised(outputs: Outputs) -> list[str]:
    alarms = [e for e in outputs.events if e.kind == "alarm" and e.state == "ACTIVE"]
    return [e.source for e in alarms if "bypass" in e.source]
