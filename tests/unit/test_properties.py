"""Properties against published data and checks quoted with the correlations."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import properties as pr
from models.numbers import F64

# Amundsen et al. 2009, density of 30 wt% MEA (CO2-free), g/cm3: degC, loading, value
DENSITY = (
    (25.0, 0.1, 1.028),
    (25.0, 0.3, 1.070),
    (40.0, 0.1, 1.021),
    (40.0, 0.3, 1.0629),
    (40.0, 0.5, 1.114),
    (50.0, 0.2, 1.0355),
    (50.0, 0.4, 1.083),
    (70.0, 0.3, 1.0464),
    (80.0, 0.2, 1.0176),
    (80.0, 0.4, 1.066),
)
# Aronu et al. 2011 (40-80 degC), Xu 2011 (100-120 degC): degC, loading, kPa CO2 over 30 wt% MEA
VLE = (
    (40.0, 0.337, 0.0603),
    (40.0, 0.417, 0.2928),
    (40.0, 0.447, 0.5702),
    (60.0, 0.244, 0.1348),
    (60.0, 0.393, 1.0970),
    (80.0, 0.216, 0.6137),
    (80.0, 0.400, 7.9387),
    (100.0, 0.315, 12.0),
    (100.0, 0.388, 34.0),
    (100.0, 0.501, 167.0),
    (120.0, 0.314, 45.0),
    (120.0, 0.508, 512.0),
)


@pytest.mark.parametrize(("t", "a", "rho"), DENSITY)
def test_density_is_within_one_percent_of_measured(t: float, a: float, rho: float) -> None:
    assert pr.density_kg_m3(t, a, 0.3) == pytest.approx(1000.0 * rho, rel=0.01)


def test_density_is_within_half_a_percent_on_average() -> None:
    off = [abs(pr.density_kg_m3(t, a, 0.3) / (1000.0 * rho) - 1.0) for t, a, rho in DENSITY]
    assert np.mean(off) < 5e-3


def test_density_check_value_quoted_with_the_correlation() -> None:
    assert pr.density_kg_m3(40.0, 0.3, 0.3) == pytest.approx(1062.9, abs=0.1)


@pytest.mark.parametrize(("t", "a", "rho"), DENSITY)
def test_loading_from_density_is_within_its_stated_error(t: float, a: float, rho: float) -> None:
    assert pr.loading_from_density(1000.0 * rho, t) == pytest.approx(a, abs=0.03)


@pytest.mark.parametrize(("t", "a", "p"), VLE)
def test_co2_pressure_follows_measured_equilibria(t: float, a: float, p: float) -> None:
    assert abs(np.log(pr.p_co2_kPa(t, a) / p)) < 0.25


@pytest.mark.parametrize(
    ("t", "a", "p"), [(40.0, 0.3, 0.0339), (40.0, 0.45, 0.588), (120.0, 0.2, 12.7)]
)
def test_co2_pressure_check_values(t: float, a: float, p: float) -> None:
    assert pr.p_co2_kPa(t, a) == pytest.approx(p, rel=5e-3)


@pytest.mark.parametrize(
    ("t", "p"), [(0.01, 0.6117), (40.0, 7.385), (100.0, 101.4), (120.0, 198.7)]
)
def test_water_pressure_matches_steam_tables(t: float, p: float) -> None:
    assert pr.psat_water_kPa(t) == pytest.approx(p, rel=6e-3)


@given(st.floats(-5.0, 180.0), st.floats(1e-4, 0.78))
def test_co2_pressure_rises_with_loading_and_is_positive(t: float, a: float) -> None:
    low, high = pr.p_co2_kPa(t, a), pr.p_co2_kPa(t, a + 0.01)
    assert 0.0 < low < high < np.inf


@given(st.floats(0.0, 1.0))
def test_free_amine_never_vanishes(a: float) -> None:
    assert pr.free_amine(a) > 0.0
    assert pr.free_amine(a) == pytest.approx(max(1.0 - 2.0 * a, 0.0), abs=0.051)


@given(st.floats(0.0, 0.5), st.floats(0.1, 0.5))
def test_mass_fraction_of_amine_counts_the_co2(a: float, w: float) -> None:
    mea = pr.solution_mass_fraction_mea(a, w)
    co2 = mea / pr.M_MEA * a * pr.M_CO2
    assert mea + mea * (1.0 - w) / w + co2 == pytest.approx(1.0)


@pytest.mark.parametrize(
    "function",
    [
        pr.psat_water_kPa,
        lambda t: pr.p_co2_kPa(t, t / 200.0),
        lambda t: pr.free_amine(t / 200.0),
        lambda t: pr.saturated_fraction(t, t * 0 + 103.0),
        lambda t: pr.density_kg_m3(t, t / 200.0, t * 0 + 0.3),
        lambda t: pr.loading_from_density(t + 1000.0, t),
    ],
)
def test_array_equals_scalars(function: Callable[[F64 | float], F64 | float]) -> None:
    t = np.linspace(5.0, 95.0, 7)
    each = np.array([function(float(v)) for v in t])
    np.testing.assert_allclose(np.asarray(function(t)), each, rtol=1e-14)


def test_compiled_text_equals_the_python_text() -> None:
    for t, a in ((40.0, 0.3), (120.0, 0.2), (20.0, 0.5)):
        assert pr.p_co2(t, a) == pytest.approx(pr.p_co2_kPa(t, a), rel=1e-12)
        assert pr.psat_water(t) == pytest.approx(pr.psat_water_kPa(t), rel=1e-12)
        assert pr.free_mea(a) == pytest.approx(pr.free_amine(a), rel=1e-14)
