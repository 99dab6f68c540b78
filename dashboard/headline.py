"""The first card: is it capturing, how well, what limits it, what would help."""

from collections.abc import Mapping
from typing import Final

from dashboard.rigstate import (
    CAPTURE,
    CAPTURING,
    HOLD,
    Bypass,
    Constraint,
    capturing,
    constraint,
    missing,
    point_named,
)
from dashboard.values import DASH, Point, Values

GAS_SIDE, INLET = 1, 4  # of channels capture_from and witness_odd
RATIO, SLOW = 1, 5  # of channel tier
STEAM_LATENT_MJ_KG: Final = 2.133  # 3 barg to saturated liquid, as in the datasheet
# The limits a person could move, and how.
_HELP: Final[Mapping[int, tuple[str, str]]] = {
    Constraint.GAS: (
        "All exhaust that may be drawn is drawn.",
        "More engine load gives more gas.",
    ),
    Constraint.SOLVENT: (
        "Lean solvent flow is at its limit.",
        "A leaner solvent needs more steam.",
    ),
    Constraint.TEMPERATURE: (
        "The reboiler is at its highest temperature.",
        "Hotter destroys the amine.",
    ),
    Constraint.TANK: (
        "The LCO₂ tank or the liquefier takes no more.",
        "Offload, or lower the target.",
    ),
}
_LIMITS: Final = frozenset({Constraint.HEAT, *_HELP})


def _clip(value: float) -> float:
    return max(0.0, min(100.0, value))


def headline(values: Values, bypass: Bypass) -> dict[str, object]:
    """Return texts and bar lengths (in % of its width, None: not drawn)."""
    best, band = values["capture_10min_pct"], values["capture_10min_u_pct"]
    target, possible = values["target_pct"], values["possible_pct"]
    limit = constraint(values)
    running = capturing(values)
    lines = _lines(limit, values, running, bypass)
    return {
        **_figure(values, running),
        "constraint": "No figure" if limit is None else values["constraint"].label(),
        "constraint_class": "held" if limit in _LIMITS else "",
        "line1": lines[0],
        "line2": lines[1],
        "line3": lines[2],
        "target_text": f"target {target.text(0)}" if target.known else "",
        "pct": _clip(best.value) if best.known and running else None,
        "lo": _clip(best.value - band.value) if best.known and band.known and running else None,
        "hi": _clip(best.value + band.value) if best.known and band.known else 0.0,
        "target": _clip(target.value) if target.known else None,
        "possible": _clip(possible.value) if possible.known and limit == Constraint.HEAT else None,
    }


def _figure(values: Values, running: bool) -> dict[str, object]:
    """Return the big figure; a rate of before is no rate when nothing is captured now."""
    best, band = values["capture_10min_pct"], values["capture_10min_u_pct"]
    covered, idle = values["capture_10min_covered_s"], values["capture_10min_idle_s"]
    letter = f"  {best.letter}" if best.letter and best.known else ""
    if not running:
        label = "Capture rate of treated gas, now"
        past = _past(best, covered, idle)
        return {"label": label, "value": DASH, "unit": "", "band": past + letter, "class": "past"}
    return {
        "label": f"Capture rate of treated gas, {window(covered, idle=idle)}",
        "value": best.text(1),
        "unit": "%",
        "band": (f"± {band.text(1)}" if band.known and best.known else "") + letter,
        "class": best.css if best.known else "",
    }


def _past(best: Point, covered: Point, idle: Point) -> str:
    """Say what was captured in the last 10 min, and in how much of them."""
    if not best.known:
        return "nothing captured in the last 10 min" if idle.known and idle.value >= 480.0 else ""
    if not covered.known or covered.value >= 480.0:
        return f"last 10 min: {best.text(1)} %"
    return f"captured in {_minutes(covered.value)} of the last 10 min: {best.text(1)} % then"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 30.0 else "less than 1"


