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
