"""One cycle, read aloud: read, check, estimate, decide, limit, interlock, write, record.

`step` is pure: live control, bench and replay run this same function.  It
knows no clock, socket, file or random generator.
"""

from dataclasses import replace

import numpy as np

from controller import (
    acceptance,
    actuation,
    authority,
    boilers,
    bypass,
    commands,
    differences,
    estimate,
    following,
    inlet,
    interlocks,
    loopinputs,
    masters,
    modes,
    regulate,
    trips,
)
from controller.acceptance import Acceptance
from controller.actuation import NOT_ASTRAY, ActuationState
from controller.alarming import alarmed
from controller.authority import Authority, Handshake, Lease, LeaseTimes
from controller.channels import SOURCES, WAYS
from controller.config import PlantConfig
from controller.eventlog import EventLog
from controller.facts import Facts
from controller.modes import LOOPS, Mode, Situation
from controller.points import NAN, View
from controller.response import AT_REST, SETPOINTS
from controller.results import count_alarms, tabulate
from controller.scene import Decision, Scene, Source, settled
from controller.states import CAPTURING, unit_of
from controller.types import Inputs, Outputs, State
from controller.witnesses import Way
from sensors.checks import check, garbled
from sensors.image import Image
from sensors.quality import Reason, qualities_of

_UNSET = np.uint32(Reason.UNSET)


def step(state: State, inputs: Inputs, plant: PlantConfig) -> tuple[State, Outputs]:
    """Return the next state and everything this cycle decides.

    `state` is not changed.  Nothing in here raises for a bad value: a value
    that is not GOOD is NaN to control and freezes what needs it.
    """
    raw = read(inputs.raw, plant)
    checked, checks = check(raw, state.checks)
    if not state.steady_ns:  # a copy of this controller must not count as this one does
        state = replace(state, actuation=replace(state.actuation, sequence=inputs.nonce))
    steady_ns = state.steady_ns + inputs.dt_ns if state.steady_ns else inputs.t_ns
    log = EventLog(inputs.seq, steady_ns, inputs.t_ns)
    inputs = replace(inputs, t_ns=steady_ns)  # a step of the clock must not move a timer
    state = replace(state, checks=checks, steady_ns=steady_ns)
    state, facts = estimated(state, View(checked, plant.points), inputs, plant)
    state = decided(state, facts, inputs, plant, log)
    state, decision = limited(state, facts, inputs, plant, log)
    state = interlocked(state, facts, plant, log)
    state, block = written(state, facts, inputs, plant, log, garbled(checked))
    values, reasons = tabulate(state, inputs, checked, facts, decision, plant)
    state = compared(state, inputs, facts.view, values, reasons, plant)
    state = alarmed(state, facts.view, values, checked, plant, log)
    count_alarms(values, state, plant)
    return state, recorded(state, checked, block, values, reasons, log)


def read(raw: Image, plant: PlantConfig) -> Image:
    """Return the image with the tags we write marked as never read.

    Their values are ours, not the rig's; they are not in the record, so a
    decision that rested on them could not be replayed.
    """
    unset = raw.reason[plant.write_channels] & _UNSET
    if unset.all():
        return raw
    reason = raw.reason.copy()
    reason[plant.write_channels] |= _UNSET
    return Image.of(raw.table, raw.t_ns, raw.value, reason, raw.age_ms)


def estimated(state: State, view: View, inputs: Inputs, plant: PlantConfig) -> tuple[State, Facts]:
    """Return what is known: engines and exhaust, CO2 in, capture figures."""
    t_ns, dt_s = inputs.t_ns, inputs.dt_ns * 1e-9
    unit = unit_of(view.of("unit_state"))
    capturing = state.capturing if unit is None else unit in CAPTURING
    against = state.estimate.comparison.odd is Way.GAS
    inlet_state, gas = inlet.advance(state.inlet, view, plant, t_ns, dt_s, against)
    estimate_state, capture = estimate.advance(
        state.estimate, view, gas.lies, capturing, plant, t_ns, dt_s
    )
    expected = boilers.steam_expected_kg_h(view, plant)
    steam = boilers.advance(state.boilers, expected, view, plant, dt_s)
    after = replace(
        state,
        capturing=capturing,
        inlet=inlet_state,
        estimate=estimate_state,
        boilers=steam,
    )
    return after, Facts(view, gas, capture, expected)


