"""Every property of loaded MEA against the published data it claims to describe."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import gasphase, ranges, solution, speciation, transport, vle
from models.numbers import F64

DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def columns(name: str, *names: str) -> list[F64]:
    return [np.array([float(r[n]) for r in rows(name)]) for n in names]


def test_co2_pressure_is_within_a_fifth_in_ln_at_20_to_125_degC() -> None:
    t, w, a, p = columns(
        "vle_mea_co2_h2o.csv",
        "T_reported_C",
        "mea_wtfrac_co2free",
        "loading_mol_mol",
        "pCO2_kPa",
    )
    here = (t <= 125.5) & (a >= 0.02) & (a <= 0.55)
    off = np.abs(np.log(np.asarray(vle.p_co2(t, a, w)) / (1e3 * p)))[here]
    assert here.sum() > 180
    assert off.mean() <= 0.20
    thirty = np.abs(w[here] - 0.3) < 1e-9
    assert off[thirty].mean() <= 0.20


def test_heat_of_absorption_is_within_six_percent_up_to_a_half() -> None:
    t, a, q = columns(
        "heat_of_absorption_kim2007.csv",
        "T_C",
        "loading_mol_mol",
        "heat_of_absorption_kJ_mol_CO2_positive_exothermic",
    )
    here = a <= 0.5
    off = np.abs(1e-3 * np.asarray(vle.heat_of_absorption(t, a)) / q - 1.0)[here]
    assert here.sum() > 40
    assert off.mean() <= 0.06


@pytest.mark.parametrize(("kind", "bar"), [("density", 0.004), ("dynamic_viscosity", 0.04)])
def test_density_and_viscosity(kind: str, bar: float) -> None:
    own = [r for r in rows("density_viscosity_amundsen2009.csv") if r["property"] == kind]
    off = []
    for r in own:
        t, w, a = (float(r[k]) for k in ("T_C", "mea_wtfrac_co2free", "loading_mol_mol"))
        found = (
            1e-3 * solution.liquid_density(t, a, w)
            if kind == "density"
            else 1e3 * solution.liquid_viscosity(t, a, w)
        )
        off.append(abs(found / float(r["value"]) - 1.0))
    assert len(off) > 50
    assert np.mean(off) <= bar


def test_carbamate_share_follows_nmr() -> None:
    off = []
    for r in rows("speciation_nmr.csv"):
        a, w, t = (float(r[k]) for k in ("loading_mol_mol", "mea_wtfrac", "T_C"))
        amine = float(r["MEA + MEAH^+"] or 0.0) or float(r["x_MEA"]) + float(r["x_MEAH+"])
        if 0.02 < a <= 0.6:
            carb = float(r["x_MEACOO-"])
            u = vle.carbamate(t, a, solution.water_per_amine(w))
            off.append(abs(u - carb / (carb + amine)))
    assert len(off) > 60
    assert np.mean(off) <= 0.025


def test_water_pressure_over_loaded_solution_follows_hilliard() -> None:
    own = [r for r in rows("vle_mea_co2_h2o.csv") if r["source"] == "Hilliard2008"]
    off = []
    for r in own:
        w = solution.water_per_amine(float(r["mea_wtfrac_co2free"]))
        found = 1e-3 * vle.p_water_over(float(r["T_reported_C"]), w)
        off.append(abs(found / float(r["pH2O_kPa"]) - 1.0))
    assert np.mean(off) <= 0.05


@given(st.floats(20.0, 125.0), st.floats(0.02, 0.54), st.floats(0.2, 0.4))
def test_co2_pressure_rises_with_loading_and_temperature(t: float, a: float, w: float) -> None:
    here = vle.p_co2(t, a, w)
    assert 0.0 < here < vle.p_co2(t, a + 0.01, w)
    assert here < vle.p_co2(t + 1.0, a, w)


@given(st.floats(20.0, 125.0), st.floats(0.02, 0.55))
def test_heat_is_the_gibbs_helmholtz_slope_of_the_pressure(t: float, a: float) -> None:
    k, step = t + 273.15, 1e-7
    up, down = (1.0 / (1.0 / k + s) - 273.15 for s in (step, -step))
    slope = (vle.ln_p_co2(up, a, 0.3) - vle.ln_p_co2(down, a, 0.3)) / (2.0 * step)
    assert vle.heat_of_absorption(t, a) == pytest.approx(-solution.GAS_CONSTANT * slope, rel=1e-5)


@given(st.floats(20.0, 125.0), st.floats(0.02, 0.55), st.floats(5.0, 15.0))
def test_enthalpy_heat_and_heat_capacity_are_one(t: float, a: float, water: float) -> None:
    d = 1e-4
    heat = (vle.absorbed_heat(t, a + d) - vle.absorbed_heat(t, a - d)) / (2.0 * d)
    assert heat == pytest.approx(vle.heat_of_absorption(t, a), rel=1e-5)
    cp = (vle.h_liquid(t + d, a, water) - vle.h_liquid(t - d, a, water)) / (2.0 * d)
    assert cp == pytest.approx(vle.cp_liquid(t, a, water), rel=1e-5)


@given(st.floats(0.0, 0.6), st.floats(20.0, 125.0), st.sampled_from([0, 1]))
def test_speciation_conserves_amine_and_carbon(a: float, t: float, mode: int) -> None:
    free, carb, water = speciation.species(t, a, 8.0, mode)
    assert free > 0.0
    assert -1e-12 <= carb <= a + 1e-12
    # amine: free + protonated (as much as CO2) + carbamate; water is spent on bicarbonate
    assert free + a + carb == pytest.approx(1.0, abs=1e-12)
    assert water == pytest.approx(8.0 - (a - carb), abs=1e-12)


@pytest.mark.parametrize(
    ("found", "expected", "rel"),
    [
        (vle.p_water(100.0), 101325.0, 6e-3),
        (vle.vaporisation(25.0), 43990.0, 1e-3),
        (solution.water_viscosity(25.0), 8.90e-4, 2e-3),
        (solution.surface_tension(25.0, 0.0, 0.3), 0.0636, 0.05),
        (solution.cp_water(25.0), 75.3, 5e-3),
        (transport.henry(25.0, 0.0), 2940.0, 0.03),
        (transport.diffusivity_co2(25.0, 0.0), 1.92e-9, 0.05),
        (gasphase.cp_gas(25.0, 0.0, 0.0), 29.2, 0.01),
        (gasphase.cp_gas(25.0, 1.0, 0.0), 37.1, 0.01),
        (gasphase.gas_viscosity(25.0, 0.0, 0.0), 1.79e-5, 0.03),
        (gasphase.gas_diffusivities(25.0, 101325.0, 0.0, 0.0)[0], 1.6e-5, 0.06),
    ],
)  # handbook values: CRC, Haynes; Vazquez 1997 (surface tension); Versteeg 1996 (Henry, D of CO2)
def test_handbook_values(found: float, expected: float, rel: float) -> None:
    assert found == pytest.approx(expected, rel=rel)


def test_extrapolation_is_said() -> None:
    assert ranges.outside(60.0, 0.3, 0.3) == []
    said = ranges.outside(140.0, 0.01, 0.5)
    assert len(said) == 3
    assert "temperature 140 degC is outside 20-125" in said[0]
