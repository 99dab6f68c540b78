"""The mimic: what the rig looks like now, as plain data for the drawing.

The drawing itself is assets/mimic.svg; this module says which text, level and
class every part of it gets. It decides nothing about the plant.
"""

import math
from dataclasses import replace
from importlib.resources import files
from typing import Final

from controller.historian.record import Channel
from dashboard.readouts import (
    ENGINE_ROWS,
    READOUTS,
    Readout,
    engine_svg,
    fraction,
    readout_svg,
    show_point,
    shown,
)
from dashboard.rigstate import Constraint, constraint, gas_flows
from dashboard.values import DASH, Point, Values, absent

ENGINES: Final = 4
_NEVER_H: Final = 999.0
_VENT_KG_H: Final = 20.0  # less than this is a meter's zero, not a vent
# levels: part of the drawing, channel
_LEVELS: Final = (
    ("quench", "LT-211"),
    ("absorber", "LT-361"),
    ("lean", "LT-451"),
    ("stripper", "LT-521"),
    ("tank", "LT-741A"),
)
_RUNNING: Final = (
    ("blower", "XS-110"),
    ("leanpump", "XS-401"),
    ("richpump", "XS-402"),
    ("compressor", "XS-630"),
)
# texts: part, channel, decimals, unit
_TEXTS: Final = (
    ("quench", "TT-202", 1, ""),
    ("sump", "LT-361", 0, " %"),
    ("bottoms", "LT-521", 0, " %"),
    ("lean", "LT-451", 0, " %"),
    ("cooler", "TT-401", 1, " °C"),
    ("condenser", "TT-561", 1, " °C"),
    ("tank", "LT-741A", 0, " %"),
    ("tankbar", "PT-741", 1, " bar g"),
)


def drawing() -> str:
    """Return the whole SVG with its readouts in place."""
    svg = files("dashboard").joinpath("assets/mimic.svg").read_text(encoding="utf-8")
    parts = [readout_svg(r) for r in READOUTS]
    parts += [engine_svg(i, x, y) for i, (x, y) in enumerate(ENGINE_ROWS, 1)]
    return svg.replace("<!--READOUTS-->", "\n".join(parts))


def mimic(values: Values) -> dict[str, object]:
    """Return readouts, texts, equipment, pipes, levels and profiles by their ids."""
    beds, trays = values.family("bed_temperature"), values.family("stripper_temperature")
    readouts = {r.id: shown(r, values) for r in READOUTS if r.id != "peak"}
    peak = next(r for r in READOUTS if r.id == "peak")
    readouts["peak"] = show_point(peak, hottest(beds))
    if not gas_flows(values):
        readouts["lg"] |= {"v": DASH, "q": "", "c": "", "p": None}
    texts = {part: _text(values[name], decimals, unit) for part, name, decimals, unit in _TEXTS}
    texts |= _words(values)
    tank = values["LT-741A"]  # no room beside the figure: its letter stands below
    texts["tank"]["v"] = f"{tank.text(0)} %" if tank.known else DASH
    texts["tankflag"] = {"v": tank.letter if tank.known else "", "c": ""}
    for i in range(1, ENGINES + 1):
        readouts[f"engine{i}"], texts[f"load{i}"] = engine(i, values)
    return {
        "readouts": readouts,
        "texts": texts,
        "equipment": _equipment(values),
        "pipes": _pipes(values),
        "levels": {part: _level(values[name]) for part, name in _LEVELS},
        "profiles": {
            "absorber": profile(beds, (30, 80), (510, 580), (404, 122)),
            "stripper": profile(trays, (85, 125), (909, 967), (404, 122)),
        },
    }


def _text(p: Point, decimals: int, unit: str) -> dict[str, str]:
    letter = f" {p.letter}" if p.letter and p.known else ""
    return {"v": f"{p.text(decimals)}{unit}{letter}" if p.known else DASH, "c": p.css}


def _level(p: Point) -> float:
    return fraction(p.value, 0.0, 100.0) if p.known else 0.0


def hottest(beds: list[Point]) -> Point:
    """Return the highest GOOD temperature of a bed, or an absent point."""
    good = [p for p in beds if p.good]
    if not good:
        return beds[0] if beds else absent("bed_peak")
    top = max(good, key=lambda p: p.value)
    return replace(top, channel=Channel("bed_peak", top.channel.unit, "calc"))


