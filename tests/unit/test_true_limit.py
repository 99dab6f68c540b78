"""The limit the page names is the true one, from the first cycle on."""

import pytest

from controller.limits import Constraint
from tests.unit.bench_rig import BenchRig


def test_a_target_that_ramps_up_is_approached_and_not_limited() -> None:
    rig = BenchRig().armed()
    rig.ask("capture_target", pct=10.0)
    rig.run(600)
    rig.ask("capture_target", pct=60.0)
    named, left = set(), []
    for _ in range(40):
        rig.run(10)
        named.add(Constraint(int(rig.calc("constraint"))))
        left.append(rig.calc("target_ramp_min"))
    assert named == {Constraint.APPROACHING}
    assert left[0] == pytest.approx(8.2, abs=0.1)
    assert left == sorted(left, reverse=True)


def test_a_target_that_ramps_down_is_above_target_and_not_gas_limited() -> None:
    rig = BenchRig().armed()
    rig.say(FT_911=250.0, FT_912=250.0)
    rig.run(600)
    assert Constraint(int(rig.calc("constraint"))) is Constraint.GAS
    rig.ask("capture_target", pct=10.0)
    rig.run(30)
    assert Constraint(int(rig.calc("constraint"))) is Constraint.ABOVE_TARGET
    assert rig.calc("target_ramp_min") == pytest.approx(7.8, abs=0.1)


def test_a_rate_above_the_target_is_named_as_that() -> None:
    rig = BenchRig().armed()
    rig.say(AT_301=0.6)
    rig.run(60)
    assert Constraint(int(rig.calc("constraint"))) is Constraint.ABOVE_TARGET


def test_a_target_that_ramps_to_less_than_asked_names_what_limits_it() -> None:
    rig = BenchRig().armed()
    rig.ask("capture_target", pct=10.0)
    rig.run(600)
    rig.say(FT_810=1200.0)
    rig.run(300)
    rig.ask("capture_target", pct=60.0)
    rig.run(60)
    assert rig.calc("target_active_pct") < rig.calc("possible_pct")
    assert Constraint(int(rig.calc("constraint"))) is Constraint.HEAT
