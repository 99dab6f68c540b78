"""Common alarm, healthy and engineer call need no lease, and nothing else goes out with them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.resume import ENDING
from controller.types import Command, Health
from sim.plc_io import Mailbox
from tests.unit.bench_rig import BenchRig

NAN = float("nan")
OUTPUTS = {"HS-PC-ALARM", "HS-PC-HEALTHY", "HS-PC-CALL"}
HAND_BACK = {"HS-PC-BEAT", "HS-PC-SEQ", "HS-PC-OWNER"}


def out(rig: BenchRig) -> tuple[float, float, float]:
    """Return common alarm, healthy and call as written in the last cycle."""
    rig.run(1)  # alarms come last in a cycle: their outputs go out with the next
    return rig.sent("HS-PC-ALARM"), rig.sent("HS-PC-HEALTHY"), rig.sent("HS-PC-CALL")


@pytest.mark.parametrize("armed", [False, True])
def test_a_gas_alarm_calls_the_engineer_in_every_mode(armed: bool) -> None:
    rig = BenchRig()
    rig = rig.armed() if armed else rig
    rig.run(5)
    assert out(rig) == (0.0, 1.0, 0.0)
    rig.say(GT_801=2.0)
    rig.run(3)
    assert out(rig) == (1.0, 1.0, 1.0)
    rig.ask("ack", alarm="space_co2_high_high_1")
    assert out(rig) == (1.0, 1.0, 0.0)
    rig.say(GT_801=0.05)
    rig.run(62)
    assert out(rig) == (0.0, 1.0, 0.0)


def test_an_alarm_to_know_of_is_a_common_alarm_and_calls_nobody() -> None:
    rig = BenchRig()
    rig.health = Health(certificate_ending=True)
    rig.run(5)
    assert out(rig) == (1.0, 1.0, 0.0)


def test_an_alarm_that_is_over_and_not_acknowledged_still_calls() -> None:
    rig = BenchRig()
    rig.say(PT_102=33.0)
    rig.run(5)
    rig.say(PT_102=12.0)
    rig.run(30)
    assert out(rig) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(("owner", "written"), [(0.0, OUTPUTS), (NAN, OUTPUTS), (9.0, set())])
def test_in_monitor_they_are_not_written_over_another_owner(
    owner: float, written: set[str]
) -> None:
    rig = BenchRig()
    rig.say(HS_OWNER=owner)
    assert set(rig.run(3).write) == written


def test_after_disarming_the_call_goes_on() -> None:
    rig = BenchRig().armed()
    rig.ask("disarm")
    rig.run(5)
    rig.say(GT_801=2.0)
    rig.run(3)
    assert out(rig) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("armed", [False, True])
def test_healthy_goes_to_zero_on_the_orderly_end(armed: bool) -> None:
    rig = BenchRig()
    rig = rig.armed() if armed else rig
    rig.run(5)
    end = Command(0, "disarm", "shutdown", rig.t_ns, {ENDING: 1.0})
    assert rig._cycle((end,), 1.0).write["HS-PC-HEALTHY"] == 0.0
    assert out(rig)[1] == 0.0


def test_a_person_cannot_ask_for_the_end() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.ask("disarm", **{ENDING: 1.0})
    assert out(rig)[1] == 1.0


REQUESTS = st.sampled_from(
    [
        ("disarm", {}),
        ("bypass", {}),
        ("unit", {"state": "CAPTURE"}),
        ("unit", {"state": "HOLD"}),
        ("capture_target", {"pct": 80.0}),
        ("loop_mode", {"loop": "steam", "mode": "MAN"}),
        ("loop_setpoint", {"loop": "steam", "value": 500.0}),
        ("ack", {"alarm": "all"}),
    ]
)
WORDS = st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, NAN])
CYCLE = st.tuples(st.one_of(st.none(), REQUESTS), WORDS, WORDS, WORDS, st.booleans())


@settings(max_examples=40, deadline=None)
@given(st.booleans(), st.lists(CYCLE, max_size=12))
def test_in_monitor_no_set_point_owner_lease_or_unit_word_is_ever_written(
    was_armed: bool,
    cycles: list[tuple[tuple[str, dict[str, float | str]] | None, float, float, float, bool]],
) -> None:
    rig = BenchRig()
    rig.run(2)
    if was_armed:
        rig.ask("arm")
        rig.run(2)
        handed = [set(rig.ask("disarm").write)]
    for k, (request, owner, unit, trip, down) in enumerate(cycles):
        rig.mend()
        rig.say(HS_OWNER=owner, HS_UNIT=unit, HS_TRIP=trip, GT_801=unit if unit == unit else 0.05)
        if down:
            rig.cut("plc")
        outputs = rig.ask(request[0], **request[1]) if request else rig.run(1)
        allowed = OUTPUTS | (HAND_BACK if was_armed and k < 3 else set())
        assert set(outputs.write) <= allowed
        assert outputs.write.get("HS-PC-OWNER", 0.0) == 0.0
        assert all(np.isfinite(v) for v in outputs.write.values())
    if was_armed:
        assert handed[0] <= OUTPUTS | HAND_BACK


def test_to_the_simulated_plc_an_output_or_a_bypass_alone_is_no_block() -> None:
    box = Mailbox()
    box.put({"HS-PC-ALARM": 1.0, "HS-PC-HEALTHY": 1.0, "HS-PC-CALL": 0.0})
    box.put({"HS-BYPASS-REQ": 1.0})
    assert (box.blocks, box.bypass) == (0, True)
    box.put({"HS-PC-BEAT": 4.0, "HS-PC-ALARM": 1.0})
    box.put({"FIC-401.SP": 20000.0})
    assert box.blocks == 2
