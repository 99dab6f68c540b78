"""Every point that is read is watched for instrument faults: none fails in silence."""

import pytest

from controller.channels import is_input
from seastack.bench.watch_uses import uses
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig, demo

WATCHED = [t.name for t in demo().table.tags if is_input(t) and t.role != "plc_heartbeat"]


def test_every_point_that_is_read_has_a_fault_alarm() -> None:
    plant = demo()
    assert {plant.table.tags[i].name for i in plant.faults} == set(WATCHED)


@pytest.mark.parametrize("name", WATCHED)
def test_a_broken_instrument_is_said_by_its_name(name: str) -> None:
    rig = BenchRig().armed()
    rig.spoil(name, reason=Reason.NE43_LOW)
    rig.run(15)
    assert rig.saw(f"sensor:{name}", "ACTIVE")


def test_what_control_and_accounting_use_comes_before_what_is_only_shown() -> None:
    rig = BenchRig().armed()
    used = uses(rig.plant, lambda: rig.run(1))
    priority = {rig.plant.table.tags[i].name: r.priority for i, r in rig.plant.faults.items()}
    first = {n for n, why in used.items() if {"control", "accounting"} & set(why)}
    assert {n for n in first if priority[n] > 2} == set()
    assert len(first) > 50  # engines, exhaust, solvent, heat, product, the PLC's words
    assert set(priority.values()) == {2, 3}


def test_a_card_of_many_points_is_one_alarm() -> None:
    rig = BenchRig().armed()
    rig.spoil(*(f"TT-31{i}" for i in range(1, 9)), *(f"TT-50{i}" for i in range(1, 5)))
    rig.run(30)
    raised = [source for kind, source, state in rig.events if (kind, state) == ("alarm", "ACTIVE")]
    assert raised == ["sensors:plc"]
