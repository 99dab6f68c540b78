"""The capture figures of this cycle: three ways, their best mean, their windows.

All figures are of the treated gas.  Slow analysers see the past: flows and
temperatures are delayed by each tag's dead time, so that one figure speaks of
one moment.  Liquid and product side pass through the solvent inventory: away
from the quasi-steady state their uncertainty grows, and far from it they do not
count (TRANSIENT).  A way that two others contradict does not count either:
see `controller.witnesses`.  Uncertainties are
expanded (k = 2), propagated from the tags' accuracies; they are systematic,
so a mean over time does not shrink them.
"""

from dataclasses import dataclass, field, replace
from math import hypot, sqrt

from controller import witnesses
from controller.config import ALIGNED, PlantConfig
from controller.points import NAN, View
from controller.ratio import smoothed
from controller.windows import Sums, Windows
from controller.windows import advance as advance_windows
from controller.witnesses import Comparison, Verdict, Way
from models.capture import (
    capture_gas,
    capture_mass,
    captured_liquid_kg_h,
    captured_product_kg_h,
    co2_flow_kg_h,
    combine,
)
from models.properties import M_CO2, M_MEA, saturated_fraction, solution_mass_fraction_mea
from sensors.quality import Reason

P_AMBIENT_KPA = 101.3  # used when the absorber pressure is not GOOD: 1 % changes CO2 by 0.1 %
LEAST_CO2_PCT = 0.2  # below this the ratio of two analysers says nothing
FAST_S, SLOW_S = 60.0, 900.0  # two means of one signal: equal when nothing moves
LEVEL_S = 3.0 * FAST_S  # after capture began both means are one sample: they tell nothing
_TRANSIENT = int(Reason.TRANSIENT)

