"""Step tests of the rate-based plant: one input changes, levels and pressure are held."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet import FlowsheetPlant
from models.flowsheet_sets import DEMO, PILOT, PlantSet
from models.numbers import F64
from models.steady import Steady, inputs, steady_held
from models.warm import DESIGN_D
from seastack.steps.shape import Shape, shape

EVERY_S: Final = 10.0
STEP_S: Final = 5.0
HOURS: Final = 4.0
BOILUP: Final = fx.Y_NAMES.index("boilup_kg_s")
LEVEL_S: Final = 300.0
"""Time in which a level comes back to what it was."""
QUANTITIES: Final = ("capture", "lean_loading", "rich_loading", "t_reboiler")
"""Points of capture, mol/mol to and from the absorber, degC."""


@dataclass(frozen=True, slots=True)
class Base:
    """A plant and the inputs of its steady state before the step: kg/s, kW, dry fraction."""

    name: str
    plant: PlantSet
    lean_kg_s: float
    gas_kg_s: float
    duty_kW: float
    y_co2: float = DESIGN_D[ix.Y_CO2_IN]


@dataclass(frozen=True, slots=True)
class Step:
    """Which inputs change, and by what factor."""

    name: str
    title: str
    factor: float = 1.1
    places: tuple[int, ...] = ()
    co2: bool = False


BASES: Final = {
    "demo": Base("demo", DEMO, 24.0 / 3.6, 20.0 / 3.6, 1200.0),
    "pilot": Base("pilot", PILOT, 1.4, 1.07, 300.0),
}
"""The demo's datasheet point, and the pilot with the flows and the duty of the reference."""
SHORT: Final = {
    "demo": Base("demo short of solvent", DEMO, 13.0 / 3.6, 20.0 / 3.6, 1200.0),
    "pilot": Base("pilot short of solvent", PILOT, 0.9, 1.07, 300.0),
}
"""The same plants with too little solvent: 12-15 % more heat per tonne, the reference 10 %."""
STEPS: Final = (
    Step("lean", "lean flow +10 %", places=(ix.LEAN_FLOW,)),
    Step("duty", "duty +10 %", places=(ix.Q_REBOILER,)),
    Step("both", "lean flow and duty +10 %", places=(ix.LEAN_FLOW, ix.Q_REBOILER)),
    Step("gas", "gas +10 %", places=(ix.GAS_FLOW,)),
    Step("co2", "CO2 fraction +10 %", co2=True),
    Step("half", "gas -50 %", 0.5, (ix.GAS_FLOW,)),
)
LEAN: Final = STEPS[0]


@dataclass(frozen=True)
class Response:
    """A quantity a column (QUANTITIES), a time a row, as changes from `start`."""

    step: Step
    t_min: F64
    change: F64
    start: F64

    def shape(self, quantity: str) -> Shape:
        """Return the shape of one quantity's response."""
        return shape(self.t_min, self.change[:, QUANTITIES.index(quantity)])


class Experiment:
    """A plant at rest at its base, ready for steps."""

    def __init__(self, base: Base) -> None:
        self.base, self.plant = base, FlowsheetPlant(plant=base.plant)
        self.p, self.d = self.plant.default_p(), np.array(DESIGN_D)
        self.d[ix.Y_CO2_IN] = base.y_co2
        self.rest = self.steady(inputs(base.lean_kg_s, base.gas_kg_s, base.duty_kW), self.d)

    def steady(self, u: F64, d: F64) -> Steady:
        """Return the steady state for other inputs."""
        return steady_held(self.plant, u, d, self.p)

    @property
    def inventory_over_flow_min(self) -> float:
        """Return the minutes in which the solvent goes round once."""
        held = (yx.Y_M_ABSORBER, yx.Y_M_STRIPPER, yx.Y_M_SUMP, yx.Y_M_REBOILER, yx.Y_M_TANK)
        kg = float(self.rest.y[list(held)].sum() + 2.0 * self.p[fx.LINE])
        return kg / self.base.lean_kg_s / 60.0

    def stepped(self, step: Step) -> tuple[F64, F64]:
        """Return inputs and disturbances after a step from rest."""
        u, d = self.rest.u.copy(), self.d.copy()
        u[list(step.places)] *= step.factor
        if step.co2:
            d[ix.Y_CO2_IN] *= step.factor
        return u, d

    def run(self, step: Step, hours: float = HOURS) -> Response:
        """Return how the plant answers a step at minute 0, with a value every 10 s.

        Raises ConvergenceError where the plant cannot go on.
        """
        (u, d), x, acc = self.stepped(step), self.rest.x.copy(), np.zeros(ix.N_BOUNDARY)
        start = quantities(self.rest.y)
        self.plant.forget()
        rows = []
        for _ in range(round(hours * 3600.0 / EVERY_S) + 1):
            y = self.plant.outputs(x, u, d, self.p)
            rows.append(quantities(y) - start)
            self._hold(y, u)
            self.plant.advance(x, u, d, self.p, STEP_S, round(EVERY_S / STEP_S), acc)
        t_min: F64 = np.arange(len(rows), dtype=np.float64) * (EVERY_S / 60.0)
        return Response(step, t_min, np.array(rows), start)

    def _hold(self, y: F64, u: F64) -> None:
        """Hold levels, pressure and water by flows, as the rig's own loops do."""
        p, rest, change = self.p, self.rest, y - self.rest.y
        kept = {
            ix.RICH_FLOW: change[yx.Y_ABSORBER_DRAIN] + change[yx.Y_M_SUMP] / LEVEL_S,
            ix.BOTTOMS_FLOW: change[yx.Y_STRIPPER_DRAIN]
            - change[BOILUP]
            + change[yx.Y_M_REBOILER] / LEVEL_S,
            ix.REFLUX_FLOW: change[yx.Y_CONDENSATE] + change[yx.Y_M_REFLUX] / LEVEL_S,
            # 10 s or so to bring the pressure back
            ix.PRODUCT_FLOW: change[yx.Y_PRODUCT_AVAILABLE]
            + 0.001 * p[fx.GAS_SPACE] * change[yx.Y_P_STRIPPER],
            ix.MAKEUP: p[fx.TANK_NOM] / 1e3 * change[yx.Y_MEA_WT_FRAC],
        }
        for place, more in kept.items():
            u[place] = max(0.0, rest.u[place] + more)


def quantities(y: F64) -> F64:
    """Return QUANTITIES from a plant's outputs."""
    capture = 100.0 * (1.0 - y[yx.Y_CO2_OUT] / y[yx.Y_CO2_IN])
    places = [yx.Y_LEAN_LOADING, yx.Y_RICH_LOADING, yx.Y_T_REBOILER]
    return np.array([capture, *y[places]])
