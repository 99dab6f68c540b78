"""No alarm hides another that is not itself raised; lost or doubtful data hides none."""

from collections.abc import Callable

import pytest

from controller.types import Written
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

NAN = float("nan")


def raised(rig: BenchRig) -> list[str]:
    return [source for kind, source, state in rig.events if (kind, state) == ("alarm", "ACTIVE")]


def spikes(rig: BenchRig, tag: str, level: float, spike: float, every: int, seconds: int) -> None:
    """Let an instrument stand at a level, with one sample of a spike now and then."""
    for k in range(seconds):
        rig.say(**{tag: spike if k % every == 0 else level})
        rig.run(1)


# ---- a cause that only waits hides nothing ---------------------------------------------------


def test_spikes_above_the_high_high_do_not_hide_co2_in_a_space() -> None:
    rig = BenchRig()
    rig.run(5)
    spikes(rig, "GT_801", 1.2, 1.6, every=10, seconds=7)
    assert raised(rig) == ["space_co2_high_1"]


def test_noise_across_the_high_high_does_not_hide_co2_in_a_space() -> None:
    rig = BenchRig()
    rig.run(5)
    for k in range(7):
        rig.say(GT_801=1.3 + 0.2 * (-1) ** k)
        rig.run(1)
    assert raised(rig) == ["space_co2_high_1"]


def test_spikes_of_back_pressure_do_not_hide_that_it_is_high() -> None:
    rig = BenchRig()
    rig.run(5)
    spikes(rig, "PT_102", 27.0, 31.0, every=20, seconds=7)
    assert raised(rig) == ["back_pressure_high_2"]


@pytest.mark.parametrize("every", [4, 20])
def test_a_link_that_blinks_does_not_hide_that_the_analysers_are_gone(every: int) -> None:
    rig = BenchRig().armed()
    for k in range(60):
        rig.mend()
        rig.cut("analysers")
        if k % every == 0:
            rig.cut("plc")
        rig.run(1)
    assert "link_analysers" in raised(rig)
    assert "link_plc" not in raised(rig)


def test_a_write_that_fails_now_and_then_does_not_hide_a_set_point_not_followed() -> None:
    rig = BenchRig().armed()
    rig.run(60)
    del rig.follows["FIC-521.SP"]
    rig.say(FIC_521__SPR=600.0)
    for k in range(40):
        rig.written = Written(k % 20 != 0, () if k % 20 else (("FIC-521.SP", "no answer"),))
        rig.run(1)
    assert "setpoint_not_followed" in raised(rig)


def test_faults_of_instruments_are_not_lost_behind_a_common_fault_that_comes_and_goes() -> None:
    rig = BenchRig()
    rig.run(5)
    watched = [rig.plant.table.tags[c].name for c in rig.plant.faults]
    mine = [n for n in watched if rig.plant.table[n].source.link == "plc"]
    for k in range(40):
        rig.mend()
        rig.spoil(*(mine if k % 8 == 7 else mine[:2]))
        rig.run(1)
    assert raised(rig) == [f"sensor:{name}" for name in mine[:2]]


# ---- one cause is still one alarm ------------------------------------------------------------


def test_cause_and_consequence_due_in_one_cycle_are_one_alarm() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(GT_801=0.8)
    rig.run(3)
    rig.say(GT_801=2.5)  # the high is due after 2 s more, the high-high then too
    rig.run(60)
    assert raised(rig) == ["space_co2_high_high_1"]


def test_what_is_left_when_its_cause_has_cleared_is_raised_at_once() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(GT_801=2.5)
    rig.run(10)
    rig.say(GT_801=1.0)
    rig.run(59)
    assert raised(rig) == ["space_co2_high_high_1"]
    rig.run(3)  # the high-high clears after its 60 s
    assert rig.saw("space_co2_high_high_1", "CLEARED")
    assert raised(rig) == ["space_co2_high_high_1", "space_co2_high_1"]


def test_a_cause_that_nobody_acknowledged_hides_nothing_once_it_has_cleared() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(PT_102=33.0)
    rig.run(5)
    rig.say(PT_102=12.0)
    rig.run(30)
    rig.say(PT_102=27.0)
    rig.run(7)
    assert raised(rig) == ["back_pressure_high_high_2", "back_pressure_high_2"]


# ---- lost data -------------------------------------------------------------------------------

POINTS = ("GT-801", "PT-102", "LT-741A", "PT-810", "HS-UNIT", "TIC-401.SPR")


def _both_links(rig: BenchRig) -> None:
    rig.cut("plc")
    rig.cut("analysers")


def _no_numbers(rig: BenchRig) -> None:
    rig.say(**dict.fromkeys((p.replace("-", "_").replace(".", "__") for p in POINTS), NAN))


Lose = Callable[[BenchRig], None]
LOSSES: list[Lose] = [
    lambda rig: rig.cut("plc"),
    _both_links,
    lambda rig: rig.spoil(*POINTS),
    _no_numbers,
]


