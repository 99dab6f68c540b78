"""The lumped plant: balances, positivity, behaviour at the datasheet point, steady states."""

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import plant_names as ix
from models import plant_outputs as yx
from models.best import best_capture, capture_of, steady_closed
from models.errors import ConvergenceError
from models.exhaust import EngineTable
from models.numbers import F64
from models.plant import BOUNDARY, LumpedPlant
from models.steady import Steady
from models.warm import DESIGN_D, warm

PLANT = LumpedPlant()
P = PLANT.default_p()
D = np.array(DESIGN_D)
LEAN, GAS, HEAT = 24.0 / 3.6, 20.0 / 3.6, 1200.0


@pytest.fixture(scope="module")
def design() -> Steady:
    return steady_closed(LEAN, GAS, HEAT, D, P)


def hold_levels(y: F64, u: F64) -> None:
    """Levels and pressure as the rig's own loops hold them, in their simplest form."""
    sump, reboiler, drum = y[yx.Y_M_SUMP], y[yx.Y_M_REBOILER], y[yx.Y_M_REFLUX]
    u[ix.RICH_FLOW] = max(0.0, y[yx.Y_ABSORBER_DRAIN] + (sump - P[ix.SUMP_NOM]) / 200.0)
    u[ix.BOTTOMS_FLOW] = max(0.0, y[yx.Y_STRIPPER_DRAIN] + (reboiler - P[ix.REB_NOM]) / 200.0)
    u[ix.REFLUX_FLOW] = max(0.0, y[yx.Y_CONDENSATE] + (drum - P[ix.DRUM_NOM]) / 200.0)
    over = y[yx.Y_P_STRIPPER] - 190.0
    u[ix.PRODUCT_FLOW] = max(0.0, y[yx.Y_PRODUCT_AVAILABLE] + 0.01 * over)


def amounts(x: F64) -> F64:
    blocks = x[: ix.X_DRUM].reshape(ix.N_BLOCKS, 4)[:, :3].ravel()
    return np.concatenate([blocks, x[[ix.X_DRUM, ix.X_GAS, ix.X_LCO2]]])


def errors(x0: F64, x1: F64, acc: F64) -> F64:
    """Return |in - out - change| per balance over what came in (amine: over what is held)."""
    before, after = PLANT.inventory(x0, P), PLANT.inventory(x1, P)
    scale = np.maximum(PLANT.gross_in(acc), [1.0, 1.0, before[2], 1e3])
    off: F64 = np.abs(PLANT.net_in(acc) - (after - before)) / scale
    return off


def test_output_numbers_match_their_names() -> None:
    places = {k: v for k, v in vars(yx).items() if k.startswith("Y_")}
    for const, place in places.items():
        words = set(const.removeprefix("Y_").lower().split("_"))
        assert words <= set(ix.Y_NAMES[place].lower().split("_")), const
    assert sorted(places.values()) == list(range(ix.Y_BED))
    for const, place in ((k, v) for k, v in vars(yx).items() if k.startswith("B_")):
        name = list(BOUNDARY)[place].lower()
        stem = const.removeprefix("B_").lower()
        assert name in (f"{stem}_kmol_s", f"{stem.removesuffix('_heat')}_kw"), const
    assert list(ix.U_NAMES).index("offload_kg_s") == ix.OFFLOAD
    assert list(ix.P_NAMES).index("mea_slip_ppm") == ix.SLIP_PPM
    assert len(ix.X_NAMES) == ix.N_X
    assert len(ix.Y_NAMES) == ix.N_Y


