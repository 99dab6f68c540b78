"""A device that garbles its numbers: nothing of it is believed, no set-point goes to it."""

import pytest

from sensors.quality import Reason
from sensors.tag import ModbusSource
from tests.unit.bench_rig import BenchRig
from tests.unit.test_alarm_causes import raised


def _wide(rig: BenchRig) -> list[str]:
    return [
        t.name
        for t in rig.plant.plant.tags_of("plc")
        if isinstance(t.source, ModbusSource) and t.source.type == "float32"
    ]


def test_no_set_point_goes_to_a_device_that_garbles_its_numbers() -> None:
    """It would read another number: 512 kg/h of steam as 1e-38 kg/h, inside its limits."""
    rig = BenchRig().armed()
    before = rig.run(5).write
    assert {"FIC-401.SP", "FIC-521.SP", "HS-PC-BEAT", "HS-PC-UNIT"} <= before.keys()
    rig.spoil(*_wide(rig), reason=Reason.RANGE)
    during = rig.run(1).write
    assert not [name for name in during if name.endswith(".SP")]
    assert {"HS-PC-BEAT", "HS-PC-SEQ", "HS-PC-UNIT"} <= during.keys(), "the lease goes on"
    rig.run(30)
    rig.mend()
    after = rig.run(1).write
    assert after["FIC-401.SP"] == pytest.approx(before["FIC-401.SP"], rel=0.05)


def test_one_garbled_value_keeps_no_set_point_back() -> None:
    rig = BenchRig().armed()
    rig.spoil("FT-521", "TT-521", reason=Reason.RANGE)
    assert "FIC-521.SP" in rig.run(1).write


def test_set_points_refused_while_a_link_garbles_are_one_alarm() -> None:
    rig = BenchRig().armed()
    rig.say(HS_SP_OK=30, HS_REJECT=3)
    rig.spoil(*_wide(rig), reason=Reason.RANGE)
    rig.run(50)
    assert raised(rig) == ["sensors:plc"]
    rig.mend()
    rig.say(HS_SP_OK=30, HS_REJECT=3)
    rig.run(30)
    assert raised(rig) == ["sensors:plc", "setpoint_refused"], "what stays refused is told"


def test_one_instrument_that_failed_first_is_not_told_beside_the_many() -> None:
    rig = BenchRig()
    rig.run(20)
    rig.spoil("ZT-102", reason=Reason.RANGE)
    rig.run(3)
    rig.spoil(*_wide(rig), reason=Reason.RANGE)
    rig.run(40)
    assert raised(rig) == ["sensors:plc"]
    rig.mend()
    rig.spoil("ZT-102", reason=Reason.RANGE)
    rig.run(30)
    assert raised(rig) == ["sensors:plc", "sensor:ZT-102"], "what stays at fault is told"


def test_a_refused_set_point_goes_on_from_what_is_in_force() -> None:
    """A garbled write was taken, 0 kg/h of steam: the step back is refused as too large."""
    rig = BenchRig().armed()
    rate = rig.plant.control.steam.rate_kg_h_per_s
    del rig.follows["FIC-521.SP"]
    rig.say(HS_SP_OK=29, HS_REJECT=4, FIC_521__SPR=0)
    rig.run(3)
    assert rig.sent("FIC-521.SP") == pytest.approx(rate, abs=0.1)
    lean = rig.sent("FIC-401.SP")
    assert lean == pytest.approx(21000, rel=0.05), "what was taken goes on as it was"
    rig.follows["FIC-521.SP"] = "FIC-521.SPR"
    rig.say(HS_SP_OK=31, HS_REJECT=0)
    before = rig.sent("FIC-521.SP")
    rig.run(10)
    assert rig.sent("FIC-521.SP") == pytest.approx(before + 10 * rate, rel=0.1)


def test_a_refusal_that_stays_winds_nothing_up() -> None:
    rig = BenchRig().armed()
    del rig.follows["FIC-521.SP"]
    rig.say(HS_SP_OK=29, HS_REJECT=3, FIC_521__SPR=900)
    rig.run(600)
    rate = rig.plant.control.steam.rate_kg_h_per_s
    assert rig.sent("FIC-521.SP") == pytest.approx(900 + rate, abs=0.1)


def test_what_is_in_force_beyond_our_range_is_not_asked_for() -> None:
    """A read-back may be a little beyond its range, and is believed."""
    rig = BenchRig().armed()
    point = rig.plant.points.treated
    assert point is not None
    del rig.follows["FIC-110.SP"]
    beyond = point.high + 0.01 * (point.high - point.low)
    rig.say(HS_SP_OK=15, HS_REJECT=4, FIC_110__SPR=beyond)
    for _ in range(5):
        assert rig.run(1).write["FIC-110.SP"] <= point.high
