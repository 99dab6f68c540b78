import math

import numpy as np

from seastack.bench.minutes import (
    Minutes,
    availability,
    port_calls,
    rmse_points,
    settled,
    tank_drift_kg,
)


def minutes(capture: list[float], target: float = 60.0, **kw: list[float]) -> Minutes:
    n = len(capture)
    row = {
        "in_capture": [1.0] * n,
        "in_hold": [0.0] * n,
        "engines": [2.0] * n,
        "load_pct": [50.0] * n,
        "strength_wt_pct": [30.0] * n,
        "tank_kg": [5000.0] * n,
    } | kw
    return Minutes(np.array(capture), np.full(n, target), *(np.array(row[k]) for k in row))


def test_only_minutes_after_half_an_hour_of_capture_count() -> None:
    m = minutes([0.0] * 30 + [62.0] * 10)
    assert settled(m).sum() == 10
    assert rmse_points(m) == 2.0


def test_leaving_capture_restarts_the_half_hour() -> None:
    m = minutes([60.0] * 80, in_capture=[1.0] * 40 + [0.5] + [1.0] * 39)
    assert settled(m).sum() == 10 + 9


def test_availability_looks_only_at_minutes_with_an_engine_at_load() -> None:
    m = minutes([60.0] * 4, in_capture=[1, 0, 1, 0], load_pct=[40, 40, 10, 10])
    assert availability(m) == 0.5


def test_port_calls_and_re_entry() -> None:
    engines = [2.0] * 10 + [0.0] * 20 + [2.0] * 30 + [0.0] * 10
    capture = [1.0] * 10 + [0.0] * 20 + [0.0] * 12 + [1.0] * 18 + [0.0] * 10
    hold = [0.0] * 11 + [1.0] * 19 + [0.0] * 40
    first, last = port_calls(
        minutes([60.0] * 70, engines=engines, in_capture=capture, in_hold=hold)
    )
    assert (first.start, first.end, first.held, first.reentry_min) == (10, 30, True, 12.0)
    assert not last.held
    assert math.isnan(last.reentry_min)


def test_the_tank_drifts_only_in_minutes_that_count() -> None:
    m = minutes([60.0] * 110, tank_kg=[9000.0] * 30 + [5000.0] * 40 + [5100.0] * 40)
    assert tank_drift_kg(m) == 100.0
    assert math.isnan(tank_drift_kg(minutes([60.0] * 20)))
