"""What the capture loop (AIC-301) sees, aims at and may do.

It follows the gas side, slowly corrected by the liquid and the product side.
Where the gas side is lost, or contradicted by both others, it goes on with them:
slower, with its trim bounded about what it was, and its target no higher than the
one in force then.  Without any of them the trim is frozen and the ratio goes on.
"""

from dataclasses import replace

from controller import pid, ratio
from controller.config import PlantConfig
from controller.limits import Pace, clamp
from controller.points import NAN
from controller.scene import RegulateState, Scene, Source


def measure(state: RegulateState, scene: Scene, plant: PlantConfig) -> tuple[RegulateState, float]:
    """Return the capture the loop sees, %; NaN freezes its trim."""
    if not scene.capturing:
        return replace(
            state, fast=NAN, bias=0.0, seen=NAN, blind_s=0.0, source=Source.NOTHING, since_ns=0
        ), NAN
    state = replace(state, since_ns=state.since_ns or scene.t_ns)
    if scene.gas_pct == scene.gas_pct:
        return _by_gas(state, scene, plant)
    blind_s = state.blind_s + scene.dt_s
    loop, capturing_s = plant.control.capture_loop, (scene.t_ns - state.since_ns) * 1e-9
    # A value missing now and then is no loss, nor is the gas side filling when capture begins.
    if blind_s < loop.grace_s or capturing_s < loop.entry_s:
        return replace(state, blind_s=blind_s), NAN
    return _by_others(replace(state, blind_s=blind_s), scene, plant)


def _by_gas(state: RegulateState, scene: Scene, plant: PlantConfig) -> tuple[RegulateState, float]:
    loop, gas, dt_s = plant.control.capture_loop, scene.gas_pct, scene.dt_s
    if state.blind_s >= loop.grace_s:  # it is back: begin at what was seen without it
        bias = state.seen - gas
        state = replace(state, fast=gas, bias=bias if bias == bias else 0.0)
    fast = ratio.smoothed(state.fast, gas, loop.filter_s, dt_s)
    bias = ratio.smoothed(state.bias, scene.best_pct - gas, loop.blend_s, dt_s)
    state = replace(
        state, fast=fast, bias=bias, seen=fast + bias, blind_s=0.0, source=Source.GAS,
        ceiling_pct=NAN, trim_kept=NAN,
    )  # fmt: skip
    return learn(state, scene, plant), fast + bias


def _by_others(
    state: RegulateState, scene: Scene, plant: PlantConfig
) -> tuple[RegulateState, float]:
    filter_s = plant.control.capture_loop.slow_filter_s
    seen = ratio.smoothed(state.seen, scene.best_pct, filter_s, scene.dt_s)
    kept = state.trim_kept if state.trim_kept == state.trim_kept else state.trim
    ceiling = state.ceiling_pct
    if ceiling != ceiling and not scene.follow:
        ceiling = state.target_pct
    state = replace(state, seen=seen, source=scene.others, ceiling_pct=ceiling, trim_kept=kept)
    return state, seen if scene.best_pct == scene.best_pct else NAN


def learn(state: RegulateState, scene: Scene, plant: PlantConfig) -> RegulateState:
    """Learn the specific duty from slow means, once the plant has settled."""
    duty = plant.control.duty
    steam = scene.view.of("steam_flow")
    caught = 0.01 * scene.gas_pct * scene.inlet.co2_kg_h
    if (scene.t_ns - state.since_ns) * 1e-9 < duty.settle_s or steam + caught != steam + caught:
        return state
    if state.steam_kg_h != state.steam_kg_h:  # start from the design duty, not from one sample
        per_kg = 1e3 * duty.initial_GJ_t / plant.control.steam.latent_kJ_kg
        return replace(state, caught_kg_h=caught, steam_kg_h=per_kg * caught)
    return replace(
        state,
        steam_kg_h=ratio.smoothed(state.steam_kg_h, steam, duty.learn_s, scene.dt_s),
        caught_kg_h=ratio.smoothed(state.caught_kg_h, caught, duty.learn_s, scene.dt_s),
    )


def duty_GJ_t(state: RegulateState, plant: PlantConfig) -> float:
    """Return the specific reboiler duty used for what is possible, GJ/t."""
    duty = plant.control.duty
    if not state.caught_kg_h > 1.0:
        return duty.initial_GJ_t
    learnt = 1e-3 * plant.control.steam.latent_kJ_kg * state.steam_kg_h / state.caught_kg_h
    return clamp(learnt, duty.min_GJ_t, duty.max_GJ_t)


def pace_of(state: RegulateState, scene: Scene, plant: PlantConfig) -> Pace:
    """Return where the target stands; feasible is what heat and limits allow, NaN: not known."""
    feasible = plant.control.target.possible_margin * state.possible_pct
    return Pace(scene.asked_pct, state.target_pct, feasible, state.ceiling_pct)


def aim(state: RegulateState, scene: Scene, plant: PlantConfig) -> RegulateState:
    """Move the target in force to the lowest of the asked, the feasible and the ceiling."""
    target, goal = plant.control.target, pace_of(state, scene, plant).goal
    if scene.follow:
        return replace(state, target_pct=goal)
    rate = target.rate_pct_per_min / 60.0
    return replace(state, target_pct=ratio.toward(state.target_pct, goal, rate, scene.dt_s))


def ramp_min(pace: Pace, plant: PlantConfig) -> float:
    """Return how long the target in force still ramps to where it goes, min."""
    return abs(pace.goal - pace.in_force) / plant.control.target.rate_pct_per_min


def tuning_of(state: RegulateState, plant: PlantConfig) -> pid.Tuning:
    """Return the tuning of AIC-301 now: output is the relative trim of the lean ratio."""
    loop = plant.control.capture_loop
    kept = state.trim_kept
    if state.source is Source.GAS or kept != kept:
        return pid.Tuning(loop.kc_per_pct, loop.ti_s, loop.trim_min, loop.trim_max)
    return pid.Tuning(
        loop.slow_gain * loop.kc_per_pct,
        loop.ti_s,
        max(loop.trim_min, kept - loop.slow_trim),
        min(loop.trim_max, kept + loop.slow_trim),
    )