def window(covered: Point, whole_min: int = 10, idle: Point | None = None) -> str:
    """Return what a mean covers in words; a journal that does not tell is believed.

    A window counts as full from 80 % of its length on.  `idle` is the time in it in
    which nothing was captured: the mean is then of the rest, and says so.
    """
    whole = f"{whole_min} min" if whole_min < 60 else f"{whole_min // 60} h"
    if not covered.known or covered.value >= 0.8 * 60 * whole_min:
        return f"mean of {whole}"
    if idle is not None and idle.known and idle.value >= 30.0:
        return f"captured in {_minutes(covered.value)} of the last {whole_min} min"
    if covered.value < 10.0:
        return "no mean yet"
    if covered.value < 60.0:
        return f"mean of {covered.value:.0f} s so far"
    return f"mean of {int(covered.value / 60)} min so far"


def _lines(
    limit: int | None, values: Values, running: bool, bypass: Bypass
) -> tuple[str, str, str]:
    if bypass.contradicted or limit is None or limit == Constraint.NOT_CAPTURING or not running:
        return _why_not(values, bypass)
    first, second, third = _limit_lines(limit, values)
    degraded = _degraded(values)
    return (degraded, first, second) if degraded else (first, second, third)


def _degraded(values: Values) -> str:
    """Say that the gas side is lost and what capture is steered on instead; else ""."""
    source = values["capture_from"]
    if not source.known or round(source.value) == GAS_SIDE or not values["tier"].good:
        return ""
    if round(values["tier"].value) not in (RATIO, SLOW):
        return ""
    odd = values["witness_odd"]
    if odd.known and round(odd.value) in (GAS_SIDE, INLET):
        why = f"The {odd.label()} is contradicted"
    else:
        point = point_named(values, "missing_point")
        why = f"{point.channel.name} is lost" if point else "The gas side is not GOOD"
    return f"{why}: steering on {source.label()}."


def _limit_lines(limit: int, values: Values) -> tuple[str, str, str]:
    if limit == Constraint.UNKNOWN:
        return (*_not_known(values), "")
    if limit == Constraint.TARGET_HELD:
        return "The target is not raised until the gas side is back.", "", ""
    possible, margin = values["possible_pct"], values["steam_margin_kg_h"]
    could = f"{possible.text(0)} % is possible" if possible.known else "What is possible is unknown"
    if limit == Constraint.HEAT and values["steam_short"].on:
        there, due = values["FT-810"], values["steam_expected_kg_h"]
        return (
            "Less steam than these engines should give:",
            f"{there.text(2, 1e-3)} of {due.text(2, 1e-3)} t/h. Look at the boilers.",
            f"{could}.",
        )
    if limit == Constraint.HEAT:
        return (
            f"{could} with the steam there is.",
            _more_steam(values),
            "The ship's heat goes first.",
        )
    spare = f"{max(0.0, margin.value) / 1e3:.2f} t/h of steam to spare." if margin.known else ""
    if limit == Constraint.ON_TARGET:
        return f"{could} with the steam there is.", spare, ""
    if limit in (Constraint.NEARING_TARGET, Constraint.ABOVE_TARGET):
        return _moving(limit, values), f"{could} with the steam there is.", spare
    if limit == Constraint.PLC_CONTROL:
        armed = values["authority"].on
        how = "Taking over takes a minute." if armed else "Arm to steer."
        return f"The PLC holds its own set-points. {how}", f"{could}.", spare
    cause, help_ = _HELP.get(limit, ("", ""))
    return cause, help_, f"{could}. {spare}" if spare else ""


def _not_known(values: Values) -> tuple[str, str]:
    """Name the measurement without which the limit cannot be told, and what it measures."""
    point = point_named(values, "missing_point")
    if point is None:
        return "A measurement it takes to tell is not GOOD.", ""
    told = f"{point.channel.name} is not GOOD: the limit cannot be told."
    return told, f"{point.channel.text}."


