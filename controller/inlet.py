"""What comes from the engines: how many run, how much exhaust, how much CO2.

Feed-forward starts here, so it uses only GOOD values.  Where the CO2 analyser or
the gas temperature has none, something stands in for it, and that is said: its last
GOOD value while it calibrates, then the CO2 the engines give at their load, scaled
by what the analyser read at such loads before.  Nothing that stands in is used for
a figure of capture.
"""

from dataclasses import dataclass, replace

import numpy as np

from controller import inletcheck
from controller.config import PlantConfig
from controller.points import NAN, View
from controller.ratio import smoothed
from models.capture import co2_flow_kg_h
from models.combustion import exhaust_flow
from models.properties import saturated_fraction

RUNNING_KW = 50.0  # an engine with more power than this runs, whatever its contact says
LEAST_CO2_PCT = 0.5  # dry: below this it is not exhaust that the analyser sees
LEARN_S = 900.0  # mean over which the analyser is compared with the engines' load
TRUSTED = 0.2  # share by which the engines of a ship may differ from their test bed
P_AMBIENT_KPA = 101.3  # used when the absorber pressure is not GOOD: 1 % changes CO2 by 0.1 %


@dataclass(frozen=True, slots=True)
class InletState:
    """Last GOOD dry CO2 (vol%), when, and the filtered CO2 flow (kg/h).

    `y_ratio`: slow mean of the CO2 measured over that of the engines' load; `off`: share
    by which the CO2 analyser reads above what oxygen tells, `lies`: it is not believed;
    `t_quench`: last GOOD gas temperature, degC.
    """

    y_co2: float = NAN
    y_ns: int = 0
    co2_kg_h: float = NAN
    y_ratio: float = 1.0
    t_quench: float = NAN
    off: float = NAN
    lies: bool = False


@dataclass(frozen=True, slots=True)
class Inlet:
    """The gas side of this cycle; NaN where it is not known.

    `co2_kg_h` is filtered and for control only; `bridged` says that something
    stands in for a value that is not GOOD; `known` that all running engines could
    be counted, else `available_kg_h` is a lower bound; `quench_known` that there is a
    gas temperature; `lies` that the CO2 analyser is contradicted and not believed.
    """

    running: int
    load_pct: float
    available_kg_h: float
    known: bool
    treated_kg_h: float
    co2_kg_h: float
    bridged: bool
    quench_known: bool = True
    lies: bool = False


def advance(
    state: InletState,
    view: View,
    plant: PlantConfig,
    t_ns: int,
    dt_s: float,
    contradicted: bool = False,
) -> tuple[InletState, Inlet]:
    """Return the state and the gas side of this cycle.

    `contradicted`: liquid and product side speak against the gas side.
    """
    spec, quench = plant.control.gas, view.of("quench_temperature")
    off = inletcheck.off(state.off, view, plant, dt_s)
    lies = inletcheck.lies(off, state.lies, contradicted, view, plant)
    state = replace(state, off=off, lies=lies)
    measured = NAN if lies else view.of("co2_in")
    running, load, available, known = _engines(view, plant, measured)
    expected = float(np.interp(0.01 * load, plant.engine_load, plant.engine_co2_pct))
    if measured == measured:
        state = replace(state, y_co2=measured, y_ns=t_ns)
        if running and load == load and measured > LEAST_CO2_PCT and not contradicted:
            share = min(max(measured / expected, 1.0 - TRUSTED), 1.0 + TRUSTED)
            state = replace(state, y_ratio=smoothed(state.y_ratio, share, LEARN_S, dt_s))
    state = replace(state, t_quench=quench if quench == quench else state.t_quench)
    held_s = (t_ns - state.y_ns) * 1e-9
    # BAD is no calibration: only for a device that says UNCERTAIN its last value stands in.
    usable = not lies and view.quality_of("co2_in") > 0 and held_s <= spec.substitute_s
    y_co2 = state.y_co2 if usable else (state.y_ratio * expected if running else NAN)
    treated = view.of("treated_flow")
    co2 = _co2(view, treated, y_co2, state.t_quench)
    filtered = smoothed(state.co2_kg_h, co2, spec.filter_s, dt_s)
    shown = filtered if co2 == co2 else NAN
    stands_in = measured != measured or quench != quench
    return (
        replace(state, co2_kg_h=filtered),
        Inlet(
            running,
            load,
            available,
            known,
            treated,
            shown,
            stands_in and co2 == co2,
            state.t_quench == state.t_quench,
            lies,
        ),
    )


def _co2(view: View, treated_kg_h: float, y_co2_pct: float, t_quench: float) -> float:
    p_top = view.of("absorber_pressure")
    p = p_top if p_top == p_top else P_AMBIENT_KPA
    if treated_kg_h != treated_kg_h or y_co2_pct != y_co2_pct or t_quench != t_quench:
        return NAN
    water = float(saturated_fraction(t_quench, p))
    return co2_flow_kg_h(max(treated_kg_h, 0.0), 0.01 * y_co2_pct, water, 0.0, 0.0)[0]


def _engines(view: View, plant: PlantConfig, y_co2_pct: float) -> tuple[int, float, float, bool]:
    """Return engines running, mean load %, their exhaust kg/h, and whether all were counted.

    The exhaust of those that could be counted is a lower bound; NaN when none could.
    """
    fuel, mcr_kW = plant.fuel, plant.spec.ship.engine_mcr_kW
    per_fuel = exhaust_flow(1.0, 0.01 * y_co2_pct, fuel, 0.0, 0.0)[0] if y_co2_pct > 0.5 else NAN
    running, total, power_sum, counted, known = 0, 0.0, 0.0, 0, True
    for engine in plant.points.engines:
        power, contact = view.at(engine.power), view.at(engine.running)
        if not (contact == 1.0 or (contact != contact and power > RUNNING_KW)):
            known = known and (contact == contact or power == power)
            continue
        running += 1
        power_sum += power
        open_ = view.at(engine.damper_open) if engine.damper_open >= 0 else 1.0
        if open_ != 1.0:
            known = known and open_ == open_
            continue  # not proven open: its exhaust may not reach the rig
        flow = view.at(engine.fuel_flow) * per_fuel
        if flow != flow and power == power:
            flow = float(np.interp(power / mcr_kW, plant.engine_load, plant.engine_kg_h))
        if flow == flow:
            total, counted = total + flow, counted + 1
        else:
            known = False
    load = 100.0 * power_sum / (running * mcr_kW) if running else 0.0
    return running, load, total if known or counted else NAN, known
