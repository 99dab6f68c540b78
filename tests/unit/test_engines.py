"""Two- and four-stroke engines against the maker's examples and the shop test."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from models.ambient import ISO, Ambient
from models.combustion import FUELS, HFO, LNG_OTTO_MEDIUM, MGO, Fuel
from models.engines import EngineGas
from models.errors import UnknownTable
from models.exhaust import EngineTable
from models.fourstroke import TEST_AMBIENT, FourStroke, heat_left_kW
from models.twostroke import ME_C8, S80ME_C7, PartLoad, TwoStroke, derating, surroundings

TWO, FOUR = TwoStroke.load(), FourStroke.load()
TABLE = EngineTable.load("4stroke_6L46B")
LOADS = (0.25, 0.5, 0.75, 0.85, 1.0, 1.1)


def test_the_maker_s_example_at_80_percent() -> None:
    e = TWO.at(0.8, Ambient(air_degC=20.0, water_degC=18.0, pressure_mbar=1013.0))
    assert e.flow_kg_s * 3600.0 == pytest.approx(114781.0, rel=0.001)
    assert e.t_degC == pytest.approx(198.5, abs=0.1)


@pytest.mark.parametrize(
    ("part_load", "flow_pct", "t_K"), [(S80ME_C7, 5.6, -11.7), (ME_C8, 7.1, -18.8)]
)
def test_part_load_of_the_published_examples(
    part_load: PartLoad, flow_pct: float, t_K: float
) -> None:
    flow, t = part_load.at(np.array([0.8, 1.0]))
    assert (round(float(flow[0]), 1), round(float(t[0]), 1)) == (flow_pct, t_K)
    np.testing.assert_allclose([flow[1], t[1]], 0.0, atol=1e-9)


def test_another_rating_of_the_two_stroke_is_the_maker_s_example() -> None:
    assert derating(1.0, 1.0) == (0.0, 0.0)
    assert derating(0.8, 0.9) == pytest.approx((-0.6, -8.1), abs=0.05)
    again = TWO.rated(15498.0, 90.3)
    assert again.flow_kg_h == pytest.approx(TWO.flow_kg_h, rel=0.0005)
    assert again.t_degC == pytest.approx(TWO.t_degC, abs=0.1)
    low = TWO.rated(12000.0, 82.0)
    assert low.at(1.0).flow_kg_s < TWO.at(1.0).flow_kg_s
    assert low.at(1.0).t_degC < TWO.at(1.0).t_degC


@pytest.mark.parametrize(("kW", "rpm"), [(18000.0, 95.0), (8000.0, 90.0), (15000.0, 60.0)])
def test_a_rating_nobody_sells_is_refused(kW: float, rpm: float) -> None:
    with pytest.raises(ValueError, match="outside its layout, nominal 17220 kW at 95 rpm"):
        TWO.rated(kW, rpm)


def test_an_otto_gas_engine_breathes_less_and_burns_hotter() -> None:
    otto = dataclasses.replace(FOUR, air_factor=0.9, nox_tier=3)
    diesel, gas = (e.at(0.75, fuel=LNG_OTTO_MEDIUM) for e in (FOUR, otto))
    assert gas.fuel_kg_h == diesel.fuel_kg_h
    air = [e.flow_kg_s - e.fuel_kg_h / 3600.0 for e in (diesel, gas)]
    assert air[1] == pytest.approx(0.9 * air[0])
    assert gas.gas.co2 > diesel.gas.co2
    assert 20.0 < gas.t_degC - diesel.t_degC < 80.0
    assert gas.nox_ppm < 0.3 * diesel.nox_ppm


def test_iso_conditions_correct_nothing_and_back_pressure_chokes() -> None:
    assert surroundings(ISO) == (0.0, 0.0)
    choked = surroundings(Ambient(back_pressure_mbar=49.03325))  # 500 mm water
    assert choked == pytest.approx((-2.2, 10.0))


def test_two_stroke_gas_is_lean_and_cool() -> None:
    e = TWO.at(0.8)
    assert 0.037 < e.gas.co2 < 0.040
    assert 900.0 < e.nox_ppm < 1200.0
    assert 7.0 < e.flow_kg_s * 3600.0 / e.power_kW < 9.5


@pytest.mark.parametrize("load", LOADS)
def test_shop_test_is_reproduced_where_it_measured(load: float) -> None:
    e, table = FOUR.at(load), TABLE.at(load)
    assert e.t_degC == pytest.approx(table.t_degC, abs=1e-9)
    assert e.fuel_kg_h == table.fuel_kg_h
    assert e.back_pressure_mbar == pytest.approx(table.back_pressure_mbar)


@pytest.mark.parametrize("load", LOADS)
def test_computed_columns_of_the_table_follow_from_measured_ones(load: float) -> None:
    e, table = FOUR.at(load), TABLE.at(load)
    assert e.flow_kg_s == pytest.approx(table.flow_kg_s, rel=0.01)
    assert e.gas.dry(e.gas.co2) == pytest.approx(table.y_co2_dry, rel=0.01)
    assert e.gas.h2o == pytest.approx(table.y_h2o_wet, rel=0.01)
    assert e.gas.dry(e.gas.o2) == pytest.approx(table.y_o2_dry, rel=0.015)


def test_the_heat_balance_of_the_shop_test_leaves_what_water_and_oil_carry() -> None:
    left = heat_left_kW(FOUR)
    assert np.all((left > 1100.0) & (left < 1500.0))
    fuel = FOUR.columns["fuel_kg_h"] / 3600.0 * HFO.lcv_kJ_kg
    assert 0.08 < left[4] / fuel[4] < 0.15


def test_surroundings_of_the_four_stroke_have_the_signs_of_the_two_stroke_s() -> None:
    base = FOUR.at(0.75)
    hot = FOUR.at(0.75, dataclasses.replace(TEST_AMBIENT, air_degC=42.0))
    assert -5.0 < 100.0 * (hot.flow_kg_s / base.flow_kg_s - 1.0) < -2.0
    assert 5.0 < hot.t_degC - base.t_degC < 25.0
    choked = FOUR.at(0.75, dataclasses.replace(TEST_AMBIENT, back_pressure_mbar=40.0))
    assert choked.t_degC > base.t_degC
    thick = FOUR.at(0.75, dataclasses.replace(TEST_AMBIENT, pressure_mbar=1045.0))
    assert thick.flow_kg_s > base.flow_kg_s


@pytest.mark.parametrize("fuel", list(FUELS.values()), ids=list(FUELS))
@pytest.mark.parametrize("engine", [TWO, FOUR], ids=["two-stroke", "four-stroke"])
def test_every_fuel_brings_the_same_heat(engine: TwoStroke | FourStroke, fuel: Fuel) -> None:
    e, reference = engine.at(0.75, fuel=fuel), engine.at(0.75, fuel=HFO)
    heat = reference.fuel_kg_h * HFO.lcv_kJ_kg
    assert e.fuel_kg_h * fuel.heat_kJ_kg == pytest.approx(heat)
    carbon = e.flow_kg_s / e.gas.molar_mass * e.gas.co2 * 12.011
    assert carbon == pytest.approx(fuel.burnt_carbon * e.fuel_kg_h / 3600.0, rel=0.02)


@pytest.mark.parametrize(("engine", "low"), [(TWO, 0.4), (FOUR, 0.25)], ids=["two", "four"])
def test_arrays_equal_scalars_and_the_ends_are_flagged(
    engine: TwoStroke | FourStroke, low: float
) -> None:
    loads = np.array([0.0, 0.1, low, 0.6, 1.0, 1.3])
    together = engine.at(loads, fuel=MGO)
    np.testing.assert_array_equal(together.clamped, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    for i, load in enumerate(loads):
        one = engine.at(float(load), fuel=MGO)
        assert isinstance(one.flow_kg_s, float)
        for name in ("power_kW", "flow_kg_s", "t_degC", "fuel_kg_h", "nox_ppm", "clamped"):
            assert getattr(together, name)[i] == pytest.approx(
                getattr(one, name), rel=1e-12, nan_ok=True
            )
        assert together.gas.o2[i] == pytest.approx(one.gas.o2, rel=1e-12)


def test_a_stopped_engine_breathes_nothing() -> None:
    stopped: list[EngineGas[float]] = [TWO.at(0.0), FOUR.at(0.0)]
    assert [(e.flow_kg_s, e.fuel_kg_h, e.power_kW) for e in stopped] == [(0.0, 0.0, 0.0)] * 2


def test_an_unknown_load_is_no_stopped_engine() -> None:
    nan = float("nan")
    for e in (TWO.at(nan), FOUR.at(nan)):
        for value in (e.flow_kg_s, e.fuel_kg_h, e.power_kW, e.t_degC, e.gas.co2):
            assert np.isnan(value)
        assert e.clamped == 0.0
    table = TABLE.at(np.array([nan, 0.5]))
    assert np.isnan(table.flow_kg_s[0])
    assert np.isnan(table.fuel_kg_h[0])
    assert np.isnan(TABLE.clamp_excess(nan))
    assert table.flow_kg_s[1] > 0.0


@pytest.mark.parametrize("load", [TwoStroke.load, FourStroke.load])
def test_unknown_engines_name_the_known_ones(load: Callable[[str], object]) -> None:
    with pytest.raises(UnknownTable, match="known: 6"):
        load("9X99")
