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


@pytest.mark.parametrize(("t", "a", "rho"), DENSITY)
def test_loading_from_density_is_within_its_stated_error(t: float, a: float, rho: float) -> None:
    assert pr.loading_from_density(1000.0 * rho, t) == pytest.approx(a, abs=0.03)


@pytest.mark.parametrize(
    ("t", "p"), [(0.01, 0.6117), (40.0, 7.385), (100.0, 101.4), (120.0, 198.7)]
)
def test_water_pressure_matches_steam_tables(t: float, p: float) -> None:
    assert pr.psat_water_kPa(t) == pytest.approx(p, rel=6e-3)


@given(st.floats(0.0, 0.5), st.floats(0.1, 0.5))
def test_mass_fraction_of_amine_counts_the_co2(a: float, w: float) -> None:
    mea = pr.solution_mass_fraction_mea(a, w)
    co2 = mea / pr.M_MEA * a * pr.M_CO2
    assert mea + mea * (1.0 - w) / w + co2 == pytest.approx(1.0)


@pytest.mark.parametrize(
    "function",
    [
        pr.psat_water_kPa,
        lambda t: pr.saturated_fraction(t, t * 0 + 103.0),
        lambda t: pr.loading_from_density(t + 1000.0, t),
    ],
)
def test_array_equals_scalars(function: Callable[[F64 | float], F64 | float]) -> None:
    t = np.linspace(5.0, 95.0, 7)
    each = np.array([function(float(v)) for v in t])
    np.testing.assert_allclose(np.asarray(function(t)), each, rtol=1e-14)
