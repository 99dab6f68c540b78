"""The rate-based dynamic plant: two film-theory columns in a closed solvent loop.

Amounts and enthalpies are states and every flow is taken from one place and given to
another, so CO2, water, amine and energy are conserved to rounding with any step.
"""

import numpy as np

from models import coefficients, flowsheet_steady, flowsheet_work
from models import flowsheet_names as fx
from models import flowsheet_step as kernels
from models import plant_names as ix
from models.errors import ConvergenceError
from models.flowsheet_jacobian import jacobian
from models.flowsheet_names import Mesh
from models.flowsheet_pattern import pattern
from models.flowsheet_rhs import report, rhs
from models.flowsheet_sets import DEMO, PlantSet
from models.flowsheet_vessels import T_SPACE
from models.gasphase import h_co2
from models.numbers import F64
from models.packing import packing
from models.steady import steady_held

_PROBE_Z = (0.004, 0.01, 45.0, 0.005, 0.02, 118.0, 0.008, 0.012, 100.0)
_PROBE_U = (5.5, 6.6, 6.6, 6.6, 1200.0, 40.0, 0.3, 0.02, 0.3, 41.0, 0.01, 0.5)
_PROBE_D = (0.063, 40.0, 103.0, 35.0, 25.0, 0.1)


class FlowsheetPlant:
    """PlantModel of a rig; holds work space and the integrator's Jacobian (one per thread)."""

    u_names: tuple[str, ...] = ix.U_NAMES
    d_names: tuple[str, ...] = ix.D_NAMES
    p_names: tuple[str, ...] = fx.P_NAMES
    y_names: tuple[str, ...] = fx.Y_NAMES
    inventory_names: tuple[str, ...] = ix.INVENTORY_NAMES
    boundary_names: tuple[str, ...] = tuple(ix.BOUNDARY)

    def __init__(self, mesh: Mesh = fx.SHIPPED, plant: PlantSet = DEMO) -> None:
        self.mesh, self.plant = mesh, plant
        self.x_names = fx.state_names(mesh)
        self._coef = np.stack([_film(plant, plant.absorber), _film(plant, plant.stripper)])
        p = self.default_p()
        size, floor = flowsheet_steady.sizes(mesh, p)
        x = self.guess(p)
        x[-2:] = 20.0, 0.01
        # no two cells alike: what cancels there by chance is missing from the pattern
        x *= 1.0 + 0.05 * np.sin(np.arange(x.size))
        probe = x, np.array(_PROBE_Z), np.array(_PROBE_U), np.array(_PROBE_D), p
        self._work = flowsheet_work.work(mesh, self._coef, pattern(mesh, False, *probe))
        self._held = flowsheet_work.work(mesh, self._coef, pattern(mesh, True, *probe))
        self._memory = flowsheet_work.memory(mesh, size, floor, p.size)
        self._newton = flowsheet_work.memory(mesh, size, floor, p.size)
        self._sign = np.zeros((len(ix.INVENTORY_NAMES), ix.N_BOUNDARY))
        for j, (sign, balance) in enumerate(ix.BOUNDARY.values()):
            self._sign[ix.INVENTORY_NAMES.index(balance), j] = sign
        self._share = _inventory_matrix(self.x_names)

    @property
    def coefficients(self) -> F64:
        """Return the film coefficients of absorber and stripper (2 x `coefficients` places)."""
        return self._coef

    def default_p(self) -> F64:
        """Return the parameters of this plant as a new array in p_names order."""
        return np.array(list((fx.DEFAULT_P | self.plant.p).values()))

    def guess(self, p: F64) -> F64:
        """Return a plausible hot state, levels nominal; not steady."""
        return flowsheet_steady.guess(self.mesh, p)

    def steady(self, u: F64, d: F64, p: F64) -> F64:
        """Return the steady state for the gas, lean, heat and temperatures of u.

        Levels, 190 kPa and water are held; rich, bottoms, product, reflux and make-up in u
        are ignored (`models.steady.steady_held` returns them).  Raises ConvergenceError.
        """
        return steady_held(self, u, d, p).x

    def rhs(self, x: F64, u: F64, d: F64, p: F64, dx: F64) -> None:
        """Write dx/dt (per second) into dx."""
        kernels.derivative(x, u, d, p, self.mesh, self._work)
        dx[:] = self._work.out[: x.size]

    def outputs(self, x: F64, u: F64, d: F64, p: F64) -> F64:
        """Return all outputs, y_names order, as a new array."""
        w = self._work
        kernels.derivative(x, u, d, p, self.mesh, w)
        report(x, u, self.mesh, w.take, w.z, w.out, w.y)
        y: F64 = w.y.copy()
        return y

    def jacobian(self, x: F64, u: F64, d: F64, p: F64) -> F64:
        """Return d(dx/dt, boundary flows)/dx, exact to rounding: (states + flows) x states."""
        n = x.size
        full = np.zeros((n + ix.N_BOUNDARY + 3, n))
        jacobian(x, u, d, p, self.mesh, 0.0, self._work, full)
        return full[: n + ix.N_BOUNDARY]

    def advance(self, x: F64, u: F64, d: F64, p: F64, dt_s: float, n: int, acc: F64) -> None:
        """Advance x in place by n steps of dt_s (2-5 s are meant); add boundary integrals to acc.

        Steps are halved where their error asks for it; the Jacobian is kept between calls
        until inputs move, a step is refused or five minutes pass.  Raises ConvergenceError
        where no step, however small, gave numbers.
        """
        kernels.advance(x, u, d, p, self.mesh, dt_s, n, acc, self._work, self._memory)
        if not np.isfinite(x.sum()):
            self.forget()
            raise ConvergenceError("flowsheet step", float("nan"))

    def step(self, x: F64, u: F64, d: F64, p: F64, dt_s: float) -> F64:
        """Return the state dt_s later; depends on nothing but its arguments."""
        new = x.copy()
        self.forget()
        self.advance(new, u, d, p, dt_s, 1, np.zeros(ix.N_BOUNDARY))
        return new

    def forget(self) -> None:
        """Drop the kept Jacobian, so that the next step depends on its arguments alone."""
        self._memory.status[flowsheet_work.VALID] = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """Return steps, refusals, Jacobians and factorisations since the beginning."""
        names = ("steps", "refused", "jacobians", "factorisations")
        return dict(
            zip(names, self._memory.status[flowsheet_work.STEPS :].astype(int), strict=True)
        )

    def hold(self, x: F64, u: F64, d: F64, p: F64, p_kPa: float) -> F64:
        """Bring x to the steady state with levels, pressure and water held; return the outputs.

        Flows that hold them are written into u.  Raises ConvergenceError.
        """
        w = self._held
        # Newton may circle where a cell begins to boil: short steps from there lead on
        for _ in range(4):
            left = flowsheet_steady.relax(x, u, d, p, self.mesh, p_kPa, 150, w, self._newton)
            if left < 1e-7:
                break
        else:
            raise ConvergenceError("flowsheet", float(left))
        rhs(x, u, d, p, self.mesh, 0.0, w.coef, w.c, w.take, w.z, w.q, w.up, w.out, w.y)
        report(x, u, self.mesh, w.take, w.z, w.out, w.y)
        y: F64 = w.y.copy()
        return y

    def inventory(self, x: F64, p: F64) -> F64:
        """Return what the plant holds: kmol CO2 (with the LCO2 tank), water, amine
        (with what degraded of it); kJ.
        """
        total: F64 = self._share @ x
        return total

    def net_in(self, acc: F64) -> F64:
        """Return in minus out per balance, inventory_names order, from boundary integrals."""
        net: F64 = self._sign @ acc
        return net

    def gross_in(self, acc: F64) -> F64:
        """Return the sum of what came in per balance (positive parts of in-flows)."""
        gross: F64 = np.maximum(self._sign, 0.0) @ np.maximum(acc, 0.0)
        return gross


def _film(plant: PlantSet, name: str) -> F64:
    c = coefficients.blank()
    coefficients.place_kinetics(c, plant.kinetics)
    packing(name).place(c)
    c[coefficients.CV] *= plant.gas_film_factor
    return c


def _inventory_matrix(names: tuple[str, ...]) -> F64:
    ends = ("co2_kmol", "water_kmol", "mea_kmol", "energy_kJ")
    share = np.zeros((4, len(names)))
    for i, name in enumerate(names):
        share[next(k for k, end in enumerate(ends) if name.endswith(end)), i] = 1.0
    share[3, names.index("gas_space_co2_kmol")] = h_co2(T_SPACE)
    # MEA of packed cells is a hold-up per bed; pipes are full and hold what they hold
    return share
