"""The ship's exhaust and steam follow load, air, sea and fuel; the table is remade by rule."""

import dataclasses
import math

import pytest

from models.combustion import FUELS, HFO, MGO
from models.exhaust import EngineTable
from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.plantfile import load_plant
from sensors.plantspec import Ship as ShipSpec
from sim.engine_gas import MOVED, Weather, breathed, low_temperature_water
from sim.ship import Climate, Ship
from sim.voyages import ShipState

SPEC = load_plant(locate("demo")).spec.ship
TWO_ENGINES = [True, True, False, False]


def state(load: float = 0.5, air: float = math.nan, sea: float = math.nan) -> ShipState:
    """Return two engines at a load; nan leaves air or sea to the climate."""
    propulsion = 2 * load * SPEC.engine_mcr_kW
    return ShipState(propulsion + 1800.0, propulsion, 1800.0, 2, load, 500.0, sea, air)


def settled(at: ShipState, fuel: str = "MGO", **changed: float) -> Ship:
    """Return a ship that has sailed at `at` for a day."""
    ship = Ship(SPEC.model_copy(update={"fuel": fuel, **changed}), Climate())
    ship.settle(at, TWO_ENGINES)
    return ship


def test_on_the_test_bed_it_is_the_published_table() -> None:
    # the test's 32 degC in the room, its barometer and fuel; the computed columns differ by 1.5 %
    ship = Ship(SPEC.model_copy(update={"fuel": "HFO"}), Climate(baro_kPa=102.5))
    ship.settle(state(air=22.0), TWO_ENGINES)
    gas, table = ship.gas, EngineTable.load("4stroke_6L46B").at(0.5)
    assert gas.flow_kg_s == pytest.approx(table.flow_kg_s, rel=0.015)
    assert gas.t_degC == pytest.approx(table.t_degC, abs=0.1)
    assert gas.fuel_kg_h == pytest.approx(table.fuel_kg_h, rel=1e-3)
    assert gas.y_co2_dry == pytest.approx(table.y_co2_dry, rel=0.02)
    assert gas.y_o2_dry == pytest.approx(table.y_o2_dry, rel=0.02)
    assert ship.table.at(0.25).t_degC == pytest.approx(477.0, abs=0.1)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.85])
def test_warm_air_gives_less_but_hotter_gas_and_more_steam(load: float) -> None:
    cold, warm = settled(state(load, air=5.0)), settled(state(load, air=30.0))
    assert warm.gas.flow_kg_s < cold.gas.flow_kg_s
    assert warm.gas.t_degC > cold.gas.t_degC
    assert warm.gas.y_co2_dry > cold.gas.y_co2_dry
    assert warm.gas.y_o2_dry < cold.gas.y_o2_dry
    assert warm.steam_kg_h > cold.steam_kg_h
    assert warm.gas.fuel_kg_h == cold.gas.fuel_kg_h
    assert warm.gas.y_h2o_wet > cold.gas.y_h2o_wet
    assert warm.gas.nox_ppm != cold.gas.nox_ppm


def test_only_a_sea_too_warm_for_the_central_cooler_reaches_the_engine() -> None:
    spring, summer, tropics = (settled(state(sea=sea)) for sea in (2.0, 25.0, 36.0))
    assert spring.gas == summer.gas
    assert low_temperature_water(36.0) == 40.0
    assert tropics.gas.flow_kg_s < summer.gas.flow_kg_s
    assert tropics.gas.t_degC > summer.gas.t_degC


def test_the_room_warms_the_air_and_keeps_its_water() -> None:
    outside = Weather(10.0, 12.0, 75.0, 101.3)
    room = breathed(outside)
    assert room.air_degC == 20.0
    assert room.pressure_mbar == pytest.approx(1013.0)
    as_outside = dataclasses.replace(room, air_degC=10.0, humidity_pct=75.0)
    assert room.humidity_g_kg == pytest.approx(as_outside.humidity_g_kg)


def test_another_fuel_is_another_gas() -> None:
    heavy, gas_oil, lng = (settled(state(), f).gas for f in ("HFO", "MGO", "LNG-Otto-medium"))
    assert heavy.y_co2_dry > gas_oil.y_co2_dry > lng.y_co2_dry
    assert heavy.y_h2o_wet < gas_oil.y_h2o_wet < lng.y_h2o_wet
    # the SO2 a fuel's sulphur makes per CO2 (MEPC.340(77)): 4.3 ppm per % at 0.1 % sulphur
    assert gas_oil.so2_ppm == pytest.approx(4.3 * 100.0 * gas_oil.y_co2_dry, rel=0.03)
    assert heavy.so2_ppm > 15.0 * gas_oil.so2_ppm
    assert lng.so2_ppm < 0.05 * gas_oil.so2_ppm
    assert gas_oil.fuel_kg_h * MGO.heat_kJ_kg == pytest.approx(heavy.fuel_kg_h * HFO.heat_kJ_kg)
    assert 900.0 < gas_oil.nox_ppm < 1800.0


