"""What a press of a button becomes, and what is no press of one."""

import math

import pytest

from dashboard.requests import NotARequest, Request, requests_of


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"kind": "bypass", "args": {}, "by": ""}, [Request("bypass", {}, "dashboard")]),
        ({"kind": "arm", "args": {}, "by": " 2/E "}, [Request("arm", {}, "2/E")]),
        (
            {"kind": "capture_target", "args": {"pct": 62.5}, "by": "C/E"},
            [Request("capture_target", {"pct": 62.5}, "C/E")],
        ),
        (
            {"kind": "unit", "args": {"state": "CAPTURE"}, "by": "C/E"},
            [Request("unit", {"state": "CAPTURE"}, "C/E")],
        ),
        (
            {"kind": "unit", "args": {"state": "READY"}, "by": "C/E"},
            [Request("unit", {"state": "READY"}, "C/E")],
        ),
        (
            {
                "kind": "ack",
                "args": {"alarms": [{"id": "a", "raised_ms": 1e12}, {"id": "b", "raised_ms": 7}]},
                "by": "",
            },
            [
                Request("ack", {"alarm": "a", "raised_ms": 1_000_000_000_000}, "dashboard"),
                Request("ack", {"alarm": "b", "raised_ms": 7}, "dashboard"),
            ],
        ),
    ],
)
def test_buttons_become_requests(payload: object, expected: list[Request]) -> None:
    assert requests_of(payload) == expected


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {"kind": "arm", "args": {}, "by": "  "},
        {"kind": "capture_target", "args": {"pct": 62.5}, "by": ""},
        {"kind": "capture_target", "args": {"pct": math.nan}, "by": "x"},
        {"kind": "capture_target", "args": {"pct": 140}, "by": "x"},
        {"kind": "capture_target", "args": {"pct": "60"}, "by": "x"},
        {"kind": "ack", "args": {"alarms": []}, "by": "x"},
        {"kind": "ack", "args": {"alarms": ["a"]}, "by": "x"},  # which occurrence?
        {"kind": "ack", "args": {"alarms": [{"id": "", "raised_ms": 7}]}, "by": "x"},
        {"kind": "ack", "args": {"alarms": [{"id": "a" * 121, "raised_ms": 7}]}, "by": "x"},
        {"kind": "ack", "args": {"alarms": [{"id": "a", "raised_ms": "7"}]}, "by": "x"},
        {"kind": "ack", "args": {"alarms": [{"id": "a", "raised_ms": True}]}, "by": "x"},
        {"kind": "ack", "args": {"alarms": [{"id": "a", "raised_ms": math.nan}]}, "by": "x"},
        {"kind": "ack", "args": {"alarms": [{"id": "a", "raised_ms": 10**400}]}, "by": "x"},
        {"kind": "ack", "args": {"alarms": [{"id": "a", "raised_ms": 7}] * 501}, "by": "x"},
        {"kind": "unit", "args": {"state": "ESD"}, "by": "x"},
        {"kind": "unbypass", "args": {}, "by": "x"},
    ],
)
def test_what_no_button_sends_is_refused(payload: object) -> None:
    with pytest.raises(NotARequest):
        requests_of(payload)
