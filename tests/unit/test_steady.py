"""Steady states with levels held, and the best of them; names and places of a plant's vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.best import Limits, best_capture
from models.errors import ConvergenceError
from models.exhaust import EngineTable
from models.flowsheet import FlowsheetPlant
from models.numbers import F64
from models.protocol import PlantModel
from models.steady import Steady, inputs, steady_held
from models.warm import DESIGN_D, warm

D = np.array(DESIGN_D)
LEAN, GAS, HEAT = 24.0 / 3.6, 20.0 / 3.6, 1200.0
LOW, HIGH = 8.0 / 3.6, 32.0 / 3.6


@pytest.fixture(scope="module")
def plant() -> FlowsheetPlant:
    return FlowsheetPlant()


@pytest.fixture(scope="module")
def p(plant: FlowsheetPlant) -> F64:
    return plant.default_p()


@pytest.fixture(scope="module")
def design(plant: FlowsheetPlant, p: F64) -> Steady:
    return steady_held(plant, inputs(LEAN, GAS, HEAT), D, p)


def test_output_numbers_match_their_names() -> None:
    places = {k: v for k, v in vars(yx).items() if k.startswith("Y_")}
    for const, place in places.items():
        words = set(const.removeprefix("Y_").lower().split("_"))
        assert words <= set(ix.Y_NAMES[place].lower().split("_")), const
    assert sorted(places.values()) == list(range(ix.Y_BED))
    for const, place in ((k, v) for k, v in vars(yx).items() if k.startswith("B_")):
        name = list(ix.BOUNDARY)[place].lower()
        stem = const.removeprefix("B_").lower()
        assert name in (f"{stem}_kmol_s", f"{stem.removesuffix('_heat')}_kw"), const
    assert list(ix.U_NAMES).index("offload_kg_s") == ix.OFFLOAD
    assert list(fx.P_NAMES).index("mea_slip_ppm") == fx.SLIP_PPM
    assert len(ix.Y_NAMES) == ix.N_Y


def test_the_plant_is_a_plant_model(plant: FlowsheetPlant) -> None:
    model: PlantModel = plant
    assert model.x_names


def test_steady_state_stands_still(plant: FlowsheetPlant, p: F64, design: Steady) -> None:
    dx = np.empty(design.x.size)
    plant.rhs(design.x, design.u, D, p, dx)
    first = fx.first_lump(plant.mesh)
    dx[[first + fx.LCO2, first + fx.DEGRADED]] = 0.0
    assert np.abs(dx).max() < 1e-3
    x, acc = design.x.copy(), np.zeros(ix.N_BOUNDARY)
    plant.advance(x, design.u, D, p, 5.0, 120, acc)
    y = plant.outputs(x, design.u, D, p)
    assert y[yx.Y_DRY_OUT] == pytest.approx(design.y[yx.Y_DRY_OUT], rel=1e-4)
    assert y[yx.Y_M_REFLUX] == pytest.approx(p[fx.DRUM_NOM], rel=1e-3)
    np.testing.assert_array_equal(plant.steady(design.u, D, p), design.x)


def test_a_warm_start_finds_the_same_state(plant: FlowsheetPlant, p: F64, design: Steady) -> None:
    near = steady_held(plant, inputs(0.9 * LEAN, 1.05 * GAS, 0.9 * HEAT), D, p)
    back = steady_held(plant, inputs(LEAN, GAS, HEAT), D, p, start=near.x)
    assert back.capture == pytest.approx(design.capture, abs=1e-6)
    np.testing.assert_allclose(back.u, design.u, rtol=1e-5, atol=1e-6)


def test_capture_against_lean_flow_has_a_flat_top(plant: FlowsheetPlant, p: F64) -> None:
    flows = np.array([10.0, 14.0, 18.0, 22.0, 26.0, 32.0]) / 3.6
    got = [steady_held(plant, inputs(float(f), GAS, HEAT), D, p).capture for f in flows]
    best = int(np.argmax(got))
    assert 0 < best < len(got) - 1
    assert got[best] - min(got[best - 1], got[best + 1]) < 0.05


def test_best_capture_beats_a_scan_and_respects_limits(plant: FlowsheetPlant, p: F64) -> None:
    limits = Limits(1100.0, LOW, HIGH, 121.0)
    eta, lean, q = best_capture(plant, GAS, D, p, limits)
    state = steady_held(plant, inputs(lean, GAS, q), D, p)
    assert state.capture == pytest.approx(eta, abs=1e-6)
    assert state.y[yx.Y_T_REBOILER] <= 121.0 + 1e-6
    assert q <= 1100.0
    for flow in np.linspace(LOW, HIGH, 9):
        other = steady_held(plant, inputs(float(flow), GAS, 1100.0), D, p)
        if other.y[yx.Y_T_REBOILER] <= 121.0:
            assert other.capture <= eta + 2e-3


def test_best_capture_turns_heat_down_at_the_reboiler_limit(plant: FlowsheetPlant, p: F64) -> None:
    _, lean, q = best_capture(plant, 0.4 * GAS, D, p, Limits(1400.0, LOW, HIGH, 119.0))
    state = steady_held(plant, inputs(lean, 0.4 * GAS, q), D, p)
    assert q < 1400.0
    assert state.y[yx.Y_T_REBOILER] == pytest.approx(119.0, abs=0.05)


def test_best_capture_without_gas_or_heat_is_nothing(plant: FlowsheetPlant, p: F64) -> None:
    assert best_capture(plant, 0.0, D, p, Limits(1000.0, 2.0, 8.0)) == (0.0, 2.0, 0.0)
    assert best_capture(plant, GAS, D, p, Limits(0.0, 2.0, 8.0)) == (0.0, 2.0, 0.0)


@settings(max_examples=12, derandomize=True)
@given(st.floats(6.0, 22.0), st.floats(80.0, 1400.0), st.floats(0.04, 0.1))
def test_best_capture_finds_something_everywhere(gas: float, q: float, y: float) -> None:
    plant, d = FlowsheetPlant(), D.copy()
    d[ix.Y_CO2_IN] = y
    eta, lean, used = best_capture(plant, gas / 3.6, d, plant.default_p(), Limits(q, LOW, HIGH))
    assert 0.0 < eta < 1.0
    assert LOW <= lean <= HIGH
    assert used <= q


def test_impossible_steady_state_is_an_error_with_a_number(plant: FlowsheetPlant, p: F64) -> None:
    with pytest.raises(ConvergenceError, match="largest relative rate"):
        steady_held(plant, inputs(LEAN, GAS, float("nan")), D, p)


def test_engine_exhaust_feeds_the_datasheet_point() -> None:
    e = EngineTable.load("4stroke_6L46B").at(0.75)
    assert float(D[ix.Y_CO2_IN]) == pytest.approx(e.y_co2_dry, abs=0.001)


def test_warm_reports_progress() -> None:
    seen: list[tuple[int, int]] = []
    warm(lambda _what, done, of: seen.append((done, of)))
    steps = seen[-1][1]
    assert steps >= 3
    assert seen == [(done, steps) for done in range(steps + 1)]