def test_datasheet_point(design: Steady) -> None:
    y = design.y
    assert 0.57 <= capture_of(design) <= 0.63
    assert y[yx.Y_LEAN_LOADING] == pytest.approx(0.24, abs=0.012)
    assert y[yx.Y_RICH_LOADING] == pytest.approx(0.455, abs=0.015)
    assert 118.0 <= y[yx.Y_T_REBOILER] <= 121.0
    assert y[yx.Y_P_STRIPPER] == pytest.approx(190.0)
    assert 3.7 <= HEAT / 1e3 / y[yx.Y_PRODUCT_AVAILABLE] <= 4.1
    bed = y[ix.Y_BED : ix.Y_STRIP]
    assert 50.0 <= bed.max() <= 70.0
    assert bed.argmax() not in (0, ix.N_ABS - 1), "the bulge lies inside the bed"
    held = y[[yx.Y_M_ABSORBER, yx.Y_M_STRIPPER, yx.Y_M_SUMP, yx.Y_M_REBOILER, yx.Y_M_TANK]].sum()
    assert 10e3 < held < 13e3
    assert y[yx.Y_MEA_WT_FRAC] == pytest.approx(0.3)


def test_stripper_is_hottest_below_and_exchanger_saves_heat(design: Steady) -> None:
    y = design.y
    column = [*y[ix.Y_STRIP : ix.Y_BOUNDARY][::-1], y[yx.Y_T_REBOILER]]
    assert all(a < b for a, b in pairwise(column[1:]))
    assert y[yx.Y_T_RICH] < y[yx.Y_T_LEAN_HX] < y[yx.Y_T_RICH_HX] < y[yx.Y_T_REBOILER]
    assert y[yx.Y_Q_HX] > HEAT


def test_steady_state_stands_still(design: Steady) -> None:
    dx = np.empty(ix.N_X)
    PLANT.rhs(design.x, design.u, D, P, dx)
    dx[ix.X_LCO2] = 0.0
    assert np.abs(dx).max() < 1e-3
    x, acc = design.x.copy(), np.zeros(ix.N_BOUNDARY)
    PLANT.advance(x, design.u, D, P, 0.5, 1200, acc)
    y = PLANT.outputs(x, design.u, D, P)
    assert y[yx.Y_DRY_OUT] == pytest.approx(design.y[yx.Y_DRY_OUT], rel=2e-5)
    np.testing.assert_array_equal(PLANT.steady(design.u, D, P), design.x)


def test_one_step_equals_advance_and_outputs_are_pure(design: Steady) -> None:
    x, acc = design.x.copy(), np.zeros(ix.N_BOUNDARY)
    PLANT.advance(x, design.u, D, P, 0.5, 1, acc)
    np.testing.assert_array_equal(PLANT.step(design.x, design.u, D, P, 0.5), x)
    np.testing.assert_array_equal(PLANT.outputs(design.x, design.u, D, P), design.y)


def step_response(design: Steady, minutes: int, **factor: float) -> F64:
    """Return capture in points over the base once a minute after scaling inputs."""
    x, u, acc = design.x.copy(), design.u.copy(), np.zeros(ix.N_BOUNDARY)
    for name, f in factor.items():
        u[PLANT.u_names.index(name)] *= f
    out = []
    for _ in range(minutes * 6 + 1):
        y = PLANT.outputs(x, u, D, P)
        out.append(100.0 * (1.0 - y[yx.Y_CO2_OUT] / y[yx.Y_CO2_IN] - capture_of(design)))
        hold_levels(y, u)
        PLANT.advance(x, u, D, P, 0.5, 20, acc)
    return np.array(out[::6])


def test_more_solvent_helps_at_once_and_fades(design: Steady) -> None:
    got = step_response(design, 60, lean_flow_kg_s=1.1)
    assert got[1] > 0.4
    assert 2.0 < got.max() < 6.0
    assert 3 <= got.argmax() <= 10
    assert got[-1] < 0.25 * got.max()


def test_more_heat_helps_slowly(design: Steady) -> None:
    got = step_response(design, 120, q_reboiler_kW=1.1)
    assert abs(got[2]) < 0.05
    assert 3.0 < got[-1] < 6.0
    assert 5 <= np.argmax(got > 0.63 * got[-1]) <= 30


