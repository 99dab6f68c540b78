"""The plant survives whatever a rig, its operators and its trips can do to it."""

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from models import flowsheet_names as fx
from models import flowsheet_packing as bed
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet import FlowsheetPlant
from models.flowsheet_cell import DREG, DREG_A
from models.flowsheet_vessels import MEA_PER_KG
from models.numbers import F64
from models.vle import h_liquid

PLANT = FlowsheetPlant()
P = PLANT.default_p()
D = np.array([0.063, 40.0, 103.0, 35.0, 25.0, 0.0])
AMOUNTS = [i for i, n in enumerate(PLANT.x_names) if not n.endswith("kJ")]
ALL_OFF = dict.fromkeys(
    (
        "gas_flow_kg_s",
        "lean_flow_kg_s",
        "rich_flow_kg_s",
        "bottoms_flow_kg_s",
        "q_reboiler_kW",
        "product_flow_kg_s",
        "reflux_flow_kg_s",
    ),
    0.0,
)

HIGHEST = 0.75
"""mol CO2 per mol MEA: no state reached here comes near; the chemistry itself ends at 1."""


def running() -> tuple[F64, F64]:
    x, u = PLANT.guess(P), np.zeros(len(ix.U_NAMES))
    u[ix.GAS_FLOW], u[ix.LEAN_FLOW], u[ix.Q_REBOILER] = 20.0 / 3.6, 24.0 / 3.6, 1200.0
    u[ix.T_LEAN], u[ix.T_WASH] = 40.0, 41.0
    y = PLANT.hold(x, u, D, P, 190.0)
    u[ix.PRODUCT_FLOW] = y[yx.Y_PRODUCT_AVAILABLE]
    return x, u


RUNNING = running()


def packed_mea(x: F64) -> F64:
    """Return the MEA of every cell, kmol, in the order of the states."""
    mesh, first = PLANT.mesh, fx.first_lump(PLANT.mesh)
    half, n = mesh.absorber // 2, mesh.stripper
    graded = [bed.below(k + 1, n, bed.GRADED) - bed.below(k, n, bed.GRADED) for k in range(n)]
    full = [P[fx.LINE] * MEA_PER_KG / mesh.line] * (2 * mesh.line)
    lower, upper = [x[first] / half] * half, [x[first + 1] / half] * half
    return np.array([*lower, *upper, *(x[first + 2] * share for share in graded), *full])


def sane(x: F64) -> None:
    """Amounts are positive to rounding; every liquid's loading is one that exists."""
    assert x[AMOUNTS].min() > -1e-8
    first = fx.first_lump(PLANT.mesh)
    vessels = first + np.array([fx.SUMP, fx.REBOILER, fx.TANK])
    loading = np.concatenate(
        [x[:first:3] / packed_mea(x), (x[vessels] + DREG * DREG_A) / (x[vessels + 2] + DREG)]
    )
    assert loading.min() >= 0.0
    assert loading.max() <= HIGHEST


def cold(t: float = 25.0) -> F64:
    """The running plant's amounts with everything at one temperature, no CO2 in the gas space."""
    x, mesh = RUNNING[0].copy(), PLANT.mesh
    first = fx.first_lump(mesh)
    for k, mea in enumerate(packed_mea(x)):
        x[3 * k + 2] = mea * h_liquid(t, x[3 * k] / mea, x[3 * k + 1] / mea)
    for at in (fx.SUMP, fx.REBOILER, fx.TANK):
        c, w, mea = x[first + at : first + at + 3]
        x[first + at + 3] = mea * h_liquid(t, c / mea, w / mea)
    x[first + fx.DRUM + 1] = 75.6 * t * x[first + fx.DRUM]
    x[first + fx.GAS] = 0.01
    return x


def levels(y: F64, u: F64) -> None:
    """Loops on levels and pressure, with pumps no larger than the rig's."""
    sump, reboiler, drum = y[yx.Y_M_SUMP], y[yx.Y_M_REBOILER], y[yx.Y_M_REFLUX]
    u[ix.RICH_FLOW] = np.clip(y[yx.Y_ABSORBER_DRAIN] + (sump - P[fx.SUMP_NOM]) / 200.0, 0.0, 9.0)
    u[ix.BOTTOMS_FLOW] = np.clip(
        y[yx.Y_STRIPPER_DRAIN] + (reboiler - P[fx.REB_NOM]) / 200.0, 0.0, 9.0
    )
    u[ix.REFLUX_FLOW] = max(0.0, y[yx.Y_CONDENSATE] + (drum - P[fx.DRUM_NOM]) / 200.0)
    u[ix.PRODUCT_FLOW] = max(0.0, y[yx.Y_PRODUCT_AVAILABLE] + 0.01 * (y[yx.Y_P_STRIPPER] - 190.0))


def whole(x0: F64, x: F64, u: F64, d: F64, acc: F64) -> None:
    """Everything is finite and positive, temperatures are a plant's, and nothing is lost."""
    y = PLANT.outputs(x, u, d, P)
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    sane(x)
    inside = [i for i, name in enumerate(PLANT.y_names) if name.startswith(("t_bed", "t_strip"))]
    assert y[inside].min() > -30.0
    assert y[inside].max() < 160.0
    before = PLANT.inventory(x0, P)
    scale = np.maximum(PLANT.gross_in(acc), np.abs(before))
    off = np.abs(PLANT.net_in(acc) - (PLANT.inventory(x, P) - before)) / scale
    assert off.max() < 1e-10


