"""A trip from latch to reset: what is told, what may be asked, what became of it."""

from itertools import pairwise

import pytest

from controller.historian.record import Event
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

TRIPPED = {"HS_UNIT": 7, "HS_UNIT_ASKED": 5, "HS_PERMIT": 4, "HS_TRIP": 4, "HS_FIRST_OUT": 3}
CAUSE_GONE = {"HS_TRIP": 0}
RESET = {"HS_UNIT": 1, "HS_PERMIT": 0, "HS_TRIP": 0, "HS_FIRST_OUT": 0}


def said(rig: BenchRig, **values: float) -> list[Event]:
    rig.say(**values)
    return list(rig.run(1).events)


def ask(rig: BenchRig, state: str) -> Event:
    return next(e for e in rig.ask("unit", state=state).events if e.source == "unit")


def until(rig: BenchRig, source: str, states: tuple[str, ...], seconds: int = 20) -> Event:
    """Return the first such event; the rig runs until it comes."""
    for _ in range(seconds):
        for event in rig.run(1).events:
            if event.source == source and event.state in states:
                return event
    raise AssertionError(f"no {source} {states} in {seconds} s")


@pytest.mark.parametrize("state", ["CAPTURE", "TURNDOWN", "WARM", "COOLDOWN", "OFF"])
@pytest.mark.parametrize(
    ("tripped", "words"),
    [
        (TRIPPED, ("TRIP: Blower tripped", "Still standing: Blower tripped")),
        ({**TRIPPED, **CAUSE_GONE}, ("TRIP: Blower tripped", "First reset with READY")),
        (
            {**TRIPPED, "HS_UNIT": 8, "HS_TRIP": 1, "HS_FIRST_OUT": 1},
            ("ESD: Emergency shut-down button", "Still standing: Emergency shut-down button"),
        ),
    ],
)
def test_in_a_trip_everything_but_a_reset_is_refused_in_words(
    state: str, tripped: dict[str, float], words: tuple[str, ...]
) -> None:
    rig = BenchRig().armed()
    said(rig, **tripped)
    verdict = ask(rig, state)
    assert verdict.state == "REFUSED"
    assert f"then ask for {state}" in verdict.text
    for word in words:
        assert word in verdict.text
    assert rig.sent("HS-PC-UNIT") == 5


def test_a_reset_is_asked_for_done_and_told() -> None:
    rig = BenchRig().armed()
    said(rig, **{**TRIPPED, **CAUSE_GONE})
    assert ask(rig, "READY").state == "ACCEPTED"
    assert rig.sent("HS-PC-UNIT") == 1
    rig.say(**RESET)
    done = until(rig, "unit", ("DONE", "NOT DONE"))
    assert done.state == "DONE"
    assert "in READY" in done.text
    assert ask(rig, "CAPTURE").state == "ACCEPTED"
    assert rig.sent("HS-PC-UNIT") == 3


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (4, "Blower tripped still stands"),
        (6, "Exhaust back-pressure of an engine high-high; Blower tripped still stands"),
        (0, "keeps its latch and tells no cause"),
    ],
)
def test_a_reset_without_effect_says_why(word: int, why: str) -> None:
    rig = BenchRig().armed()
    said(rig, **{**TRIPPED, "HS_TRIP": word})
    asked = ask(rig, "READY")
    assert asked.state == "ACCEPTED", "only the PLC refuses a reset"
    assert ("will not while" in asked.text) == bool(word)
    failed = until(rig, "unit", ("DONE", "NOT DONE"))
    assert failed.state == "NOT DONE"
    assert why in failed.text
    assert [e for e in rig.run(30).events if e.source == "unit"] == [], "said once"


def test_a_reset_asked_again_is_a_change_the_plc_sees() -> None:
    rig = BenchRig().armed()
    said(rig, **TRIPPED)
    ask(rig, "READY")
    rig.run(20)
    words = []
    rig.say(**CAUSE_GONE)
    ask(rig, "READY")
    for _ in range(8):
        words.append(rig.sent("HS-PC-UNIT"))
        rig.run(1)
    assert words[0] == 5, "HOLD in between"
    assert words[-1] == 1
    assert sum(a != b for a, b in pairwise(words)) == 1


