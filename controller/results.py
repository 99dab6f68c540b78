"""Fill the calculated channels of a cycle: one number and one reason each."""

from collections.abc import Mapping
from typing import Final

from controller import following
from controller.authority import Authority, Lease
from controller.config import PlantConfig
from controller.estimate import Capture, Figure
from controller.facts import Facts
from controller.loopinputs import missing_point
from controller.modes import CAPTURE, LEAN, LOOPS, Mode
from controller.points import NAN, View
from controller.scene import Decision, Source
from controller.trips import Trip
from controller.types import Inputs, State
from controller.windows import Sums
from models.combustion import carbon_emitted_kg_h
from sensors.image import Image
from sensors.quality import Reason

_COUNTS: Final = ("alarms_active", "alarms_unacked", "alarm_worst_priority")
_UNSET: Final = int(Reason.UNSET)
_SUBSTITUTED: Final = int(Reason.SUBSTITUTED)
_DOWN: Final = int(Reason.LINK | Reason.HEARTBEAT | Reason.UNSET)


def tabulate(
    state: State,
    inputs: Inputs,
    checked: Image,
    facts: Facts,
    decision: Decision,
    plant: PlantConfig,
) -> tuple[list[float], list[int]]:
    """Return values and reasons of all calculated channels, in layout order.

    A value that could not be calculated is NaN with the reason UNSET.
    """
    reasons: dict[str, int] = {}
    values = _capture(state, facts.capture, reasons)
    values.update(_means(state, facts, plant))
    values.update(_control(state, facts, decision))
    values.update(_trip(state.trip, inputs.t_ns))
    values.update(_rig(facts, plant))
    values.update(_lacks(state, inputs, facts, plant))
    values.update(_service(state, inputs, checked, facts.view, plant))
    if facts.inlet.bridged:
        reasons["possible_pct"] = reasons["lean_sp_kg_h"] = _SUBSTITUTED
    numbers = [float(values.get(name, NAN)) for name in plant.calc]
    marks = [
        reasons.get(name, 0) or (0 if v == v else _UNSET)
        for name, v in zip(plant.calc, numbers, strict=True)
    ]
    return numbers, marks


def count_alarms(values: list[float], state: State, plant: PlantConfig) -> None:
    """Put the alarm counts of this cycle into the table: alarms come last."""
    counts = state.alarm_counts
    for name, count in zip(_COUNTS, (counts.active, counts.unacked, counts.worst), strict=True):
        values[plant.calc[name]] = float(count)


def _capture(state: State, capture: Capture, reasons: dict[str, int]) -> dict[str, float]:
    values: dict[str, float] = {}

    def put(name: str, unsure: str, figure: Figure) -> None:
        values[name], values[unsure] = figure.value, figure.u
        if figure.reason:
            reasons[name] = reasons[unsure] = figure.reason

    put("capture_gas_pct", "capture_gas_u_pct", capture.gas)
    put("capture_liquid_pct", "capture_liquid_u_pct", capture.liquid)
    put("capture_product_pct", "capture_product_u_pct", capture.product)
    put("capture_best_pct", "capture_best_u_pct", capture.best)
    apart = [z for z in state.estimate.comparison.apart if z == z]
    values["witness_state"] = float(capture.verdict)
    values["witness_odd"] = float(capture.odd)
    values["witness_apart"] = max(apart, default=NAN)
    values["co2_in_kg_h"] = capture.co2_in.value
    values["captured_kg_h"] = capture.caught.value
    values["captured_total_t"] = 1e-3 * state.estimate.total_kg
    values["captured_gap_s"] = state.estimate.gap_s
    values["unmeasured_s"] = state.estimate.unmeasured_s
    return values


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else NAN


