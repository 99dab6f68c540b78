"""Flashing feeds: balances, both places of the thermometer, the loading told by the drop."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.feed import flash, flashed_at, heat_to_boil, loading_of_flash
from models.gasphase import h_co2, h_steam
from models.streams import Solvent
from models.vle import h_liquid

RICH = Solvent(5000.0, 109.0, 0.48, 0.30)


def test_a_flash_keeps_matter_and_heat() -> None:
    out = flash(RICH, 1.8e5)
    m = RICH.amine
    assert out.t_degC < 104.0
    assert out.co2 + out.gas_co2 == pytest.approx(RICH.co2, rel=1e-12)
    assert out.water + out.gas_water == pytest.approx(RICH.water, rel=1e-12)
    before = m * h_liquid(109.0, 0.48, RICH.water / m)
    gas = out.gas_co2 * h_co2(out.t_degC) + out.gas_water * h_steam(out.t_degC)
    after = m * h_liquid(out.t_degC, out.co2 / m, out.water / m) + gas
    assert after == pytest.approx(before, rel=1e-6)


def test_behind_the_valve_the_same_vapour_belongs_to_the_colder_reading() -> None:
    out = flash(RICH, 1.8e5)
    again = flashed_at(replace(RICH, t_degC=out.t_degC), 1.8e5)
    assert again.gas_co2 == pytest.approx(out.gas_co2, rel=1e-6)


def test_a_poor_feed_stays_as_it_is() -> None:
    out = flash(replace(RICH, loading=0.30), 1.8e5)
    assert (out.t_degC, out.gas_co2, out.gas_water) == (109.0, 0.0, 0.0)
    assert loading_of_flash(109.0, 108.8, 1.8e5, 0.3) is None
    assert loading_of_flash(109.0, 60.0, 1.8e5, 0.3) is None


@settings(max_examples=20, derandomize=True)
@given(st.floats(0.44, 0.53), st.floats(104.0, 114.0), st.floats(0.22, 0.38))
def test_the_drop_tells_the_loading(loading: float, t: float, mea: float) -> None:
    out = flash(Solvent(3000.0, t, loading, mea), 1.8e5)
    found = loading_of_flash(t, out.t_degC, 1.8e5, mea)
    if t - out.t_degC >= 0.5:
        assert found == pytest.approx(loading, abs=2e-4)
    else:
        assert found is None


def test_a_feed_hotter_than_water_boils_at_this_pressure_is_let_down() -> None:
    out = flash(Solvent(460.0, 116.1, 0.28, 0.32), 1.257e5)
    assert 100.0 < out.t_degC < 110.0
    assert out.gas_water > 0.0


def test_heat_to_boil_is_none_once_it_boils() -> None:
    assert heat_to_boil(RICH, 1.8e5) == 0.0
    cold = replace(RICH, t_degC=80.0)
    assert 0.0 < heat_to_boil(cold, 1.8e5) < heat_to_boil(cold, 2.2e5)