@pytest.mark.parametrize(("first", "number"), [("WARM", 2), ("COOLDOWN", 6), ("OFF", 0)])
def test_a_request_the_plc_lost_is_fresh_when_asked_again(first: str, number: int) -> None:
    rig = BenchRig().armed()
    ask(rig, first)
    rig.run(3)
    del rig.follows["HS-PC-UNIT"]
    rig.say(HS_UNIT_ASKED=1)  # somebody asked for READY at the panel
    rig.run(10)
    assert rig.sent("HS-PC-UNIT") == number
    ask(rig, first)
    assert rig.sent("HS-PC-UNIT") == 5
    rig.say(HS_UNIT_ASKED=5)
    rig.run(2)
    assert rig.sent("HS-PC-UNIT") == number


def test_asking_again_for_what_the_plc_has_changes_nothing() -> None:
    rig = BenchRig().armed()
    for state, number in (("CAPTURE", 3), ("HOLD", 5), ("READY", 1)):
        ask(rig, state)
        rig.run(10)
        ask(rig, state)
        sent = []
        for _ in range(10):
            sent.append(rig.sent("HS-PC-UNIT"))
            rig.run(1)
        assert set(sent) == {number}


def test_a_bypass_ends_a_request_made_fresh() -> None:
    rig = BenchRig().armed()
    said(rig, **TRIPPED)
    ask(rig, "READY")
    rig.run(20)
    ask(rig, "READY")
    rig.ask("bypass")
    for _ in range(20):
        assert rig.sent("HS-PC-UNIT") == 5
        rig.run(1)


def test_a_reset_needs_the_lease() -> None:
    rig = BenchRig()
    rig.run(5)
    said(rig, **TRIPPED)
    verdict = ask(rig, "READY")
    assert verdict.state == "REFUSED"
    assert "arm first" in verdict.text


@pytest.mark.parametrize(
    ("values", "state", "latched"),
    [
        ({}, 0, 0),
        ({"HS_UNIT": 7}, 1, 1),
        ({"HS_TRIP": 2}, 1, 1),
        ({"HS_PERMIT": 4}, 1, 1),
        ({"HS_UNIT": 8}, 2, 0),
        ({"HS_UNIT": 8, "HS_TRIP": 1, "HS_FIRST_OUT": 1}, 2, 0),
        ({"HS_UNIT": 8, "HS_TRIP": 5, "HS_FIRST_OUT": 3}, 2, 1),
    ],
)
def test_every_word_of_the_plc_tells_of_a_trip(
    values: dict[str, float], state: int, latched: int
) -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, **values)
    assert (rig.calc("trip_state"), rig.calc("trip_latched")) == (state, latched)


@pytest.mark.parametrize("lost", ["HS-UNIT", "HS-TRIP", "HS-PERMIT"])
def test_while_a_word_is_lost_nobody_claims_that_nothing_tripped(lost: str) -> None:
    rig = BenchRig()
    rig.run(3)
    rig.spoil(lost)
    rig.run(3)
    assert rig.calc("trip_state") != rig.calc("trip_state"), "nobody knows"
    rig.mend()
    said(rig, **TRIPPED)
    assert rig.calc("trip_state") == 1
    rig.say(**RESET)
    rig.spoil(lost)
    rig.run(60)
    assert rig.calc("trip_state") != rig.calc("trip_state"), "nobody knows that it is reset"
    rig.mend()
    rig.run(3)
    assert rig.calc("trip_state") == 0


def test_an_esd_stays_an_esd_while_the_unit_state_is_lost() -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, HS_UNIT=8, HS_TRIP=1, HS_FIRST_OUT=1, HS_PERMIT=4)
    rig.spoil("HS-UNIT", reason=Reason.NAN)
    rig.run(3)
    assert rig.calc("trip_state") == 2


