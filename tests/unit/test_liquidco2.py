"""Liquid CO2 beside the values of the equation of state (Span and Wagner 1996, table 34)."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import liquidco2


@pytest.mark.parametrize(
    ("t", "kPa", "liquid", "vapour"),
    [
        (-56.558, 517.95, 1178.5, 13.761),
        (-30.0, 1427.8, 1075.7, 37.10),
        (-20.0, 1969.6, 1031.7, 51.70),
        (0.0, 3485.1, 927.4, 97.65),
        (20.0, 5729.1, 773.4, 194.2),
    ],
)
def test_saturated_co2(t: float, kPa: float, liquid: float, vapour: float) -> None:
    assert liquidco2.saturation_kPa(t) == pytest.approx(kPa, rel=1e-3)
    assert liquidco2.liquid_density(t) == pytest.approx(liquid, rel=1e-3)
    assert liquidco2.vapour_density(t) == pytest.approx(vapour, rel=2e-3)


def test_a_tank_holds_liquid_and_the_vapour_above_it() -> None:
    full, half = liquidco2.tank_kg(100.0, 1.0, -28.0), liquidco2.tank_kg(100.0, 0.5, -28.0)
    assert full == pytest.approx(100.0 * liquidco2.liquid_density(-28.0))
    assert half == pytest.approx(0.5 * full + 50.0 * liquidco2.vapour_density(-28.0))
    levels: Any = np.array([0.2, 0.8])
    volume: Any = 100.0
    cold: Any = -28.0
    many: Any = liquidco2.tank_kg(volume, levels, cold)
    assert np.all(np.diff(many) > 0.0)


def test_columns_are_taken_and_what_is_no_liquid_is_nothing() -> None:
    column: Any = pd.Series([-28.0, 31.5, -60.0])
    found = liquidco2.liquid_density(column)
    assert np.isnan(found).tolist() == [False, True, True]
    assert math.isnan(liquidco2.saturation_kPa(245.0))