def profile(
    points: list[Point], axis: tuple[float, float], x: tuple[float, float], y: tuple[float, float]
) -> list[list[float]]:
    """Return [x, y, 1 if not GOOD] of each temperature, bottom first; unknown ones are left out."""
    rows = []
    for i, p in enumerate(points):
        if not p.known:
            continue
        f = fraction(p.value, *axis)
        height = y[0] + (y[1] - y[0]) * i / max(1, len(points) - 1)
        rows.append([round(x[0] + (x[1] - x[0]) * f, 1), round(height, 1), 0 if p.good else 1])
    return rows


def engine(i: int, values: Values) -> tuple[dict[str, object], dict[str, str]]:
    """Return the margin readout of an engine and the text of its load."""
    running, pressure = values[f"XS-91{i}"], values[f"PT-10{i}"]
    margin, power = values[f"back_pressure_margin_{i}_mbar"], values[f"JT-91{i}"]
    on = running.on
    row = Readout(f"engine{i}", "", "", "mbar", 0, 0, 1, -5, 30)
    ro = show_point(row, pressure)
    if not margin.known and pressure.known and pressure.channel.normal:
        margin = replace(pressure, value=pressure.channel.normal[1] - pressure.value)
    ro["v"] = margin.text(1) if on else DASH
    ro["u"] = ro["u"] if on else ""
    ro["c"] = f"{ro['c'] if on else ''} {'on' if on else 'off'}".strip()
    if not on:
        ro["p"], ro["b"], ro["q"] = None, None, ""
    if not running.good:
        return ro, {"v": f"{DASH} {running.letter}", "c": running.css}
    load = f"{power.value / 1e3:.1f} MW" if power.known else DASH
    return ro, {"v": load if on else "stopped", "c": power.css if on else "idle"}


def _equipment(values: Values) -> dict[str, str]:
    state = {}
    for part, name in _RUNNING:
        p = values[name]
        state[part] = f"{'on' if p.on else 'off'} {'q' if not p.good else ''}".strip()
    shut, position = values["ZSC-102"], values["ZT-102"]
    state["inlet"] = "off" if shut.on else "on"
    if not (position.good and shut.good):
        state["inlet"] += " q"
    return state


def _pipes(values: Values) -> dict[str, bool]:
    """Return which pipes carry nothing now."""

    def dry(name: str, least: float) -> bool:
        p = values[name]
        return p.known and p.value < least

    treated = dry("FT-110", 500.0)
    return {
        "exhaust": values["engines_running"].off,
        "slip": treated,
        "treated": treated,
        "rich": dry("FT-402", 300.0),
        "lean": dry("FT-401", 300.0),
        "product": dry("FT-601", 20.0),
        "reflux": dry("FT-561", 5.0),
        "reboil": dry("FT-521", 30.0),
        "steam": dry("FT-521", 30.0),
    }


def _words(values: Values) -> dict[str, dict[str, str]]:
    """Return the texts that are sentences rather than single readings."""
    position, blower = values["ZT-102"], values["SI-110"]
    hours, vent = values["hours_to_full"], values["FT-651"]
    margin = values["steam_margin_kg_h"]
    lean_out, rich_in = values["TT-405"], values["TT-402"]
    pinch = lean_out.value - rich_in.value
    venting = vent.known and vent.value > _VENT_KG_H
    heat = constraint(values) == Constraint.HEAT
    return {
        "inlet": {"v": _damper(values["ZSC-102"], position), "c": position.css},
        "blower": {"v": f"{blower.text(0)} rpm" if blower.known else DASH, "c": blower.css},
        "hours": {"v": _hours(hours)[0], "c": hours.css if hours.known else ""},
        "filling": {"v": _hours(hours)[1], "c": ""},
        "vent": {"v": f"venting {vent.value / 1e3:.2f} t/h" if venting else "", "c": ""},
        "steam": {"v": _spare(margin, heat), "c": "limit" if heat else ""},
        "pinch": {
            "v": f"{pinch:.1f} K" if math.isfinite(pinch) else DASH,
            "c": lean_out.css or rich_in.css,
        },
    }


def _damper(shut: Point, position: Point) -> str:
    if shut.on:
        return "shut"
    return f"{position.value:.0f} %" if position.known else DASH


def _hours(hours: Point) -> tuple[str, str]:
    """Return the hours until the tank is full and the words below them."""
    if not hours.known or hours.value > _NEVER_H:
        return "", "not filling"
    return f"{hours.value:.0f} h" if hours.value >= 10 else f"{hours.value:.1f} h", "to full"


def _spare(margin: Point, heat_limited: bool) -> str:
    if heat_limited:
        return "all there is"
    if not margin.known:
        return ""
    return f"{max(0.0, margin.value) / 1e3:.2f} t/h spare"
