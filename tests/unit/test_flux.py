"""One text for machine and algebra: the flux as numba runs it and as CasADi sees it."""

from collections.abc import Callable

import casadi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from models import coefficients as ix
from models.flux import flux as compiled_flux
from models.kinetics import film_flux
from models.packing import packing
from models.traced import traced

flux: Callable[..., tuple[float, float, float]] = compiled_flux
symbolic: Callable[..., tuple[casadi.SX, casadi.SX, casadi.SX]] = traced(compiled_flux)  # type: ignore[assignment]

C = ix.blank()
packing("MellapakPlus 252Y").place(C)
C[ix.SECTION] = 0.322
# liquid CO2, water, MEA (mol/s), degC; gas CO2, water, inert (mol/s), degC; Pa
LEAN = (2.4, 65.0, 8.0, 45.0, 1.2, 1.5, 18.0, 50.0, 1.1e5)

loading = st.floats(0.01, 0.55)
celsius = st.floats(20.0, 125.0)


def at(
    a: float, t: float, y: float, t_gas: float, liquid: float = 8.0
) -> tuple[float, float, float]:
    gas = 20.0
    wet = 0.12
    streams = (a * liquid, 8.0 * liquid, liquid, t, y * gas, wet * gas, (1 - y - wet) * gas)
    return flux(C, *streams, t_gas, 1.1e5, ix.FILM)


@pytest.mark.parametrize("mode", [ix.FILM, ix.IDAES])
def test_numba_and_casadi_agree_to_rounding(mode: int) -> None:
    symbols = [casadi.SX.sym(f"v{i}") for i in range(9)]
    same = casadi.Function("flux", symbols, list(symbolic(C.tolist(), *symbols, mode)))
    rng = np.random.default_rng(3)
    for _ in range(50):
        v = np.array(LEAN) * rng.uniform(0.6, 1.4, 9)
        here = np.array(flux(C, *v.tolist(), mode), dtype=float)
        there = np.array([float(x) for x in same(*v.tolist())])
        np.testing.assert_allclose(there, here, rtol=1e-11)


def test_casadi_differentiates_what_numba_runs() -> None:
    x = casadi.SX.sym("x", 9)
    parts = symbolic(C.tolist(), *[x[i] for i in range(9)], ix.FILM)
    jac = casadi.Function("j", [x], [casadi.jacobian(casadi.vertcat(*parts), x)])
    exact = np.array(jac(np.array(LEAN)))
    for k in range(9):
        step = 1e-5 * LEAN[k]
        up, down = list(LEAN), list(LEAN)
        up[k] += step
        down[k] -= step
        slope = (np.array(flux(C, *up, 0)) - np.array(flux(C, *down, 0))) / (2.0 * step)
        np.testing.assert_allclose(exact[:, k], slope, rtol=2e-5, atol=1e-6)


def test_a_coefficient_may_be_a_symbol() -> None:
    factor = casadi.SX.sym("area")
    c: list[object] = C.tolist()
    c[ix.AREA_FACTOR] = factor
    co2, _, _ = symbolic(c, *LEAN, ix.FILM)
    twice = casadi.Function("f", [factor], [co2])
    assert float(twice(2.0)) == pytest.approx(2.0 * float(twice(1.0)), rel=1e-12)


@settings(max_examples=60)
@given(loading, celsius, st.floats(0.0, 0.2), st.floats(20.0, 125.0))
def test_flux_is_finite_and_grows_with_the_gas(a: float, t: float, y: float, tg: float) -> None:
    here, more = at(a, t, y, tg), at(a, t, y + 0.01, tg)
    assert np.isfinite(here).all()
    assert more[0] > here[0]


@settings(max_examples=60)
@given(loading, st.floats(20.0, 105.0))  # beyond that the liquid boils off whatever is in it
def test_flux_falls_with_loading(a: float, t: float) -> None:
    assert at(a + 0.005, t, 0.06, 50.0)[0] < at(a, t, 0.06, 50.0)[0]


@pytest.mark.parametrize("liquid", [0.0, 1e-6])
@pytest.mark.parametrize("gas", [0.0, 1e-6, 20.0])
def test_flux_survives_a_dry_or_silent_column(liquid: float, gas: float) -> None:
    out = flux(C, 0.3 * liquid, 8 * liquid, liquid, 40.0, 0.05 * gas, 0.0, gas, 40.0, 1.1e5, 0)
    assert np.isfinite(out).all()


@settings(max_examples=200)
@given(
    st.floats(-3.0, 5.0),
    st.floats(-3.0, 6.0),
    st.floats(-3.0, 0.5),
    st.floats(4.0, 6.0),
    st.floats(4.0, 8.0),
    st.floats(-1.0, 3.0),
    st.floats(0.5, 2.0),
)
def test_film_balance_is_closed_by_its_fixed_number_of_steps(
    p10: float, e10: float, cap10: float, g10: float, h10: float, ion10: float, uneven: float
) -> None:
    p, p_eq, cap, g, h = (10.0**v for v in (p10, e10, cap10, g10, h10))
    plus, minus = 10.0**ion10, uneven * 10.0**ion10

    def left(v: float) -> float:
        grown = p_eq * ((1 + plus) * v - plus) * ((1 + minus) * v - minus)
        return float(cap * (1 - 1 / v) * (g + h * v) + grown - p)

    low, high = max(plus / (1 + plus), minus / (1 + minus)), 2.0
    while left(high) < 0.0:
        high *= 2.0
    v = brentq(left, low * (1 + 1e-15), high, xtol=1e-15, rtol=1e-14)
    exact = cap * (1 - 1 / v)
    found = film_flux(p, p_eq, g, h, cap, plus, minus)
    assert found == pytest.approx(exact, rel=1e-5, abs=1e-4 * abs(p - p_eq) / (g + h) + 1e-12)
