"""What comes from the engines: how many run, how much exhaust, how much CO2.

Feed-forward starts here, so it uses only GOOD values: an analyser that
calibrates is bridged by its last GOOD value for a limited time, and said so.
"""

from dataclasses import dataclass, replace

import numpy as np

from controller.config import PlantConfig
from controller.points import NAN, View
from controller.ratio import smoothed
from models.capture import co2_flow_kg_h
from models.combustion import exhaust_flow
from models.properties import saturated_fraction

RUNNING_KW = 50.0  # an engine with more power than this runs, whatever its contact says
P_AMBIENT_KPA = 101.3  # used when the absorber pressure is not GOOD: 1 % changes CO2 by 0.1 %


@dataclass(frozen=True, slots=True)
class InletState:
    """Last GOOD dry CO2 (vol%), when, and the filtered CO2 flow (kg/h)."""

    y_co2: float = NAN
    y_ns: int = 0
    co2_kg_h: float = NAN


@dataclass(frozen=True, slots=True)
class Inlet:
    """The gas side of this cycle; NaN where it is not known.

    `co2_kg_h` is filtered and for control only; `bridged` says that the
    analyser's last GOOD value stands in; `known` that all running engines
    could be counted.
    """

    running: int
    load_pct: float
    available_kg_h: float
    known: bool
    treated_kg_h: float
    co2_kg_h: float
    bridged: bool


def advance(
    state: InletState,
    view: View,
    plant: PlantConfig,
    t_ns: int,
    dt_s: float,
) -> tuple[InletState, Inlet]:
    """Return the state and the gas side of this cycle."""
    spec, measured = plant.control.gas, view.of("co2_in")
    bridged = measured != measured
    if not bridged:
        state = replace(state, y_co2=measured, y_ns=t_ns)
    held_s = (t_ns - state.y_ns) * 1e-9
    # BAD is no calibration: only a device that says UNCERTAIN is bridged.
    usable = not bridged or (view.quality_of("co2_in") > 0 and held_s <= spec.substitute_s)
    y_co2 = state.y_co2 if usable else NAN
    running, load, available, known = _engines(view, plant, measured)
    treated = view.of("treated_flow")
    co2 = _co2(view, treated, y_co2)
    filtered = smoothed(state.co2_kg_h, co2, spec.filter_s, dt_s)
    shown = filtered if co2 == co2 else NAN
    return (
        replace(state, co2_kg_h=filtered),
        Inlet(running, load, available, known, treated, shown, bridged and usable),
    )


def _co2(view: View, treated_kg_h: float, y_co2_pct: float) -> float:
    t_quench, p_top = view.of("quench_temperature"), view.of("absorber_pressure")
    p = p_top if p_top == p_top else P_AMBIENT_KPA
    if treated_kg_h != treated_kg_h or y_co2_pct != y_co2_pct or t_quench != t_quench:
        return NAN
    water = float(saturated_fraction(t_quench, p))
    return co2_flow_kg_h(max(treated_kg_h, 0.0), 0.01 * y_co2_pct, water, 0.0, 0.0)[0]


def _engines(view: View, plant: PlantConfig, y_co2_pct: float) -> tuple[int, float, float, bool]:
    """Return engines running, mean load %, their exhaust kg/h, and whether all were counted."""
    fuel, mcr_kW = plant.fuel, plant.spec.ship.engine_mcr_kW
    per_fuel = exhaust_flow(1.0, 0.01 * y_co2_pct, fuel, 0.0, 0.0)[0] if y_co2_pct > 0.5 else NAN
    running, total, power_sum, known = 0, 0.0, 0.0, True
    for engine in plant.points.engines:
        power, contact = view.at(engine.power), view.at(engine.running)
        if not (contact == 1.0 or (contact != contact and power > RUNNING_KW)):
            known = known and (contact == contact or power == power)
            continue
        running += 1
        power_sum += power
        if view.at(engine.damper_open) != 1.0:
            continue  # not proven open: its exhaust may not reach the rig
        flow = view.at(engine.fuel_flow) * per_fuel
        if flow != flow and power == power:
            flow = float(np.interp(power / mcr_kW, plant.engine_load, plant.engine_kg_h))
        if flow == flow:
            total += flow
        else:
            known = False
    load = 100.0 * power_sum / (running * mcr_kW) if running else 0.0
    return running, load, total if running or known else NAN, known
