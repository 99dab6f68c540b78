"""What must hold for any fuel, air and load: elements, bounds, directions, round trips."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import combustion as cb
from models.ambient import Ambient, saturated_g_kg
from models.capture import dry_from_wet, wet_from_dry
from models.fluegas import FlueGas, burn
from models.fourstroke import TEST_AMBIENT, FourStroke
from models.nox import nox_limit_g_kWh
from models.properties import psat_water_kPa
from models.twostroke import TwoStroke

TWO, FOUR = TwoStroke.load(), FourStroke.load()
Engine = TwoStroke | FourStroke
ENGINES = pytest.mark.parametrize("engine", [TWO, FOUR], ids=["two-stroke", "four-stroke"])
LOWEST = {TWO.name: 0.4, FOUR.name: 0.25}
EXCESS, HUMIDITY, SHARE = st.floats(1.001, 6.0), st.floats(0.0, 40.0), st.floats(0.0, 1.0)


@st.composite
def fuels(draw: st.DrawFn) -> cb.Fuel:
    """Return a fuel nobody sells: any carbon, hydrogen, S, O, N that burns, perhaps with slip."""
    carbon, hydrogen = draw(st.floats(0.3, 0.9)), draw(st.floats(0.05, 0.26))
    rest = max(0.0, 1.0 - carbon - hydrogen)
    scale = 1.0 / max(1.0, carbon + hydrogen)
    sulphur, oxygen, nitrogen = (draw(st.floats(0.0, 1.0)) for _ in range(3))
    whole = sulphur + oxygen + nitrogen + 1.0
    s, o, n = (rest * x / whole for x in (0.2 * sulphur, 0.5 * oxygen, nitrogen))
    slip = draw(st.floats(0.0, 0.1))
    return cb.Fuel("any", carbon * scale, hydrogen * scale, s, o, n, slip=slip)


def blend(pilot_heat: float, slip: float) -> cb.Fuel:
    return cb.dual_fuel("gas", cb.LNG, cb.MGO, pilot_heat, slip)


@given(fuels(), EXCESS, HUMIDITY)
def test_each_element_in_is_out(fuel: cb.Fuel, excess: float, humidity: float) -> None:
    air = excess * cb.stoichiometric_air(fuel)
    gas: FlueGas[float] = burn(air, fuel, humidity)
    kmol = (1.0 + air * (1.0 + 1e-3 * humidity)) / gas.molar_mass
    dry, water = air / cb.M_AIR, 1e-3 * humidity * air / cb.M_H2O
    came = {
        "C": fuel.carbon / cb.M_C + dry * cb.Y_CO2_AIR,
        "H": fuel.hydrogen / cb.M_H2 + water,
        "O": fuel.oxygen / cb.M_O2 + dry * (cb.Y_O2_AIR + cb.Y_CO2_AIR) + 0.5 * water,
        "N": fuel.nitrogen / cb.M_N2 + dry * (1.0 - cb.Y_O2_AIR - cb.Y_CO2_AIR),
        "S": fuel.sulphur / cb.M_S,
    }
    left = {
        "C": kmol * (gas.co2 + gas.ch4),
        "H": kmol * (gas.h2o + 2.0 * gas.ch4),
        "O": kmol * (gas.co2 + 0.5 * gas.h2o + gas.o2 + gas.so2),
        "N": kmol * gas.n2,
        "S": kmol * gas.so2,
    }
    assert left == pytest.approx(came, rel=1e-9, abs=1e-12)


@given(fuels(), EXCESS, HUMIDITY)
def test_fractions_are_fractions_and_co2_stays_under_its_maximum(
    fuel: cb.Fuel, excess: float, humidity: float
) -> None:
    gas: FlueGas[float] = burn(excess * cb.stoichiometric_air(fuel), fuel, humidity)
    parts = (gas.co2, gas.h2o, gas.o2, gas.n2, gas.so2, gas.ch4)
    assert all(0.0 <= y < 1.0 for y in parts)
    assert sum(parts) == pytest.approx(1.0, abs=1e-12)
    assert cb.Y_CO2_AIR < gas.dry(gas.co2) <= cb.most_co2_dry(fuel)


@given(fuels(), EXCESS, HUMIDITY)
def test_air_and_oxygen_come_back_from_dry_co2(
    fuel: cb.Fuel, excess: float, humidity: float
) -> None:
    gas: FlueGas[float] = burn(excess * cb.stoichiometric_air(fuel), fuel, humidity)
    y = gas.dry(gas.co2)
    assert cb.excess_air_ratio(y, fuel) == pytest.approx(excess, rel=1e-6)
    assert cb.o2_dry_from_co2(y, fuel) == pytest.approx(gas.dry(gas.o2), abs=1e-9)
    flow, _ = cb.exhaust_flow(1.0, y, fuel, 0.0, 0.0, humidity)
    assert flow == pytest.approx(gas.molar_mass * flow_kmol(gas, fuel, excess, humidity), rel=1e-6)
    assert cb.exhaust_water_fraction(y, fuel, humidity) == pytest.approx(gas.h2o, abs=1e-9)


def flow_kmol(gas: FlueGas[float], fuel: cb.Fuel, excess: float, humidity: float) -> float:
    """Return kmol of gas per kg of fuel by its carbon, which knows nothing of molar mass."""
    air = excess * cb.stoichiometric_air(fuel) / cb.M_AIR
    return (fuel.burnt_carbon / cb.M_C + air * cb.Y_CO2_AIR) / gas.co2


@given(fuels(), EXCESS, st.floats(1.01, 2.0))
def test_more_air_thins_co2_and_water_and_leaves_more_oxygen(
    fuel: cb.Fuel, excess: float, more: float
) -> None:
    air = excess * cb.stoichiometric_air(fuel)
    rich, lean = burn(air, fuel, 0.0), burn(air * more, fuel, 0.0)
    assert lean.co2 < rich.co2
    assert lean.h2o < rich.h2o
    assert lean.o2 > rich.o2


@given(fuels(), st.floats(0.01, 0.2))
def test_a_leak_of_air_stays_on_the_line_of_co2_and_oxygen(fuel: cb.Fuel, leak: float) -> None:
    gas: FlueGas[float] = burn(2.0 * cb.stoichiometric_air(fuel), fuel, 0.0)
    co2 = (gas.dry(gas.co2) + leak * cb.Y_CO2_AIR) / (1.0 + leak)
    o2 = (gas.dry(gas.o2) + leak * cb.Y_O2_AIR) / (1.0 + leak)
    assert cb.o2_dry_from_co2(co2, fuel) == pytest.approx(o2, abs=1e-9)


@given(st.sampled_from(cb.PURE), st.floats(0.0, 0.05))
def test_another_sulphur_moves_only_the_sulphur(fuel: cb.Fuel, sulphur: float) -> None:
    other = fuel.with_sulphur(sulphur)
    assert other.sulphur == sulphur
    assert other.carbon * fuel.hydrogen == pytest.approx(fuel.carbon * other.hydrogen)
    air = 2.0 * cb.stoichiometric_air(other)
    assert burn(air, other).so2 == pytest.approx(sulphur / cb.M_S * burn(air, other).co2 /
        ((other.carbon / cb.M_C) + air / cb.M_AIR * cb.Y_CO2_AIR))  # fmt: skip


@given(SHARE, st.floats(0.0, 0.05))
def test_a_blend_is_its_two_fuels(pilot_heat: float, slip: float) -> None:
    both = blend(pilot_heat, slip)
    share = (both.carbon - cb.LNG.carbon) / (cb.MGO.carbon - cb.LNG.carbon)
    assert -1e-9 <= share <= 1.0 + 1e-9
    assert both.factor == pytest.approx(cb.LNG.factor + share * (cb.MGO.factor - cb.LNG.factor))
    heat = share * cb.MGO.lcv_kJ_kg + (1.0 - share) * cb.LNG.lcv_kJ_kg
    assert both.lcv_kJ_kg == pytest.approx(heat)
    assert share * cb.MGO.lcv_kJ_kg == pytest.approx(pilot_heat * heat, abs=1e-6)
    assert cb.methane_kg_h(100.0, both) == pytest.approx(100.0 * slip * (1.0 - share), abs=1e-9)


@given(st.floats(0.0, 0.1), st.floats(0.001, 0.04))
def test_slip_costs_fuel_and_carries_carbon_past_the_co2(pilot_heat: float, slip: float) -> None:
    tight, loose = blend(pilot_heat, 0.0), blend(pilot_heat, slip)
    for engine in (TWO, FOUR):
        a, b = engine.at(0.75, fuel=tight), engine.at(0.75, fuel=loose)
        assert b.fuel_kg_h > a.fuel_kg_h
        assert a.gas.ch4 == 0.0
        fed = b.flow_kg_s * 3600.0 / b.gas.molar_mass * b.gas.ch4 * cb.M_CH4
        assert fed == pytest.approx(cb.methane_kg_h(b.fuel_kg_h, loose), rel=1e-9)
        assert cb.carbon_emitted_kg_h(1.0, loose) < cb.carbon_emitted_kg_h(1.0, tight)


def test_published_defaults_of_slip_and_the_gas_engine_s_methane() -> None:
    # FuelEU Annex II: 3.1 % of the gas of a medium-speed Otto engine; a few g/kWh
    e = FOUR.at(0.75, fuel=cb.LNG_OTTO_MEDIUM)
    specific = 1e3 * cb.methane_kg_h(e.fuel_kg_h, cb.LNG_OTTO_MEDIUM) / e.power_kW
    assert 4.0 < specific < 6.5
    assert pytest.approx(0.031 * 0.989, rel=0.01) == cb.LNG_OTTO_MEDIUM.slip
    assert 0.0 < 1e6 * e.gas.so2 < 0.5


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((0.9, 0.2), "mass fractions"),
        ((-0.1, 0.2), "mass fractions"),
        ((0.86, 0.12, 0.0, 0.0, 0.0, 3.1, 42e3, 0.6), "slip 0.6"),
        ((0.86, 0.12, 0.0, 0.0, 0.0, 3.1, 42e3, -0.1), "slip -0.1"),
    ],
)
def test_a_fuel_that_cannot_be_is_refused(parts: tuple[float, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cb.Fuel("bad", *parts)


@ENGINES
@given(low=SHARE, step=st.floats(0.005, 0.5))
def test_more_load_gives_more_of_everything(engine: Engine, low: float, step: float) -> None:
    at = LOWEST[engine.name]
    first = at + low * (1.0 - at - 0.005)
    less, more = engine.at(first), engine.at(min(1.0, first + step))
    for name in ("power_kW", "flow_kg_s", "fuel_kg_h", "back_pressure_mbar"):
        assert getattr(more, name) > getattr(less, name)
    assert less.flow_kg_s > less.fuel_kg_h / 3600.0 > 0.0


@ENGINES
@given(load=st.floats(0.4, 1.0), air=st.floats(0.0, 40.0), warmer=st.floats(0.5, 10.0))
def test_hotter_air_is_thinner_and_makes_hotter_gas(
    engine: Engine, load: float, air: float, warmer: float
) -> None:
    cool = engine.at(load, Ambient(air_degC=air, water_degC=20.0))
    hot = engine.at(load, Ambient(air_degC=air + warmer, water_degC=20.0))
    assert hot.flow_kg_s < cool.flow_kg_s
    assert hot.t_degC > cool.t_degC
    assert hot.fuel_kg_h == cool.fuel_kg_h


@ENGINES
@given(load=st.floats(0.4, 1.0), back=st.floats(10.0, 40.0), more=st.floats(1.0, 30.0))
def test_back_pressure_makes_hotter_gas_and_no_more_flow(
    engine: Engine, load: float, back: float, more: float
) -> None:
    open_, choked = (
        engine.at(load, dataclasses.replace(TEST_AMBIENT, back_pressure_mbar=b))
        for b in (back, back + more)
    )
    assert choked.t_degC > open_.t_degC
    assert choked.flow_kg_s <= open_.flow_kg_s
    assert choked.back_pressure_mbar > open_.back_pressure_mbar


@given(st.floats(0.0, 90.0), st.floats(90.0, 500.0))
def test_saturated_air_holds_more_when_warm_and_less_under_pressure(t: float, p: float) -> None:
    water = saturated_g_kg(t, p)
    assert saturated_g_kg(t + 1.0, p) > water > saturated_g_kg(t, p + 1.0)
    vapour = water / 622.0 * p / (1.0 + water / 622.0)
    assert vapour == pytest.approx(float(psat_water_kPa(t)), rel=1e-9)


def test_air_cannot_hold_water_at_its_boiling_point() -> None:
    assert np.isnan(saturated_g_kg(105.0, 101.3))
    assert Ambient(humidity_pct=0.0).humidity_g_kg == 0.0


@given(st.floats(0.25, 1.1), st.floats(15.0, 45.0), st.floats(0.0, 100.0))
def test_the_air_cooler_drains_what_the_charge_air_cannot_hold(
    load: float, air: float, humidity: float
) -> None:
    around = Ambient(air, 32.0, 1013.0, humidity)
    e = FOUR.at(load, around)
    burnt = cb.HFO.hydrogen / cb.M_H2 * e.fuel_kg_h / 3600.0
    kmol = e.flow_kg_s / e.gas.molar_mass
    water = (kmol * e.gas.h2o - burnt) * cb.M_H2O
    dry = e.flow_kg_s - e.fuel_kg_h / 3600.0 - water
    assert 1e3 * water / dry <= around.humidity_g_kg + 1e-6


def test_tropical_air_at_full_load_is_dried_by_its_cooler() -> None:
    humid, soaked = (FOUR.at(1.0, Ambient(45.0, 32.0, 1000.0, h)) for h in (60.0, 90.0))
    assert humid.gas.h2o == soaked.gas.h2o
    # 36 g/kg come in at 60 %; about 12 g/kg pass a cooler at 40 degC and 3.9 bar
    assert humid.gas.h2o - FOUR.at(1.0, Ambient(45.0, 32.0, 1000.0, 0.0)).gas.h2o < 0.022
    # a low charge pressure holds it all
    low = [FOUR.at(0.25, Ambient(30.0, 32.0, 1000.0, h)).gas.h2o for h in (60.0, 90.0)]
    assert low[0] < low[1]


@given(st.floats(0.0, 0.2), st.floats(0.0, 0.9))
def test_wet_and_dry_round_trip(y: float, water: float) -> None:
    assert dry_from_wet(wet_from_dry(y, water), water) == pytest.approx(y, abs=1e-15)
    assert wet_from_dry(dry_from_wet(y * (1.0 - water), water), water) == pytest.approx(
        y * (1.0 - water), abs=1e-15
    )


@given(st.floats(50.0, 3000.0), st.floats(1.0, 500.0))
def test_nox_limits_fall_with_tier_and_never_rise_with_speed(rpm: float, more: float) -> None:
    limits = [nox_limit_g_kWh(tier, rpm) for tier in (1, 2, 3)]
    assert limits[0] > limits[1] > limits[2] > 0.0
    for tier, limit in zip((1, 2, 3), limits, strict=True):
        # the rule's rounded ends leave steps of up to 1.6 %
        assert nox_limit_g_kWh(tier, rpm + more) <= limit * 1.02
    with pytest.raises(ValueError, match="no NOx tier 4"):
        nox_limit_g_kWh(4, rpm)


@ENGINES
@given(load=st.floats(0.4, 1.0), humidity=st.floats(0.0, 80.0))
def test_humid_air_makes_less_nox(engine: Engine, load: float, humidity: float) -> None:
    # 15 degC: all of it passes the air cooler
    dry = engine.at(load, Ambient(15.0, 32.0, 1000.0, humidity))
    moist = engine.at(load, Ambient(15.0, 32.0, 1000.0, humidity + 20.0))
    assert moist.nox_ppm < dry.nox_ppm
