"""Decide and limit: from what is known to the five set-points.

Ratio feed-forward (solvent on CO2, steam on solvent), the capture loop's trim
of the ratio, the reboiler temperature's trim of steam, and the selectors that
bound both.  Limits come last, and each integrator then follows what was really
put out, so nothing winds up and every hand-over is bumpless.
"""

from dataclasses import replace

from controller import captureloop, limits, pid, ratio
from controller.actuation import ActuationState
from controller.config import PlantConfig
from controller.limits import Cap, clamp
from controller.modes import CAPTURE, LEAN, LEAN_T, PRESSURE, STEAM, TREATED, Loop, Mode
from controller.points import NAN, SetpointPoints, View
from controller.scene import Decision, RegulateState, Scene


def advance(
    state: RegulateState, sent: ActuationState, scene: Scene, plant: PlantConfig
) -> tuple[RegulateState, ActuationState, Decision]:
    """Return state, set-points and decision of this cycle."""
    state, measured = captureloop.measure(state, scene, plant)
    state, steam, cap = _bounds(state, scene, plant)
    state = captureloop.aim(state, scene, plant)
    state, sent = _lean(state, sent, scene, plant, measured, steam)
    state, sent = _steam(state, sent, scene, plant, _steam_ceiling(scene.view, plant))
    sent, gas = _plain(sent, scene, plant)
    pace = captureloop.pace_of(state, scene, plant)
    named = limits.binding(scene.capturing, not scene.follow, pace, cap, gas)
    return (
        state,
        sent,
        Decision(
            measured,
            state.target_pct,
            state.possible_pct,
            limits.arrived(named, measured, state.target_pct),
            scene.view.of("steam_available"),
            plant.control.reboiler_loop.setpoint_degC,
            state.trim,
            state.heat,
            captureloop.ramp_min(pace, plant),
        ),
    )


def _reboiler(view: View, plant: PlantConfig) -> tuple[float, float]:
    """Return reboiler temperature for the loop and for the override (the higher), degC."""
    a, b = view.of("reboiler_temperature"), view.at(plant.points.reboiler_b)
    if a != a:
        return b, b
    return a, max(a, b) if b == b else a


def _steam_parts(view: View, plant: PlantConfig) -> tuple[float, float]:
    """Return the share of steam the header allows, and the steam (kg/h) the reboiler does."""
    steam, reboiler = plant.control.steam, plant.spec.reboiler
    by_t = limits.temperature_cap(
        _reboiler(view, plant)[1],
        reboiler.max_temperature_degC,
        plant.control.reboiler_loop.override_band_K,
        reboiler.max_steam_kg_h,
    )
    header = limits.header_share(
        view.of("steam_header_pressure"), steam.header_none_barg, steam.header_full_barg
    )
    return header, by_t


def _steam_ceiling(view: View, plant: PlantConfig) -> float:
    """Return what no steam set-point may exceed now, kg/h, by all that is known of it."""
    header, by_t = _steam_parts(view, plant)
    share, most = plant.control.steam.available_share, plant.spec.reboiler.max_steam_kg_h
    return limits.steam_ceiling(view.of("steam_available"), share, header, by_t, most)


def _bounds(
    state: RegulateState, scene: Scene, plant: PlantConfig
) -> tuple[RegulateState, Cap, Cap]:
    """Return the steam cap, and what is possible with it and binds first."""
    control, spec, view = plant.control, plant.spec, scene.view
    steam, most = control.steam, spec.reboiler.max_steam_kg_h
    header, by_t = _steam_parts(view, plant)
    share = steam.available_share * header
    cap = limits.steam_cap(view.of("steam_available"), share, by_t, most)
    caps = limits.possible(
        cap,
        steam.latent_kJ_kg,
        captureloop.duty_GJ_t(state, plant),
        scene.inlet.co2_kg_h,
        spec.solvent.max_flow_kg_h,
        control.lean.kg_per_kg_co2,
        spec.product.liquefier_max_kg_h,
        control.target.max_pct,
    )
    if scene.capturing:
        before = state.possible_pct
        filtered = ratio.smoothed(before, caps.value, control.target.filter_s, scene.dt_s)
        return replace(state, possible_pct=filtered), cap, caps
    return replace(state, possible_pct=caps.value), cap, caps


