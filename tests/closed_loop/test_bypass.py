"""Presses on a healthy rig: proven in time, no alarm, and one press leads back."""

import numpy as np
import pytest

from controller.bypass import REACH_S
from controller.config import PlantConfig, configure
from seastack.bench.presses import press, stories, under_way, warm_rigs
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.plc_states import Unit
from sim.rig import Rig

pytestmark = pytest.mark.timeout(600)  # the first run compiles the plant
SOME = 25  # `seastack bench bypass` takes a hundred


@pytest.fixture(scope="module")
def config() -> PlantConfig:
    return configure(load_plant(locate("demo")))


@pytest.fixture(scope="module")
def rigs(config: PlantConfig) -> list[Rig]:
    return warm_rigs(config, voyages.load("birka"), seed=1)


def test_presses_on_a_healthy_rig_raise_no_alarm(rigs: list[Rig], config: PlantConfig) -> None:
    pressed = [press(rigs, config, story) for story in stories(SOME)]
    assert len(pressed) == SOME
    assert [p for p in pressed if p.alarms] == []
    run_down_s = config.spec.bypass.run_down_s
    assert [p for p in pressed if not 0 < p.proven_s <= run_down_s + REACH_S] == []
    assert {Unit.CAPTURE, Unit.TURNDOWN, Unit.HOLD, Unit.WARM, Unit.READY} <= {
        p.state for p in pressed
    }
    slowest = max(p.proven_s for p in pressed)
    assert slowest >= 0.6 * run_down_s, "the plant's figure is far too long for this rig"


def test_the_way_back_leads_from_ready_bypassed_at_the_panel(
    rigs: list[Rig], config: PlantConfig
) -> None:
    sailing = under_way(rigs[1], config, "", 10)
    sailing.rig.press(Unit.READY)
    for _ in range(30):
        sailing.cycle()
    sailing.rig.plc.unit.bypass()
    sailing.ask("arm")
    for _ in range(5):
        sailing.cycle()
    assert sailing.rig.plc.unit.bypassed
    assert sailing.rig.plc.unit.asked is Unit.READY, "a request that stands is not a fresh one"
    sailing.ask("unit", {"state": "CAPTURE"})
    for _ in range(120):
        sailing.cycle()
    assert sailing.rig.plc.unit.state is Unit.CAPTURE


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
        if sailing.rig.plc.unit.bypassed:
            assert outputs.write["HS-PC-UNIT"] not in (Unit.CAPTURE, Unit.TURNDOWN)
    assert sailing.rig.plc.unit.state is Unit.CAPTURE
    assert np.isfinite(outputs.calc[config.calc["capture_10min_pct"]])
