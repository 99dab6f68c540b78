"""The rate-based plant: balances, derivatives, the same text for machine and algebra."""

import casadi
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet import FlowsheetPlant
from models.flowsheet_cell import liquid_t
from models.flowsheet_rhs import rhs
from models.flowsheet_sets import PILOT
from models.numbers import F64
from models.traced import traced
from models.vle import h_liquid

D = np.array([0.063, 40.0, 103.0, 35.0, 25.0, 0.0])
LEAN, GAS, HEAT = 24.0 / 3.6, 20.0 / 3.6, 1200.0
SHARED = FlowsheetPlant()


def inputs(lean: float = LEAN, gas: float = GAS, heat: float = HEAT) -> F64:
    u = np.zeros(len(ix.U_NAMES))
    u[ix.GAS_FLOW], u[ix.LEAN_FLOW], u[ix.Q_REBOILER] = gas, lean, heat
    u[ix.T_LEAN], u[ix.T_WASH] = 40.0, 41.0
    return u


@pytest.fixture(scope="module")
def plant() -> FlowsheetPlant:
    return SHARED


@pytest.fixture(scope="module")
def design(plant: FlowsheetPlant) -> tuple[F64, F64, F64]:
    """State, inputs and outputs at the datasheet point, every flow running."""
    p = plant.default_p()
    x, u = plant.guess(p), inputs()
    y = plant.hold(x, u, D, p, 190.0)
    u[ix.PRODUCT_FLOW] = y[yx.Y_PRODUCT_AVAILABLE]
    x[plant.x_names.index("lco2_tank_co2_kmol")] = 900.0
    return x, u, y


def capture_pct(y: F64) -> float:
    return float(100.0 * (1.0 - y[yx.Y_CO2_OUT] / y[yx.Y_CO2_IN]))


def errors(plant: FlowsheetPlant, x0: F64, x1: F64, acc: F64) -> F64:
    p = plant.default_p()
    before, after = plant.inventory(x0, p), plant.inventory(x1, p)
    scale = np.maximum(plant.gross_in(acc), np.abs(before))
    off: F64 = np.abs(plant.net_in(acc) - (after - before)) / scale
    return off


def hold_levels(y: F64, u: F64, p: F64) -> None:
    """Levels and pressure as the rig's own loops hold them, in their simplest form."""
    sump, reboiler, drum = y[yx.Y_M_SUMP], y[yx.Y_M_REBOILER], y[yx.Y_M_REFLUX]
    u[ix.RICH_FLOW] = max(0.0, y[yx.Y_ABSORBER_DRAIN] + (sump - p[fx.SUMP_NOM]) / 200.0)
    u[ix.BOTTOMS_FLOW] = max(0.0, y[yx.Y_STRIPPER_DRAIN] + (reboiler - p[fx.REB_NOM]) / 200.0)
    u[ix.REFLUX_FLOW] = max(0.0, y[yx.Y_CONDENSATE] + (drum - p[fx.DRUM_NOM]) / 200.0)
    u[ix.PRODUCT_FLOW] = max(0.0, y[yx.Y_PRODUCT_AVAILABLE] + 0.01 * (y[yx.Y_P_STRIPPER] - 190.0))


def test_datasheet_point(design: tuple[F64, F64, F64]) -> None:
    y = design[2]
    assert 57.0 <= capture_pct(y) <= 63.0
    assert y[yx.Y_LEAN_LOADING] == pytest.approx(0.25, abs=0.015)
    assert y[yx.Y_RICH_LOADING] == pytest.approx(0.46, abs=0.02)
    assert 118.0 <= y[yx.Y_T_REBOILER] <= 121.5
    assert 3.7 <= HEAT / 1e3 / y[yx.Y_PRODUCT_AVAILABLE] <= 4.2
    assert y[yx.Y_P_STRIPPER] == pytest.approx(190.0, abs=1e-6)
    bed = y[ix.Y_BED : ix.Y_STRIP]
    assert 50.0 <= bed.max() <= 70.0
    held = y[[yx.Y_M_ABSORBER, yx.Y_M_STRIPPER, yx.Y_M_SUMP, yx.Y_M_REBOILER, yx.Y_M_TANK]].sum()
    assert 9e3 < held < 13e3


def test_states_are_between_110_and_150_and_named_once(plant: FlowsheetPlant) -> None:
    assert 110 <= len(plant.x_names) <= 150
    assert len(set(plant.x_names)) == len(plant.x_names) == plant.guess(plant.default_p()).size
    assert plant.y_names[: ix.N_Y] == ix.Y_NAMES


def test_machine_and_algebra_agree_to_rounding(
    plant: FlowsheetPlant, design: tuple[F64, F64, F64]
) -> None:
    x, u, _ = design
    p = plant.default_p()
    symbols = casadi.SX.sym("x", x.size)
    sx = np.array(casadi.vertsplit(symbols), dtype=object)
    cells, n = plant.mesh.absorber + plant.mesh.stripper, x.size + ix.N_BOUNDARY + 3

    def room(*shape: int) -> F64:
        return np.zeros(shape, dtype=object)

    out, coef = room(n), plant.coefficients
    traced(rhs)(
        sx, u.copy(), D, p, plant.mesh, 0.0, coef, np.zeros_like(coef), room(cells, 6),
        room(fx.N_Z), room(3), room(3), out, room(fx.N_Y),
    )  # fmt: skip
    rows = casadi.vertcat(*out[: x.size + ix.N_BOUNDARY])
    algebra = casadi.Function("f", [symbols], [rows, casadi.jacobian(rows, symbols)])
    f, jac = (np.asarray(part.full()) for part in algebra(x))
    dx = np.empty(x.size)
    plant.rhs(x, u, D, p, dx)
    scale = np.abs(jac) @ np.abs(x) + 1e-9
    assert np.abs(f[: x.size, 0] - dx).max() < 1e-11 * scale.max()
    assert (np.abs(f[: x.size, 0] - dx) / scale[: x.size]).max() < 1e-11
    own = plant.jacobian(x, u, D, p)
    size = np.abs(jac).max(axis=1, keepdims=True) + 1e-9
    assert (np.abs(own - jac) / size).max() < 1e-9


