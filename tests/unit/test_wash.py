"""MEA in the treated gas and the water wash: data, balances, directions."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.absorber import Absorber, absorb
from models.errors import ConvergenceError
from models.solution import M_MEA
from models.streams import Solvent, flue_gas
from models.wash import Wash, emission_ppm, p_amine_over, wash

DATA = Path(__file__).parents[1] / "data"


def test_volatility_of_mea_follows_hilliard() -> None:
    off = []
    with (DATA / "vle_mea_co2_h2o.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            a = float(row["loading_mol_mol"])
            if row["pMEA_kPa"] and a <= 0.55:
                w, t = float(row["mea_wtfrac_co2free"]), float(row["T_reported_C"])
                off.append(np.log(p_amine_over(t, a, w) / (1e3 * float(row["pMEA_kPa"]))))
    assert len(off) >= 50
    assert float(np.mean(np.abs(off))) <= 0.12


def test_a_hotter_or_leaner_absorber_top_emits_more() -> None:
    gas, lean = flue_gas(2250.0, 43.0, 109.0, 0.10), Solvent(6800.0, 41.0, 0.20, 0.30)
    column = Absorber(0.64, 6.0)
    base = emission_ppm(absorb(column, gas, lean), gas.p_Pa)
    assert 30.0 < base < 1000.0
    hot = Solvent(3500.0, 50.0, 0.20, 0.30)
    assert emission_ppm(absorb(column, gas, hot), gas.p_Pa) > base
    rich = Solvent(6800.0, 41.0, 0.40, 0.30)
    assert emission_ppm(absorb(column, gas, rich), gas.p_Pa) < base


@settings(max_examples=40, derandomize=True)
@given(st.floats(10.0, 1000.0), st.floats(25.0, 45.0), st.floats(1.0, 8.0), st.floats(20.0, 300.0))
def test_a_wash_keeps_the_amine_and_never_adds_any(
    ppm: float, t: float, ntu: float, makeup: float
) -> None:
    dry, water = 20.0, 3.5
    out = wash(dry, water, ppm, 1.05e5, Wash(t, ntu, makeup))
    wet_out = dry + water - out.condensed_kg_h / 3.6 / 18.015
    came, left = ppm * (dry + water), out.ppm * wet_out
    assert came == pytest.approx(
        left + 1e6 * out.bleed_kg_h / 3.6 * out.bleed_mea / M_MEA, rel=1e-6
    )
    assert 0.0 <= left <= came
    better = wash(dry, water, ppm, 1.05e5, Wash(t, ntu + 1.0, makeup))
    assert better.ppm <= out.ppm * (1.0 + 1e-9)
    more = wash(dry, water, ppm, 1.05e5, Wash(t, ntu, makeup + 50.0))
    assert more.ppm <= out.ppm * (1.0 + 1e-9)


def test_a_wash_without_water_says_so() -> None:
    with pytest.raises(ConvergenceError, match=r"dries up, needs \d+ kg/h of make-up"):
        wash(20.0, 0.5, 100.0, 1.05e5, Wash(40.0))