def decided(state: State, facts: Facts, inputs: Inputs, plant: PlantConfig, log: EventLog) -> State:
    """Return the state after hearing the PLC and the people, with the loops' modes."""
    view, lease = facts.view, plant.control.lease
    trip = trips.advance(state.trip, view, plant.control.unit, plant.first_out, log)
    state = replace(state, trip=trip)
    state, shake = shaken(state, view, inputs, plant, log.t_ns)
    state = commands.obey(state, inputs.commands, shake, plant, log)
    times = LeaseTimes(lease.ask_again_s, lease.lost_after_s, lease.disarm_after_s)
    after = authority.advance(state.authority, shake, times, log.t_ns, log)
    fresh = after.lease is Lease.HELD and state.authority.lease is not Lease.HELD
    state = replace(state, authority=after, lease_fresh=fresh)
    accepted = _accepted(state, view, plant, log.t_ns)
    return replace(state, acceptance=accepted, loops=_loops(state, facts, plant, log))


def _accepted(state: State, view: View, plant: PlantConfig, t_ns: int) -> Acceptance:
    """Return what the PLC says of the set-points sent last, nothing without the lease."""
    if state.authority.lease is not Lease.HELD:
        return acceptance.AT_REST
    if following.unreadable(view):
        return state.acceptance
    said = acceptance.Said(
        view.of("sequence_ack"),
        view.of("setpoint_ok_word"),
        view.of("reject_reason"),
        state.actuation.sequence,
    )
    return acceptance.advance(state.acceptance, said, plant.acceptance, t_ns)


def shaken(
    state: State, view: View, inputs: Inputs, plant: PlantConfig, t_ns: int
) -> tuple[State, Handshake]:
    """Return the state with the signs of other masters, and what the PLC says of the lease."""
    owner = view.of("lease_owner")
    heard = masters.Heard(
        owner,
        view.of("sequence_ack"),
        inputs.owner_id,
        state.actuation.sequence,
        state.authority.authority is Authority.ARMED,
        plant.spec.lease.timeout_s + masters.STAYS_S,
    )
    signs = masters.advance(state.masters, heard, t_ns)
    twin = signs.sign is masters.Sign.TWIN
    shake = Handshake(owner, view.of("remote_key"), inputs.owner_id, twin, inputs.nonce)
    return replace(state, masters=signs), shake


def _loops(state: State, facts: Facts, plant: PlantConfig, log: EventLog) -> tuple[modes.Loop, ...]:
    lost = state.estimate.gas_lost_s > plant.control.gas.substitute_s
    has = loopinputs.needs(facts, plant, lost)
    armed = state.authority.authority is Authority.ARMED
    situation = Situation(armed, _ours(state, plant, log.t_ns))
    loops = []
    for name, before, need in zip(LOOPS, state.loops, has, strict=True):
        vital = need.missing == loopinputs.NOWHERE
        after = modes.advance(before, need.good, situation, log.t_ns, vital)
        loops.append(after)
        if after.actual is not before.actual:
            old, new = before.actual.name, after.actual.name
            text = f"Loop {name} went from {old} to {new}."
            priority = 3 if after.actual is Mode.IMAN else 0
            log.add("mode", f"loop_{name}", new, text, priority=priority, old=old, new=new)
    return tuple(loops)


def _ours(state: State, plant: PlantConfig, t_ns: int) -> bool:
    """Return whether the set-points move by our hand: lease held, gas side settled."""
    entry_s = plant.control.capture_loop.entry_s
    return state.authority.lease is Lease.HELD and settled(
        state.regulate, state.capturing, t_ns, entry_s
    )


