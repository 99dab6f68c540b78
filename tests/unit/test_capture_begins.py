"""When capture begins nothing is measured yet: no figure of the first minute is believed."""

import math

from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

TRANSIENT = int(Reason.TRANSIENT)


def begun() -> BenchRig:
    """Return a rig that held and goes on to capture, its gas still ramping up."""
    rig = BenchRig()
    rig.say(HS_UNIT=5, HS_UNIT_ASKED=5, FT_110=0, AT_301=0.1)
    rig.run(300)
    rig.say(HS_UNIT=3, HS_UNIT_ASKED=3, FT_110=150)
    return rig


def reason(rig: BenchRig, name: str) -> int:
    assert rig.outputs is not None
    return int(rig.outputs.calc_reason[rig.plant.calc[name]])


def test_no_rate_is_said_before_the_gas_side_has_filled() -> None:
    rig = begun()
    for second in range(1, 45):
        rig.say(FT_110=150 + 300 * second)
        rig.run(1)
        assert math.isnan(rig.calc("capture_best_pct"))
        assert reason(rig, "capture_gas_pct") in (TRANSIENT, int(Reason.UNSET))
    rig.say(FT_110=20000, AT_301=2.5)
    rig.run(60)
    assert 50.0 < rig.calc("capture_best_pct") < 70.0


def test_no_way_counts_that_catches_more_than_comes_in() -> None:
    rig = BenchRig()
    rig.run(600)
    rig.spoil("AT-301")
    rig.say(FT_110=3000)
    rig.run(1200)
    assert not rig.calc("capture_best_pct") > 105.0


def test_a_controller_that_starts_while_the_rig_captures_need_not_wait() -> None:
    rig = BenchRig()
    rig.run(30)
    assert 50.0 < rig.calc("capture_best_pct") < 70.0


def test_the_time_until_then_is_a_gap_and_no_lost_analyser() -> None:
    rig = begun()
    rig.run(40)
    assert rig.calc("captured_gap_s") >= 40.0
    assert rig.state.estimate.gas_lost_s == 0.0