def test_more_gas_costs_capture_at_once(design: Steady) -> None:
    got = step_response(design, 20, gas_flow_kg_s=1.1)
    assert got[1] < -3.0
    assert -7.0 < got[-1] < got[1]


def test_a_day_of_random_running_balances_to_rounding(design: Steady) -> None:
    rng = np.random.default_rng(7)
    x, u, d = design.x.copy(), design.u.copy(), D.copy()
    acc = np.zeros(ix.N_BOUNDARY)
    for minute in range(24 * 60):
        if minute % 10 == 0:
            disturb(rng, u, d)
        hold_levels(PLANT.outputs(x, u, d, P), u)
        PLANT.advance(x, u, d, P, 0.5, 120, acc)
        assert amounts(x).min() > 0.0
    assert errors(design.x, x, acc)[:3].max() < 1e-9
    assert errors(design.x, x, acc)[3] < 1e-9


def disturb(rng: np.random.Generator, u: F64, d: F64) -> None:
    """Draw any inputs the rig could have, with pumps, gas and steam off now and then."""
    on = rng.random(5) > 0.2
    u[ix.GAS_FLOW] = on[0] * rng.uniform(0.0, 22.0) / 3.6
    u[ix.LEAN_FLOW] = on[1] * rng.uniform(0.0, 32.0) / 3.6
    u[ix.Q_REBOILER] = on[2] * rng.uniform(0.0, 1500.0)
    u[ix.T_LEAN], u[ix.T_WASH] = rng.uniform(30.0, 60.0), rng.uniform(25.0, 60.0)
    u[ix.VENT_FLOW], u[ix.MAKEUP] = rng.uniform(0.0, 0.1, 2)
    u[ix.OFFLOAD] = rng.uniform(0.0, 2.0)
    d[:] = (on[3] * rng.uniform(0.0, 0.1), rng.uniform(5.0, 60.0), rng.uniform(98.0, 110.0),
            rng.uniform(10.0, 50.0), rng.uniform(-10.0, 45.0), rng.uniform(0.0, 1.0))  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_any_inputs_at_all_keep_it_finite_positive_and_balanced(seed: int) -> None:
    """Levels are NOT held here: vessels run empty and boil dry."""
    rng = np.random.default_rng(seed)
    start = PLANT.guess(P)
    x, u, d, acc = start.copy(), np.zeros(len(ix.U_NAMES)), D.copy(), np.zeros(ix.N_BOUNDARY)
    for _ in range(12):
        disturb(rng, u, d)
        u[[ix.RICH_FLOW, ix.BOTTOMS_FLOW]] = rng.uniform(0.0, 10.0, 2)
        u[[ix.PRODUCT_FLOW, ix.REFLUX_FLOW]] = rng.uniform(0.0, 0.5, 2)
        PLANT.advance(x, u, d, P, 0.5, 1200, acc)
        y = PLANT.outputs(x, u, d, P)
        assert np.isfinite(x).all()
        assert np.isfinite(y).all()
        assert amounts(x).min() > -1e-9
    assert errors(start, x, acc).max() < 1e-9


def test_hold_and_cold_are_calm(design: Steady) -> None:
    x, u, acc = design.x.copy(), design.u.copy(), np.zeros(ix.N_BOUNDARY)
    u[[ix.GAS_FLOW, ix.Q_REBOILER, ix.MAKEUP]] = 0.0
    for _ in range(12 * 60):
        hold_levels(PLANT.outputs(x, u, D, P), u)
        PLANT.advance(x, u, D, P, 0.5, 120, acc)
    y = PLANT.outputs(x, u, D, P)
    assert 25.0 < y[yx.Y_T_REBOILER] < 45.0
    assert y[yx.Y_PRODUCT_AVAILABLE] == 0.0
    assert y[yx.Y_LEAN_LOADING] == pytest.approx(y[yx.Y_RICH_LOADING], abs=1e-3)
    assert errors(design.x, x, acc).max() < 1e-9


