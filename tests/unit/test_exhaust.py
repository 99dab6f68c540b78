"""The engine's exhaust by load, its heat, and the split of ship power over engines."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UnknownTable
from models.exhaust import (
    EngineTable,
    boiler_heat_kW,
    engines_on_line,
    steam_heat_kW,
    steam_kg_h,
)

TABLE = EngineTable.load("4stroke_6L46B")


def test_table_points_are_returned_as_measured() -> None:
    e = TABLE.at(0.75)
    assert (e.t_degC, e.fuel_kg_h, e.back_pressure_mbar) == (336.0, 844.7, 8.0)
    assert e.flow_kg_s == pytest.approx(8.287)
    assert e.y_co2_dry == pytest.approx(0.0626)
    assert e.clamped == 0.0


def test_between_points_is_linear() -> None:
    assert TABLE.at(0.80).fuel_kg_h == pytest.approx(0.5 * (844.7 + 975.5))


@pytest.mark.parametrize(("load", "same_as"), [(0.1, 0.25), (1.3, 1.1)])
def test_outside_the_table_the_nearest_end_is_used_and_flagged(load: float, same_as: float) -> None:
    out, end = TABLE.at(load), TABLE.at(same_as)
    assert out.clamped == 1.0
    assert dataclasses.replace(out, clamped=0.0) == end


def test_a_stopped_engine_breathes_nothing() -> None:
    e = TABLE.at(0.0)
    assert (e.flow_kg_s, e.fuel_kg_h, e.back_pressure_mbar, e.clamped) == (0.0, 0.0, 0.0, 0.0)


def test_array_equals_scalars() -> None:
    loads = np.array([0.0, 0.1, 0.25, 0.4, 0.77, 1.0, 1.2])
    together = TABLE.at(loads)
    for i, load in enumerate(loads):
        one = TABLE.at(float(load))
        for field in dataclasses.fields(one):
            np.testing.assert_equal(getattr(together, field.name)[i], getattr(one, field.name))


def test_carbon_of_the_exhaust_is_the_carbon_of_the_fuel() -> None:
    # HFO 86 % carbon; the table's flow and composition must agree with its own fuel
    for load in (0.5, 0.75, 0.85, 1.0):
        e = TABLE.at(load)
        mean = e.y_co2_wet * 44.01 + e.y_h2o_wet * 18.0 + (1 - e.y_co2_wet - e.y_h2o_wet) * 28.7
        carbon = e.flow_kg_s * 3600.0 / mean * e.y_co2_wet * 12.011
        assert carbon == pytest.approx(0.86 * e.fuel_kg_h, rel=0.02)


def test_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(UnknownTable, match="known: 4stroke_6L46B"):
        EngineTable.load("steam_turbine")


def test_boiler_heat_of_one_engine_at_three_quarters_is_about_1500_kW() -> None:
    e = TABLE.at(0.75)
    heat = boiler_heat_kW(e.flow_kg_s, e.t_degC)
    assert heat == pytest.approx(1530.0, abs=10.0)
    assert steam_kg_h(1200.0) == pytest.approx(2025.0, abs=1.0)
    assert boiler_heat_kW(8.0, 120.0) == 0.0


@given(st.floats(0.0, 1e4))
def test_steam_and_heat_are_inverse(heat: float) -> None:
    assert steam_heat_kW(steam_kg_h(heat)) == pytest.approx(heat)


@pytest.mark.parametrize(
    ("power", "engines"),
    [(0.0, 0), (599.0, 0), (600.0, 2), (9945.0, 2), (9946.0, 3), (14918.0, 4), (40000.0, 4)],
)
def test_engines_on_line(power: float, engines: int) -> None:
    assert engines_on_line(power) == engines
    np.testing.assert_array_equal(engines_on_line(np.array([power, 0.0])), [engines, 0])


@given(st.floats(0.001, 1.2), st.floats(0.0, 0.2))
def test_a_clamp_reads_high_by_the_fuel_line_and_nowhere_else(load: float, more: float) -> None:
    excess = TABLE.clamp_excess(load)
    assert 0.0 <= excess < 0.7
    assert (excess > 0.0) == (load < 0.25)
    assert TABLE.clamp_excess(load + more) <= excess
    np.testing.assert_array_equal(TABLE.clamp_excess(np.array([load, 0.0])), [excess, 0.0])


def test_at_ten_percent_load_the_clamp_may_burn_40_percent_too_much() -> None:
    line = 350.5 - 0.15 / 0.25 * (586.9 - 350.5)
    assert 350.5 * (1.0 - TABLE.clamp_excess(0.1)) == pytest.approx(line)
    assert TABLE.clamp_excess(0.1) == pytest.approx(0.40, abs=0.01)