@pytest.mark.parametrize("lose", LOSSES)
def test_the_loss_of_data_clears_no_alarm(lose: Lose) -> None:
    rig = BenchRig().armed()
    rig.run(60)
    del rig.follows["TIC-401.SP"]
    rig.say(GT_801=1.0, PT_102=27.0, LT_741A=91.0, PT_810=2.5, TIC_401__SPR=30.0)
    rig.run(150)
    before = {"space_co2_high_1", "back_pressure_high_2", "lco2_level_high", "steam_header_low"}
    before |= {"setpoint_not_followed"}
    assert before <= set(raised(rig))
    lose(rig)
    rig.run(300)
    assert [source for source in before if rig.saw(source, "CLEARED")] == []


def test_a_gap_in_the_data_stops_no_delay() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(LT_741A=91.0)  # 30 s to go
    for k in range(33):
        rig.mend()
        if k % 3:
            rig.spoil("LT-741A")
        rig.run(1)
    assert "lco2_level_high" in raised(rig)


def test_a_value_back_inside_stops_the_delay_also_after_a_gap() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(LT_741A=91.0)
    rig.run(10)
    rig.spoil("LT-741A")
    rig.run(5)
    rig.say(LT_741A=50.0)
    rig.run(1)
    rig.say(LT_741A=91.0)
    rig.run(25)
    assert raised(rig) == []


# ---- doubtful and over-range values ----------------------------------------------------------


@pytest.mark.parametrize("doubt", [Reason.RATE, Reason.SATURATED, Reason.DOUBTFUL])
def test_a_doubtful_value_beyond_the_limit_raises_and_says_the_doubt(doubt: Reason) -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(GT_801=4.0)
    rig.spoil("GT-801", reason=doubt)
    (event,) = [e for _ in range(5) for e in rig.run(1).events if e.kind == "alarm"]
    assert (event.source, event.state) == ("space_co2_high_high_1", "ACTIVE")
    assert event.data["doubt"] == doubt.name
    rig.say(GT_801=0.1)
    rig.spoil("GT-801", reason=doubt)
    rig.run(200)
    assert not rig.saw("space_co2_high_high_1", "CLEARED"), "a doubtful value clears nothing"
    rig.mend()
    rig.run(70)
    assert rig.saw("space_co2_high_high_1", "CLEARED")


@pytest.mark.parametrize("hand", [Reason.CALIBRATING, Reason.MAINTENANCE, Reason.FORCED])
def test_an_instrument_in_a_persons_hand_says_nothing_of_the_process(hand: Reason) -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(GT_801=4.0)
    rig.spoil("GT-801", reason=hand)
    rig.run(60)
    assert raised(rig) == []


@pytest.mark.parametrize(
    ("tag", "value", "reason", "alarm"),
    [
        ("GT_801", NAN, Reason.NE43_HIGH, "space_co2_high_high_1"),  # 21 mA and more: no value
        ("GT_801", 5.3, Reason.NONE, "space_co2_high_high_1"),
        ("PT_741", 26.5, Reason.NONE, "lco2_pressure_high"),
        ("PT_741", -1.0, Reason.NONE, "lco2_pressure_low"),
        ("PT_102", NAN, Reason.NE43_HIGH, "back_pressure_high_high_2"),
    ],
)
def test_past_the_end_of_the_range_is_beyond_the_limit(
    tag: str, value: float, reason: Reason, alarm: str
) -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(**{tag: value})
    if reason:
        rig.spoil(tag.replace("_", "-"), reason=reason)
    rig.run(60)
    assert alarm in raised(rig)
    assert f"sensor:{tag.replace('_', '-')}" in raised(rig)


@pytest.mark.parametrize(
    ("tag", "value", "reason"),
    [
        ("GT_811", NAN, Reason.NE43_LOW),  # a broken wire is no lack of oxygen
        ("GT_801", 5000.0, Reason.NONE),
        ("PT_741", -4000.0, Reason.NONE),
        ("PT_741", 3.0, Reason.RANGE),  # absurd together with its neighbours
        ("PT_741", 3.0, Reason.STALE),
    ],
)
def test_garbage_is_a_fault_of_the_instrument_and_no_process_alarm(
    tag: str, value: float, reason: Reason
) -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(**{tag: value})
    if reason:
        rig.spoil(tag.replace("_", "-"), reason=reason)
    rig.run(60)
    assert raised(rig) == [f"sensor:{tag.replace('_', '-')}"]


def test_the_fault_of_an_instrument_that_carries_a_priority_1_alarm_is_urgent() -> None:
    rig = BenchRig()
    assert {r.priority for r in rig.plant.faults.values()} == {2, 3}
    by_id = {r.id: r for r in rig.plant.faults.values()}
    assert by_id["sensor:GT-801"].priority == 2
    assert by_id["sensor:AT-303"].priority == 3