def limited(
    state: State, facts: Facts, inputs: Inputs, plant: PlantConfig, log: EventLog
) -> tuple[State, Decision]:
    """Return the set-points inside all limits, with their integrators following."""
    capture = facts.capture
    scene = Scene(
        view=facts.view,
        inlet=facts.inlet,
        loops=state.loops,
        asked_pct=state.target_pct,
        gas_pct=capture.gas.value if Way.GAS in capture.counted else NAN,
        best_pct=capture.best.value,
        others=_others(capture.counted),
        capturing=state.capturing,
        follow=not _ours(state, plant, inputs.t_ns),
        armed=state.authority.authority is Authority.ARMED,
        t_ns=inputs.t_ns,
        dt_s=inputs.dt_ns * 1e-9,
        refused=acceptance.not_taken(state.acceptance),
    )
    regulated, sent, decision = regulate.advance(state.regulate, state.actuation, scene, plant)
    _tell_limited(state, sent, log)
    _tell_source(state, regulated.source, facts, plant, log)
    return replace(state, regulate=regulated, actuation=sent), decision


def _others(counted: tuple[Way, ...]) -> Source:
    """Return what can be steered on beside the gas side."""
    if Way.LIQUID in counted and Way.PRODUCT in counted:
        return Source.LIQUID_AND_PRODUCT
    if Way.LIQUID in counted:
        return Source.LIQUID
    return Source.PRODUCT if Way.PRODUCT in counted else Source.NOTHING


def _tell_source(
    state: State, now: Source, facts: Facts, plant: PlantConfig, log: EventLog
) -> None:
    """Tell what the capture loop steers on from now on, and why, where that changes."""
    before = state.regulate.source
    if now is before or not state.capturing or not state.regulate.since_ns:
        return
    if before is Source.NOTHING and not state.regulate.blind_s:
        return  # capture begins
    lost = loopinputs.missing_point(facts, plant)
    why = ""
    if now is not Source.GAS and facts.capture.odd:
        why = f"The {WAYS[facts.capture.odd]} is contradicted. "
    elif now is not Source.GAS and lost:
        why = f"{plant.named_points[lost - 1]} is lost. "
    text = f"{why}Capture is steered on {SOURCES[now]}."
    log.add("mode", "capture_from", now.name, text, priority=3, old=before.name, new=now.name)


def _tell_limited(state: State, after: ActuationState, log: EventLog) -> None:
    """Tell of each held set-point that a momentary limit began or ceased to hold down."""
    flags = zip(LOOPS[1:], state.loops[1:], state.actuation.limited, after.limited, strict=True)
    for number, (name, loop, was, now) in enumerate(flags):
        if was is now:
            continue
        mode, value = loop.actual.name, after.setpoints()[number]
        text = f"Loop {name} in {mode}: its set-point is no longer held down by a limit."
        if now:
            text = f"Loop {name} in {mode}: lowered to the {value:.0f} kg/h allowed now."
        log.add("mode", f"loop_{name}", "LIMITED" if now else "FREE", text, priority=3 * now)


def interlocked(state: State, facts: Facts, plant: PlantConfig, log: EventLog) -> State:
    """Return the state with the unit state to ask for, and the bypass request."""
    view, unit = facts.view, plant.control.unit
    asked = state.unit.bypass_since_ns != 0
    says = bypass.says_of(view, plant.bypass_proof)
    watch = bypass.advance(state.bypass, asked, says, plant.bypass_proof, log.t_ns)
    bad_for_s = modes.bad_for_s(state.loops, log.t_ns)
    rig = interlocks.Rig(
        unit=unit_of(view.of("unit_state")),
        unit_asked=unit_of(view.of("unit_requested")),
        bypass_latched=watch.latched,
        bypass_proven=watch.state is bypass.BypassState.PROVEN,
        lease_held=state.authority.lease is Lease.HELD,
        lease_fresh=state.lease_fresh,
        bad_for_s=bad_for_s,
        bad_input=_missing(facts, plant) if bad_for_s else "",
    )
    times = interlocks.Times(unit.bad_input_hold_s, unit.bad_input_return_s, unit.auto_reentry)
    after = interlocks.advance(state.unit, rig, times, log.t_ns, log)
    return replace(state, unit=after, bypass=watch)