def _means(state: State, facts: Facts, plant: PlantConfig) -> dict[str, float]:
    windows = state.estimate.windows
    ten: Sums = windows.ten + windows.open
    twenty = windows.twenty + windows.open
    sixty = windows.sixty + windows.open
    latent = plant.control.steam.latent_kJ_kg
    per_kg_h = _share(sixty.caught_kg * 3600.0, sixty.covered_s)
    level, product = facts.view.of("lco2_level"), plant.spec.product
    room_kg = 10.0 * (product.tank_high_pct - level) * product.tank_capacity_t
    return {
        "capture_10min_pct": 100.0 * _share(ten.caught_kg, ten.co2_kg),
        "capture_10min_u_pct": 100.0 * _share(ten.unsure_kg, ten.co2_kg),
        "capture_10min_covered_s": ten.covered_s,
        "capture_1h_covered_s": sixty.covered_s,
        "capture_10min_idle_s": ten.idle_s,
        "capture_1h_idle_s": sixty.idle_s,
        "capture_1h_pct": 100.0 * _share(sixty.caught_kg, sixty.co2_kg),
        "srd_GJ_t": 1e-3 * latent * _share(twenty.steam_kg, twenty.heated_kg),
        "sec_el_kWh_t": 1e3 * _share(twenty.power_kWh, twenty.powered_kg),
        "hours_to_full": max(room_kg, 0.0) / per_kg_h if per_kg_h > 1.0 else NAN,
    }


def _control(state: State, facts: Facts, decision: Decision) -> dict[str, float]:
    sent = state.actuation
    steam_left = decision.available_steam_kg_h - sent.steam
    values = {
        "capture_fast_pct": decision.measured_pct,
        "target_pct": state.target_pct,
        "target_active_pct": decision.target_pct,
        "target_ramp_min": decision.ramp_min,
        "possible_pct": decision.possible_pct,
        "constraint": float(decision.constraint),
        "authority": float(state.authority.authority),
        "lease": float(state.authority.lease),
        "other_master": float(state.masters.sign != 0),
        "nobody_steers": float(bool(state.authority.unsteered)),
        "unit_goal": float(state.unit.goal),
        "unit_asked": float(state.unit.asked),
        "lean_sp_kg_h": sent.lean,
        "steam_sp_kg_h": sent.steam,
        "treated_sp_kg_h": sent.treated,
        "lean_t_sp_degC": sent.lean_t,
        "pressure_sp_kPa": sent.pressure,
        "t_reboiler_sp_degC": decision.t_reboiler_sp_degC,
        "trim_capture_pct": 100.0 * decision.trim,
        "trim_reboiler_kg_h": decision.heat_kg_h,
        "available_exhaust_kg_h": facts.inlet.available_kg_h,
        "steam_margin_kg_h": steam_left,
        "engines_running": float(facts.inlet.running) if facts.inlet.known else NAN,
        "engine_load_pct": facts.inlet.load_pct if facts.inlet.known else NAN,
        "tier": _tier(state),
        "capture_from": float(state.regulate.source),
    }
    for name, loop in zip(LOOPS, state.loops, strict=True):
        values[f"mode_{name}"] = float(loop.actual)
    return values


def _trip(trip: Trip, t_ns: int) -> dict[str, float]:
    """Return what is latched, NaN while the PLC does not tell; what stands is told apart."""
    return {
        "trip_state": float(trip.kind) if trip.known else NAN,
        "trip_latched": float(trip.beneath) if trip.known else NAN,
        "trip_first_out": float(trip.first_out) if trip.known else NAN,
        "trip_for_s": (t_ns - trip.since_ns) * 1e-9 if trip.since_ns else NAN,
        "trip_standing": float(trip.standing.bit_count()) if trip.standing >= 0 else NAN,
    }


def _tier(state: State) -> float:
    if state.authority.authority is Authority.MONITOR:
        return 0.0
    if state.loops[LEAN].actual in (Mode.OOS, Mode.MAN, Mode.AUTO):
        return 4.0  # a person's solvent flow: neither ratio nor trim has it
    if state.loops[LEAN].actual is not Mode.CAS:
        return 3.0 if state.authority.lease is not Lease.HELD or not state.capturing else 1.0
    if state.loops[CAPTURE].actual is not Mode.AUTO:
        return 1.0
    source = state.regulate.source
    return 2.0 if source is Source.GAS else (5.0 if source is not Source.NOTHING else 1.0)


