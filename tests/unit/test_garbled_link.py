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
