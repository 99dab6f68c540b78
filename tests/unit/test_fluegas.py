"""Combustion by stoichiometry: elements are conserved, and the code's forms agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import combustion as cb
from models.ambient import ISO, Ambient
from models.combustion import (
    M_C,
    M_CH4,
    M_H2,
    M_H2O,
    M_N2,
    M_O2,
    M_S,
    Y_O2_AIR,
    oxygen_need,
    stoichiometric_air,
)
from models.fluegas import (
    M_AIR_REST,
    M_CO2,
    M_SO2,
    FlueGas,
    burn,
    so2_ppm_per_co2_pct,
)
from models.nox import cycle_g_kWh, humidity_factor, marpol_cycle, nox_limit_g_kWh, nox_ppm

FUELS = st.sampled_from(list(cb.FUELS.values()))


def kmol_per_kg_fuel(gas: FlueGas[float], air: float, humidity: float) -> float:
    """Return kmol of wet gas per kg of fuel, from its own molar mass."""
    return (1.0 + air * (1.0 + 1e-3 * humidity)) / gas.molar_mass


@given(FUELS, st.floats(1.05, 5.0), st.floats(0.0, 25.0))
def test_every_element_that_goes_in_comes_out(fuel: cb.Fuel, excess: float, wet: float) -> None:
    air = excess * stoichiometric_air(fuel)
    gas = burn(air, fuel, wet)
    n = kmol_per_kg_fuel(gas, air, wet)
    assert gas.co2 + gas.h2o + gas.o2 + gas.n2 + gas.so2 + gas.ch4 == pytest.approx(1.0, abs=1e-12)
    carbon_in = fuel.burnt_carbon / M_C + air / cb.M_AIR * cb.Y_CO2_AIR
    assert n * gas.co2 == pytest.approx(carbon_in, rel=1e-12)
    assert n * gas.so2 == pytest.approx(fuel.sulphur / M_S, rel=1e-12)
    water_in = fuel.burnt_hydrogen / M_H2 + 1e-3 * wet * air / M_H2O
    assert n * gas.h2o == pytest.approx(water_in, rel=1e-12)
    oxygen_in = air / cb.M_AIR * Y_O2_AIR - oxygen_need(fuel)
    assert n * gas.o2 == pytest.approx(oxygen_in, rel=1e-9)


@given(FUELS, st.floats(1.1, 5.0))
def test_the_mass_of_the_species_is_the_molar_mass(fuel: cb.Fuel, excess: float) -> None:
    air = excess * stoichiometric_air(fuel)
    gas = burn(air, fuel, 10.0)
    n = kmol_per_kg_fuel(gas, air, 10.0)
    n2_fuel = fuel.nitrogen / M_N2 / n
    rest = (gas.n2 - n2_fuel) * M_AIR_REST + n2_fuel * M_N2
    mass = (
        gas.co2 * M_CO2 + gas.h2o * M_H2O + gas.o2 * M_O2 + gas.so2 * M_SO2 + gas.ch4 * M_CH4 + rest
    )
    closes = 1.0 - fuel.carbon - fuel.hydrogen - fuel.sulphur - fuel.oxygen - fuel.nitrogen
    # fuel fractions that do not add to one are ash: it leaves no gas
    assert mass == pytest.approx(gas.molar_mass * (1.0 - closes / (n * gas.molar_mass)), rel=2e-5)


@given(FUELS, st.floats(0.03, 0.08), st.floats(0.0, 20.0))
def test_the_carbon_balance_is_the_inverse(fuel: cb.Fuel, y_dry: float, wet: float) -> None:
    flow, _ = cb.exhaust_flow(1.0, y_dry, fuel, 0.0, 0.0, wet)
    gas = burn((flow - 1.0) / (1.0 + 1e-3 * wet), fuel, wet)
    assert gas.dry(gas.co2) == pytest.approx(y_dry, rel=2e-3)
    assert gas.h2o == pytest.approx(cb.exhaust_water_fraction(y_dry, fuel, wet), rel=2e-3)


@pytest.mark.parametrize(
    ("fuel", "ratio"), [(cb.VLSFO, 21.7), (cb.MGO, 4.3)], ids=["0.50 % S", "0.10 % S"]
)
def test_so2_over_co2_is_the_rule_s_limit(fuel: cb.Fuel, ratio: float) -> None:
    assert so2_ppm_per_co2_pct(fuel) == pytest.approx(ratio, rel=0.015)


@pytest.mark.parametrize("fuel", list(cb.FUELS.values()), ids=list(cb.FUELS))
def test_so2_per_co2_is_that_of_the_gas(fuel: cb.Fuel) -> None:
    gas = burn(2.5 * stoichiometric_air(fuel), fuel)
    from_fuel = gas.co2 * so2_ppm_per_co2_pct(fuel)
    # the gas also holds the CO2 of the intake air, which makes its ratio a little smaller
    assert 1e2 * from_fuel == pytest.approx(1e6 * gas.so2, rel=0.02)


@pytest.mark.parametrize(
    ("fuel", "kg"), [(cb.MGO, 14.5), (cb.LNG, 17.2), (cb.METHANOL, 6.5)], ids=["MGO", "LNG", "MeOH"]
)
def test_stoichiometric_air_is_the_textbook_s(fuel: cb.Fuel, kg: float) -> None:
    assert stoichiometric_air(fuel) == pytest.approx(kg, rel=0.015)


def test_too_little_air_is_refused_and_arrays_equal_scalars() -> None:
    air = np.array([10.0, 20.0, 40.0])
    together = burn(air, cb.HFO)
    assert np.isnan(together.co2[0])
    for i, one in enumerate(air):
        np.testing.assert_equal(together.o2[i], burn(float(one), cb.HFO).o2)


def test_intake_humidity_and_its_effect_on_nox() -> None:
    assert Ambient(25.0, humidity_pct=53.4, pressure_mbar=1000.0).humidity_g_kg == pytest.approx(
        10.71, abs=0.1
    )
    dry, humid = Ambient(humidity_pct=0.0), Ambient(humidity_pct=90.0)
    factor = [humidity_factor(a.humidity_g_kg) for a in (dry, ISO, humid)]
    assert factor[0] < factor[1] < 1.0 < factor[2]
    assert humidity_factor(10.71) == 1.0
    # 1 / (1 - 0.012 (Ha - 10.71) - 0.00275 (Ta - 298) + 0.00285 (Tsc - Tsc,ref)), by hand
    assert humidity_factor(4.07, 5.0) == pytest.approx(0.881, abs=0.001)
    assert humidity_factor(25.9, 45.0) == pytest.approx(1.312, abs=0.001)
    assert humidity_factor(10.71, 25.0, 10.0) == pytest.approx(0.972, abs=0.001)


@pytest.mark.parametrize(
    ("tier", "rpm", "limit"),
    [(1, 100, 17.0), (2, 100, 14.4), (3, 100, 3.4), (2, 500, 10.5), (3, 500, 2.6), (3, 2000, 2.0)],
)
def test_nox_limits_of_the_tiers(tier: int, rpm: float, limit: float) -> None:
    assert nox_limit_g_kWh(tier, rpm) == pytest.approx(limit, abs=0.05)


def test_nox_concentration_of_a_medium_speed_engine() -> None:
    # 4388 kW at 75 %: about 1000 ppm at Tier II, 250 ppm at Tier III
    assert nox_ppm(10.5, 4388.0, 8.287, 28.8) == pytest.approx(967.0, abs=3.0)
    assert nox_ppm(2.6, 4388.0, 8.287, 28.8) == pytest.approx(239.0, abs=3.0)


@pytest.mark.parametrize("name", ["E2", "E3", "D2"])
def test_a_cycle_of_constant_specific_emission_gives_it_back(name: str) -> None:
    modes = marpol_cycle(name)
    assert sum(weight for _, weight in modes) == pytest.approx(1.0)
    g_h = {load: 9.0 * load * 5850.0 for load, _ in modes}
    assert cycle_g_kWh(name, g_h, 5850.0) == pytest.approx(9.0)