def _goal(loop: Loop, cascade: float) -> float:
    """Return where a set-point is to go by its loop's mode; NaN holds it."""
    if loop.actual is Mode.CAS:
        return cascade
    return loop.setpoint if loop.actual in (Mode.MAN, Mode.AUTO) else NAN


def _moved(
    point: SetpointPoints,
    sent: float,
    goal: float,
    rate: float,
    scene: Scene,
    ceiling: float = NAN,
) -> float:
    """Return one set-point a cycle later: tracking, or moving inside limits and rate.

    A momentary limit lowers it at once, whatever the loop's mode: frozen too.
    """
    in_force = scene.view.at(point.active)
    if scene.follow or sent != sent:
        moved = clamp(in_force, point.low, point.high) if in_force == in_force else sent
    else:
        bounded = clamp(goal, point.low, point.high) if goal == goal else NAN
        moved = ratio.toward(sent, bounded, rate, scene.dt_s)
    return limits.below(moved, ceiling, point.low) if scene.armed else moved


def _taken(sent: float, number: int, point: SetpointPoints, scene: Scene) -> float:
    """Return where a set-point goes on from: what is in force, where the PLC refused ours.

    Else it would move on from what nobody has, further and further off: refused for good
    where the PLC takes no large step.
    """
    in_force = scene.view.at(point.active)
    if not scene.refused >> number & 1 or in_force != in_force:
        return sent
    return clamp(in_force, point.low, point.high)


def _limited(
    before: ActuationState,
    number: int,
    loop: Loop,
    point: SetpointPoints,
    goal: float,
    ceiling: float,
) -> tuple[bool, ...]:
    """Return which held set-points a momentary limit holds down, with this one anew.

    Held is what a person set (MAN, AUTO) or what stands frozen (OOS, IMAN).
    """
    flags = before.limited
    held = goal if goal == goal else before.setpoints()[number]
    now = loop.actual not in (Mode.CAS, Mode.LO) and limits.held_down(
        flags[number], held, ceiling, point.high - point.low
    )
    return flags if now is flags[number] else (*flags[:number], now, *flags[number + 1 :])


def reboiler_tuning(plant: PlantConfig) -> pid.Tuning:
    """Return the tuning of the TIC-521 trim: output is steam in kg/h."""
    loop = plant.control.reboiler_loop
    return pid.Tuning(loop.kc_kg_h_per_K, loop.ti_s, loop.trim_min_kg_h, loop.trim_max_kg_h)


def _lean(
    state: RegulateState,
    sent: ActuationState,
    scene: Scene,
    plant: PlantConfig,
    measured: float,
    steam: Cap,
) -> tuple[RegulateState, ActuationState]:
    lean, loops = plant.control.lean, scene.loops
    tuning, target = captureloop.tuning_of(state, plant), state.target_pct
    base = ratio.lean_base(target, scene.inlet.co2_kg_h, lean.kg_per_kg_co2)
    lag = ratio.smoothed(state.lean_lag, base, lean.lag_s, scene.dt_s)
    ahead = ratio.lead_lag(lag, base, lean.lead_s, lean.lag_s)
    mode = loops[CAPTURE].actual
    trim = state.trim
    if mode is Mode.AUTO:
        trim = pid.output(tuning, state.trim, target, measured)
    elif mode is Mode.MAN:
        trim = clamp(0.01 * loops[CAPTURE].setpoint, tuning.low, tuning.high)
    cascade = ahead * (1.0 + trim)
    heat = limits.lean_heat_cap(steam.value, plant.control.steam.kg_per_kg_lean, lean.rise_limit)
    if heat == heat:
        cascade = min(cascade, heat)
    goal = _goal(loops[LEAN], cascade)
    taken = _taken(sent.lean, LEAN - 1, plant.points.lean, scene)
    now = _moved(plant.points.lean, taken, goal, lean.rate_kg_h_per_s, scene)
    applied = ratio.trim_of(now, ahead)
    tracking = scene.follow or loops[LEAN].actual is not Mode.CAS
    if not scene.capturing:
        integral = state.trim  # what was learnt serves at the next start
    elif tracking or mode is Mode.MAN:
        integral = pid.initialised(tuning, applied, target, measured)
    elif mode is Mode.AUTO and measured == measured:
        integral = pid.track(tuning, state.trim, applied, scene.dt_s)
    else:
        integral = state.trim
    return (
        replace(state, lean_lag=lag, trim=integral if integral == integral else state.trim),
        replace(sent, lean=now),
    )