@pytest.mark.parametrize("h", [2.0, 5.0])
def test_big_steps_follow_the_fine_reference(
    plant: FlowsheetPlant, design: tuple[F64, F64, F64], h: float
) -> None:
    x0, u0, _ = design
    p = plant.default_p()
    u = u0.copy()
    u[ix.GAS_FLOW] *= 0.7
    u[ix.LEAN_FLOW] *= 1.1
    got = []
    for step in (0.25, h):
        x, acc, seen = x0.copy(), np.zeros(ix.N_BOUNDARY), []
        plant.forget()
        for _ in range(30):
            plant.advance(x, u, D, p, step, round(10.0 / step), acc)
            seen.append(capture_pct(plant.outputs(x, u, D, p)))
        got.append(np.array(seen))
    assert np.abs(got[1] - got[0]).max() < 0.1


@pytest.mark.parametrize("t", [-5.0, 40.0, 120.0, 150.0])
@pytest.mark.parametrize("a", [0.02, 0.3, 0.55])
@pytest.mark.parametrize("w", [3.0, 8.0, 20.0])
def test_temperature_comes_back_from_enthalpy(t: float, a: float, w: float) -> None:
    assert liquid_t(h_liquid(t, a, w), a, w) == pytest.approx(t, abs=1e-6)


def test_the_pilot_stands_still_somewhere_sensible() -> None:
    pilot = FlowsheetPlant(plant=PILOT)
    p = pilot.default_p()
    y = pilot.hold(pilot.guess(p), inputs(6800.0 / 3600.0, 2250.0 / 3600.0, 430.0), D, p, 190.0)
    assert 50.0 < capture_pct(y) < 100.0
    assert 0.1 < y[yx.Y_LEAN_LOADING] < y[yx.Y_RICH_LOADING] < 0.55
    assert 105.0 < y[yx.Y_T_REBOILER] < 125.0


def test_one_step_forgets(plant: FlowsheetPlant, design: tuple[F64, F64, F64]) -> None:
    x, u, _ = design
    p = plant.default_p()
    first = plant.step(x, u, D, p, 5.0)
    other = u.copy()
    other[ix.GAS_FLOW] = 0.0
    plant.step(x, other, D, p, 5.0)
    np.testing.assert_array_equal(plant.step(x, u, D, p, 5.0), first)


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


@settings(max_examples=5, derandomize=True, phases=[Phase.generate])
@given(st.integers(0, 2**31))
def test_any_inputs_keep_it_finite_positive_and_balanced(seed: int) -> None:
    """Levels are held, as the rig's PLC does; everything else is drawn."""
    plant, rng = SHARED, np.random.default_rng(seed)
    p = plant.default_p()
    start = plant.guess(p)
    x, u, d, acc = start.copy(), inputs(), D.copy(), np.zeros(ix.N_BOUNDARY)
    amounts = [i for i, n in enumerate(plant.x_names) if not n.endswith("kJ")]
    for _ in range(4):
        disturb(rng, u, d)
        for _ in range(40):
            hold_levels(plant.outputs(x, u, d, p), u, p)
            plant.advance(x, u, d, p, 5.0, 2, acc)
        assert np.isfinite(x).all()
        assert np.isfinite(plant.outputs(x, u, d, p)).all()
        assert x[amounts].min() > -1e-6
    assert errors(plant, start, x, acc)[:3].max() < 1e-6
    assert errors(plant, start, x, acc)[3] < 1e-6


def response(design: tuple[F64, F64, F64], plant: FlowsheetPlant, **factor: float) -> F64:
    """Return capture in points over the base every minute of two hours after a step."""
    x, u = design[0].copy(), design[1].copy()
    p = plant.default_p()
    base = capture_pct(plant.outputs(x, u, D, p))
    for name, f in factor.items():
        u[ix.U_NAMES.index(name)] *= f
    acc, seen = np.zeros(ix.N_BOUNDARY), []
    plant.forget()
    for k in range(120 * 6):
        y = plant.outputs(x, u, D, p)
        if k % 6 == 0:
            seen.append(capture_pct(y) - base)
        hold_levels(y, u, p)
        plant.advance(x, u, D, p, 5.0, 2, acc)
    return np.array(seen)


def test_more_solvent_helps_at_once_and_fades(
    plant: FlowsheetPlant, design: tuple[F64, F64, F64]
) -> None:
    got = response(design, plant, lean_flow_kg_s=1.1)
    assert got[2] > 1.0
    assert 2.0 < got.max() < 8.0
    assert got.argmax() <= 20
    assert got[-1] < 0.5 * got.max()


def test_more_heat_helps_slowly(plant: FlowsheetPlant, design: tuple[F64, F64, F64]) -> None:
    got = response(design, plant, q_reboiler_kW=1.1)
    assert abs(got[1]) < 0.3
    assert 2.5 < got[-1] < 7.0
    assert 5 <= np.argmax(got > 0.63 * got[-1]) <= 40


def test_more_gas_costs_capture_at_once(
    plant: FlowsheetPlant, design: tuple[F64, F64, F64]
) -> None:
    got = response(design, plant, gas_flow_kg_s=1.1)
    assert got[1] < -2.0
    assert -8.0 < got[-1] < 0.0