def test_steps_of_a_quarter_and_one_second_agree(design: Steady) -> None:
    u = design.u.copy()
    u[ix.GAS_FLOW] *= 0.5
    ends = []
    for dt in (0.25, 1.0):
        x, acc = design.x.copy(), np.zeros(ix.N_BOUNDARY)
        PLANT.advance(x, u, D, P, dt, int(600 / dt), acc)
        ends.append(PLANT.outputs(x, u, D, P))
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-5, atol=1e-6)


def test_capture_against_lean_flow_has_a_flat_top() -> None:
    flows = np.array([10.0, 14.0, 18.0, 22.0, 26.0, 32.0]) / 3.6
    got = [capture_of(steady_closed(float(f), GAS, HEAT, D, P)) for f in flows]
    best = int(np.argmax(got))
    assert 0 < best < len(got) - 1
    assert got[best] - min(got[best - 1], got[best + 1]) < 0.02


def test_best_capture_beats_a_scan_and_respects_limits() -> None:
    low, high = 8.0 / 3.6, 32.0 / 3.6
    eta, lean, q = best_capture(GAS, D, P, 1100.0, low, high, 121.0)
    state = steady_closed(lean, GAS, q, D, P)
    assert capture_of(state) == pytest.approx(eta, abs=1e-6)
    assert state.y[yx.Y_T_REBOILER] <= 121.0 + 1e-6
    assert q <= 1100.0
    for flow in np.linspace(low, high, 9):
        other = steady_closed(float(flow), GAS, 1100.0, D, P)
        if other.y[yx.Y_T_REBOILER] <= 121.0:
            assert capture_of(other) <= eta + 2e-3


def test_best_capture_without_gas_or_heat_is_nothing() -> None:
    assert best_capture(0.0, D, P, 1000.0, 2.0, 8.0) == (0.0, 2.0, 0.0)
    assert best_capture(GAS, D, P, 0.0, 2.0, 8.0) == (0.0, 2.0, 0.0)


@settings(max_examples=15, deadline=None)
@given(st.floats(6.0, 22.0), st.floats(80.0, 1400.0), st.floats(0.04, 0.1))
def test_best_capture_finds_something_everywhere(gas: float, q: float, y: float) -> None:
    d = D.copy()
    d[ix.Y_CO2_IN] = y
    eta, lean, used = best_capture(gas / 3.6, d, P, q, 8.0 / 3.6, 32.0 / 3.6)
    assert 0.0 < eta < 1.0
    assert 8.0 / 3.6 <= lean <= 32.0 / 3.6
    assert used <= q


def test_impossible_steady_state_is_an_error_with_a_number() -> None:
    with pytest.raises(ConvergenceError, match="largest relative rate"):
        steady_closed(LEAN, GAS, float("nan"), D, P)


def test_engine_exhaust_feeds_the_datasheet_point() -> None:
    e = EngineTable.load("4stroke_6L46B").at(0.75)
    assert float(D[ix.Y_CO2_IN]) == pytest.approx(e.y_co2_dry, abs=0.001)


def test_a_plant_second_costs_less_than_40_us_times_slack(design: Steady) -> None:
    x, acc = design.x.copy(), np.zeros(ix.N_BOUNDARY)
    best = 1.0
    for _ in range(5):
        begin = time.perf_counter()
        PLANT.advance(x, design.u, D, P, 0.5, 1000, acc)
        best = min(best, (time.perf_counter() - begin) / 500.0)
    assert best < 120e-6


def test_warm_reports_progress() -> None:
    seen: list[tuple[int, int]] = []
    warm(lambda _what, done, of: seen.append((done, of)))
    steps = seen[-1][1]
    assert steps >= 3
    assert seen == [(done, steps) for done in range(steps + 1)]
