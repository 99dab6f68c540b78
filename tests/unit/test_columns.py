"""Steady absorber and stripper: balances, meshes, cold starts, the IDAES regression case."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from models import coefficients as ix
from models.absorber import Absorber, absorb
from models.errors import ConvergenceError, UnknownPacking
from models.feed import heat_to_boil
from models.gasphase import h_co2, h_inert, h_steam
from models.hydraulics import hydraulics
from models.packed import Intercooler
from models.packing import packing, packings
from models.streams import Gas, Solvent, flue_gas
from models.stripper import Stripper, strip
from models.vle import h_liquid, p_co2, p_water_over
from seastack.validation import absorber as cases_of
from seastack.validation.absorber import Settings
from seastack.validation.cases import beside
from seastack.validation.table import number, read

DATA = Path(__file__).parents[1] / "data"
GAS = flue_gas(2250.0, 43.0, 109.0, 0.10)
LEAN = Solvent(6800.0, 41.0, 0.20, 0.30)
ONE_BED = Absorber(0.64, 6.0)
SPELLINGS = {
    "mellapakplus-252y": ("MellapakPlus252Y", "Sulzer Mellapak Plus 252.Y", "M252Y", "252Y"),
    "mellapak-250y": ("Mellapak 250.Y", "structured packing Mellapak 250Y", "250Y"),
    "pall-ring-25": ("25 mm Pall rings", 'Pall rings 1"', "1 inch metal Pall ring", "Pall rings"),
    "pall-ring-35": ("Pall rings (38 mm)", 'Pall rings 1.5"', "Pall ring 35mm"),
    "imtp-40": ("IMTP#40", "Koch IMTP No. 40", "IMTP 1.5 in", "Intalox Metal 40"),
    "montz-b1-250": ("Montz-Pak B1-250", "Montz B1-250M"),
}


@dataclass(frozen=True)
class Moles(Solvent):
    """A solvent given in mol/s, as the IDAES case is."""

    @property
    def amine(self) -> float:
        return 24000.0 * 0.11

    @property
    def co2(self) -> float:
        return 24000.0 * 0.022

    @property
    def water(self) -> float:
        return 24000.0 * 0.868


def test_idaes_regression_case_with_its_own_numbers() -> None:
    """Stirred cells on a uniform grid of 40, explicit enhancement: what IDAES 2 solves."""
    gas = Gas(19000 * 0.041, 19000 * 0.074, 19000 * 0.885, 40.0, 1e5)
    column = Absorber(
        18.0, 21.6, "akula-2021", kinetics=ix.LUO, mode=ix.IDAES, elements=40, degree=0,
        graded=False,
    )  # fmt: skip
    out = absorb(column, gas, Moles(0.0, 40.0, 0.2, 0.3))
    assert out.capture_pct == pytest.approx(96.85, abs=0.05)
    assert out.rich_loading == pytest.approx(0.4858, abs=5e-4)
    assert out.t_liquid_degC[0] + 273.15 == pytest.approx(315.27, abs=0.15)


@pytest.mark.parametrize("coolers", [(), (Intercooler(42.0),), (None, Intercooler(40.0, 0.5))])
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_absorber_closes_its_balances_on_any_grid(
    coolers: tuple[Intercooler | None, ...], degree: int
) -> None:
    column = Absorber(0.64, 6.0 * (1 + len(coolers)), coolers=coolers, degree=degree, elements=9)
    out = absorb(column, GAS, LEAN)
    for gas, liquid in ((out.gas_co2, out.liquid_co2), (out.gas_water, out.liquid_water)):
        assert gas[0] + liquid[-1] == pytest.approx(gas[-1] + liquid[0], rel=1e-8)
    if coolers:
        return

    def heat(k: int) -> tuple[float, float]:
        t = float(out.t_gas_degC[k])
        gas = out.gas_co2[k] * h_co2(t) + out.gas_water[k] * h_steam(t) + out.inert * h_inert(t)
        m = out.amine
        own = h_liquid(float(out.t_liquid_degC[k]), out.liquid_co2[k] / m, out.liquid_water[k] / m)
        return float(gas), m * float(own)

    low, high = heat(0), heat(-1)
    assert low[0] + high[1] == pytest.approx(high[0] + low[1], abs=1e-7 * abs(low[1]))


def test_stripper_closes_its_balances_and_boils_in_equilibrium() -> None:
    rich = Solvent(7200.0, 104.8, 0.40, 0.30)
    out = strip(Stripper(0.59, 12.0), rich, 183.9, 430.0)
    lean = out.lean_loading * out.amine
    assert rich.co2 == pytest.approx(lean + out.product_co2, rel=1e-8)
    t = out.t_reboiler_degC
    water = (out.liquid_water[0] - out.gas_water[0]) / out.amine
    w = 61.08 / (61.08 + 18.015 * water)
    p = p_co2(t, out.lean_loading, w) + p_water_over(t, water)
    assert p == pytest.approx(183.9e3, rel=1e-5)
    assert 0.0 < out.lean_loading < 0.40
    assert np.all(np.diff(out.z_m) >= 0.0)


def test_more_heat_gives_leaner_solvent_and_more_packing_more_capture() -> None:
    rich = Solvent(7200.0, 104.8, 0.40, 0.30)
    lean = [strip(Stripper(0.59, 12.0), rich, 184.0, q).lean_loading for q in (250.0, 350.0, 450.0)]
    assert lean[0] > lean[1] > lean[2]
    caught = [absorb(Absorber(0.64, h), GAS, LEAN).capture_pct for h in (3.0, 6.0, 9.0)]
    assert caught[0] < caught[1] < caught[2]
    flows = [absorb(ONE_BED, GAS, replace(LEAN, flow_kg_h=f)).capture_pct for f in (4e3, 6e3)]
    assert flows[0] < flows[1]


def test_every_develop_case_converges_cold_and_the_mesh_is_fine_enough() -> None:
    worst, n = 0.0, 0
    for name in ("nccc2014", "nccc2017"):
        path = DATA / f"{name}_absorber.csv"
        side = {r["case"]: r for r in beside(path, "intercooler")}
        for row in read(path):
            here = side.get(row["case"], {})
            column = cases_of.column_of(row, here, Settings())
            out = cases_of.predict(row, here, Settings(), True, 0.0)
            assert 0.0 < out.capture_pct < 100.0
            n += 1
            if (number(row, "lean_loading_mol_mol") or 0.0) > 0.22:
                fine = cases_of.predict(row, here, Settings(elements=96), True, 0.0)
                worst = max(worst, abs(fine.capture_pct - out.capture_pct))
            assert column.elements <= 20
    assert n == 27
    assert worst < 0.2


def test_what_cannot_be_solved_says_so() -> None:
    for duty in (0.0, 40.0):
        with pytest.raises(ConvergenceError, match=r"no heat to boil, 1.. kW only warm the feed"):
            strip(Stripper(0.59, 12.0), Solvent(7200.0, 90.0, 0.4, 0.3), 184.0, duty)


@pytest.mark.parametrize("feed", [(8885.0, 82.4, 0.247, 0.40), (311.0, 100.3, 0.355, 0.21)])
def test_a_stripper_that_hardly_boils_is_reached_from_more_steam(
    feed: tuple[float, float, float, float],
) -> None:
    rich = Solvent(*feed)
    size = 0.59 if rich.flow_kg_h > 1000.0 else 0.1
    column = Stripper(size, 11.0, heat_loss_W_m2_K=6.0)
    least = heat_to_boil(rich, 2.0e5) / 1e3 + (0.3 if size < 0.5 else 10.0)
    out = strip(column, rich, 200.0, 1.3 * least)
    assert 0.0 < out.product_co2 < 0.5 * rich.co2


def test_packings_are_found_by_any_of_their_names() -> None:
    assert packing("mellapakplus 252y") is packing("MellapakPlus-252Y")
    assert packing("Pall rings").key == "pall-ring-25"
    for one in packings().values():
        assert one.source
        assert 50.0 < one.area_m2_m3 < 600.0
        assert 0.85 < one.void < 1.0
    for key, names in SPELLINGS.items():
        assert [packing(name).key for name in names] == [key] * len(names)
    with pytest.raises(UnknownPacking, match=r"known: .*mellapak-250y"):
        packing("Raschig 7000")


@pytest.mark.parametrize(
    "name", ["mellapak-250y", "pall-ring-25", "pall-ring-50", "IMTP 40", "Flexipac 1Y"]
)
def test_other_packings_work_too(name: str) -> None:
    out = absorb(Absorber(0.64, 6.0, name), GAS, LEAN)
    assert 30.0 < out.capture_pct < 100.0


def test_tilt_costs_capture() -> None:
    upright = absorb(ONE_BED, GAS, LEAN).capture_pct
    tilted = absorb(replace(ONE_BED, tilt_deg=5.0), GAS, LEAN).capture_pct
    assert upright - 8.0 < tilted < upright


def test_pressure_drop_and_flooding_are_those_of_a_running_column() -> None:
    out = hydraulics(ONE_BED, absorb(ONE_BED, GAS, LEAN), GAS.p_Pa)
    assert 0.1 < out.flooding < 0.9
    assert 0.1 < out.pressure_drop_kPa < 5.0
    assert 0.02 < out.holdup < 0.15
