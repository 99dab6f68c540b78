"""Feed-forward pieces, by table."""

import math

import pytest

from controller import ratio

NAN = float("nan")


@pytest.mark.parametrize(
    ("now", "goal", "rate", "dt_s", "expected"),
    [
        (100.0, 200.0, 10.0, 1.0, 110.0),
        (100.0, 50.0, 10.0, 2.0, 80.0),
        (100.0, 104.0, 10.0, 1.0, 104.0),
        (100.0, NAN, 10.0, 1.0, 100.0),  # no goal holds
        (NAN, 42.0, 10.0, 1.0, 42.0),  # first value at once
    ],
)
def test_toward(now: float, goal: float, rate: float, dt_s: float, expected: float) -> None:
    assert ratio.toward(now, goal, rate, dt_s) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "value", "expected"),
    [(10.0, 20.0, 11.0), (NAN, 20.0, 20.0), (10.0, NAN, 10.0)],
)
def test_smoothed(before: float, value: float, expected: float) -> None:
    assert ratio.smoothed(before, value, 9.0, 1.0) == pytest.approx(expected)


def test_smoothed_settles_by_its_time_constant() -> None:
    value = 0.0
    for _ in range(600):
        value = ratio.smoothed(value, 1.0, 60.0, 0.1)
    assert value == pytest.approx(1.0 - math.exp(-1.0), abs=0.002)


@pytest.mark.parametrize(
    ("lead_s", "expected"), [(0.0, 0.0), (30.0, 5.0), (60.0, 10.0), (120.0, 20.0)]
)
def test_lead_lag_first_answer_to_a_step(lead_s: float, expected: float) -> None:
    assert ratio.lead_lag(0.0, 10.0, lead_s, 60.0) == pytest.approx(expected)


def test_lean_base_and_its_trim() -> None:
    base = ratio.lean_base(60.0, 1800.0, 22.5)
    assert base == pytest.approx(24300.0)
    assert ratio.trim_of(1.1 * base, base) == pytest.approx(0.1)
    assert ratio.trim_of(8000.0, 0.0) == 0.0
    assert math.isnan(ratio.lean_base(60.0, NAN, 22.5))
