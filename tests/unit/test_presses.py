"""One press costs no other, a bypass least of all, and what is not sent is said."""

import math
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.inbox import Inbox
from dashboard.presses import AT_ONCE, send, unheard
from dashboard.requests import NotARequest, Request, requests_of
from dashboard.source import STATE_VARIABLE
from dashboard.views import overview

BYPASS = {"kind": "bypass", "args": {}, "by": "bridge", "n": 9}
WRONG: dict[str, Any] = {
    "a lone surrogate as name": {"kind": "arm", "args": {}, "by": "\ud800", "n": 5},
    "a lone surrogate as alarm": {
        "kind": "ack",
        "args": {"alarms": [{"id": "\ud800", "raised_ms": 7}]},
        "by": "x",
        "n": 5,
    },
    "a lone surrogate as kind": {"kind": "\ud800", "args": {}, "by": "x", "n": 5},
    "a 400-digit target": {"kind": "capture_target", "args": {"pct": 10**400}, "by": "x", "n": 5},
    "a 400-digit number of the press": {"kind": "arm", "args": {}, "by": "x", "n": 10**400},
    "a 400-digit time": {
        "kind": "ack",
        "args": {"alarms": [{"id": "a", "raised_ms": 10**400}]},
        "by": "x",
        "n": 5,
    },
    "a list as kind": {"kind": ["arm"], "args": {}, "by": "x", "n": 5},
    "a list as state": {"kind": "unit", "args": {"state": ["HOLD"]}, "by": "x", "n": 5},
    "no arguments": {"kind": "arm", "by": "x", "n": 5},
    "a 14 MB name of an alarm": {
        "kind": "ack",
        "args": {"alarms": [{"id": "a" * 14_000_000, "raised_ms": 7}]},
        "by": "x",
        "n": 5,
    },
    "3000 alarms": {
        "kind": "ack",
        "args": {"alarms": [{"id": "a", "raised_ms": 7}] * 3000},
        "by": "x",
        "n": 5,
    },
    "infinity as number of the press": {"kind": "arm", "args": {}, "by": "x", "n": math.inf},
    "no press at all": 7,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_press_before_a_bypass_costs_only_itself_and_is_said(
    state: Path, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    said: list[str] = []
    monkeypatch.setattr(streamlit, "toast", said.append)
    hold = {"kind": "unit", "args": {"state": "HOLD"}, "by": "2/E", "n": 10}
    pressed = SimpleNamespace(request={"presses": [wrong, BYPASS, hold]})
    monkeypatch.setattr(streamlit, "session_state", {overview.KEY: pressed})
    inbox = Inbox(state)
    overview.handle()
    assert [c.kind for c in inbox.poll()] == ["bypass", "unit"]
    counted = isinstance(wrong, dict) and wrong["n"] == 5
    assert len(said) == counted, "what counts as heard and was not sent is said"
    assert all("Not sent: " in text and text.isprintable() for text in said)
    overview.handle()
    assert inbox.poll() == []
    inbox.close()


@pytest.mark.parametrize("by", ["", None, 7, "\ud800", "n" * 10_000, ["x"], "a\nb"])
@pytest.mark.parametrize("args", [{}, None, 7, {"a": 10**400}])
@pytest.mark.parametrize("n", [9, None, "x", math.nan, 10**400])
def test_a_bypass_is_sent_whatever_else_its_press_holds(
    by: object, args: object, n: object
) -> None:
    presses, _ = unheard({"presses": [{"kind": "bypass", "args": args, "by": by, "n": n}]}, 3.0)
    sent: list[Request] = []
    assert send(presses, sent.append) == []
    assert [r.kind for r in sent] == ["bypass"]
    assert sent[0].by.isprintable()
    assert 0 < len(sent[0].by) <= 24


def test_a_bypass_goes_first_and_is_sent_though_the_disk_refuses_what_is_beside_it() -> None:
    sent: list[str] = []

    def post(request: Request) -> None:
        if request.kind != "bypass":
            raise OSError("no space left on device")
        sent.append(request.kind)

    disarm = {"kind": "disarm", "args": {}, "by": "x", "n": 1}
    assert send([disarm, BYPASS], post) == ["Not sent: no space left on device"]
    assert sent == ["bypass"]


def test_too_many_presses_at_once_are_said() -> None:
    presses = [{"kind": "disarm", "args": {}, "by": "x", "n": n} for n in range(AT_ONCE + 5)]
    sent: list[Request] = []
    assert send([*presses, BYPASS], sent.append) == ["Not sent: 6 presses too many at once"]
    assert sent[0].kind == "bypass"
    assert len(sent) == AT_ONCE


def test_two_presses_of_one_number_are_both_heard() -> None:
    one, other = {"n": 4, "kind": "disarm"}, {"n": 4, "kind": "bypass"}
    assert unheard({"presses": [one, other]}, 3.0) == ([one, other], 4.0)


def test_an_absurd_number_does_not_make_the_page_deaf_to_the_next_press() -> None:
    _, heard = unheard({"presses": [{"n": 1e300, "kind": "arm"}]}, 3.0)
    assert heard == 3.0


ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "raised_ms", "pct", "state", "alarms"]), inner),
    ),
    max_leaves=6,
)
PRESS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.one_of(ANY, st.sampled_from(["arm", "ack", "unit", "capture_target"])),
        "args": ANY,
        "by": ANY,
        "n": ANY,
    },
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PRESS, ANY), max_size=6))
def test_whatever_is_pressed_the_bypass_of_the_same_message_is_sent(presses: list[Any]) -> None:
    heard_presses, _ = unheard({"presses": [*presses, BYPASS]}, 0.0)
    sent: list[Request] = []
    send(heard_presses, sent.append)
    assert sent[0] == Request("bypass", {}, "bridge")


@settings(max_examples=300, deadline=None)
@given(st.one_of(PRESS, ANY))
def test_a_press_becomes_requests_or_is_refused(press: Any) -> None:
    with suppress(NotARequest):
        requests_of(press)