CASES: dict[str, dict[str, float]] = {
    "no gas": {"gas_flow_kg_s": 0.0},
    "no steam": {"q_reboiler_kW": 0.0},
    "neither": {"gas_flow_kg_s": 0.0, "q_reboiler_kW": 0.0},
    "lean pump off": {"lean_flow_kg_s": 0.0},
    "lean pump off, dry gas, hot wash": {
        "lean_flow_kg_s": 0.0,
        "y_co2_in": 0.0,
        "t_gas_in_degC": 1.0,
        "t_wash_degC": 65.0,
    },
    "rich pump off": {"rich_flow_kg_s": 0.0},
    "bottoms pump off": {"bottoms_flow_kg_s": 0.0},
    "no CO2": {"y_co2_in": 0.0},
    "all off": ALL_OFF,
    "only heat": ALL_OFF | {"q_reboiler_kW": 1200.0},
    "drum pumped empty": {"reflux_flow_kg_s": 5.0},
    "gas space pumped empty": {"product_flow_kg_s": 5.0},
    "nothing leaves": {"product_flow_kg_s": 0.0, "vent_flow_kg_s": 0.0},
    "too much gas, little solvent": {"gas_flow_kg_s": 9.0, "y_co2_in": 0.1, "lean_flow_kg_s": 0.5},
    "packing useless": {"derate": 1.0},
    "hold, recirculating": {"gas_flow_kg_s": 0.0, "q_reboiler_kW": 0.0, "lean_flow_kg_s": 2.2},
}


@pytest.mark.parametrize("dt", [1.0, 5.0])
@pytest.mark.parametrize("start", ["running", "cold"])
@pytest.mark.parametrize("what", CASES)
def test_it_survives(what: str, start: str, dt: float) -> None:
    """Levels are held but for what the case switches; then everything is switched on again."""
    x0, u = (RUNNING[0] if start == "running" else cold()), RUNNING[1].copy()
    x, d, acc = x0.copy(), D.copy(), np.zeros(ix.N_BOUNDARY)
    PLANT.forget()
    for case, seconds in ((CASES[what], 1200.0), ({}, 600.0)):
        u[:], d[:] = RUNNING[1], D
        for _ in range(round(seconds / 5.0)):
            levels(PLANT.outputs(x, u, d, P), u)
            for name, value in case.items():
                if name in ix.U_NAMES:
                    u[ix.U_NAMES.index(name)] = value
                else:
                    d[ix.D_NAMES.index(name)] = value
            PLANT.advance(x, u, d, P, dt, round(5.0 / dt), acc)
        whole(x0, x, u, d, acc)


def draw(rng: np.random.Generator, u: F64, d: F64) -> None:
    """Draw inputs far beyond what a rig could have; half of the drives stand still."""
    on = rng.random(9) > 0.4
    u[ix.GAS_FLOW], u[ix.LEAN_FLOW] = on[0] * rng.uniform(0.0, 9.0), on[1] * rng.uniform(0.0, 9.0)
    u[ix.RICH_FLOW], u[ix.BOTTOMS_FLOW] = on[2:4] * rng.uniform(0.0, 9.0, 2)
    u[ix.Q_REBOILER] = on[4] * rng.uniform(0.0, 2000.0)
    u[ix.T_LEAN], u[ix.T_WASH] = rng.uniform(15.0, 70.0, 2)
    u[ix.PRODUCT_FLOW], u[ix.REFLUX_FLOW], u[ix.VENT_FLOW] = on[5:8] * rng.uniform(0.0, 1.0, 3)
    u[ix.MAKEUP], u[ix.OFFLOAD] = rng.uniform(0.0, 0.1), rng.uniform(0.0, 3.0)
    d[ix.Y_CO2_IN], d[ix.T_GAS_IN] = on[8] * rng.uniform(0.0, 0.12), rng.uniform(0.0, 70.0)
    d[ix.P_ABS], d[ix.T_COND] = rng.uniform(95.0, 115.0), rng.uniform(5.0, 60.0)
    d[ix.T_AMB], d[ix.DERATE] = rng.uniform(-20.0, 50.0), rng.choice([0.0, 0.3, 1.0])


@settings(max_examples=8, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 2**31), st.sampled_from([1.0, 5.0]))
@example(14, 1.0)  # no solvent, a wash far hotter than the bed: it once froze the top cell
def test_it_survives_anything(seed: int, dt: float) -> None:
    """No loop helps: vessels run dry and full, the gas space to a vacuum and far over pressure."""
    rng = np.random.default_rng(seed)
    x0, u = (RUNNING[0] if rng.random() < 0.6 else cold()), RUNNING[1].copy()
    x, d, acc = x0.copy(), D.copy(), np.zeros(ix.N_BOUNDARY)
    PLANT.forget()
    for _ in range(12):
        draw(rng, u, d)
        helped = rng.random() < 0.4
        for _ in range(60):
            if helped:
                levels(PLANT.outputs(x, u, d, P), u)
            PLANT.advance(x, u, d, P, dt, round(10.0 / dt), acc)
            sane(x)
    assert np.isfinite(x).all()
    assert np.isfinite(PLANT.outputs(x, u, d, P)).all()
    before = PLANT.inventory(x0, P)
    scale = np.maximum(PLANT.gross_in(acc), np.abs(before))
    assert (np.abs(PLANT.net_in(acc) - PLANT.inventory(x, P) + before) / scale).max() < 1e-10