# ---- alarms ----------------------------------------------------------------------------------


def raised(rig: BenchRig) -> list[str]:
    return [s for kind, s, state in rig.events if (kind, state) == ("alarm", "ACTIVE")]


def told(events: list[Event], source: str) -> list[str]:
    return [e.text for e in events if (e.source, e.state) == (source, "ACTIVE")]


def standing(rig: BenchRig) -> set[str]:
    return {name for name, alarm in rig.state.alarms.items() if alarm.active}


@pytest.mark.parametrize(
    ("tripped", "alarms"),
    [
        (TRIPPED, {"plc_trip"}),
        ({**TRIPPED, "HS_UNIT": 8, "HS_TRIP": 1, "HS_FIRST_OUT": 1}, {"plc_esd"}),
        ({**TRIPPED, "HS_UNIT": 8, "HS_TRIP": 5}, {"plc_esd", "plc_trip"}),
    ],
)
def test_a_trip_stays_on_the_list_while_it_is_latched(
    tripped: dict[str, float], alarms: set[str]
) -> None:
    rig = BenchRig().armed()
    said(rig, **tripped)
    rig.ask("ack", alarm="all")
    said(rig, **CAUSE_GONE)
    rig.run(600)
    assert standing(rig) == alarms
    said(rig, **RESET)
    rig.run(5)
    assert standing(rig) == set()


def test_a_trip_says_what_to_do_and_that_it_is_reset_with_ready() -> None:
    rig = BenchRig()
    rig.run(3)
    (event,) = [e for e in said(rig, **TRIPPED) if e.source == "plc_trip"]
    assert event.text == "Rig tripped by the PLC: Blower tripped"
    assert "Reset (READY)" in event.data["action"]
    assert "CAPTURE" in event.data["action"]


def test_a_cause_that_joins_is_told_anew_and_wants_a_person_again() -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, **TRIPPED)
    rig.ask("ack", alarm="plc_trip")
    texts = told(said(rig, HS_TRIP=4 | 8), "plc_trip")
    assert texts == ["Rig tripped by the PLC: Blower tripped; then Gas to absorber too hot"]
    assert not rig.state.alarms["plc_trip"].acked
    rig.ask("ack", alarm="plc_trip")
    said(rig, HS_TRIP=4)
    assert told(said(rig, HS_TRIP=4 | 8), "plc_trip") == [], "once for each latch"
    assert rig.state.alarms["plc_trip"].acked


def test_a_cause_that_is_told_late_is_told() -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, HS_UNIT=7, HS_PERMIT=4)
    texts = told(said(rig, HS_TRIP=4, HS_FIRST_OUT=3), "plc_trip")
    assert texts == ["Rig tripped by the PLC: Blower tripped"]


def test_an_esd_on_a_latched_trip_is_told_as_an_esd_and_the_trip_stays_told() -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, **TRIPPED)
    texts = told(said(rig, HS_UNIT=8, HS_TRIP=5), "plc_esd")
    assert texts == ["Emergency shut-down (ESD), on a latched trip: Blower tripped"]
    rig.run(60)
    assert standing(rig) == {"plc_trip", "plc_esd"}
    assert raised(rig) == ["plc_trip", "plc_esd"]


def test_an_esd_alone_is_one_alarm_that_names_what_joins_it() -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, HS_UNIT=8, HS_TRIP=1, HS_FIRST_OUT=1, HS_PERMIT=4)
    rig.run(30)
    texts = told(said(rig, HS_TRIP=1 | 128), "plc_esd")
    assert texts == ["Emergency shut-down (ESD); then Absorber sump level low-low"]
    assert raised(rig) == ["plc_esd", "plc_esd"]