Levels = tuple[float, float, float, float]  # of CO2 in, product, lean flow, steam; kg/h


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

    `gas_lost_s`: time in CAPTURE without a GOOD gas-side figure, in one go;
    `entered_s`: time since capture was seen to begin, NaN where it was not seen;
    `comparison`: how far the three ways are apart.
    """

    line: tuple[Frame, ...] = ()
    fast: Levels = (NAN, NAN, NAN, NAN)
    slow: Levels = (NAN, NAN, NAN, NAN)
    windows: Windows = field(default_factory=Windows)
    total_kg: float = 0.0
    gap_s: float = 0.0
    unmeasured_s: float = 0.0
    gas_lost_s: float = 0.0
    entered_s: float = NAN
    comparison: Comparison = field(default_factory=Comparison)


@dataclass(frozen=True, slots=True)
class Capture:
    """The figures of this cycle, % of treated CO2 and kg/h.

    `counted`: the ways the best figure is made of; `odd`: the way that two
    others contradict, left out of it.
    """

    gas: Figure = NO_FIGURE
    liquid: Figure = NO_FIGURE
    product: Figure = NO_FIGURE
    best: Figure = NO_FIGURE
    co2_in: Figure = NO_FIGURE
    caught: Figure = NO_FIGURE
    verdict: Verdict = Verdict.UNKNOWN
    odd: Way = Way.NONE
    counted: tuple[Way, ...] = ()


def advance(
    state: EstimateState,
    view: View,
    inlet_lies: bool,
    capturing: bool,
    plant: PlantConfig,
    t_ns: int,
    dt_s: float,
) -> tuple[EstimateState, Capture]:
    """Return the state and the figures of this cycle.

    `inlet_lies`: the inlet CO2 is contradicted; all ways rest on it, so none has a figure.
    """
    y_in = NAN if inlet_lies else view.of("co2_in")
    line, past = _delayed(state.line, view, plant, t_ns)
    state = replace(state, line=line)
    if not capturing:
        windows = advance_windows(state.windows, t_ns, Sums(idle_s=dt_s))
        told = state.comparison
        state = replace(
            state,
            windows=windows,
            unmeasured_s=0.0,
            gas_lost_s=0.0,
            entered_s=0.0,
            fast=_UNKNOWN,
            slow=_UNKNOWN,
            comparison=Comparison(clash=told.clash, odd=told.odd),
        )
        return state, Capture(caught=Figure(0.0, 0.0, 0), odd=told.odd)
    co2 = _co2_in(past, y_in, plant)
    levels = (co2.value, past[_PRODUCT], past[_LEAN], view.of("steam_flow"))
    state, moved = _moved(state, levels, dt_s)
    gas = _entering(_gas(y_in, view.of("co2_out"), plant), state, plant)
    firm = (_share(_liquid(past, plant), co2), _share(_product(past, plant), co2))
    began = state.entered_s < LEVEL_S
    co2_in, _, lean, steam = moved  # with the heat the solvent's loadings move
    liquid = _moving(firm[0], NAN if began else max(co2_in, lean, steam), plant)
    product = _moving(firm[1], NAN if began else max(moved), plant)
    u_pct = (gas.u, firm[0].u, firm[1].u)
    seen = (gas, liquid, product)
    state = replace(
        state, comparison=_compared(state.comparison, seen, u_pct, co2, past, plant, dt_s)
    )
    capture = _combined(state.comparison, Capture(gas, liquid, product, co2_in=co2))
    if inlet_lies:
        capture = replace(capture, odd=Way.INLET)
    capture = replace(capture, caught=_caught(capture.best, co2, past[_VENT]))
    state = _count(state, capture.best, co2, capture.caught, view, t_ns, dt_s)
    lost_s = state.gas_lost_s + dt_s if gas.reason & ~_TRANSIENT else 0.0
    return replace(state, gas_lost_s=lost_s, entered_s=state.entered_s + dt_s), capture


def _compared(
    before: Comparison,
    ways: tuple[Figure, Figure, Figure],
    u_pct: witnesses.Triple,
    co2: Figure,
    past: tuple[float, ...],
    plant: PlantConfig,
    dt_s: float,
) -> Comparison:
    """Return the comparison of the three ways; one that is far from steady waits."""
    e = plant.control.estimate
    spec = witnesses.Spec(
        e.compare_s, e.lean_inventory_kg, e.rich_inventory_kg, e.compare_doubt, e.compare_pct
    )
    kg_h = [NAN if f.reason else 0.01 * f.value * co2.value for f in ways]
    amine = solution_mass_fraction_mea(past[_A_LEAN], 0.01 * past[_MEA])
    seen = witnesses.Seen(
        kg_h[0],
        kg_h[1],
        kg_h[2],
        co2.value,
        u_pct,
        past[_A_LEAN],
        past[_A_RICH],
        amine * M_CO2 / M_MEA,
    )
    return witnesses.advance(before, seen, spec, dt_s)


def _combined(comparison: Comparison, capture: Capture) -> Capture:
    """Return the capture with the best figure and what it is made of."""
    ways = ((Way.GAS, capture.gas), (Way.LIQUID, capture.liquid), (Way.PRODUCT, capture.product))
    # Without an uncertainty above zero there is no weight: such a figure says nothing.
    good = [(way, f) for way, f in ways if not f.reason and f.u > 0.0]
    counted = [(way, f) for way, f in good if way is not comparison.odd]
    verdict = witnesses.verdict(comparison, len(good))
    quarrel = verdict is Verdict.DISAGREE and not comparison.odd
    return replace(
        capture,
        best=_best([(f.value, f.u) for _, f in counted], quarrel),
        verdict=verdict,
        odd=comparison.odd,
        counted=tuple(way for way, _ in counted),
    )


_UNKNOWN: Levels = (NAN, NAN, NAN, NAN)
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


def _co2_in(past: tuple[float, ...], y_in_pct: float, plant: PlantConfig) -> Figure:
    y, p, t, flow = 0.01 * y_in_pct, past[_P], past[_T], past[_FLOW]
    p = p if p == p else P_AMBIENT_KPA
    if not y > 0.0 or not flow > 0.0 or t != t:
        return NO_FIGURE
    u_flow = plant.accuracy_of("treated_flow").of(flow)
    u_y = 0.01 * plant.accuracy_of("co2_in").of(100.0 * y)
    value, u = co2_flow_kg_h(flow, y, float(saturated_fraction(t, p)), u_flow, u_y)
    return Figure(value, u, 0) if value > 1.0 else NO_FIGURE


def _gas(y_in: float, y_out: float, plant: PlantConfig) -> Figure:
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


def _best(good: list[tuple[float, float]], quarrel: bool) -> Figure:
    """Return the inverse-variance mean of the GOOD ways.

    Where they disagree by more than their uncertainties explain, the
    uncertainty grows by the Birge ratio: a mean must not hide a quarrel.  While
    nobody knows which way is wrong (`quarrel`), it covers them all.
    """
    if not good:
        return NO_FIGURE
    mean, u = combine([v for v, _ in good], [u for _, u in good])
    if len(good) > 1:
        chi2 = sum((2.0 * (v - mean) / w) ** 2 for v, w in good)
        u *= max(1.0, sqrt(chi2 / (len(good) - 1)))
    if quarrel:
        u = max(u, *(abs(v - mean) for v, _ in good))
    return Figure(mean, u, 0)


def _share(caught: tuple[float, float], co2: Figure) -> Figure:
    if co2.reason or caught[0] != caught[0]:
        return NO_FIGURE
    share, u = capture_mass(caught[0], co2.value, caught[1], co2.u)
    return Figure(100.0 * share, 100.0 * u, 0)


def _entering(gas: Figure, state: EstimateState, plant: PlantConfig) -> Figure:
    """Return the gas side's figure, TRANSIENT while clean gas of before still leaves."""
    if gas.reason or not state.entered_s < plant.control.capture_loop.entry_s:
        return gas
    return replace(gas, reason=_TRANSIENT)


def _moving(figure: Figure, moved: float, plant: PlantConfig) -> Figure:
    """Return a figure that passed through the solvent inventory while levels `moved`.

    Up to the steady band nothing is added; beyond it, what the level moved by may
    be in the inventory; beyond the transient band the figure does not count, nor where
    more comes out than goes in.
    """
    if figure.reason:
        return figure
    e = plant.control.estimate
    if not moved <= e.transient_band or figure.value - figure.u > 100.0:
        return replace(figure, reason=_TRANSIENT)
    more = max(0.0, moved - e.steady_band) * figure.value
    return replace(figure, u=hypot(figure.u, more))


def _moved(state: EstimateState, signals: Levels, dt_s: float) -> tuple[EstimateState, Levels]:
    """Return how far each of the levels is from its mean of 15 min (shares).

    A signal that is not known now has moved by 0: its own figure is not there anyway.
    """
    fast = [smoothed(b, x, FAST_S, dt_s) for b, x in zip(state.fast, signals, strict=True)]
    slow = [smoothed(b, x, SLOW_S, dt_s) for b, x in zip(state.slow, signals, strict=True)]
    moved = [abs(f - s) / s if s > 0.0 else NAN for f, s in zip(fast, slow, strict=True)]
    shares = [0.0 if x != x else m for x, m in zip(signals, moved, strict=True)]
    return replace(state, fast=_levels(fast), slow=_levels(slow)), _levels(shares)


def _levels(values: list[float]) -> Levels:
    return values[0], values[1], values[2], values[3]


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
