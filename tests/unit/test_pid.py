"""The PI law, its limits, and hand-overs without a bump."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.pid import Tuning, initialised, output, track

NAN = float("nan")
PLAIN = Tuning(kc=2.0, ti_s=100.0, low=-50.0, high=50.0)


@pytest.mark.parametrize(
    ("integral", "setpoint", "measured", "expected"),
    [
        (0.0, 60.0, 60.0, 0.0),
        (0.0, 60.0, 55.0, 10.0),
        (5.0, 60.0, 65.0, -5.0),
        (45.0, 60.0, 50.0, 50.0),  # limited above
        (-45.0, 60.0, 70.0, -50.0),  # limited below
        (7.0, 60.0, NAN, 7.0),  # no measurement: frozen
    ],
)
def test_output(integral: float, setpoint: float, measured: float, expected: float) -> None:
    assert output(PLAIN, integral, setpoint, measured) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("integral", "applied", "dt_s", "expected"),
    [
        (0.0, 10.0, 1.0, 0.1),  # unlimited: dt / Ti of the proportional part
        (10.0, 10.0, 1.0, 10.0),
        (30.0, 10.0, 1.0, 29.8),  # held back elsewhere: follows, no wind-up
        (0.0, 10.0, 1e6, 10.0),  # a long gap cannot overshoot
        (5.0, NAN, 1.0, 5.0),
        (0.0, 900.0, 1e6, 50.0),
    ],
)
def test_track(integral: float, applied: float, dt_s: float, expected: float) -> None:
    assert track(PLAIN, integral, applied, dt_s) == pytest.approx(expected)


@given(applied=st.floats(-20, 20), setpoint=st.floats(50, 60), measured=st.floats(50, 60))
def test_hand_over_has_no_bump(applied: float, setpoint: float, measured: float) -> None:
    integral = initialised(PLAIN, applied, setpoint, measured)
    assert output(PLAIN, integral, setpoint, measured) == pytest.approx(applied, abs=1e-9)


def test_integrates_a_standing_error_like_a_pi() -> None:
    integral, error = 0.0, 5.0
    for _ in range(200):
        out = output(PLAIN, integral, 60.0, 60.0 - error)
        integral = track(PLAIN, integral, out, 0.1)
    # u = Kc e (1 + t / Ti) after t = 20 s
    assert out == pytest.approx(2.0 * error * (1.0 + 19.9 / 100.0), rel=1e-6)


def test_does_not_wind_up_behind_a_selector() -> None:
    integral = 0.0
    for _ in range(3600):  # an hour asked for more than the selector gives
        output(PLAIN, integral, 60.0, 40.0)
        integral = track(PLAIN, integral, 3.0, 1.0)
    assert output(PLAIN, integral, 60.0, 61.0) == pytest.approx(1.0, abs=0.1)
