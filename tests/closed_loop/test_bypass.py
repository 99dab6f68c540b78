"""A hundred presses on a healthy rig: proven in time, no alarm, and one press leads back."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest

from controller.bypass import REACH_S, BypassState
from controller.config import PlantConfig, configure
from controller.types import Outputs
from seastack.bench.sail import Sailing
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.plc_states import Unit
from sim.rig import Rig

pytestmark = pytest.mark.timeout(600)  # the first run compiles the plant

# At sea at two loads, arriving, in port.
MOMENTS = [
    datetime(2014, 1, 20, 10, 0, tzinfo=UTC),
    datetime(2014, 2, 1, 10, 0, tzinfo=UTC),
    datetime(2014, 2, 1, 6, 30, tzinfo=UTC),
    datetime(2014, 2, 1, 4, 0, tzinfo=UTC),
]
ASKED = ["", "CAPTURE", "TURNDOWN", "HOLD", "WARM", "READY"]  # "": MONITOR
LATER_S = [30, 75, 130, 200]


@pytest.fixture(scope="module")
def config() -> PlantConfig:
    return configure(load_plant(locate("demo")))


@pytest.fixture(scope="module")
def rigs(config: PlantConfig) -> list[Rig]:
    voyage = voyages.load("birka")
    made = [Rig(config.plant, voyage, 1, int(m.timestamp() * 1e9)) for m in MOMENTS]
    for rig in made:
        rig.warm()
    return made


def copy_of(rig: Rig) -> Rig:
    shared = {id(part): part for part in (rig.plant, rig.voyage, rig.plant.spec, rig.table)}
    return deepcopy(rig, shared)


def calc(sailing: Sailing, outputs: Outputs, name: str) -> float:
    return float(outputs.calc[sailing.config.calc[name]])


def under_way(rig: Rig, config: PlantConfig, asked: str, seconds: int) -> Sailing:
    """Return a rig some time after it was asked for a unit state; "": nobody armed."""
    sailing = Sailing(copy_of(rig), config)
    for second in range(seconds):
        if asked and second == 5:
            sailing.ask("arm")
        if asked and second == 10:
            sailing.ask("unit", {"state": asked})
        sailing.cycle()
    return sailing


def alarms(outputs: Outputs) -> Iterator[str]:
    for event in outputs.events:
        if event.kind == "alarm" and event.state == "ACTIVE" and "bypass" in event.source:
            yield event.source


def test_a_hundred_presses_on_a_healthy_rig_raise_no_alarm(
    rigs: list[Rig], config: PlantConfig
) -> None:
    stories = list(product(range(len(rigs)), ASKED, LATER_S))
    stories += [(0, "CAPTURE", 300 + 7 * k) for k in range(4)]
    assert len(stories) == 100
    run_down_s = config.spec.bypass.run_down_s
    raised, slowest, seen = [], 0, set()
    for which, asked, seconds in stories:
        sailing = under_way(rigs[which], config, asked, seconds)
        seen.add(sailing.rig.plc.unit.state)
        sailing.ask("bypass")
        proven_s = 0
        for second in range(1, 60):
            outputs = sailing.cycle()
            raised += [(which, asked, name) for name in alarms(outputs)]
            if not proven_s and calc(sailing, outputs, "bypass_state") == BypassState.PROVEN:
                proven_s = second
        assert 0 < proven_s <= run_down_s + REACH_S, (which, asked, seconds)
        slowest = max(slowest, proven_s)
    assert raised == []
    assert {Unit.CAPTURE, Unit.TURNDOWN, Unit.HOLD, Unit.WARM, Unit.READY} <= seen
    assert slowest >= 0.6 * run_down_s, "the plant's figure is far too long for this rig"


@pytest.mark.parametrize("armed_before", [True, False])
def test_one_press_leads_from_a_bypass_back_to_capture(
    rigs: list[Rig], config: PlantConfig, armed_before: bool
) -> None:
    sailing = under_way(rigs[1], config, "CAPTURE" if armed_before else "", 60)
    sailing.ask("bypass")
    for _ in range(40):
        sailing.cycle()
    if not armed_before:
        sailing.ask("arm")
        for _ in range(5):
            sailing.cycle()
    assert sailing.rig.plc.unit.bypassed
    sailing.ask("unit", {"state": "CAPTURE"})
    for _ in range(120):
        outputs = sailing.cycle()
        asked = outputs.write["HS-PC-UNIT"]
        if sailing.rig.plc.unit.bypassed:
            assert asked not in (Unit.CAPTURE, Unit.TURNDOWN)
    assert sailing.rig.plc.unit.state is Unit.CAPTURE
    assert np.isfinite(calc(sailing, outputs, "capture_10min_pct"))