def _steam(
    state: RegulateState,
    sent: ActuationState,
    scene: Scene,
    plant: PlantConfig,
    ceiling: float,
) -> tuple[RegulateState, ActuationState]:
    spec, loop, point = plant.control.steam, scene.loops[STEAM], plant.points.steam
    tuning, t_sp = reboiler_tuning(plant), plant.control.reboiler_loop.setpoint_degC
    t_now = _reboiler(scene.view, plant)[0]
    base = spec.kg_per_kg_lean * sent.lean
    lag = ratio.smoothed(state.steam_lag, base, spec.lag_s, scene.dt_s)
    ahead = ratio.lead_lag(lag, base, spec.lead_s, spec.lag_s)
    cascade = ahead + pid.output(tuning, state.heat, t_sp, t_now)
    goal = _goal(loop, cascade)
    # Heat that is not there is given up at once: no rate limit on the way down.
    taken = _taken(sent.steam, STEAM - 1, point, scene)
    now = _moved(point, taken, min(goal, ceiling), spec.rate_kg_h_per_s, scene, ceiling)
    limited = _limited(sent, STEAM - 1, loop, point, goal, ceiling)
    applied = now - ahead
    if not scene.capturing:
        integral = state.heat
    elif scene.follow or loop.actual in (Mode.MAN, Mode.AUTO):
        integral = pid.initialised(tuning, applied, t_sp, t_now)
    elif loop.actual is Mode.CAS and t_now == t_now:
        integral = pid.track(tuning, state.heat, applied, scene.dt_s)
    else:
        integral = state.heat
    return (
        replace(state, steam_lag=lag, heat=integral if integral == integral else state.heat),
        replace(sent, steam=now, limited=limited),
    )


def _plain(sent: ActuationState, scene: Scene, plant: PlantConfig) -> tuple[ActuationState, Cap]:
    """Return treated flow, lean temperature and stripper pressure, and what bounds gas."""
    gas, spec, loops, points = plant.control.gas, plant.spec, scene.loops, plant.points
    cap = limits.treated_cap(
        scene.inlet.available_kg_h,
        spec.gas.available_fraction,
        spec.gas.design_flow_kg_h,
        spec.gas.max_flow_kg_h,
        scene.inlet.known,
    )
    treated, limited = sent.treated, sent.limited
    if points.treated is not None:
        goal = _goal(loops[TREATED], cap.value)
        ceiling = limits.treated_ceiling(scene.inlet.available_kg_h, spec.gas.available_fraction)
        treated = _taken(treated, TREATED - 1, points.treated, scene)
        treated = _moved(points.treated, treated, goal, gas.rate_kg_h_per_s, scene, ceiling)
        limited = _limited(sent, TREATED - 1, loops[TREATED], points.treated, goal, ceiling)
    rates = plant.control.setpoints
    t_taken = _taken(sent.lean_t, LEAN_T - 1, points.lean_t, scene)
    p_taken = _taken(sent.pressure, PRESSURE - 1, points.pressure, scene)
    lean_t = _own(loops[LEAN_T], spec.solvent.lean_temperature_degC)
    pressure = _own(loops[PRESSURE], spec.stripper.pressure_kPa)
    return (
        replace(
            sent,
            treated=treated,
            limited=limited,
            lean_t=_moved(points.lean_t, t_taken, lean_t, rates.lean_t_rate_degC_per_s, scene),
            pressure=_moved(
                points.pressure, p_taken, pressure, rates.pressure_rate_kPa_per_s, scene
            ),
        ),
        cap,
    )


def _own(loop: Loop, design: float) -> float:
    """Return a plain loop's set-point: the person's, else the design value."""
    if loop.actual not in (Mode.MAN, Mode.AUTO):
        return NAN
    return loop.setpoint if loop.setpoint == loop.setpoint else design
