"""The columns of a cycle: tags in, calculated values, set-points out.

One list names every calculated channel; its order is the order of
`Outputs.calc`.  `layout` is what the journal stores and readers see.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from controller.authority import Authority, Lease
from controller.bypass import BypassState, Witness
from controller.historian.record import Channel
from controller.limits import Constraint
from controller.modes import LOOPS, Mode
from controller.states import UNIT_LABELS
from controller.trips import Kind
from sensors.plantfile import Plant, PlantSpec
from sensors.tag import Tag

MODE_LABELS: Final = {int(m): m.name for m in Mode}
_LIMITED: Final = {
    Constraint.ON_TARGET: "On target",
    Constraint.HEAT: "Heat-limited",
    Constraint.GAS: "Gas-limited",
    Constraint.SOLVENT: "Solvent-limited",
    Constraint.TEMPERATURE: "Temperature-limited",
    Constraint.TANK: "Tank-limited",
    Constraint.NOT_CAPTURING: "Not capturing",
    Constraint.UNKNOWN: "Unknown",
    Constraint.APPROACHING: "Approaching target",
    Constraint.NOT_CONTROLLED: "Under PLC control",
    Constraint.ABOVE_TARGET: "Above target",
    Constraint.GAS_SIDE_LOST: "Target held",
}
CONSTRAINTS: Final = {int(c): _LIMITED[c] for c in Constraint}
AUTHORITY: Final = {int(a): a.name for a in Authority}
LEASE: Final = {int(x): x.name.lower() for x in Lease}
TIERS: Final = {
    0: "monitor",
    1: "ratio",
    2: "PI + ratio",
    3: "PLC local",
    4: "by hand",
    5: "slow PI + ratio",
}
AGREEMENT: Final = {0: "not compared", 1: "agree", 2: "only one", 3: "disagree"}
WAYS: Final = {0: "none", 1: "gas side", 2: "liquid side", 3: "product side", 4: "inlet CO2"}
SOURCES: Final = {
    0: "nothing: the ratio goes on",
    1: "the gas side",
    2: "the liquid side",
    3: "the product side",
    4: "liquid and product side",
}
NAMELESS: Final = {0: "none"}  # the plant's own points follow: see `config.configure`
BYPASS: Final = {int(s): s.name.lower() for s in BypassState}
WITNESSES: Final = {
    int(Witness.LATCH): "PLC's latch",
    int(Witness.INLET): "inlet damper",
    int(Witness.BLOWER): "blower",
    int(Witness.FLOW): "treated flow",
    int(Witness.WORD): "PLC's word",
}
YES_NO: Final = {0: "no", 1: "yes"}
TRIPS: Final = {int(k): k.name for k in Kind} | {int(Kind.NONE): "none"}
UP_DOWN: Final = {0: "down", 1: "up"}
ENGINES_MAX: Final = 8


def _calc(
    name: str,
    unit: str,
    text: str,
    lo: float | None = None,
    hi: float | None = None,
    labels: dict[int, str] | None = None,
    index: int = 0,
) -> Channel:
    return Channel(name, unit, "calc", text, lo, hi, labels=labels or {}, index=index)


_CAPTURE: Final = (
    _calc("capture_gas_pct", "%", "Capture of treated gas, gas side, inert balance, now", 0, 100),
    _calc("capture_gas_u_pct", "points", "Its expanded uncertainty, k=2", 0, 20),
    _calc("capture_liquid_pct", "%", "Capture of treated gas, liquid side, now", 0, 100),
    _calc("capture_liquid_u_pct", "points", "Its expanded uncertainty, k=2", 0, 20),
    _calc("capture_product_pct", "%", "Capture of treated gas, product incl. vented CO2", 0, 100),
    _calc("capture_product_u_pct", "points", "Its expanded uncertainty, k=2", 0, 20),
    _calc("capture_best_pct", "%", "Capture of treated gas, all GOOD ways combined, now", 0, 100),
    _calc("capture_best_u_pct", "points", "Its expanded uncertainty, k=2", 0, 20),
    _calc("capture_10min_pct", "%", "Capture of treated gas, CO2-weighted mean of 10 min", 0, 100),
    _calc("capture_10min_u_pct", "points", "Its expanded uncertainty, k=2", 0, 20),
    _calc("capture_10min_covered_s", "s", "Time with a GOOD figure in the 10 min", 0, 660),
    _calc("capture_10min_idle_s", "s", "Time in the 10 min in which nothing was captured", 0, 660),
    _calc("capture_1h_idle_s", "s", "Time in the hour in which nothing was captured", 0, 3660),
    _calc("witness_state", "", "Whether the ways of measuring agree", 0, 3, AGREEMENT),
    _calc("witness_odd", "", "The way that two others contradict", 0, 4, WAYS),
    _calc("witness_apart", "1", "Largest difference of two ways over its tolerance", 0, 5),
    _calc("capture_1h_pct", "%", "Capture of treated gas, CO2-weighted mean of 1 h", 0, 100),
    _calc("capture_1h_covered_s", "s", "Time with a GOOD figure in the hour", 0, 3660),
    _calc("captured_kg_h", "kg/h", "CO2 captured now, vented CO2 subtracted", 0, 2000),
    _calc("captured_total_t", "t", "CO2 captured since the first run, GOOD time only", 0, None),
    _calc("captured_gap_s", "s", "Time with no GOOD capture figure or no controller", 0, None),
    _calc("co2_in_kg_h", "kg/h", "CO2 in the treated gas", 0, 3000),
    _calc(
        "ship_gross_pct", "%", "CO2 captured of all CO2 from the ship's fuel, gross, now", 0, 100
    ),
    _calc("srd_GJ_t", "GJ/t", "Specific reboiler duty, mean of 20 min", 2, 8),
    _calc("sec_el_kWh_t", "kWh/t", "Electricity per t captured, mean of 20 min", 0, 500),
    _calc("L_G", "1", "Lean solvent to treated gas, kg/kg", 0, 3),
)

_CONTROL: Final = (
    _calc("capture_fast_pct", "%", "Capture as the control loop sees it, fast and slow", 0, 100),
    _calc("target_pct", "%", "Capture target asked", 0, 100),
    _calc("target_active_pct", "%", "Capture target in force, feasible now", 0, 100),
    _calc("target_ramp_min", "min", "Until the target in force is the one asked", 0, 20),
    _calc("possible_pct", "%", "Capture the heat and the limits allow, estimate", 0, 100),
    _calc("constraint", "", "What limits capture", 0, 11, CONSTRAINTS),
    _calc("authority", "", "Authority of this controller", 0, 1, AUTHORITY),
    _calc("lease", "", "Lease on the rig", 0, 3, LEASE),
    _calc("owner_id", "", "Number by which the PLC knows this controller", 0, 65535),
    _calc("start_nonce", "", "Drawn at this start: tells two copies of it apart", 0, 65535),
    _calc("other_master", "", "Signs of another controller on the rig", 0, 1, YES_NO),
    _calc("nobody_steers", "", "In MONITOR, though no person wanted it", 0, 1, YES_NO),
    _calc("unit_goal", "", "Unit state this controller is asked for", 0, 8, UNIT_LABELS),
    _calc("unit_asked", "", "Unit state it asks the PLC for now", 0, 8, UNIT_LABELS),
    *(_calc(f"mode_{n}", "", f"Mode of loop {n}", 0, 5, MODE_LABELS) for n in LOOPS),
    _calc("lean_sp_kg_h", "kg/h", "Lean flow set-point computed"),
    _calc("steam_sp_kg_h", "kg/h", "Steam flow set-point computed"),
    _calc("treated_sp_kg_h", "kg/h", "Treated flow set-point computed"),
    _calc("lean_t_sp_degC", "degC", "Lean temperature set-point computed", 0, 100),
    _calc("pressure_sp_kPa", "kPa", "Stripper pressure set-point computed", 0, 300),
    _calc("t_reboiler_sp_degC", "degC", "Reboiler temperature set-point", 90, 130),
    _calc("trim_capture_pct", "%", "Trim of the lean ratio by the capture loop", -50, 50),
    _calc("trim_reboiler_kg_h", "kg/h", "Trim of steam by the reboiler temperature", -800, 800),
    _calc("available_exhaust_kg_h", "kg/h", "Exhaust of the running engines", 0, 200000),
    _calc("steam_margin_kg_h", "kg/h", "Steam available less set-point"),
    _calc("hours_to_full", "h", "Until the LCO2 tank is at its high level", 0, None),
    _calc("engines_running", "", "Main engines running", 0, ENGINES_MAX),
    _calc("engine_load_pct", "%", "Mean load of the running engines", 0, 110),
    _calc("tier", "", "Control tier", 0, 5, TIERS),
    _calc("capture_from", "", "What the capture loop steers on", 0, 4, SOURCES),
    _calc("hold_cause", "", "Point for whose sake HOLD is asked", 0, None, NAMELESS),
    _calc("hold_left_s", "s", "Until capture is asked for again, its point GOOD again", 0, None),
    _calc("hold_returns", "", "Capture returns by itself from that HOLD", 0, 1, YES_NO),
    _calc("missing_point", "", "First point control misses", 0, None, NAMELESS),
    _calc("steam_expected_kg_h", "kg/h", "Steam these engines' exhaust should give the rig"),
    _calc("steam_shortfall_pct", "%", "Steam available below that, share of it", -100, 100),
    _calc("steam_short", "", "Less steam than these engines should give", 0, 1, YES_NO),
    _calc("trip_state", "", "Trip or emergency shut-down of the PLC, latched", 0, 2, TRIPS),
    _calc("trip_latched", "", "A trip is latched, be it under an ESD", 0, 1, YES_NO),
    _calc("trip_first_out", "", "First cause of the latched trip", 0, None),
    _calc("trip_for_s", "s", "Since the trip or ESD was latched", 0, None),
    _calc("trip_standing", "", "Causes of a trip that stand now", 0, None),
)

_SERVICE: Final = (
    _calc("alarms_active", "", "Alarms standing", 0, None),
    _calc("alarms_unacked", "", "Alarms not acknowledged", 0, None),
    _calc("alarm_worst_priority", "", "Most urgent alarm: 1 is highest, 0 none", 0, 3),
    _calc("bypass_asked", "", "Bypass request being written", 0, 1, YES_NO),
    _calc("bypass_state", "", "How far a bypass is, by every witness", 0, 4, BYPASS),
    _calc("bypass_against", "", "Witnesses that deny the bypass, bit each", 0, 31, WITNESSES),
    _calc("bypass_unknown", "", "Witnesses that cannot be asked, bit each", 0, 31, WITNESSES),
    _calc("bypass_overdue", "", "Bypass not proven in its time", 0, 1, YES_NO),
    _calc("bypass_unheard", "", "A bypass asked for while no controller ran", 0, 1, YES_NO),
    _calc("bypass_left_s", "s", "Time the blower has left to run down", 0, None),
    _calc("write_ok", "", "Last write accepted by link and PLC", 0, 1, YES_NO),
    _calc("write_refused", "", "Set-points refused in the last write, bit per set-point", 0, None),
    _calc("setpoints_astray", "", "Set-points in force that differ from those sent", 0, 5),
    _calc("setpoints_refused", "", "Set-points the PLC did not accept", 0, None),
    _calc("sequence_behind", "", "Writes the PLC has not acknowledged, cycles", 0, None),
    _calc("setpoints_limited", "", "Held set-points that a momentary limit holds down", 0, 5),
    _calc("not_answering", "", "Set-points in force that the rig does not answer", 0, 5),
    _calc("lease_waiting_s", "s", "Lease asked for and not granted", 0, None),
    _calc("unmeasured_s", "s", "Time without a GOOD capture figure", 0, None),
    _calc("journal_fault", "", "Journal cannot write", 0, 1, YES_NO),
    _calc("journal_used_pct", "%", "Journal's room taken by what is only here", 0, 100),
    _calc("copy_refused", "", "Time-series server refuses the copy", 0, 1, YES_NO),
    _calc("certificate_ending", "", "A certificate ends within 30 days", 0, 1, YES_NO),
    _calc("inbox_deaf", "", "Requests cannot be read", 0, 1, YES_NO),
    _calc("journal_damaged", "", "Damage was found in the journal", 0, 1, YES_NO),
    _calc("cycle_ms", "ms", "Duration of the cycle before this one", 0, 1000),
    _calc("overruns", "", "Cycles skipped since start", 0, None),
    _calc("dt_ms", "ms", "Plant time since the cycle before", 0, None),
)


def _spans(spec: PlantSpec) -> dict[str, tuple[float, float]]:
    """Return the ranges of the calculated channels that are as wide as the plant is large."""
    steam = spec.reboiler.max_steam_kg_h
    return {
        "lean_sp_kg_h": (0, spec.solvent.max_flow_kg_h),
        "steam_sp_kg_h": (0, steam),
        "treated_sp_kg_h": (0, spec.gas.max_flow_kg_h),
        "steam_margin_kg_h": (-steam, 2.5 * steam),
        "steam_expected_kg_h": (0, 3.5 * steam),
    }


def calc_channels(
    spec: PlantSpec, links: Sequence[str], differences: Sequence[Channel] = ()
) -> tuple[Channel, ...]:
    """Return all calculated channels of a plant: its sizes, its links, its differences."""
    margins = tuple(
        _calc(
            f"back_pressure_margin_{i}_mbar",
            "mbar",
            f"Back-pressure below the high limit, engine {i}",
            -100,
            100,
            index=i,
        )
        for i in range(1, spec.ship.engines + 1)
    )
    up = tuple(_calc(f"link_{n}", "", f"Link {n} answers", 0, 1, UP_DOWN) for n in links)
    spans = _spans(spec)
    control = tuple(
        replace(c, lo=spans[c.name][0], hi=spans[c.name][1]) if c.name in spans else c
        for c in _CONTROL
    )
    return (*_CAPTURE, *control, *margins, *_SERVICE, *up, *differences)


def is_input(tag: Tag) -> bool:
    """Return whether a tag is read from the rig (in or readback)."""
    return tag.direction != "setpoint"


def channel_of(tag: Tag) -> Channel:
    """Return the journal column of a tag."""
    return Channel(
        name=tag.name,
        unit=tag.unit,
        kind="in" if is_input(tag) else "out",
        text=tag.text,
        lo=tag.lo,
        hi=tag.hi,
        normal=tag.normal,
        labels=dict(tag.labels),
        role=tag.role,
        index=tag.index,
        witness=tag.witness,
    )


def layout(plant: Plant, differences: Sequence[Channel] = ()) -> list[Channel]:
    """Return every column: tags read, calculated, set-points, in that order."""
    tags = plant.tags.tags
    read = [channel_of(t) for t in tags if is_input(t)]
    written = [channel_of(t) for t in tags if not is_input(t)]
    return [*read, *calc_channels(plant.spec, tuple(plant.links), differences), *written]
