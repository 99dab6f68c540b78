"""What a notebook user gives: columns, lists, floats; and units that are not ours."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import ranges, solution, vle
from models.ambient import Ambient
from models.capture import combine
from models.combustion import MGO, Fuel, exhaust_flow
from models.errors import ConvergenceError, OutOfRange
from models.exhaust import EngineTable, engines_on_line
from models.feed import flash, heat_to_boil
from models.fourstroke import FourStroke
from models.nox import cycle_g_kWh
from models.streams import Solvent, flue_gas
from models.stripper import Stripper, strip
from models.twostroke import TwoStroke

LOADS = np.array([0.5, 0.75])


@pytest.mark.parametrize("make", [list, tuple, pd.Series, np.array])
def test_columns_lists_and_arrays_are_alike(make: Any) -> None:
    asked = make(LOADS.tolist())
    for engine in (FourStroke.load(), TwoStroke.load(), EngineTable.load("4stroke_6L46B")):
        got, right = engine.at(asked), engine.at(LOADS)
        for name in ("t_degC", "fuel_kg_h"):
            assert np.array_equal(getattr(got, name), getattr(right, name))
            one = getattr(engine.at(0.5), name)
            assert isinstance(one, float)
            assert one == getattr(right, name)[0]
    assert np.array_equal(engines_on_line(make([0.0, 9000.0])), [0.0, 2.0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pressure_mbar": 101.3}, "pressure_mbar 101.3: must be mbar from 500"),
        ({"pressure_mbar": 101300.0}, "no kPa, no Pa"),
        ({"air_degC": 298.0}, "air_degC 298: must be degC from -60 to 70"),
        ({"water_degC": math.nan}, "water_degC nan"),
        ({"humidity_pct": 150.0}, "humidity_pct 150: must be % from 0 to 100"),
    ],
)
def test_surroundings_in_another_unit_are_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(OutOfRange, match=said):
        Ambient(**given)


def test_a_fuel_needs_its_calorific_value_in_kJ_kg() -> None:
    with pytest.raises(OutOfRange, match=r"lcv_kJ_kg 42\.7: must be kJ/kg"):
        Fuel("x", 0.86, 0.136, lcv_kJ_kg=42.7)
    bare = Fuel("bio", 0.77, 0.12, 0.0, 0.11)
    with pytest.raises(OutOfRange, match="bio: lcv_kJ_kg 0"):
        FourStroke.load().at(0.75, fuel=bare)
    assert MGO.heat_kJ_kg == MGO.lcv_kJ_kg


def test_a_test_cycle_names_what_it_lacks() -> None:
    with pytest.raises(ValueError, match="no test cycle 'C1'; carried are E2, E3 and D2"):
        cycle_g_kWh("C1", {1.0: 1.0}, 100.0)
    with pytest.raises(ValueError, match=r"no g/h at power 0\.5, 0\.25 of rated"):
        cycle_g_kWh("E3", {1.0: 100.0, 0.75: 80.0}, 1e3)


def test_an_unknown_estimate_has_no_uncertainty() -> None:
    value, u = combine([1.0, math.nan], [0.1, 0.1])
    assert math.isnan(value)
    assert math.isnan(u)
    assert combine([1.0, 3.0], [0.1, 0.1])[1] == pytest.approx(0.0707, abs=1e-4)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((2250.0, 316.0, 105.0, 0.1), "t_degC 316: must be below boiling at 105 kPa"),
        ((2250.0, 516.0, 105.0, 0.1), "t_degC 516: must be degC from -20 to 400, no K"),
        ((2250.0, 43.0, 105.0, 1.0), "y_co2 1: must be a mole fraction up to 0.95"),
        ((2250.0, 43.0, 1.05, 0.1), "p_kPa 1.05: must be kPa absolute"),
        ((2250.0, 43.0, 105.0, 10.0), "no per cent"),
        ((math.nan, 43.0, 105.0, 0.1), "flow_kg_h nan"),
    ],
)
def test_a_gas_in_another_unit_is_refused(
    args: tuple[float, float, float, float], said: str
) -> None:
    with pytest.raises(OutOfRange, match=said):
        flue_gas(*args)


def test_a_stripper_in_another_unit_is_refused_and_a_vacuum_is_solved() -> None:
    rich, column = Solvent(7100.0, 110.0, 0.43, 0.3), Stripper(0.59, 12.0)
    with pytest.raises(OutOfRange, match=r"p_kPa 1\.8: must be kPa absolute"):
        strip(column, rich, 1.8, 430.0)
    with pytest.raises(OutOfRange, match=r"rich\.t_degC 383: must be degC"):
        strip(column, replace(rich, t_degC=383.0), 180.0, 430.0)
    flashed = flash(rich, 20e3)
    assert 40.0 < flashed.t_degC < 75.0, "110 degC let down to 20 kPa boils off a lot"
    assert flashed.co2 + flashed.gas_co2 == pytest.approx(rich.co2)
    with pytest.raises(ConvergenceError, match="does not boil at 5000 kPa below 180 degC"):
        heat_to_boil(replace(rich, loading=0.05), 5e6)


@pytest.mark.parametrize("make", [list, pd.Series, np.array])
def test_kernels_take_columns_and_lists(make: Any) -> None:
    t, a = make([40.0, 80.0]), make([0.2, 0.3])
    hot: Any = np.array([40.0, 80.0])
    rich: Any = np.array([0.2, 0.3])
    thin: Any = 0.3
    cold: Any = 40.0
    assert np.array_equal(vle.p_co2(t, thin, thin), vle.p_co2(hot, thin, thin))
    assert np.array_equal(vle.p_co2(t, a, thin), vle.p_co2(hot, rich, thin))
    assert np.array_equal(vle.heat_of_absorption(cold, a), vle.heat_of_absorption(cold, rich))
    assert len(solution.liquid_density(t, thin, thin)) == 2
    assert isinstance(vle.p_co2(40.0, 0.3, 0.3), float)


@pytest.mark.parametrize("wrong", ["warm", None, ["warm"], pd.Series(["a", "b"])])
def test_a_kernel_names_the_argument_that_holds_no_numbers(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"p_co2: a: a \w+ of no numbers; give a number"):
        vle.p_co2(40.0, wrong, 0.3)


def test_more_co2_than_the_fuel_can_make_is_no_flow() -> None:
    y: Any = np.array([6.0, 0.20, 0.154, 0.06, 0.0003])
    fuel: Any = 1000.0
    flow, u = exhaust_flow(fuel, y, MGO, 10.0, 0.001)
    assert np.isnan(flow[[0, 1, 2, 4]]).all()
    assert np.isnan(u[[0, 1, 2, 4]]).all()
    assert flow[3] == pytest.approx(37240, rel=1e-3)


def test_a_stopped_engine_has_no_temperature_and_no_nox() -> None:
    for engine in (FourStroke.load(), TwoStroke.load()):
        stopped, both = engine.at(0.0), engine.at(np.array([0.0, 0.75]))
        assert (stopped.flow_kg_s, stopped.fuel_kg_h, stopped.power_kW) == (0.0, 0.0, 0.0)
        assert math.isnan(stopped.t_degC)
        assert math.isnan(stopped.nox_ppm)
        assert np.isnan(both.t_degC).tolist() == [True, False]


def test_ranges_take_arrays_and_name_the_value_furthest_out() -> None:
    t: Any = np.array([40.0, 80.0])
    a: Any = [0.2, 0.3]
    hot: Any = pd.Series([10.0, 140.0, 60.0])
    assert ranges.outside(t, a, 0.3) == []
    (told,) = ranges.outside(hot, 0.3, 0.3)
    assert told == "temperature 140 degC is outside 20-125: extrapolated"
    assert "loading nan" in ranges.outside(40.0, math.nan, 0.3)[0]
