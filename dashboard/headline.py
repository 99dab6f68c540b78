"""The first card: is it capturing, how well, what limits it, what would help."""

from typing import Final

from dashboard.values import DASH, Values

STEAM_LATENT_MJ_KG: Final = 2.133  # 3 barg to saturated liquid, as in the datasheet
_ON_TARGET, _HEAT, _GAS, _SOLVENT, _TEMPERATURE, _TANK, _NOT = range(7)
_CAPTURING: Final = frozenset({3, 4})  # CAPTURE, TURNDOWN


def _clip(value: float) -> float:
    return max(0.0, min(100.0, value))


def headline(values: Values) -> dict[str, object]:
    """Return texts and bar lengths (in % of its width, None: not drawn)."""
    best, band = values["capture_10min_pct"], values["capture_10min_u_pct"]
    target, possible = values["target_pct"], values["possible_pct"]
    limit = values["constraint"]
    number = round(limit.value) if limit.known else _NOT
    lines = _lines(number, values)
    return {
        "label": "Capture rate of the treated gas, mean of 10 min",
        "value": best.text(1),
        "unit": "%",
        "band": (f"± {band.text(1)}" if band.known and best.known else "")
        + (f"  {best.letter}" if best.letter and best.known else ""),
        "class": best.css if best.known else "",
        "constraint": limit.label() if limit.known else "No figure",
        "constraint_class": "held" if number not in (_ON_TARGET, _NOT) else "",
        "line1": lines[0],
        "line2": lines[1],
        "line3": lines[2],
        "target_text": f"target {target.text(0)}" if target.known else "",
        "pct": _clip(best.value) if best.known else None,
        "lo": _clip(best.value - band.value) if best.known and band.known else None,
        "hi": _clip(best.value + band.value) if best.known and band.known else 0.0,
        "target": _clip(target.value) if target.known else None,
        "possible": _clip(possible.value) if possible.known and number == _HEAT else None,
    }


def _lines(limit: int, values: Values) -> tuple[str, str, str]:
    if limit == _NOT:
        return _why_not(values)
    possible, margin = values["possible_pct"], values["steam_margin_kg_h"]
    could = f"{possible.text(0)} % is possible" if possible.known else "What is possible is unknown"
    if limit == _HEAT:
        return (
            f"{could} with the steam there is.",
            _more_steam(values),
            "The ship's heat goes first.",
        )
    spare = f"{max(0.0, margin.value) / 1e3:.2f} t/h of steam to spare." if margin.known else ""
    if limit == _ON_TARGET:
        return f"{could} with the steam there is.", spare, ""
    cause, help_ = {
        _GAS: ("All exhaust that may be drawn is drawn.", "More engine load gives more gas."),
        _SOLVENT: ("Lean solvent flow is at its limit.", "A leaner solvent needs more steam."),
        _TEMPERATURE: ("The reboiler is at its highest temperature.", "Hotter destroys the amine."),
        _TANK: ("The LCO₂ tank or the liquefier takes no more.", "Offload, or lower the target."),
    }.get(limit, ("", ""))
    return cause, help_, f"{could}. {spare}" if spare else ""


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


def _why_not(values: Values) -> tuple[str, str, str]:
    unit, engines = values["HS-UNIT"], values["engines_running"]
    state = unit.label()
    if values["HS-BYPASS"].value == 1.0:
        return (
            "Bypass is active: all exhaust goes up the funnel.",
            "Capture starts again only when a person asks.",
            "",
        )
    if engines.known and engines.value < 0.5:
        return "No main engine runs: no exhaust, no steam.", f"The rig waits in {state}.", ""
    if unit.known and round(unit.value) in _CAPTURING:
        return "The capture figure is not settled yet.", "", ""
    return f"The rig is in {state}.", "", "" if state != DASH else "Unit state unknown."
