"""The capture figures of this cycle: three ways, their best mean, their windows.

All figures are of the treated gas.  Slow analysers see the past: flows and
temperatures are delayed by each tag's dead time, so that one figure speaks of
one moment.  Liquid and product side pass through the solvent inventory and
count only in quasi-steady state (else TRANSIENT).  Uncertainties are
expanded (k = 2), propagated from the tags' accuracies; they are systematic,
so a mean over time does not shrink them.
"""

from dataclasses import dataclass, field, replace
from math import hypot, sqrt

from controller.config import ALIGNED, PlantConfig
from controller.points import NAN, View
from controller.ratio import smoothed
from controller.windows import Sums, Windows
from controller.windows import advance as advance_windows
from models.capture import (
    capture_gas,
    capture_mass,
    captured_liquid_kg_h,
    captured_product_kg_h,
    co2_flow_kg_h,
    combine,
)
from models.properties import saturated_fraction, solution_mass_fraction_mea
from sensors.quality import Reason

P_AMBIENT_KPA = 101.3  # used when the absorber pressure is not GOOD: 1 % changes CO2 by 0.1 %
LEAST_CO2_PCT = 0.2  # below this the ratio of two analysers says nothing
FAST_S, SLOW_S = 60.0, 900.0  # two means of one signal: equal when nothing moves


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its expanded uncertainty; NaN and a reason when not GOOD."""

    value: float = NAN
    u: float = NAN
    reason: int = int(Reason.UNSET)


NO_FIGURE = Figure()


@dataclass(frozen=True, slots=True)
class Frame:
    """The aligned signals of one cycle, NaN where not GOOD."""

    t_ns: int
    parts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EstimateState:
    """Delay line, fast and slow means, windows, total and gaps.

    `gas_lost_s`: time in CAPTURE without a GOOD gas-side figure, in one go.
    """

    line: tuple[Frame, ...] = ()
    fast: tuple[float, float, float] = (NAN, NAN, NAN)
    slow: tuple[float, float, float] = (NAN, NAN, NAN)
    windows: Windows = field(default_factory=Windows)
    total_kg: float = 0.0
    gap_s: float = 0.0
    unmeasured_s: float = 0.0
    gas_lost_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Capture:
    """The figures of this cycle, % of treated CO2 and kg/h."""

    gas: Figure = NO_FIGURE
    liquid: Figure = NO_FIGURE
    product: Figure = NO_FIGURE
    best: Figure = NO_FIGURE
    co2_in: Figure = NO_FIGURE
    caught: Figure = NO_FIGURE
    steady: bool = False


def advance(
    state: EstimateState, view: View, capturing: bool, plant: PlantConfig, t_ns: int, dt_s: float
) -> tuple[EstimateState, Capture]:
    """Return the state and the figures of this cycle."""
    line, past = _delayed(state.line, view, plant, t_ns)
    state = replace(state, line=line)
    if not capturing:
        windows = advance_windows(state.windows, t_ns, None)
        state = replace(
            state, windows=windows, unmeasured_s=0.0, gas_lost_s=0.0, fast=_UNKNOWN, slow=_UNKNOWN
        )
        return state, Capture(caught=Figure(0.0, 0.0, 0))
    co2 = _co2_in(past, view, plant)
    state, steady = _steady(state, (co2.value, past[_PRODUCT], past[_LEAN]), plant, dt_s)
    gas = _gas(view, plant)
    liquid = _share(_liquid(past, plant), co2, steady)
    product = _share(_product(past, plant), co2, steady)
    # Without an uncertainty above zero there is no weight: such a figure says nothing.
    good = [(f.value, f.u) for f in (gas, liquid, product) if not f.reason and f.u > 0.0]
    best = _best(good)
    caught = _caught(best, co2, past[_VENT])
    state = _count(state, best, co2, caught, view, t_ns, dt_s)
    state = replace(state, gas_lost_s=state.gas_lost_s + dt_s if gas.reason else 0.0)
    return state, Capture(gas, liquid, product, best, co2, caught, steady)


_UNKNOWN = (NAN, NAN, NAN)
_FLOW, _T, _P, _LEAN, _A_LEAN, _A_RICH, _MEA, _PRODUCT, _PURITY, _VENT = range(len(ALIGNED))


def _delayed(
    line: tuple[Frame, ...], view: View, plant: PlantConfig, t_ns: int
) -> tuple[tuple[Frame, ...], tuple[float, ...]]:
    """Return the delay line with this cycle in it, and ALIGNED as of the analysers' moment.

    Where the line does not reach back far enough (start, a gap), NaN.
    """
    dead = plant.dead_time_ns[: len(ALIGNED)]
    line = (*line, Frame(t_ns, tuple([view.of(role) for role in ALIGNED])))
    longest = max(plant.dead_time_ns)
    first = 0
    while len(line) - first > 1 and line[first + 1].t_ns <= t_ns - longest:
        first += 1
    line = line[first:] if first else line
    parts = []
    for i, own in enumerate(dead):
        frame = line[0] if own == 0 else _frame_at(line, t_ns - longest + own)
        late = abs(frame.t_ns - (t_ns - longest + own))
        parts.append(frame.parts[i] if late <= _TOLERANCE_NS else NAN)
    return line, tuple(parts)


_TOLERANCE_NS = 2_500_000_000  # one missed second is no reason to have no figure


def _frame_at(line: tuple[Frame, ...], t_ns: int) -> Frame:
    return min(line, key=lambda frame: abs(frame.t_ns - t_ns))


def _co2_in(past: tuple[float, ...], view: View, plant: PlantConfig) -> Figure:
    y, p, t, flow = 0.01 * view.of("co2_in"), past[_P], past[_T], past[_FLOW]
    p = p if p == p else P_AMBIENT_KPA
    if not y > 0.0 or not flow > 0.0 or t != t:
        return NO_FIGURE
    u_flow = plant.accuracy_of("treated_flow").of(flow)
    u_y = 0.01 * plant.accuracy_of("co2_in").of(100.0 * y)
    value, u = co2_flow_kg_h(flow, y, float(saturated_fraction(t, p)), u_flow, u_y)
    return Figure(value, u, 0) if value > 1.0 else NO_FIGURE


def _gas(view: View, plant: PlantConfig) -> Figure:
    y_in, y_out = view.of("co2_in"), view.of("co2_out")
    if not y_in > LEAST_CO2_PCT or y_out != y_out:
        return NO_FIGURE
    u_in = 0.01 * plant.accuracy_of("co2_in").of(y_in)
    u_out = 0.01 * plant.accuracy_of("co2_out").of(y_out)
    eta, u = capture_gas(0.01 * y_in, 0.01 * y_out, u_in, u_out)
    return Figure(100.0 * eta, 100.0 * u, 0) if eta == eta else NO_FIGURE


def _liquid(past: tuple[float, ...], plant: PlantConfig) -> tuple[float, float]:
    lean, a_lean, a_rich = past[_LEAN], past[_A_LEAN], past[_A_RICH]
    w, accuracy = 0.01 * past[_MEA], plant.accuracy_of
    return captured_liquid_kg_h(
        lean,
        solution_mass_fraction_mea(a_lean, w),
        a_lean,
        a_rich,
        accuracy("lean_flow").of(lean),
        0.01 * accuracy("mea_strength").of(100.0 * w),
        accuracy("lean_loading").of(a_lean),
        accuracy("rich_loading").of(a_rich),
    )


def _product(past: tuple[float, ...], plant: PlantConfig) -> tuple[float, float]:
    """Return CO2 that left the stripper, kg/h: product and what was vented."""
    flow, purity, vent = past[_PRODUCT], past[_PURITY], past[_VENT]
    accuracy = plant.accuracy_of
    return captured_product_kg_h(
        flow,
        0.01 * purity,
        vent,
        accuracy("product_flow").of(flow),
        0.01 * accuracy("product_purity").of(purity),
        accuracy("vent_flow").of(vent),
    )


def _best(good: list[tuple[float, float]]) -> Figure:
    """Return the inverse-variance mean of the GOOD ways.

    Where they disagree by more than their uncertainties explain, the
    uncertainty grows by the Birge ratio: a mean must not hide a quarrel.
    """
    if not good:
        return NO_FIGURE
    mean, u = combine([v for v, _ in good], [u for _, u in good])
    if len(good) > 1:
        chi2 = sum((2.0 * (v - mean) / w) ** 2 for v, w in good)
        u *= max(1.0, sqrt(chi2 / (len(good) - 1)))
    return Figure(mean, u, 0)


def _share(caught: tuple[float, float], co2: Figure, steady: bool) -> Figure:
    if co2.reason or caught[0] != caught[0]:
        return NO_FIGURE
    share, u = capture_mass(caught[0], co2.value, caught[1], co2.u)
    return Figure(100.0 * share, 100.0 * u, 0 if steady else int(Reason.TRANSIENT))


def _steady(
    state: EstimateState, signals: tuple[float, float, float], plant: PlantConfig, dt_s: float
) -> tuple[EstimateState, bool]:
    """Return whether CO2 in, product and lean flow have kept their level of 15 min."""
    fast = tuple(smoothed(b, x, FAST_S, dt_s) for b, x in zip(state.fast, signals, strict=True))
    slow = tuple(smoothed(b, x, SLOW_S, dt_s) for b, x in zip(state.slow, signals, strict=True))
    band = plant.control.estimate.steady_band
    steady = all(abs(f - s) <= band * s for f, s in zip(fast, slow, strict=True))
    after = replace(state, fast=(fast[0], fast[1], fast[2]), slow=(slow[0], slow[1], slow[2]))
    return after, steady


def _caught(best: Figure, co2: Figure, vent_kg_h: float) -> Figure:
    """Return CO2 captured, kg/h: caught from the gas less what was vented after."""
    if best.reason or co2.reason or vent_kg_h != vent_kg_h:
        return NO_FIGURE
    value = 0.01 * best.value * co2.value
    u = hypot(0.01 * best.u * co2.value, 0.01 * best.value * co2.u)
    return Figure(value - vent_kg_h, u, 0)


def _count(
    state: EstimateState,
    best: Figure,
    co2: Figure,
    caught: Figure,
    view: View,
    t_ns: int,
    dt_s: float,
) -> EstimateState:
    """Return the state with this cycle in total and windows, or in the gaps."""
    if best.reason or co2.reason:
        windows = advance_windows(state.windows, t_ns, None)
        return replace(
            state,
            windows=windows,
            gap_s=state.gap_s + dt_s,
            unmeasured_s=state.unmeasured_s + dt_s,
        )
    hours = dt_s / 3600.0
    steam, power = view.of("steam_flow"), view.of("rig_power")
    co2_kg = co2.value * hours
    caught_kg = 0.01 * best.value * co2_kg
    amount = Sums(
        caught_kg,
        co2_kg,
        0.01 * best.u * co2_kg,
        steam * hours if steam == steam else 0.0,
        power * hours if power == power else 0.0,
        dt_s,
        caught_kg if steam == steam else 0.0,
        caught_kg if power == power else 0.0,
    )
    counted = not caught.reason
    return replace(
        state,
        windows=advance_windows(state.windows, t_ns, amount),
        total_kg=state.total_kg + (caught.value * hours if counted else 0.0),
        gap_s=state.gap_s if counted else state.gap_s + dt_s,
        unmeasured_s=0.0,
    )
