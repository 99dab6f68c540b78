"""Bypass: what proves it, what contradicts it, and what is never written beside it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.bypass import (
    REACH_S,
    SURE_S,
    BypassState,
    BypassWatch,
    Proof,
    Says,
    advance,
    contradiction,
    shortfall,
)
from controller.historian.record import Event
from controller.states import CAPTURING
from controller.types import Outputs
from tests.unit.bench_rig import BenchRig, demo

NAN = float("nan")
PROOF = Proof(run_down_s=20.0, no_flow_kg_h=1200.0, latch_bit=10, has_word=True)
SHUT = Says(latch=1.0, inlet_shut=1.0, blower=0.0, treated_kg_h=0.0, word=1.0)
RUN_DOWN_S = demo().spec.bypass.run_down_s
LATCH = 1 << demo().control.unit.bypass_permissive_bit
CAPTURE, READY, HOLD = 3.0, 1.0, 5.0

LIES = {
    "latch": {"HS_PERMIT": 0.0},
    "inlet": {"ZSC_102": 0.0},
    "blower": {"XS_110": 1.0},
    "flow": {"FT_110": 20000.0},
    "word": {"HS_BYPASS": 0.0},
}
ROLE_TAGS = {
    "latch": "HS-PERMIT",
    "inlet": "ZSC-102",
    "blower": "XS-110",
    "flow": "FT-110",
    "word": "HS-BYPASS",
}


def raised(rig: BenchRig) -> list[str]:
    """Return the bypass alarms raised so far."""
    return [s for k, s, state in rig.events if k == "alarm" and state == "ACTIVE" and "bypass" in s]


def text_of(outputs: Outputs, source: str) -> str:
    found: list[Event] = [e for e in outputs.events if e.source == source and e.kind == "alarm"]
    return found[-1].text


# ---- proof ----------------------------------------------------------------------------------


def test_only_every_witness_together_proves_a_bypass() -> None:
    rig = BenchRig().armed()
    rig.ask("bypass")
    rig.bypassed()
    assert not rig.run(2).bypass
    assert rig.saw("bypass", "DONE")
    assert rig.calc("bypass_state") == BypassState.PROVEN
    rig.run(120)
    assert raised(rig) == []


def test_the_plcs_word_alone_proves_nothing_and_is_contradicted_in_words() -> None:
    rig = BenchRig().armed()
    rig.ask("bypass")
    rig.say(HS_BYPASS=1, HS_PERMIT=LATCH, ZSC_102=0, XS_110=1, FT_110=20000)
    for _ in range(60):
        outputs = rig.run(1)
        if raised(rig):
            break
    assert outputs.bypass, "it is asked for until it is proven"
    assert not rig.saw("bypass", "DONE")
    assert raised(rig) == ["bypass_contradicted"]
    text = text_of(outputs, "bypass_contradicted")
    assert "the PLC says bypassed, but treated flow is 20.0 t/h, the blower runs" in text
    assert "the inlet damper is not shut" in text
    rig.run(60)
    assert raised(rig) == ["bypass_contradicted"], "one cause is one alarm"


@pytest.mark.parametrize("proven_before", [False, True])
@pytest.mark.parametrize("liar", LIES)
def test_each_witness_lying_alone_is_an_alarm(liar: str, proven_before: bool) -> None:
    rig = BenchRig().armed()
    rig.ask("bypass")
    if proven_before:
        rig.bypassed()
        rig.run(5)
        if liar == "latch":
            rig.ask("bypass")  # a latch that is gone is no bypass unless somebody asks again
    else:
        rig.bypassed()
    rig.say(**LIES[liar])
    rig.run(RUN_DOWN_S + REACH_S + SURE_S)
    assert len(raised(rig)) == 1
    assert rig.outputs is not None
    if liar != "latch":
        assert rig.calc("bypass_state") == BypassState.CONTRADICTED


@pytest.mark.parametrize("liar", [n for n in LIES if n != "latch"])
def test_a_bypass_of_the_panel_is_watched_too(liar: str) -> None:
    rig = BenchRig()
    rig.run(5)
    rig.bypassed()
    rig.say(**LIES[liar])
    rig.run(RUN_DOWN_S + REACH_S + SURE_S)
    assert raised(rig) == ["bypass_contradicted"]


@pytest.mark.parametrize("name", LIES)
def test_a_witness_that_cannot_be_asked_proves_nothing_and_is_named(name: str) -> None:
    rig = BenchRig().armed()
    rig.ask("bypass")
    rig.bypassed()
    rig.spoil(ROLE_TAGS[name])
    for _ in range(60):
        outputs = rig.run(1)
        if raised(rig):
            break
    assert outputs.bypass
    assert raised(rig) == ["bypass_not_proven"]
    assert "unknown" in text_of(outputs, "bypass_not_proven")
    rig.mend()
    assert not rig.run(2).bypass
    assert rig.calc("bypass_state") == BypassState.PROVEN


def test_a_hold_without_a_bypass_raises_nothing() -> None:
    rig = BenchRig().armed()
    rig.say(HS_UNIT=5, HS_UNIT_ASKED=5, HS_BYPASS=1, ZSC_102=1, XS_110=0, FT_110=0)
    rig.run(120)
    assert raised(rig) == []
    assert rig.calc("bypass_state") == BypassState.NONE


def test_a_blower_that_runs_down_in_its_time_raises_nothing() -> None:
    rig = BenchRig().armed()
    rig.ask("bypass")
    rig.say(HS_PERMIT=LATCH, HS_UNIT=5, HS_UNIT_ASKED=5)
    for second in range(int(RUN_DOWN_S)):
        rig.say(FT_110=20000.0 * (1.0 - second / RUN_DOWN_S), ZSC_102=second > 11)
        rig.run(1)
        assert rig.calc("bypass_state") == BypassState.LATCHED
        assert 0.0 < rig.calc("bypass_left_s") <= RUN_DOWN_S + REACH_S
    rig.bypassed()
    rig.run(60)
    assert raised(rig) == []


def test_a_press_again_and_again_does_not_put_the_alarm_off() -> None:
    rig = BenchRig()
    for _ in range(int(RUN_DOWN_S) + 10):
        rig.ask("bypass")
    assert raised(rig) == ["bypass_not_proven"]


def test_what_was_proven_may_blink_and_is_said_when_it_stays_away() -> None:
    watch, t_ns = BypassWatch(), 0

    def later(says: Says, seconds: int) -> BypassState:
        nonlocal watch, t_ns
        for _ in range(seconds):
            t_ns += 1_000_000_000
            watch = advance(watch, False, says, PROOF, t_ns)
        return watch.state

    assert later(SHUT, 3) is BypassState.PROVEN
    runs = Says(latch=1.0, inlet_shut=1.0, blower=1.0, treated_kg_h=0.0, word=1.0)
    assert later(runs, int(SURE_S)) is BypassState.LATCHED
    assert later(runs, 2) is BypassState.CONTRADICTED
    assert watch.overdue
    assert later(SHUT, 1) is BypassState.PROVEN


def test_the_words_for_what_lies_and_what_is_unknown() -> None:
    runs = Says(latch=1.0, inlet_shut=1.0, blower=1.0, treated_kg_h=20000.0, word=1.0)
    assert contradiction(runs, PROOF) == (
        "the PLC says bypassed, but treated flow is 20.0 t/h and the blower runs"
    )
    blind = Says(latch=0.0, inlet_shut=NAN, blower=0.0, treated_kg_h=0.0, word=1.0)
    assert shortfall(blind, PROOF) == ("the PLC has not latched it and the inlet damper is unknown")


def test_a_bypass_that_nobody_heard_is_an_alarm_that_a_person_ends() -> None:
    rig = BenchRig()
    rig.run(3)
    outputs = rig.ask("late", kind="bypass", waited_s=35.0)
    assert not outputs.bypass, "whoever pressed it was told that nobody heard"
    assert "asked at 22:13:23 UTC by tester while no controller ran; not done" in text_of(
        outputs, "bypass_unheard"
    )
    assert [e.state for e in outputs.events if e.kind == "command"] == ["REFUSED"]
    rig.run(60)
    assert "bypass_unheard" in rig.state.alarms
    rig.ask("ack", alarm="bypass_unheard")
    rig.run(2)
    assert "bypass_unheard" not in rig.state.alarms


# ---- never CAPTURE beside a bypass ----------------------------------------------------------


def test_without_the_lease_no_old_capture_comes_back_beside_a_bypass() -> None:
    rig = BenchRig().armed()
    rig.follows.pop("HS-PC-OWNER")
    rig.say(HS_OWNER=0)
    rig.run(3)
    rig.ask("bypass")
    for _ in range(30):  # the PLC has not latched it yet and stands in CAPTURE
        rig.say(HS_UNIT_ASKED=3)
        assert rig.run(1).write["HS-PC-UNIT"] == HOLD
    rig.say(HS_OWNER=1)
    for _ in range(10):
        rig.say(HS_UNIT_ASKED=3)
        assert rig.run(1).write["HS-PC-UNIT"] == HOLD


def test_arming_over_a_bypass_of_the_panel_never_asks_for_capture() -> None:
    rig = BenchRig()
    rig.run(60)
    rig.say(HS_PERMIT=LATCH)  # and the PLC's request still stands at CAPTURE
    assert rig.ask("arm").write["HS-PC-UNIT"] == HOLD
    for _ in range(10):
        assert rig.run(1).write["HS-PC-UNIT"] == HOLD


def test_the_latch_is_remembered_while_the_permissive_word_cannot_be_read() -> None:
    rig = BenchRig().armed()
    rig.bypassed()
    rig.run(2)
    rig.spoil("HS-PERMIT")
    rig.say(HS_UNIT=3, HS_UNIT_ASKED=3)
    rig.ask("unit", state="CAPTURE")
    for _ in range(30):
        assert rig.run(1).write["HS-PC-UNIT"] not in CAPTURING
    assert rig.calc("unit_goal") == HOLD, "nobody can see that the PLC took it back"


def proven(rig: BenchRig) -> BenchRig:
    rig.ask("bypass")
    rig.bypassed()
    rig.run(5)
    assert rig.calc("bypass_state") == BypassState.PROVEN
    return rig


@pytest.mark.parametrize("goal", ["CAPTURE", "TURNDOWN"])
def test_one_press_leads_back_by_ready(goal: str) -> None:
    rig = proven(BenchRig().armed())
    wanted = {"CAPTURE": 3.0, "TURNDOWN": 4.0}[goal]
    assert rig.ask("unit", state=goal).write["HS-PC-UNIT"] == READY
    assert rig.calc("unit_goal") == wanted
    assert rig.run(3).write["HS-PC-UNIT"] == READY
    rig.say(HS_PERMIT=0)
    assert rig.run(1).write["HS-PC-UNIT"] == wanted
    rig.say(HS_UNIT=wanted, HS_BYPASS=0, ZSC_102=0, XS_110=1, FT_110=20000)
    assert rig.run(60).write["HS-PC-UNIT"] == wanted
    assert raised(rig) == []


def test_ready_that_stands_already_is_asked_for_afresh() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.bypassed()
    rig.say(HS_UNIT=1, HS_UNIT_ASKED=1)
    rig.armed()
    assert rig.sent("HS-PC-UNIT") == READY
    assert rig.ask("unit", state="CAPTURE").write["HS-PC-UNIT"] == HOLD
    assert rig.run(2).write["HS-PC-UNIT"] == READY
    rig.say(HS_PERMIT=0)
    assert rig.run(1).write["HS-PC-UNIT"] == CAPTURE


def test_a_bypass_pressed_again_on_the_way_back_needs_a_person_again() -> None:
    rig = proven(BenchRig().armed())
    rig.ask("unit", state="CAPTURE")
    rig.say(HS_PERMIT=0)
    assert rig.run(1).write["HS-PC-UNIT"] == CAPTURE
    rig.say(HS_PERMIT=LATCH)
    assert rig.run(1).write["HS-PC-UNIT"] == HOLD
    rig.say(HS_PERMIT=0)
    rig.run(60)
    assert rig.calc("unit_goal") == HOLD


def test_a_plc_that_keeps_its_latch_is_not_asked_for_ever() -> None:
    rig = proven(BenchRig().armed())
    rig.ask("unit", state="CAPTURE")
    rig.run(30)
    assert rig.calc("unit_goal") == HOLD


def test_a_bypass_that_cannot_be_proven_is_given_up_by_ready_alone() -> None:
    rig = BenchRig().armed()
    rig.ask("bypass")
    rig.bypassed()
    rig.spoil("FT-110")
    for state in ("CAPTURE", "WARM", "HOLD", "READY"):
        assert rig.ask("unit", state=state).bypass, "the blower has its time still"
    rig.run(RUN_DOWN_S + 10)
    for state in ("CAPTURE", "WARM", "HOLD"):
        assert rig.ask("unit", state=state).bypass
    assert not rig.ask("unit", state="READY").bypass
    assert rig.saw("bypass", "ENDED")
    assert rig.sent("HS-PC-UNIT") == READY


SAID = st.fixed_dictionaries(
    {
        "HS_PERMIT": st.sampled_from([0.0, 1.0, LATCH, LATCH | 1]),
        "HS_UNIT": st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, 7.0]),
        "HS_UNIT_ASKED": st.sampled_from([1.0, 3.0, 4.0, 5.0]),
        "HS_OWNER": st.sampled_from([0.0, 1.0, 1.0, 9.0]),
        "HS_KEY": st.sampled_from([1.0, 1.0, 1.0, 0.0]),
        "HS_BYPASS": st.sampled_from([0.0, 1.0]),
        "ZSC_102": st.sampled_from([0.0, 1.0]),
        "XS_110": st.sampled_from([0.0, 1.0]),
        "FT_110": st.sampled_from([0.0, 20000.0]),
    }
)
ASKED = st.sampled_from(["", "", "", "bypass", "arm", "disarm", *["unit"] * 3])
STATES = st.sampled_from(["CAPTURE", "TURNDOWN", "HOLD", "READY", "WARM"])
SPOILT = st.sampled_from(["", "", "HS-PERMIT", "HS-OWNER", "HS-UNIT-ASKED", "HS-UNIT"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(SAID, ASKED, STATES, SPOILT, st.integers(1, 4)), max_size=25))
def test_to_capture_is_never_written_beside_a_bypass(
    story: list[tuple[dict[str, float], str, str, str, int]],
) -> None:
    rig = BenchRig()
    latched = False
    for said, kind, state, spoilt, seconds in story:
        rig.mend()
        rig.say(**said)
        if spoilt:
            rig.spoil(spoilt)
        else:
            latched = bool(int(said["HS_PERMIT"]) & LATCH)
        if spoilt and spoilt != "HS-PERMIT":
            latched = bool(int(said["HS_PERMIT"]) & LATCH)
        for second in range(seconds):
            outputs = rig.run(1) if second or not kind else rig.ask(kind, state=state)
            unit = outputs.write.get("HS-PC-UNIT", NAN)
            if latched or outputs.bypass:
                assert unit not in CAPTURING
            assert np.isfinite(rig.calc("bypass_state"))
