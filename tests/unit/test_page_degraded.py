"""What the page says when a measurement is lost, the rig is held, or a mean has gaps."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from controller.historian.reader import Frame
from controller.historian.record import Channel, Run
from dashboard.frame import page_of
from dashboard.headline import window
from dashboard.rigstate import Constraint
from dashboard.values import Point
from tests.journal_fixture import record, resting
from tests.unit.bench_rig import demo

T_NS = 1_700_000_000_000_000_000
RUN = Run("r", "live", "MV Demo", "", "0", None, T_NS)
HELD = {"constraint": 6.0, "HS-UNIT": 5.0, "unit_goal": 3.0}


def page(changes: Mapping[str, float]) -> dict[str, Any]:
    """Return the page of a resting rig, with some channels changed."""
    channels = demo().layout
    value = np.array([changes.get(c.name, resting(c)) for c in channels])
    r = record(list(channels), value, 7, T_NS)
    frame = Frame("r", 7, T_NS, r.value, r.quality, r.reason, r.age_ms, channels)
    return page_of(frame, RUN, [], [], 0.4)


def lines(changes: Mapping[str, float]) -> list[str]:
    """Return the three lines under the big figure."""
    head = page(changes)["head"]
    return [head[f"line{i}"] for i in (1, 2, 3)]


def number_of(point: str) -> float:
    """Return the number of a named point, as channels hold_cause and missing_point have it."""
    return float(demo().named_points.index(point) + 1)


def test_a_hold_names_its_point_and_that_it_returns_by_itself() -> None:
    changes = {**HELD, "hold_cause": number_of("FT-401"), "hold_left_s": math.nan}
    changes["hold_returns"] = 1.0
    assert lines(changes) == [
        "Held in HOLD: FT-401 is not GOOD.",
        "Lean solvent flow, Coriolis.",
        "Capture returns by itself once it is.",
    ]
    made = page(changes)
    assert made["top"]["state_note"] == "held: FT-401"
    assert made["cmd"]["unit_label"] == "Stay in HOLD"
    soon = lines({**changes, "hold_left_s": 21.4})
    assert soon[2] == "It is again: capture returns by itself in 21 s."
    alone = lines({**changes, "hold_left_s": 21.4, "hold_returns": 0.0})
    assert alone[2] == "Once it is, capture starts when a person asks for it."


@pytest.mark.parametrize(
    ("goal", "said"),
    [(3.0, "Capture returns by itself."), (5.0, "Capture starts when a person asks for it.")],
)
def test_any_other_hold_says_whether_it_takes_a_person(goal: float, said: str) -> None:
    assert said in lines({**HELD, "unit_goal": goal, "hold_cause": 0.0, "HS-PERMIT": 8.0})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (4.0, "AT-301 is lost: steering on liquid and product side."),
        (3.0, "AT-301 is lost: steering on the product side."),
        (0.0, "AT-301 is lost: steering on nothing: the ratio goes on."),
    ],
)
def test_a_lost_analyser_is_named_with_what_is_steered_on(source: float, said: str) -> None:
    tier = 1.0 if source == 0.0 else 5.0
    lost = {"capture_from": source, "tier": tier, "missing_point": number_of("AT-301")}
    assert lines(lost)[0] == said
    assert lines({**lost, "constraint": float(Constraint.TARGET_HELD)}) == [
        said,
        "The target is not raised until the gas side is back.",
        "",
    ]


def test_a_contradicted_gas_side_is_said_to_be_that() -> None:
    odd = {"capture_from": 4.0, "tier": 5.0, "witness_state": 3.0, "witness_odd": 1.0}
    assert lines(odd)[0] == "The gas side is contradicted: steering on liquid and product side."


def test_nothing_is_said_of_an_analyser_that_measures() -> None:
    assert "steering" not in " ".join(lines({"capture_from": 1.0}))


def test_an_unknown_limit_names_the_measurement_that_is_missing() -> None:
    unknown = {"constraint": float(Constraint.UNKNOWN), "missing_point": number_of("FT-110")}
    first, second, _ = lines(unknown)
    assert first == "FT-110 is not GOOD: the limit cannot be told."
    assert second == "Treated exhaust flow, wet."


def test_boilers_that_lose_heat_do_not_pass_as_low_load() -> None:
    lost = {"constraint": 1.0, "steam_short": 1.0, "steam_expected_kg_h": 3100.0, "FT-810": 1240.0}
    assert lines(lost)[:2] == [
        "Less steam than these engines should give:",
        "1.24 of 3.10 t/h. Look at the boilers.",
    ]


def seconds(value: float) -> Point:
    return Point(value, 2, 0, 0.0, Channel("s", "s", "calc"))


@pytest.mark.parametrize(
    ("covered", "idle", "minutes", "said"),
    [
        (240.0, 360.0, 10, "captured in 4 of the last 10 min"),
        (240.0, 0.0, 10, "mean of 4 min so far"),
        (600.0, 30.0, 10, "mean of 10 min"),
        (20.0, 500.0, 10, "captured in less than 1 of the last 10 min"),
        (1200.0, 2400.0, 60, "captured in 20 of the last 60 min"),
        (0.0, 0.0, 10, "no mean yet"),
        (0.0, math.nan, 10, "no mean yet"),
    ],
)
def test_a_mean_with_gaps_says_of_how_much_it_is(
    covered: float, idle: float, minutes: int, said: str
) -> None:
    assert window(seconds(covered), minutes, seconds(idle)) == said


@pytest.mark.parametrize(
    ("rate", "covered", "idle", "said"),
    [
        (68.4, 240.0, 360.0, "captured in 4 of the last 10 min: 68.4 % then"),
        (68.4, 600.0, 0.0, "last 10 min: 68.4 %"),
        (math.nan, 0.0, 600.0, "nothing captured in the last 10 min"),
        (math.nan, 0.0, 60.0, ""),
    ],
)
def test_after_a_bypass_the_page_says_how_long_nothing_was_captured(
    rate: float, covered: float, idle: float, said: str
) -> None:
    changes = {
        **HELD,
        "capture_10min_pct": rate,
        "capture_10min_covered_s": covered,
        "capture_10min_idle_s": idle,
    }
    assert page(changes)["head"]["band"] == said


def test_the_hours_rate_says_so_too() -> None:
    made = page({"capture_1h_covered_s": 1200.0, "capture_1h_idle_s": 2400.0})
    labels = [entry["label"] for entry in made["nums"]]
    assert "treated gas, 20 of 60 min" in labels
