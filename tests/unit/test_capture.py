"""Captured CO2 by every route: the worked examples, and uncertainty by finite difference."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import capture as cp
from models import combustion as cb
from models.numbers import F64, positive

Pair = tuple[float, float]
FRACTION = st.floats(0.005, 0.15)


@pytest.mark.parametrize(("u_in", "u_out", "points"), [(0.001, 0.0002, 0.56), (0.001, 0.001, 1.98)])
def test_gas_side_uncertainty_from_5_to_1_percent(u_in: float, u_out: float, points: float) -> None:
    eta, u = cp.capture_gas(0.05, 0.01, u_in, u_out)
    assert eta == pytest.approx(0.8081, abs=1e-4)
    assert 100.0 * u == pytest.approx(points, abs=0.005)


def test_liquid_side_loses_13_percent_to_two_hundredths_of_loading() -> None:
    m, u = cp.captured_liquid_kg_h(24000.0, 0.285, 0.24, 0.46, 0.0, 0.0, 0.02, 0.02)
    assert u / m == pytest.approx(0.129, abs=0.001)
    assert m == pytest.approx(24000.0 * 0.285 * 44.01 / 61.08 * 0.22)


@pytest.mark.parametrize(
    ("fuel", "y", "kg"),
    [(cb.MGO, 0.05, 43.6), (cb.MGO, 0.04, 54.1), (cb.MGO, 0.06, 36.6), (cb.LNG, 0.05, 39.0)],
)
def test_exhaust_per_fuel_in_the_code_s_form(fuel: cb.Fuel, y: float, kg: float) -> None:
    assert cb.ntc_exhaust_per_fuel(y, fuel) == pytest.approx(kg, rel=0.003)


@given(st.sampled_from([cb.HFO, cb.MGO, cb.LNG]), st.floats(0.03, 0.08))
def test_first_principles_stay_within_2_percent_of_the_code(fuel: cb.Fuel, y: float) -> None:
    flow, _ = cb.exhaust_flow(1000.0, y, fuel, 0.0, 0.0)
    assert 1.0 < flow / (1000.0 * cb.ntc_exhaust_per_fuel(y, fuel)) < 1.02


def test_exhaust_moisture_of_marine_gas_oil_at_5_percent() -> None:
    assert 1.0 - cb.exhaust_water_fraction(0.05, cb.MGO) == pytest.approx(0.940, abs=0.001)


@pytest.mark.parametrize("fuel", [cb.MGO, cb.LNG, cb.METHANOL])
def test_carbon_factor_is_the_carbon_fraction_in_co2(fuel: cb.Fuel) -> None:
    assert cb.carbon_emitted_kg_h(1.0, fuel) == pytest.approx(fuel.carbon * 44.0 / 12.0, rel=0.016)


@given(FRACTION, st.floats(0.0, 1.0))
def test_gas_side_and_flow_side_agree_when_inert_is_conserved(y_in: float, eta: float) -> None:
    inert = 1.0 - y_in
    left = y_in * (1.0 - eta)
    y_out = left / (inert + left)
    by_gas, _ = cp.capture_gas(y_in, y_out, 0.0, 0.0)
    by_flow, _ = cp.capture_flows(1.0, y_in, inert + left, y_out, 0.0, 0.0, 0.0, 0.0)
    assert by_gas == pytest.approx(eta, abs=1e-9)
    assert by_flow == pytest.approx(eta, abs=1e-9)


Case = tuple[Callable[..., Pair], Sequence[float]]
CASES: list[Case] = [
    (cp.capture_gas, (0.06, 0.025)),
    (cp.capture_flows, (700.0, 0.06, 670.0, 0.025)),
    (cp.captured_liquid_kg_h, (24000.0, 0.285, 0.24, 0.46)),
    (cp.captured_product_kg_h, (1080.0, 0.99, 12.0)),
    (cp.capture_mass, (1080.0, 1800.0)),
    (lambda f, y, uf, uy: cp.co2_flow_kg_h(f, y, 0.07, uf, uy), (20000.0, 0.063)),
    (cp.reboiler_duty_GJ_t, (1200.0, 1080.0)),
    (cp.ship_gross, (5.0e4, 4.0e5)),
    (lambda f, y, uf, uy: cb.exhaust_flow(f, y, cb.HFO, uf, uy), (845.0, 0.0626)),
]


@pytest.mark.parametrize(("function", "at"), CASES)
def test_uncertainty_is_the_root_sum_square_of_the_slopes(
    function: Callable[..., Pair], at: Sequence[float]
) -> None:
    us = [0.01 * v for v in at]
    zero = [0.0] * len(at)
    expected = 0.0
    for i, u in enumerate(us):
        h = 1e-6 * at[i]
        up, down = list(at), list(at)
        up[i] += h
        down[i] -= h
        slope = (function(*up, *zero)[0] - function(*down, *zero)[0]) / (2.0 * h)
        expected += (slope * u) ** 2
    assert function(*at, *us)[1] == pytest.approx(expected**0.5, rel=1e-5)


@pytest.mark.parametrize(("function", "at"), CASES)
def test_array_equals_scalars(function: Callable[..., Pair], at: Sequence[float]) -> None:
    scale = np.array([0.5, 0.8, 1.0])
    columns: list[F64] = [v * scale for v in at] + [0.01 * v * scale for v in at]
    together = function(*columns)
    for i in range(scale.size):
        one = function(*(float(c[i]) for c in columns))
        assert together[0][i] == pytest.approx(one[0], rel=1e-14)  # type: ignore[index]
        assert together[1][i] == pytest.approx(one[1], rel=1e-14)  # type: ignore[index]


def test_undefined_is_nan_and_never_raises_or_warns() -> None:
    assert np.isnan(cp.capture_gas(0.0, 0.0, 0.001, 0.001)[0])
    assert np.isnan(cp.reboiler_duty_GJ_t(100.0, 0.0, 1.0, 1.0)[0])
    both = cp.capture_gas(np.array([0.0, 0.05]), np.array([0.0, 0.01]), np.zeros(2), np.zeros(2))
    assert np.isnan(both[0][0])
    assert both[0][1] == pytest.approx(0.8081, abs=1e-4)
    assert np.isnan(cb.exhaust_flow(100.0, 0.0003, cb.MGO, 0.0, 0.0)[0])
    assert np.isnan(positive(-1.0))


@given(FRACTION, st.floats(0.0, 0.3))
def test_dry_and_wet_are_inverse(y: float, water: float) -> None:
    assert cp.dry_from_wet(cp.wet_from_dry(y, water), water) == pytest.approx(y)


def test_air_ingress_reads_the_leak() -> None:
    assert cp.air_ingress(0.13, 0.13 / 0.94 * 0.98, 0.06, 0.02) == pytest.approx(0.0, abs=1e-12)
    leak = 0.05
    o2 = (0.13 + leak * 0.2095) / (1.0 - 0.036 + leak)
    assert cp.air_ingress(0.13, o2, 0.06, 0.024 / (1.0 - 0.036 + leak)) > 0.02


def test_combining_the_three_routes_of_the_worked_example() -> None:
    best, u = cp.combine([1000.0, 1090.0, 968.0], [25.0, 109.0, 9.68])
    assert best == pytest.approx(973.0, abs=1.0)
    assert u == pytest.approx(9.0, abs=0.1)
    with pytest.raises(ValueError, match="at least one"):
        cp.combine([], [])