@pytest.mark.parametrize("lost", ["HS-UNIT", "HS-TRIP", "HS-PERMIT"])
def test_a_word_that_is_lost_neither_raises_nor_clears_a_trip(lost: str) -> None:
    rig = BenchRig()
    rig.run(3)
    rig.spoil(lost)
    rig.run(60)
    assert "plc_trip" not in raised(rig)
    rig.mend()
    said(rig, **TRIPPED)
    rig.say(**RESET)
    rig.spoil(lost)
    rig.run(60)
    assert "plc_trip" in standing(rig)
    rig.mend()
    rig.run(3)
    assert "plc_trip" not in standing(rig)


BACK_PRESSURE = {**TRIPPED, "HS_TRIP": 2, "HS_FIRST_OUT": 2}


def test_back_pressure_and_its_trip_are_one_alarm() -> None:
    rig = BenchRig().armed()
    rig.say(PT_101=38, PT_102=38)
    rig.run(3)  # the PLC's own delay
    said(rig, **BACK_PRESSURE)
    rig.run(20)
    said(rig, PT_101=11, PT_102=11)  # the blower has run down
    rig.run(60)
    assert raised(rig) == ["plc_trip"]


def test_back_pressure_that_stays_with_the_rig_shut_is_told() -> None:
    rig = BenchRig().armed()
    rig.say(PT_102=38)
    rig.run(3)
    said(rig, **BACK_PRESSURE)
    rig.run(31)
    assert raised(rig) == ["plc_trip", "back_pressure_high_high_2"]


@pytest.mark.parametrize(
    ("tripped", "wait_s"),
    [
        (TRIPPED, 3600),  # an hour after an unrelated trip
        (TRIPPED, 1),  # and at once
        (BACK_PRESSURE, 3600),  # the same cause, long ago: the rig is shut since then
        ({**TRIPPED, "HS_UNIT": 8, "HS_TRIP": 1, "HS_FIRST_OUT": 1}, 600),
    ],
)
@pytest.mark.parametrize(("pressure", "alarm"), [(38.0, "high_high"), (27.0, "high")])
def test_no_latched_trip_hides_an_engine_that_breathes_against_a_shut_rig(
    tripped: dict[str, float], wait_s: int, pressure: float, alarm: str
) -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, **tripped)
    rig.run(wait_s)
    rig.say(PT_102=pressure)
    rig.run(7)
    assert f"back_pressure_{alarm}_2" in raised(rig)


def test_a_restart_on_a_latched_trip_hides_no_back_pressure() -> None:
    rig = BenchRig()
    rig.say(**BACK_PRESSURE, PT_102=38)
    rig.run(6)
    assert set(raised(rig)) == {"plc_trip", "back_pressure_high_high_2"}


def test_a_trip_that_does_not_come_hides_no_back_pressure() -> None:
    rig = BenchRig().armed()
    rig.say(PT_102=38)
    rig.run(5)
    assert raised(rig) == ["back_pressure_high_high_2"]


def test_what_follows_from_a_trip_follows_from_an_esd_as_well() -> None:
    follows = {r.id: set(r.parents) for r in BenchRig().plant.rules if not r.trip_causes}
    after = {name for name, parents in follows.items() if "plc_trip" in parents}
    assert after <= {name for name, parents in follows.items() if "plc_esd" in parents}
    assert after


def test_how_long_it_is_latched_and_what_stands_are_channels() -> None:
    rig = BenchRig()
    rig.run(3)
    said(rig, **{**TRIPPED, "HS_TRIP": 6})
    assert (rig.calc("trip_first_out"), rig.calc("trip_standing")) == (3, 2)
    said(rig, **CAUSE_GONE)
    rig.run(58)
    assert rig.calc("trip_for_s") == pytest.approx(59)
    assert rig.calc("trip_standing") == 0


def test_a_trip_that_nobody_saw_come_has_no_time() -> None:
    rig = BenchRig()
    said(rig, **TRIPPED)
    rig.run(10)
    assert rig.calc("trip_state") == 1
    assert rig.calc("trip_for_s") != rig.calc("trip_for_s")
