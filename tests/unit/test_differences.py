"""Differences: what instruments of one thing are apart, when it is known, and its alarms."""

from math import isnan
from pathlib import Path

import pytest

from controller.config import configure
from controller.differences import DifferenceSpec, DifferencesState, advance, differences_of
from controller.historian.record import Channel
from controller.points import View, points_of
from controller.snapshot import state_from_bytes, state_to_bytes
from sensors.errors import ConfigError
from sensors.plantfile import load_plant
from tests.unit.bench_rig import BenchRig, demo
from tests.unit.plant_without import plant_without

NAN = float("nan")
SIGNALS = {"a": Channel("a", "kg/h", "calc"), "b": Channel("b", "kg/h", "calc")}
SPEC = {
    "name": "apart",
    "text": "Apart",
    "unit": "kg/h",
    "mean_s": 10.0,
    "expected": 1.0,
    "terms": [{"signal": "a"}, {"signal": "b", "factor": -2.0}],
}


class Desk:
    """Feeds one difference of two calculated channels."""

    def __init__(self, **keys: object) -> None:
        spec = DifferenceSpec.model_validate({**SPEC, **keys})
        self.known, self.absent = differences_of([spec], demo().table, SIGNALS)
        self.state = DifferencesState()
        rig = BenchRig()
        rig.run(1)
        assert rig.outputs is not None
        self.view = View(rig.outputs.checked, points_of(demo().table, 4))

    def run(self, seconds: int, a: float, b: float, capturing: bool = True) -> float:
        for _ in range(seconds):
            self.state, said = advance(self.state, self.known, self.view, (a, b), capturing, 1.0)
        return said[0]


def test_nothing_is_known_before_a_whole_mean() -> None:
    desk = Desk()
    assert isnan(desk.run(9, 7, 2))
    assert desk.run(1, 7, 2) == pytest.approx(2.0)  # |7 - 2 x 2 - 1|


def test_it_is_the_distance_not_the_direction() -> None:
    assert Desk().run(10, 1, 2) == pytest.approx(4.0)


def test_a_step_shows_as_slowly_as_the_mean() -> None:
    desk = Desk()
    desk.run(10, 5, 2)
    assert desk.run(1, 15, 2) == pytest.approx(1.0)
    assert 5.0 < desk.run(10, 15, 2) < 7.0
    assert desk.run(100, 15, 2) == pytest.approx(10.0, abs=0.01)


def test_while_a_point_is_not_known_nothing_is_said_and_a_moment_forgets_nothing() -> None:
    desk = Desk()
    desk.run(10, 7, 2)
    assert isnan(desk.run(3, NAN, 2))
    assert isnan(desk.run(2, 7, 2))
    assert desk.run(1, 7, 2) == pytest.approx(2.0)
    desk.run(20, NAN, 2)
    assert isnan(desk.run(9, 107, 2))
    assert desk.run(1, 107, 2) == pytest.approx(102.0)  # the old mean is gone


def test_in_capture_it_is_known_only_after_it_settled() -> None:
    desk = Desk(when="capturing", settle_s=30.0)
    said = [desk.run(1, 7, 2) for _ in range(60)]
    assert [not isnan(s) for s in said] == [k >= 38 for k in range(60)]
    assert isnan(desk.run(1, 7, 2, capturing=False))
    assert desk.state.capturing_s == 0.0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"terms": [{"role": "lean_flaw"}, {"signal": "a"}]}, "did you mean 'lean_flow'"),
        ({"terms": [{"signal": "c"}, {"signal": "a"}]}, "no channel 'c'"),
        ({"each": "engine_powr"}, "no role 'engine_powr'"),
        ({"name": "a"}, "'a' is used twice"),
    ],
)
def test_what_does_not_exist_is_an_error_in_words(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Desk(**keys)


def test_a_plant_without_the_point_goes_without_the_difference() -> None:
    desk = Desk(terms=[{"role": "lean_flow"}, {"role": "lean_flow", "witness": "B"}])
    assert (desk.known, desk.absent) == ((), frozenset({"apart"}))


ROLES = ["lean_loading", "mea_strength", "vent_flow", "rich_flow", "o2_in", "quench_level"]


@pytest.mark.parametrize("role", ROLES)
def test_the_demo_runs_without_an_optional_point(role: str, tmp_path: Path) -> None:
    folder = plant_without(tmp_path / "demo", [role], alarms_too=False)
    plant = configure(load_plant(folder))
    assert all(role != rule.watches for rule in plant.rules)


def test_the_state_survives_a_snapshot() -> None:
    rig = BenchRig().armed()
    rig.run(5)
    after = state_from_bytes(state_to_bytes(rig.state))
    assert state_to_bytes(after) == state_to_bytes(rig.state)
    assert len(after.differences.mean) == len(rig.plant.differences)


def test_a_drifting_meter_is_told_with_both_instruments() -> None:
    rig = BenchRig().armed()
    rig.run(610)
    assert not rig.saw("product_flows_apart", "ACTIVE")
    rig.say(FT_601=1300)
    rig.run(700)
    assert rig.saw("product_flows_apart", "ACTIVE")
    assert rig.calc("product_flows_apart") > 60.0


def test_one_of_each_engine() -> None:
    names = [d.channel.name for d in demo().differences if d.channel.name.startswith("engine_")]
    assert names == [f"engine_fuel_apart_{i}" for i in range(1, 5)]
    texts = [r.text for r in demo().rules if r.id.startswith("engine_fuel_apart")]
    assert texts[2] == "Fuel and power of engine 3 do not belong together"