def _moving(limit: int, values: Values) -> str:
    """Say whether the target itself still ramps, and how long, or the rate follows it."""
    left, target = values["target_ramp_min"], values["target_pct"]
    up = limit == Constraint.NEARING_TARGET
    way = "Coming up to" if up else "Above the target: coming down to"
    goal = f"{target.text(0)} %" if target.known else "the target"
    if not left.known or left.value < 0.1:
        return f"{way} {goal}."
    minutes = max(1, round(left.value))
    return f"{way} {goal}, in force in {minutes} min."


def _more_steam(values: Values) -> str:
    """Say how much more steam the target would need, by the present duty."""
    duty, co2_in = values["srd_GJ_t"], values["co2_in_kg_h"]
    target, possible = values["target_pct"], values["possible_pct"]
    if not all(p.good for p in (duty, co2_in)) or not (target.known and possible.known):
        return "More engine load gives more steam."
    short_kg_h = max(0.0, target.value - possible.value) / 100 * co2_in.value
    steam_t_h = short_kg_h * duty.value / STEAM_LATENT_MJ_KG / 1e3
    if steam_t_h < 0.005:
        return "The target is just within reach."
    return f"About {steam_t_h:.2f} t/h more steam gives {target.text(0)} %."


def _why_not(values: Values, bypass: Bypass) -> tuple[str, str, str]:
    unit, engines = values["HS-UNIT"], values["engines_running"]
    state = unit.label() if unit.good else DASH
    if bypass.latched or bypass.contradicted:
        return _bypassed(bypass)
    asked = "A bypass is asked for; the PLC has not got it yet." if bypass.pending else ""
    if engines.good and engines.value < 0.5:
        return "No main engine runs: no exhaust, no steam.", f"The rig waits in {state}.", asked
    if unit.good and round(unit.value) in CAPTURING:
        return "The capture figure is not settled yet.", "", asked
    if state == DASH:
        return "What the rig does is unknown.", "", asked
    held = point_named(values, "hold_cause")
    if held is not None:
        return _held(held, values, state)
    why = [f"{words[0].upper()}{words[1:]}." for words in missing(values)]
    first, second = [*why, "", ""][:2]
    if unit.good and round(unit.value) == HOLD:
        asked = asked or second or _way_back(values)
    return f"The rig is in {state}.", first, asked or second


def _held(point: Point, values: Values, state: str) -> tuple[str, str, str]:
    """Say which point holds the rig, and whether somebody has to ask for capture again."""
    left, back = values["hold_left_s"], "Capture returns by itself once it is."
    if values["hold_returns"].off:
        back = "Once it is, capture starts when a person asks for it."
    elif left.known:
        back = f"It is again: capture returns by itself in {max(0.0, left.value):.0f} s."
    return f"Held in {state}: {point.channel.name} is not GOOD.", f"{point.channel.text}.", back


def _way_back(values: Values) -> str:
    goal = values["unit_goal"]
    if not goal.known:
        return ""
    if round(goal.value) == CAPTURE:
        return "Capture returns by itself."
    return "Capture starts when a person asks for it."


def _bypassed(bypass: Bypass) -> tuple[str, str, str]:
    back = "Capture starts again only when a person asks."
    if bypass.proven:
        return "Bypassed: all exhaust goes up the funnel.", back, ""
    if bypass.contradicted:
        return "The bypass is contradicted: look at the panel.", f"Denied by {bypass.against}.", ""
    if not bypass.overdue and bypass.left_s:
        left = f"Proof is due within {bypass.left_s:.0f} s."
        return "Bypassed: the blower runs down.", left, back
    why = [f"Denied by {bypass.against}."] if bypass.against else []
    why += [f"Unknown: {bypass.unknown}."] if bypass.unknown else []
    first, second = [*([" ".join(why)] if why else []), back, ""][:2]
    return "Bypassed, but not proven: look at the panel.", first, second