def _lacks(state: State, inputs: Inputs, facts: Facts, plant: PlantConfig) -> dict[str, float]:
    """Return which points are missed, why HOLD is asked, and how far steam is short."""
    names, unit = plant.named_points, state.unit
    held = names.index(unit.held) + 1 if unit.held in names else 0
    waited_s = (inputs.t_ns - unit.clear_since_ns) * 1e-9
    left_s = plant.control.unit.bad_input_return_s - waited_s
    short = state.boilers.short_pct
    return {
        "hold_cause": float(held),
        "hold_left_s": left_s if held and unit.clear_since_ns else NAN,
        "hold_returns": float(plant.control.unit.auto_reentry) if held else NAN,
        "missing_point": float(missing_point(facts, plant)),
        "steam_expected_kg_h": facts.steam_expected_kg_h,
        "steam_shortfall_pct": short,
        "steam_short": float(short > plant.control.steam.short_pct) if short == short else NAN,
    }


def _rig(facts: Facts, plant: PlantConfig) -> dict[str, float]:
    view, limit = facts.view, plant.spec.back_pressure.high_mbar
    values = {
        f"back_pressure_margin_{e.number}_mbar": limit - view.at(e.back_pressure)
        for e in plant.points.engines
    }
    treated = facts.inlet.treated_kg_h
    values["L_G"] = _share(view.of("lean_flow"), treated)
    fuel = view.of("auxiliary_fuel_flow") + sum(view.at(e.fuel_flow) for e in plant.points.engines)
    # What leaves as CO2: methane that a gas engine lets slip is none, and none of it is caught.
    emitted = carbon_emitted_kg_h(fuel, plant.fuel)
    values["ship_gross_pct"] = 100.0 * _share(facts.capture.caught.value, emitted)
    return values


def _service(
    state: State, inputs: Inputs, checked: Image, view: View, plant: PlantConfig
) -> Mapping[str, float]:
    authority, write, health = state.authority, inputs.written_last, inputs.health
    refused = {name for name, _ in write.refused}
    mask = sum(1 << i for i, name in enumerate(plant.written) if name in refused)
    waiting = inputs.t_ns - authority.waiting_ns if authority.waiting_ns else 0
    values = {
        **dict.fromkeys(_COUNTS, 0.0),  # counted last, by `count_alarms`
        "bypass_asked": float(state.unit.bypass_since_ns != 0),
        "bypass_state": float(state.bypass.state),
        "bypass_against": float(state.bypass.against),
        "bypass_unknown": float(state.bypass.unknown),
        "bypass_overdue": float(state.bypass.overdue),
        "bypass_unheard": float(state.unheard.is_news(inputs.t_ns)),
        "bypass_left_s": state.bypass.left_s,
        "write_ok": float(write.ok),
        "write_refused": float(mask),
        "setpoints_astray": following.count_astray(state, view, plant),
        "setpoints_refused": float(state.acceptance.count),
        "sequence_behind": float(state.acceptance.behind),
        "setpoints_limited": float(sum(state.actuation.limited)),
        "not_answering": float(sum(w.failed for w in state.response)),
        "lease_waiting_s": waiting * 1e-9,
        "journal_fault": float(health.journal_fault),
        "journal_used_pct": health.journal_used_pct,
        "copy_refused": float(health.copy_refused),
        "certificate_ending": float(health.certificate_ending),
        "owner_id": float(inputs.owner_id),
        "start_nonce": float(inputs.nonce),
        "inbox_deaf": float(health.inbox_deaf),
        "journal_damaged": float(health.journal_damaged),
        "cycle_ms": health.cycle_ms,
        "overruns": float(health.overruns),
        "dt_ms": inputs.dt_ns * 1e-6,
    }
    for name, channel in plant.links:
        values[f"link_{name}"] = 0.0 if int(checked.reason[channel]) & _DOWN else 1.0
    return values
