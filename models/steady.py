"""Steady states of a plant with levels, pressure and water held, and the best of them.

`FlowsheetPlant.hold` finds the state; here the flows that keep it are completed, so that
the plant, started there with those inputs, stands still.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet_vessels import M_CO2, M_H2O
from models.numbers import F64

if TYPE_CHECKING:
    from models.flowsheet import FlowsheetPlant

P_STRIPPER_KPA = 190.0
T_LEAN_DEGC = 40.0
T_WASH_DEGC = 41.0


@dataclass(frozen=True, slots=True)
class Steady:
    """A steady state: x, the inputs u that hold it, outputs y.

    `water_excess_kg_s` is water gained that no input removes (0 when make-up covers a
    loss): then x is steady but for the lean tank's water.
    """

    x: F64
    u: F64
    y: F64
    water_excess_kg_s: float

    @property
    def capture(self) -> float:
        """Return captured CO2 over CO2 in the treated gas, 0..1 (0 without gas)."""
        came = float(self.y[yx.Y_CO2_IN])
        return 1.0 - float(self.y[yx.Y_CO2_OUT]) / came if came > 0.0 else 0.0


def inputs(lean_kg_s: float, gas_kg_s: float, q_kW: float) -> F64:
    """Return a u vector with these flows and heat, design temperatures, other flows 0."""
    u = np.zeros(len(ix.U_NAMES))
    u[ix.GAS_FLOW], u[ix.LEAN_FLOW], u[ix.Q_REBOILER] = gas_kg_s, lean_kg_s, q_kW
    u[ix.T_LEAN], u[ix.T_WASH] = T_LEAN_DEGC, T_WASH_DEGC
    return u


def steady_held(
    plant: "FlowsheetPlant",
    u: F64,
    d: F64,
    p: F64,
    p_kPa: float = P_STRIPPER_KPA,
    start: F64 | None = None,
) -> Steady:
    """Solve with gas, lean, heat and temperatures of u; raise ConvergenceError.

    Rich and bottoms flow hold the levels, product flow holds `p_kPa`, reflux returns the
    condensate, make-up replaces lost water; u's own values of these are ignored.  `start`
    is a state to start from: a near one saves most of the work.
    """
    u = u.copy()
    u[[ix.PRODUCT_FLOW, ix.VENT_FLOW, ix.MAKEUP, ix.OFFLOAD]] = 0.0
    x = plant.guess(p) if start is None else start.copy()
    lumps = fx.first_lump(plant.mesh)
    drum, tanks = lumps + fx.DRUM, [lumps + fx.LCO2, lumps + fx.DEGRADED]
    kept = x[tanks]
    x[tanks] = 0.0
    # solved with little water in the drum, which otherwise takes hours to find its warmth
    x[drum : drum + 2] *= 0.2 * p[fx.DRUM_NOM] / max(x[drum] * M_H2O, 1e-9)
    plant.hold(x, u, d, p, p_kPa)
    x[drum : drum + 2] *= p[fx.DRUM_NOM] / (x[drum] * M_H2O)
    x[tanks] = kept
    return _finish(plant, x, u, d, p)


def _finish(plant: "FlowsheetPlant", x: F64, u: F64, d: F64, p: F64) -> Steady:
    """Set the flows that balance drum, gas space and lean tank, and evaluate the outputs."""
    y, dx = plant.outputs(x, u, d, p), np.empty(x.size)
    u[ix.PRODUCT_FLOW] = y[yx.Y_PRODUCT_AVAILABLE]
    lumps = fx.first_lump(plant.mesh)
    for _ in range(2):  # the compressor draws a little less than asked, the product is moist
        plant.rhs(x, u, d, p, dx)
        u[ix.PRODUCT_FLOW] = max(u[ix.PRODUCT_FLOW] + dx[lumps + fx.GAS] * M_CO2, 0.0)
        u[ix.REFLUX_FLOW] = max(u[ix.REFLUX_FLOW] + dx[lumps + fx.DRUM] * M_H2O, 0.0)
    plant.rhs(x, u, d, p, dx)
    lost = -dx[lumps + fx.TANK + 1] * M_H2O
    u[ix.MAKEUP] = max(lost, 0.0)
    return Steady(x, u, plant.outputs(x, u, d, p), max(-lost, 0.0))
