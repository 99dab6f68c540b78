"""The three trends of the last hour as ECharts options: no HTML, no script."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dashboard.themes import FONT, Look, palettes

HOUR_S: Final = 3600
WINDOWS_MIN: Final = (4, 20, 60)  # a run of two minutes is not drawn a hair wide
_DASHES: Final = "path://M0 0h8v3h-8zM12 0h8v3h-8z"  # legend sample of a dashed curve
Ink = Literal["now", "soft", "warn"]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its word in the title, channel, unit factor and ink."""

    word: str
    channel: str
    scale: float
    ink: Ink
    dash: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """One chart; the axis never spans less than `least`, in shown units."""

    title: str
    lines: tuple[Line, ...]
    least: float
    decimals: int


TRENDS: Final = (
    Trend(
        "Capture, %",
        (
            Line("target", "target_pct", 1.0, "soft", True),
            Line("possible", "possible_pct", 1.0, "warn", True),
            Line("rate", "capture_best_pct", 1.0, "now"),
        ),
        20.0,
        0,
    ),
    Trend(
        "Flows, t/h",
        (
            Line("treated gas", "FT-110", 1e-3, "soft"),
            Line("rich", "FT-402", 1e-3, "soft", True),
            Line("lean", "FT-401", 1e-3, "now"),
        ),
        8.0,
        0,
    ),
    Trend(
        "Steam, t/h",
        (
            Line("available", "FT-810", 1e-3, "warn", True),
            Line("used", "FT-521", 1e-3, "now"),
        ),
        1.0,
        1,
    ),
)
CHANNELS: Final = tuple(sorted({line.channel for t in TRENDS for line in t.lines}))
Series = Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]


def ink_colour(look: Look, ink: Ink) -> str:
    """Return the colour of a curve."""
    p = palettes()[look]
    return {"now": p["blueColor"], "soft": p["grayTextColor"], "warn": p["orangeColor"]}[ink]


def span(columns: Sequence[NDArray[np.float64]], least: float) -> tuple[float, float, float]:
    """Return round axis ends around all finite values, `least` apart or more, and the step."""
    finite = [c[np.isfinite(c)] for c in columns]
    whole = np.concatenate(finite) if finite else np.empty(0)
    if whole.size == 0:
        return 0.0, least, least / 4
    low, high = float(whole.min()), float(whole.max())
    step = _round_step(max(high - low, least) / 4)
    middle = (low + high) / 2
    low, high = min(low, middle - least / 2), max(high, middle + least / 2)
    bottom = max(0.0, math.floor(low / step) * step)
    return bottom, math.ceil(high / step) * step, step


def _round_step(raw: float) -> float:
    power = math.pow(10.0, math.floor(math.log10(raw)))
    steps = (power, 2 * power, 5 * power)
    return next((s for s in steps if raw <= s * 1.0001), 10 * power)


def trend(
    spec: Trend, series: Series, now_ns: int, look: Look, now: str = "now"
) -> dict[str, object]:
    """Return the ECharts option of one trend.

    `series` gives (t_ns int64[k], value float64[k]) per channel; x is minutes
    before `now_ns`, an hour or as much less as a young run fills; `now` is the
    word for that moment. NaN breaks a curve: a gap stays a gap.
    """
    p = palettes()[look]
    columns = [series[x.channel][1] * x.scale for x in spec.lines if x.channel in series]
    low, high, step = span(columns, spec.least)
    text = {"color": p["grayTextColor"], "fontSize": 12}
    curves = [_curve(x, series, now_ns, look) for x in spec.lines if x.channel in series]
    if curves:
        curves[-1]["markLine"] = _now_line(p["textColor"], now)
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": FONT},
        "title": [_title(spec, p["grayTextColor"])],
        "legend": _legend(spec, look),
        "grid": {"left": 44, "right": 16, "top": 40, "bottom": 30},
        "xAxis": _x_axis(window(series, now_ns), text, p["borderColor"]),
        "yAxis": {
            "type": "value",
            "min": low,
            "max": high,
            "interval": step,
            "axisLabel": text,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "splitLine": {"lineStyle": {"color": p["borderColor"]}},
        },
        "tooltip": {"show": False},
        "series": curves,
    }


def _curve(line: Line, series: Series, now_ns: int, look: Look) -> dict[str, object]:
    t_ns, value = series[line.channel]
    minutes = np.round((t_ns - now_ns) / 60e9, 3)
    shown = np.round(value * line.scale, 3)
    data = [
        [float(m), float(v) if np.isfinite(v) else None]
        for m, v in zip(minutes, shown, strict=True)
    ]
    return {
        "name": line.word,
        "type": "line",
        "data": data,
        "symbol": "none",
        "silent": True,
        "lineStyle": {
            "color": ink_colour(look, line.ink),
            "width": 2.2 if line.ink == "now" else 1.4,
            "type": "dashed" if line.dash else "solid",
        },
        "itemStyle": {"color": ink_colour(look, line.ink)},
    }


def _title(spec: Trend, colour: str) -> dict[str, object]:
    style = {"color": colour, "fontSize": 13, "fontWeight": "normal"}
    return {"text": spec.title, "left": 10, "top": 10, "textStyle": style}


def _legend(spec: Trend, look: Look) -> dict[str, object]:
    entries = [
        {
            "name": x.word,
            "icon": _DASHES if x.dash else "rect",
            "textStyle": {"color": ink_colour(look, x.ink)},
        }
        for x in spec.lines
    ]
    return {
        "data": entries,
        "right": 12,
        "top": 9,
        "itemWidth": 14,
        "itemHeight": 3,
        "itemGap": 7,
        "selectedMode": False,
        "textStyle": {"fontSize": 11.5, "fontWeight": "bold"},
    }


def window(series: Series, now_ns: int) -> int:
    """Return the minutes to show: the shortest window that holds all there is."""
    oldest = min((int(t[0]) for t, _ in series.values() if t.size), default=now_ns)
    return next((w for w in WINDOWS_MIN if now_ns - oldest <= w * 60e9), WINDOWS_MIN[-1])


def _x_axis(minutes: int, text: dict[str, object], line: str) -> dict[str, object]:
    quarter = minutes / 4
    return {
        "type": "value",
        "min": -minutes,
        "max": minutes / 15,  # room right of "now": the eye must see where the data ends
        "interval": quarter,
        "axisLabel": {
            **text,
            "formatter": "{value} min",
            "customValues": [-k * quarter for k in (4, 3, 2, 1)],  # 0 is the line called "now"
            "margin": 11,
        },
        "axisLine": {"lineStyle": {"color": line}},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
    }


def _now_line(colour: str, now: str) -> dict[str, object]:
    return {
        "symbol": "none",
        "silent": True,
        "data": [{"xAxis": 0}],
        "label": {"formatter": now, "position": "start", "distance": 9, "color": colour},
        "lineStyle": {"color": colour, "type": "solid", "width": 1},
    }
