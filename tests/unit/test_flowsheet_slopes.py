"""The slopes of a packed cell, written by hand, beside the complex step through the one text."""

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models import flowsheet_names as fx
from models import plant_names as ix
from models.flowsheet import FlowsheetPlant
from models.flowsheet_cell import above
from models.flowsheet_packing import P_LEAST, Liquid, drain, in_gas, passing, wetted
from models.flowsheet_rhs import rhs
from models.flowsheet_slopes import BELOW, GAS, N_ROWS, N, P, corner, passing_slopes
from models.numbers import F64
from models.vle import h_liquid

PLANT = FlowsheetPlant()
FILM = PLANT.coefficients[0].copy()
FILM[0] = 2.27
H = 1e-30
FULL, DESIGN, DZ = 1.9, 0.0304, 1.0


def liquid_of(v: F64) -> Liquid:
    return wetted(FILM, v[6], v[7], v[8], v[9], drain(6.0 * v[9], FULL, DESIGN))


def through(v: F64, inert: float) -> tuple[float, ...]:
    """What passes, of the ten that `flowsheet_slopes.N` names."""
    c, liquid = FILM, liquid_of(v)
    side = in_gas(c, v[0], v[1], inert, v[2], v[5], liquid[12])
    return passing(c, DZ, liquid, side, v[3], v[4], v[0], v[1], v[2], inert, v[5])


def by_hand(v: F64, inert: float) -> F64:
    """Rows of properties by the complex step, then the text under test."""
    c, rows, jac = FILM, np.zeros((N_ROWS, N)), np.zeros((7, N))
    for j in range(N):
        w = v.astype(complex)
        w[j] += H * 1j
        liquid = liquid_of(w)
        side = in_gas(c, w[0], w[1], inert, w[2], w[5], liquid[12])
        rows[:GAS, j] = [np.imag(f) / H for f in liquid]
        rows[GAS:BELOW, j] = [np.imag(f) / H for f in side]
    rows[BELOW, 3] = rows[BELOW + 1, 4] = 1.0
    rows[P, 5] = 1.0 - corner(P_LEAST - v[5], 0.1)
    liquid = liquid_of(v)
    side = in_gas(c, v[0], v[1], inert, v[2], v[5], liquid[12])
    kept = v[5] + above(P_LEAST - v[5], 0.1)
    passing_slopes(c, DZ, liquid, side, v[3], v[4], inert, kept, v, rows, jac)
    return jac[:4]


@settings(max_examples=40, derandomize=True, phases=[Phase.generate])
@given(
    a=st.floats(0.05, 0.55),
    t=st.floats(25.0, 125.0),
    wetness=st.floats(0.05, 1.5),
    gas=st.tuples(st.floats(1e-6, 0.03), st.floats(1e-6, 0.06), st.floats(10.0, 130.0)),
    inert=st.sampled_from([0.0, 0.02, 0.18]),
    p=st.floats(5.0, 400.0),
    below=st.tuples(st.floats(0.7, 1.4), st.floats(0.7, 1.4)),
)
def test_slopes_by_hand_are_those_of_the_text(
    a: float, t: float, wetness: float, gas: tuple[float, float, float], inert: float, p: float,
    below: tuple[float, float],
) -> None:  # fmt: skip
    """Boiling, flashing, absorbing, in a vacuum and under pressure."""
    mea = wetness * FULL / 6.0
    v = np.array([*gas, 1.0, 1.0, p, a * mea, 8.0 * mea, mea * h_liquid(t, a, 8.0), mea])
    liquid = liquid_of(v)
    v[3], v[4] = below[0] * 1e-3 * liquid[5], below[1] * liquid[1]
    expected = np.empty((4, N))
    for j in range(N):
        w = v.astype(complex)
        w[j] += H * 1j
        expected[:, j] = [np.imag(f) / H for f in through(w, inert)]
    scale = (np.abs(expected) * np.abs(v)).max(axis=1, keepdims=True) + 1e-9
    assert (np.abs(by_hand(v, inert) - expected) * np.abs(v) / scale).max() < 1e-8


def test_the_jacobian_is_exact_away_from_rest() -> None:
    """In a vacuum, with little gas and steam: beside the complex step through everything."""
    p, d = PLANT.default_p(), np.array([0.05, 30.0, 101.0, 25.0, 10.0, 0.2])
    x, u = PLANT.guess(p), np.zeros(len(ix.U_NAMES))
    u[:5] = 2.0, 3.0, 2.5, 2.5, 300.0
    u[ix.T_LEAN], u[ix.T_WASH], u[ix.PRODUCT_FLOW] = 40.0, 41.0, 2.0
    PLANT.advance(x, u, d, p, 5.0, 120, np.zeros(ix.N_BOUNDARY))
    cells, rows = PLANT.mesh.absorber + PLANT.mesh.stripper, x.size + ix.N_BOUNDARY
    expected = np.empty((rows, x.size))
    for j in range(x.size):
        xc = x.astype(complex)
        xc[j] += H * 1j
        out, coef = np.zeros(rows + 3, complex), PLANT.coefficients
        z, q, up, y = (np.zeros(n, complex) for n in (fx.N_Z, 3, 3, fx.N_Y))
        rhs(
            xc, u.astype(complex), d, p, PLANT.mesh, 0.0, coef, np.zeros_like(coef),
            np.zeros((cells, 6), complex), z, q, up, out, y,
        )  # fmt: skip
        expected[:, j] = out[:rows].imag / H
    size = np.abs(expected).max(axis=1, keepdims=True) + 1e-9
    assert (np.abs(PLANT.jacobian(x, u, d, p) - expected) / size).max() < 1e-9
