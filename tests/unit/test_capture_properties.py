"""What must hold for every capture figure: denominators, bounds, directions, uncertainty."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models import capture as cp
from models import combustion as cb
from models.fluegas import M_CO2

Pair = tuple[float, float]
FRACTION, ETA = st.floats(0.005, 0.15), st.floats(0.0, 0.999)
FLOW, U = st.floats(10.0, 1e6), st.floats(0.0, 0.05)
SHARE = st.floats(0.01, 1.0)


def after(y_in: float, eta: float) -> float:
    """Return the dry CO2 left when a share of it is captured and nothing else moves."""
    left = y_in * (1.0 - eta)
    return left / (1.0 - y_in + left)


@given(FRACTION, ETA)
def test_treated_gas_capture_runs_from_nothing_to_all(y_in: float, eta: float) -> None:
    got, u = cp.capture_gas(y_in, after(y_in, eta), 0.0, 0.0)
    assert got == pytest.approx(eta, abs=1e-12)
    assert u == 0.0
    assert cp.capture_gas(y_in, 0.0, 0.0, 0.0)[0] == 1.0
    assert cp.capture_gas(y_in, y_in, 0.0, 0.0)[0] == pytest.approx(0.0, abs=1e-12)
    assert cp.capture_gas(y_in, min(1.5 * y_in, 0.5), 0.0, 0.0)[0] < 0.0


@given(FRACTION, ETA, st.floats(1.001, 1.5))
def test_more_co2_out_is_less_capture_more_in_is_more(y_in: float, eta: float, more: float) -> None:
    y_out = after(y_in, eta)
    base = cp.capture_gas(y_in, y_out, 0.0, 0.0)[0]
    assert cp.capture_gas(y_in, y_out * more, 0.0, 0.0)[0] < base
    assert cp.capture_gas(y_in * more, y_out, 0.0, 0.0)[0] > base


@given(FRACTION, ETA, st.floats(0.001, 0.2))
def test_a_leak_of_air_reads_as_capture_and_oxygen_tells(
    y_in: float, eta: float, leak: float
) -> None:
    left = y_in * (1.0 - eta)
    total = 1.0 - y_in + left
    y_o2 = 0.12
    tight = cp.air_ingress(y_o2, y_o2 / total, y_in, left / total)
    assert tight == pytest.approx(0.0, abs=1e-12)
    leaky = (left + leak * cb.Y_CO2_AIR) / (total + leak)
    assume(leaky < left / total)
    assert cp.capture_gas(y_in, leaky, 0.0, 0.0)[0] > eta
    o2 = (y_o2 + leak * cb.Y_O2_AIR) / (total + leak)
    assert cp.air_ingress(y_o2, o2, y_in, leaky) > 0.0


@given(SHARE, SHARE, SHARE, st.floats(100.0, 1e6))
def test_each_denominator_gives_a_smaller_figure_than_the_one_inside_it(
    captured: float, treated: float, engine: float, ship_kg: float
) -> None:
    """Captured of treated gas >= of the engines' CO2 >= of all the ship's fuel."""
    engine_kg = engine * ship_kg
    treated_kg = treated * engine_kg
    captured_kg = captured * treated_kg
    of_treated = cp.capture_mass(captured_kg, treated_kg, 0.0, 0.0)[0]
    of_engines = cp.capture_mass(captured_kg, engine_kg, 0.0, 0.0)[0]
    gross = cp.ship_gross(captured_kg, ship_kg, 0.0, 0.0)[0]
    assert 0.0 < gross <= of_engines * (1 + 1e-12) <= of_treated * (1 + 2e-12) <= 1.0 + 1e-9
    assert gross == pytest.approx(captured * treated * engine)


@given(FLOW, FRACTION, ETA, st.floats(1e-3, 1e3))
def test_flows_may_be_in_any_unit(f_in: float, y_in: float, eta: float, unit: float) -> None:
    f_out, y_out = f_in * (1.0 - y_in * eta), after(y_in, eta)
    us = (0.02 * f_in, 0.001, 0.02 * f_out, 0.001)
    kmol = cp.capture_flows(f_in, y_in, f_out, y_out, *us)
    other = cp.capture_flows(
        unit * f_in, y_in, unit * f_out, y_out, unit * us[0], us[1], unit * us[2], us[3]
    )
    assert kmol == pytest.approx(other, rel=1e-9)
    assert kmol[0] == pytest.approx(eta, abs=1e-9)
    mass = cp.capture_mass(f_in * y_in - f_out * y_out, f_in * y_in, 0.0, 0.0)[0]
    assert mass == pytest.approx(kmol[0], abs=1e-9)


@given(FLOW, st.floats(0.2, 0.35), st.floats(0.1, 0.3), st.floats(0.0, 0.25), U)
def test_the_solvent_takes_what_its_loading_gains(
    lean: float, w: float, a_lean: float, swing: float, u: float
) -> None:
    up = cp.captured_liquid_kg_h(lean, w, a_lean, a_lean + swing, 0.0, 0.0, u, u)
    down = cp.captured_liquid_kg_h(lean, w, a_lean + swing, a_lean, 0.0, 0.0, u, u)
    assert up[0] == pytest.approx(-down[0], abs=1e-9)
    assert up[1] == pytest.approx(down[1])
    # equal loadings: no capture, yet not a certain one
    assert up[1] == pytest.approx(lean * w * 44.01 / 61.08 * u * math.sqrt(2.0), rel=2e-3, abs=1e-9)


@given(FLOW, SHARE, st.floats(-500.0, 500.0))
def test_what_the_plant_stores_is_captured_but_not_metered(
    product: float, x: float, stored: float
) -> None:
    got, u = cp.captured_product_kg_h(product, x, stored, 0.0, 0.0, 3.0)
    assert got - stored == pytest.approx(product * x, rel=1e-9, abs=1e-9)
    assert u == 3.0


@given(
    st.sampled_from([cb.HFO, cb.VLSFO, cb.MGO, cb.LNG_OTTO_MEDIUM]),
    st.floats(100.0, 2000.0),
    st.floats(0.03, 0.1),
)
def test_co2_of_the_exhaust_is_the_carbon_of_the_fuel(
    fuel: cb.Fuel, fuel_kg_h: float, y: float
) -> None:
    wet, _ = cb.exhaust_flow(fuel_kg_h, y, fuel, 0.0, 0.0)
    water = cb.exhaust_water_fraction(y, fuel)
    co2, _ = cp.co2_flow_kg_h(wet, y, water, 0.0, 0.0)
    burnt = fuel_kg_h * fuel.burnt_carbon * M_CO2 / cb.M_C
    # more by the CO2 of the air; the inert's molar mass and slipped methane leave 2.5 %
    of_air = (wet - fuel_kg_h) / cb.M_AIR * cb.Y_CO2_AIR * M_CO2
    assert co2 == pytest.approx(burnt + of_air, rel=0.025)
    assert 0.0 < co2 < wet


@given(FLOW, FRACTION, st.floats(0.0, 0.3), st.floats(0.005, 0.05))
def test_wetter_gas_carries_less_co2(wet_kg_h: float, y: float, water: float, more: float) -> None:
    dry, humid = (cp.co2_flow_kg_h(wet_kg_h, y, w, 0.0, 0.0)[0] for w in (water, water + more))
    assert 0.0 < humid < dry < wet_kg_h
    assert cp.co2_flow_kg_h(wet_kg_h, 1.0, 0.0, 0.0, 0.0)[0] == pytest.approx(wet_kg_h)


@given(st.lists(st.tuples(st.floats(100.0, 2000.0), st.floats(0.1, 300.0)), min_size=1, max_size=5))
def test_the_best_figure_lies_inside_and_is_surer_than_any(pairs: list[Pair]) -> None:
    values, us = [v for v, _ in pairs], [u for _, u in pairs]
    best, u = cp.combine(values, us)
    assert min(values) - 1e-6 <= best <= max(values) + 1e-6
    assert u <= min(us) * (1.0 + 1e-12)
    assert cp.combine(values[::-1], us[::-1]) == pytest.approx((best, u), rel=1e-9)
    same = cp.combine([values[0]] * len(us), us)[0]
    assert same == pytest.approx(values[0])
    # a blunt witness changes next to nothing
    assert cp.combine([*values, 0.0], [*us, 1e9])[0] == pytest.approx(best, rel=1e-6)


Figure = tuple[Callable[..., Pair], tuple[float, ...]]
FIGURES: list[Figure] = [
    (cp.capture_gas, (0.06, 0.025)),
    (cp.capture_flows, (700.0, 0.06, 670.0, 0.025)),
    (cp.captured_liquid_kg_h, (24000.0, 0.285, 0.24, 0.46)),
    (cp.captured_product_kg_h, (1080.0, 0.99, 12.0)),
    (cp.capture_mass, (1080.0, 1800.0)),
    (lambda f, y, uf, uy: cp.co2_flow_kg_h(f, y, 0.07, uf, uy), (20000.0, 0.063)),
    (cp.reboiler_duty_GJ_t, (1200.0, 1080.0)),
    (cp.ship_gross, (5.0e4, 4.0e5)),
]
EVERY = pytest.mark.parametrize(("figure", "at"), FIGURES)


@EVERY
@given(scale=st.floats(0.0, 10.0), shares=st.lists(U, min_size=4, max_size=4))
def test_uncertainty_scales_and_adds_in_squares(
    figure: Callable[..., Pair], at: tuple[float, ...], scale: float, shares: list[float]
) -> None:
    us = [share * value for share, value in zip(shares, at, strict=False)]
    value, u = figure(*at, *us)
    assert u >= 0.0
    assert figure(*at, *(scale * x for x in us)) == pytest.approx((value, scale * u), rel=1e-9)
    alone = [
        figure(*at, *(x if i == k else 0.0 for i, x in enumerate(us)))[1] for k in range(len(us))
    ]
    assert u**2 == pytest.approx(sum(x * x for x in alone), rel=1e-9, abs=1e-15)


@EVERY
def test_linear_uncertainty_is_the_scatter_of_noisy_readings(
    figure: Callable[..., Pair], at: tuple[float, ...]
) -> None:
    rng = np.random.default_rng(7)
    us = [0.01 * v for v in at]
    noisy = [v + u * rng.standard_normal(20_000) for v, u in zip(at, us, strict=True)]
    zero = [np.zeros(20_000)] * len(at)
    values, _ = figure(*noisy, *zero)
    value, u = figure(*at, *us)
    assert float(np.std(values)) == pytest.approx(u, rel=0.03)
    assert float(np.mean(values)) == pytest.approx(value, abs=0.1 * u)


@pytest.mark.parametrize(
    "undefined",
    [
        cp.capture_gas(0.0, 0.01, 0.001, 0.001),
        cp.capture_gas(0.05, 1.0, 0.001, 0.001),
        cp.capture_flows(0.0, 0.06, 1.0, 0.02, 0.1, 0.1, 0.1, 0.1),
        cp.capture_mass(10.0, -1.0, 1.0, 1.0),
        cp.ship_gross(0.0, 0.0, 0.0, 0.0),
        cp.reboiler_duty_GJ_t(1200.0, -5.0, 1.0, 1.0),
    ],
)
def test_without_a_denominator_there_is_no_figure(undefined: Pair) -> None:
    assert all(math.isnan(x) for x in undefined)
