"""One cause is one alarm, and a step of the clock is none."""

import numpy as np
import pytest

from controller.modes import Mode
from controller.states import Unit
from sensors.quality import Reason
from sensors.tag import ModbusSource
from tests.unit.bench_rig import BenchRig

HOUR_NS = 3_600_000_000_000


def raised(rig: BenchRig) -> list[str]:
    return [source for kind, source, state in rig.events if (kind, state) == ("alarm", "ACTIVE")]


class FrozenRig(BenchRig):
    """A rig whose PLC may stop counting while it still answers."""

    frozen = False

    def _live(self) -> None:
        beat = self.plant.table.index["HS-PLC-BEAT"]
        before = self.value[beat]
        super()._live()
        if self.frozen:
            self.value[beat] = before


@pytest.mark.parametrize("link", ["plc", "analysers"])
def test_a_lost_link_under_an_armed_controller_is_one_alarm_from_loss_to_return(link: str) -> None:
    rig = BenchRig().armed()
    rig.cut(link)
    rig.run(180)
    rig.mend()
    rig.run(120)
    assert raised(rig) == [f"link_{link}"]
    assert rig.saw(f"link_{link}", "CLEARED")


def test_both_links_gone_at_once_are_one_alarm_whichever_is_noticed_first() -> None:
    for first, second in (("plc", "analysers"), ("analysers", "plc")):
        rig = BenchRig().armed()
        rig.cut(first)
        rig.run(2)
        rig.cut(second)
        rig.run(60)
        rig.mend()
        rig.run(60)
        assert raised(rig) == ["link_plc"]


def test_a_frozen_heartbeat_is_one_alarm_and_the_lease_counts_as_lost() -> None:
    rig = FrozenRig()
    rig.armed()
    rig.frozen = True
    rig.run(30)
    assert rig.calc("lease") == 3.0
    assert rig.calc("mode_lean") == Mode.IMAN
    rig.frozen = False
    rig.run(60)
    assert raised(rig) == ["link_plc"]
    assert rig.calc("lease") == 2.0


def test_a_restarted_plc_is_one_alarm() -> None:
    rig = FrozenRig()
    rig.armed()
    rig.frozen = True
    rig.run(10)
    rig.frozen = False
    rig.say(HS_OWNER=0, HS_UNIT=5, HS_UNIT_ASKED=5)  # woke in HOLD, owned by nobody
    rig.run(60)
    assert raised(rig) == ["link_plc"]
    assert rig.calc("lease") == 2.0


def test_a_link_that_comes_and_goes_is_one_alarm() -> None:
    rig = BenchRig().armed()
    for _ in range(20):
        rig.cut("plc")
        rig.run(4)
        rig.mend()
        rig.run(4)
    rig.run(60)
    assert raised(rig) == ["link_plc"]


@pytest.mark.parametrize("share", [1.0, 0.1], ids=["all old", "a few old"])
def test_a_link_that_answers_late_is_one_alarm(share: float) -> None:
    rig = BenchRig().armed()
    tags = [t.name for t in rig.plant.plant.tags_of("plc") if t.direction != "setpoint"]
    old = tags[: int(share * len(tags))]
    for _ in range(3):
        rig.cut("plc")
        rig.run(4)
        rig.mend()
        rig.spoil(*old, reason=Reason.STALE)
        rig.run(8)
    rig.mend()
    rig.run(60)
    assert raised(rig) == ["link_plc"]


def test_instruments_at_fault_long_after_a_lost_link_are_told() -> None:
    rig = BenchRig().armed()
    rig.cut("plc")
    rig.run(10)
    rig.mend()
    rig.spoil("TT-521")
    rig.run(60)
    assert raised(rig) == ["link_plc", "sensor:TT-521"]


def test_swapped_words_are_one_alarm_and_one_broken_instrument_is_its_own() -> None:
    rig = BenchRig()
    rig.run(5)
    wide = [
        t.name
        for t in rig.plant.plant.tags_of("plc")
        if isinstance(t.source, ModbusSource) and t.source.type == "float32"
    ]
    rig.spoil(*wide, reason=Reason.RANGE)
    rig.run(60)
    assert raised(rig) == ["sensors:plc"]
    rig.mend()
    rig.run(30)
    assert rig.saw("sensors:plc", "CLEARED")
    rig.spoil("TT-521")
    rig.run(30)
    assert raised(rig)[1:] == ["sensor:TT-521"]


def test_a_trip_names_its_first_out_and_what_joins_it_once() -> None:
    rig = BenchRig().armed()
    rig.say(HS_TRIP=2, HS_FIRST_OUT=2, HS_UNIT=7, PT_102=33.0)
    texts = [e.text for e in rig.run(1).events if e.source == "plc_trip"]
    rig.say(HS_TRIP=6)  # a second cause latches; the first-out stays the first
    texts += [e.text for e in rig.run(1).events if e.source == "plc_trip"]
    rig.run(60)
    first, then = texts
    assert first.endswith("back-pressure of an engine high-high")
    assert then == f"{first}; then Blower tripped"
    assert raised(rig) == ["plc_trip", "plc_trip", "back_pressure_high_high_2"]


def test_a_consequence_that_stood_before_its_cause_keeps_standing() -> None:
    rig = BenchRig().armed()
    rig.say(PT_102=27.0)
    rig.run(10)
    rig.say(PT_102=33.0)
    rig.run(60)
    assert raised(rig) == ["back_pressure_high_2", "back_pressure_high_high_2"]
    assert not rig.saw("back_pressure_high_2", "CLEARED")


@pytest.mark.parametrize("jump_ns", [HOUR_NS, -HOUR_NS])
def test_a_step_of_the_clock_moves_no_timer(jump_ns: int) -> None:
    rig = BenchRig().armed()
    rig.run(60)
    events, sent = len(rig.events), rig.sent("FIC-401.SP")
    rig.t_ns += jump_ns
    outputs = rig.run(60)
    assert rig.events[events:] == []
    assert rig.sent("FIC-401.SP") == pytest.approx(sent, rel=0.02)
    assert all(e.t_ns == rig.t_ns for e in outputs.events)
    rig.spoil("FT-401", "FT-402")
    rig.run(59)
    assert rig.calc("unit_asked") == Unit.CAPTURE
    rig.run(3)
    assert rig.calc("unit_asked") == Unit.HOLD, "a BAD input is acted on after 60 s as ever"


@pytest.mark.parametrize("jump_ns", [HOUR_NS, -HOUR_NS])
def test_an_event_after_a_step_carries_the_new_utc(jump_ns: int) -> None:
    rig = BenchRig()
    rig.run(30)
    rig.t_ns += jump_ns
    rig.say(HS_TRIP=2, HS_FIRST_OUT=2)
    (event,) = [e for e in rig.run(1).events if e.source == "plc_trip"]
    assert event.t_ns == rig.t_ns
    assert np.isfinite(rig.calc("capture_gas_pct"))
