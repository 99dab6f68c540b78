"""The absorber at steady state: beds, intercoolers, heat loss, motion."""

from dataclasses import dataclass, field

import numpy as np

from models import coefficients as ix
from models.galerkin import GAS_GIVEN
from models.motion import upright
from models.numbers import F64
from models.packed import DEGREE, ELEMENTS, Intercooler, Problem, grid, profile, solve
from models.packing import Packing, packing
from models.streams import Gas, Solvent
from models.vle import p_water


@dataclass(frozen=True)
class Column:
    """A packed column; coolers bottom up, one per gap between beds (None: beds only).

    Factors: area and gas film are the plant-wide ones that are fitted (`fitted`);
    kinetics is there for other uses and stays at one.
    """

    diameter_m: float
    height_m: float
    packing: str | Packing = "mellapakplus-252y"
    coolers: tuple[Intercooler | None, ...] = ()
    heat_loss_W_m2_K: float = 0.0
    t_ambient_degC: float = 20.0
    area_factor: float = 1.0
    gas_film_factor: float = 1.0
    kinetics: ix.Kinetics = ix.LUO_AMINE
    kinetics_factor: float = 1.0
    mode: int = ix.FILM
    elements: int = ELEMENTS
    degree: int = DEGREE
    graded: bool = True
    tilt_deg: float = 0.0
    roll_deg: float = 0.0

    @property
    def section_m2(self) -> float:
        """Cross-section of the empty column."""
        return float(0.25 * np.pi * self.diameter_m**2)

    def coefficients(self) -> F64:
        """Return the coefficient vector of this column."""
        c = ix.blank()
        packing(self.packing).place(c)
        ix.place_kinetics(c, self.kinetics)
        c[ix.SECTION] = self.section_m2
        c[ix.AREA_FACTOR] = self.area_factor * upright(self.tilt_deg, self.roll_deg)
        c[ix.CV] *= self.gas_film_factor
        c[ix.KINETICS_FACTOR] = self.kinetics_factor
        return c


@dataclass(frozen=True)
class Absorber(Column):
    """Geometry of an absorber."""


@dataclass(frozen=True)
class Absorbed:
    """A solved absorber; profiles bottom up over `z_m`."""

    z_m: F64
    gas_co2: F64
    gas_water: F64
    t_gas_degC: F64
    liquid_co2: F64
    liquid_water: F64
    t_liquid_degC: F64
    amine: float
    inert: float
    steps: int
    x: F64 = field(repr=False)

    @property
    def capture_pct(self) -> float:
        """Share of the CO2 that came in with the gas and did not leave with it."""
        return float(100.0 * (1.0 - self.gas_co2[-1] / self.gas_co2[0]))

    @property
    def rich_loading(self) -> float:
        """Loading of the liquid that leaves, mol/mol."""
        return float(self.liquid_co2[0] / self.amine)

    def t_at(self, from_top: float) -> float:
        """Return the liquid temperature at a relative position, 0 top to 1 bottom."""
        z = (1.0 - from_top) * self.z_m[-1]
        return float(np.interp(z, self.z_m + 1e-9 * np.arange(len(self.z_m)), self.t_liquid_degC))


def _case(column: Absorber, gas: Gas, lean: Solvent) -> F64:
    loss = column.heat_loss_W_m2_K * np.pi * column.diameter_m
    n = gas.co2 + gas.water + gas.inert
    cp_gas, cp_liquid = 30.0 * n, 80.0 * (lean.amine * 3.0 + lean.water)
    known = (lean.amine, gas.inert, gas.p_Pa, 0.0, loss, column.t_ambient_degC, 1.0)
    return np.array([*known, cp_gas, cp_liquid])


def _guess(gas: Gas, lean: Solvent) -> tuple[F64, F64]:
    """Return a cold start over heights 0..1: CO2 caught in a straight line, warm saturated gas."""
    s = np.linspace(0.0, 1.0, 11)
    room = max(0.48 - lean.loading, 0.02) * lean.amine
    caught = min(0.8 * gas.co2, room)
    t = gas.t_degC + (lean.t_degC + 8.0 - gas.t_degC) * s
    y = np.empty((len(s), 6))
    y[:, 0] = gas.co2 - caught * s
    y_w = np.minimum(np.asarray(p_water(t)) / gas.p_Pa, 0.5)
    y[:, 1] = y_w / (1.0 - y_w) * (gas.inert + y[:, 0])
    y[:, 2] = t
    y[:, 3] = lean.co2 + caught * (1.0 - s)
    y[:, 4] = lean.water
    y[:, 5] = lean.t_degC + 8.0 * (1.0 - s)
    y[0, :3] = gas.co2, gas.water, gas.t_degC
    y[-1, 3:] = lean.co2, lean.water, lean.t_degC
    return s, y


def absorb(column: Absorber, gas: Gas, lean: Solvent) -> Absorbed:
    """Return the steady absorber; raise ConvergenceError if none is found."""
    g = grid(column.height_m, (*column.coolers, None), column.elements, column.graded)
    total = gas.co2 + gas.water
    problem = Problem(
        "absorber",
        column.coefficients(),
        _case(column, gas, lean),
        g,
        GAS_GIVEN,
        np.array([gas.co2, gas.water, gas.t_degC]),
        np.array([lean.co2, lean.water, lean.t_degC]),
        column.mode,
        np.array([gas.co2, total, 10.0, gas.co2, total, 10.0]),
        column.degree,
    )
    s, y = _guess(gas, lean)
    x, steps = solve(problem, s * column.height_m, y)
    z, y = profile(problem, x)
    return Absorbed(
        z, y[:, 0], y[:, 1], y[:, 2], y[:, 3], y[:, 4], y[:, 5], lean.amine, gas.inert, steps, x
    )