@pytest.mark.parametrize("fuel", sorted(FUELS))
def test_every_fuel_runs_main_and_auxiliary_engines_on_the_same_heat(fuel: str) -> None:
    ship, heavy = settled(state(), fuel), settled(state(), "HFO")
    heat = FUELS[fuel].heat_kJ_kg
    assert ship.auxiliary_fuel_kg_h * heat == pytest.approx(387.0 * HFO.heat_kJ_kg)
    assert ship.gas.fuel_kg_h * heat == pytest.approx(heavy.gas.fuel_kg_h * HFO.heat_kJ_kg)
    assert 0.0 < ship.gas.y_co2_dry < 0.2


def test_the_table_is_made_again_only_when_the_weather_has_moved() -> None:
    ship, made = Ship(SPEC, Climate()), 1
    assert ship.table.made == made
    ship.step(state(air=10.0 + MOVED.air_degC), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made  # not by more than 1 K
    before = ship.table.at(0.5)
    ship.step(state(air=10.01 + MOVED.air_degC), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made + 1
    after = ship.table.at(0.5)
    assert after.t_degC > before.t_degC
    ship.step(state(air=10.1), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made + 1  # counted from where it was made, not from the start
    ship.step(state(air=10.1, sea=29.0), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made + 1  # the thermostat holds the water
    ship.step(state(air=10.1, sea=32.0), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made + 2
    ship.climate.baro_kPa -= 2.0
    ship.step(state(air=10.1, sea=32.0), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made + 3
    ship.climate.humidity_pct = 20.0
    ship.step(state(air=10.1, sea=32.0), TWO_ENGINES, 0.0, 1.0)
    assert ship.table.made == made + 4


def test_the_same_weather_is_the_same_ship() -> None:
    def sail() -> list[tuple[float, ...]]:
        ship, said = Ship(SPEC, Climate()), []
        for second in range(200):
            at = state(0.3 + 0.002 * second, air=5.0 + 0.05 * second, sea=25.0 + 0.05 * second)
            ship.step(at, TWO_ENGINES, 500.0, 1.0)
            said.append((*dataclasses.astuple(ship.gas), ship.steam_kg_h, float(ship.table.made)))
        return said

    first = sail()
    assert first == sail()
    assert first[-1][-1] > 5


@pytest.mark.parametrize(("load", "clamped"), [(0.1, True), (0.249, True), (0.25, False)])
def test_below_the_shop_test_it_is_held_and_said(load: float, clamped: bool) -> None:
    ship, lowest = settled(state(load)), settled(state(0.25))
    assert ship.gas.clamped is clamped
    assert ship.gas.fuel_kg_h == pytest.approx(lowest.gas.fuel_kg_h, rel=0.01)


def test_a_stopped_engine_is_not_clamped() -> None:
    ship = settled(state())
    ship.step(state()._replace(n_engines=0, propulsion_kW=0.0), [False] * 4, 0.0, 100.0)
    ship.step(state()._replace(n_engines=0, propulsion_kW=0.0), [False] * 4, 0.0, 1.0)
    assert not any(ship.running)
    assert ship.gas.clamped is False
    assert ship.exhaust_kg_s == 0.0


def test_more_cylinders_of_the_same_engine_give_more_gas_of_the_same_kind() -> None:
    six = settled(state())
    big = SPEC.engine_mcr_kW * 8 / 6
    more = state()._replace(propulsion_kW=2 * 0.5 * big)
    eight = settled(more, engine_mcr_kW=big)
    assert eight.gas.flow_kg_s == pytest.approx(six.gas.flow_kg_s * 8 / 6)
    assert eight.gas.fuel_kg_h == pytest.approx(six.gas.fuel_kg_h * 8 / 6)
    assert eight.gas.y_co2_dry == pytest.approx(six.gas.y_co2_dry)
    assert eight.heat_kW == pytest.approx(six.heat_kW * 8 / 6)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("fuel", "HFOO", "ship.fuel: no fuel 'HFOO'; did you mean 'HFO'?"),
        ("engine", "4stroke_6L46B", "ship.engine: no engine table '4stroke_6L46B'; known: 6L46B"),
    ],
)
def test_an_unknown_engine_or_fuel_is_told(key: str, value: str, said: str) -> None:
    spec: ShipSpec = SPEC.model_copy(update={key: value})
    with pytest.raises(ConfigError) as caught:
        Ship(spec)
    assert said in str(caught.value)
