"""Bring a fresh rig to where a run should begin: hot, steady, under local control."""

from typing import TYPE_CHECKING, Final

import numpy as np

from models.errors import ConvergenceError
from models.exhaust import STEAM_HEAT_KJ_KG
from models.steady import inputs, steady_held
from sim import plc_io as io
from sim import plc_setpoints as sp
from sim.plc import LEAN_PER_CO2, LEAST_STEAM_KG_H
from sim.plc_regulators import LEAN_PER_STEAM
from sim.plc_states import Unit

if TYPE_CHECKING:
    from sim.rig import Rig

_SETTLE_S: Final = 1800
_HOLD_SETTLE_S: Final = 600


def warm(rig: "Rig") -> None:
    """Start near the steady state of this hour's gas and heat, then run until settled.

    The ship stands still at the start's voyage time meanwhile and plant time ends at the
    start, so a run that follows begins exactly there; books and counters begin at zero.
    """
    state = rig.voyage.at(rig.voyage_s)
    running = state.n_engines > 0
    dampers = [i < state.n_engines for i in range(rig.plant.spec.ship.engines)]
    rig.plc.out.dampers = dampers
    rig.ship.settle(state, dampers)
    capturing = running and _seed_capture(rig)
    if not capturing:
        rig.plc.unit.state = Unit.HOLD
    rig.press(Unit.CAPTURE)
    settle_s = _SETTLE_S if capturing else _HOLD_SETTLE_S
    with rig.anchored(settle_s):
        for _ in range(settle_s):
            rig.step(1.0)
    rig.truth.start(rig.truth.x)
    rig.truth.counters.trips = 0
    rig.truth.counters.limit_violations.clear()


def _seed_capture(rig: "Rig") -> bool:
    """Put plant, actuators and loops at a steady capture; False when none was found."""
    spec, ship, truth = rig.plant.spec, rig.ship, rig.truth
    gas = min(spec.gas.design_flow_kg_h, spec.gas.available_fraction * ship.exhaust_kg_s * 3600.0)
    steam_max = min(ship.steam_kg_h, spec.reboiler.max_steam_kg_h)
    co2 = gas * 1.52 * ship.gas.y_co2_dry
    wanted = min(LEAN_PER_CO2 * co2, LEAN_PER_STEAM * steam_max)
    lean = min(max(wanted, spec.solvent.min_flow_kg_h), spec.solvent.max_flow_kg_h)
    steam = min(lean / LEAN_PER_STEAM, steam_max)
    if gas < spec.gas.min_flow_kg_h or steam < LEAST_STEAM_KG_H:
        return False
    sea = rig.climate.sea(ship.state.sea_water_degC)
    air = rig.climate.air(ship.state.air_degC)
    d = np.array([ship.gas.y_co2_dry, 40.0, 102.5, sea + 12.0, air + 12.0, truth.d[5]])
    heat = steam * STEAM_HEAT_KJ_KG / 3600.0
    try:
        u = inputs(lean / 3600.0, gas / 3600.0, heat)
        found = steady_held(truth.model, u, d, truth.p)
    except ConvergenceError:
        return False
    flows = dict(zip(truth.model.u_names, found.u.tolist(), strict=True))
    truth.d[:5] = d[:5]
    truth.place(flows)
    truth.actuators["inlet"].place(100.0)
    truth.actuators["blower"].place(100.0 * gas / io.BLOWER_KG_H)
    truth.actuators["steam"].place(100.0 * steam / io.STEAM_KG_H)
    truth.u[:] = found.u
    _seed_plc(rig, lean, steam, gas)
    rig.reset(truth.fill_tank(found.x))
    return True


def _seed_plc(rig: "Rig", lean: float, steam: float, gas: float) -> None:
    plc, act = rig.plc, rig.truth.actuators
    plc.unit.state = Unit.CAPTURE
    plc.out.inlet_open = True
    loops, active = plc.loops, plc.points.active
    active[sp.LEAN], active[sp.STEAM], active[sp.TREATED] = lean, steam, gas
    loops.fic_401.hold(act["lean"].position)
    loops.fic_521.hold(act["steam"].position)
    loops.fic_110.hold(act["blower"].position)
    loops.pic_501.hold(act["compressor"].position)
    loops.lic_561.hold(0.01 * act["reflux"].position * io.REFLUX_KG_H)