def _missing(facts: Facts, plant: PlantConfig) -> str:
    """Return the name of the first point that is missing for capture to go on, else ""."""
    found = [n.missing for n in loopinputs.needs(facts, plant, False)]
    channel = next((c for c in found if c != loopinputs.NOWHERE), loopinputs.NOWHERE)
    return "" if channel == loopinputs.NOWHERE else plant.table.tags[channel].name


def written(
    state: State,
    facts: Facts,
    inputs: Inputs,
    plant: PlantConfig,
    log: EventLog,
    closed: frozenset[str],
) -> tuple[State, dict[str, float]]:
    """Return the one block to write and the state with its counters and followings.

    No set-point goes over a link of `closed`: its device would read another number.
    """
    state = replace(state, unit=interlocks.gated(state.unit, state.bypass.latched))
    sent = actuation.next_counters(state.actuation)
    points = plant.points.setpoints()
    current = sent.setpoints()
    setpoints = {
        p.name: v
        for p, v in zip(points, current, strict=True)
        if p is not None and v == v and plant.link_of(p.name) not in closed
    }
    words = actuation.Words(
        owner_id=inputs.owner_id,
        unit=int(state.unit.asked),
        common_alarm=state.alarm_counts.active > 0,
        engineer_call=state.alarm_counts.calling > 0,
        healthy=not sent.ending,
    )
    twin = state.masters.sign is masters.Sign.TWIN
    block = actuation.block(sent, state.authority, plant.handshake, words, setpoints)
    if not authority.others(facts.view.of("lease_owner"), words.owner_id) and not twin:
        block.update(actuation.outputs(plant.handshake, words))
    return followed(replace(state, actuation=sent), facts.view, plant, log.t_ns), block


def followed(state: State, view: View, plant: PlantConfig, t_ns: int) -> State:
    """Return the state after looking whether PLC and rig follow the set-points."""
    in_force = following.in_force(state, view, plant)
    if _ours(state, plant, t_ns):
        astray = following.astray(state, view, plant, t_ns)
        answers = following.answered(state, view, plant, t_ns)
    elif following.unreadable(view):
        return state
    else:
        astray, answers = NOT_ASTRAY, (AT_REST,) * SETPOINTS
    sent = replace(state.actuation, astray_ns=astray, in_force=in_force)
    return replace(state, actuation=sent, response=answers)


def compared(
    state: State,
    inputs: Inputs,
    view: View,
    values: list[float],
    reasons: list[int],
    plant: PlantConfig,
) -> State:
    """Return the state after comparing what tells of one thing; put it into the table."""
    dt_s = inputs.dt_ns * 1e-9
    after, apart = differences.advance(
        state.differences, plant.differences, view, values, state.capturing, dt_s
    )
    for one, value in zip(plant.differences, apart, strict=True):
        place = plant.calc[one.channel.name]
        values[place], reasons[place] = value, 0 if value == value else int(_UNSET)
    return replace(state, differences=after)


def recorded(
    state: State,
    checked: Image,
    block: dict[str, float],
    values: list[float],
    reasons: list[int],
    log: EventLog,
) -> Outputs:
    """Return everything decided in this cycle as one document."""
    reason = np.array(reasons, dtype=np.uint32)
    return Outputs(
        checked=checked,
        write=block,
        bypass=state.unit.bypass_since_ns != 0,
        calc=np.array(values),
        calc_quality=qualities_of(reason),
        calc_reason=reason,
        events=tuple(log.events),
    )
