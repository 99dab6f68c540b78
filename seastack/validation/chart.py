"""Small SVG charts of lines and points over one axis each, no library needed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

COLOURS = ("#0a5fb4", "#c4561f", "#2b7d46", "#7a4fa3", "#8a6d00", "#1b8a96")
STYLE = "<style>text{font:11px sans-serif;fill:#333}.a{stroke:#888;fill:none}</style>"
PAPER = '<rect width="100%" height="100%" fill="#fff"/>'
LEFT, TOP, BELOW = 52.0, 34.0, 40.0
LINE = 14.0
KEY = 24.0

Series = tuple[str, Sequence[float], Sequence[float]]
"""Name, x, y; points may carry a text each, see `Panel.tips`."""


def _plain(value: float) -> str:
    return f"{value:.4g}"


@dataclass(frozen=True)
class Panel:
    """One box: lines and points by name, in the order of their colours.

    tips: a text for each point of the first point series, shown on hovering; legend_below:
    names under the box, where inside they would cover points; legend: whether there is one;
    colour: place of the first line's colour; thick: stroke of the lines.
    """

    title: str
    x_name: str
    y_name: str
    points: Sequence[Series] = ()
    lines: Sequence[Series] = ()
    tips: Sequence[str] = ()
    width: float = 360.0
    height: float = 300.0
    square: bool = False
    legend_below: bool = False
    legend: bool = True
    colour: int = 0
    thick: float = 1.0
    x_text: Callable[[float], str] = field(default=_plain)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.05 * (high - low) + 1e-9 * (abs(high) + 1.0)
    return low - room, high + room


def ticks(low: float, high: float, round_steps: bool = True) -> list[float]:
    """Return about five places between low and high, at round numbers unless told not to."""
    if not round_steps:
        return [low + (high - low) * k / 5.0 for k in range(6)]
    rough = (high - low) / 5.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = size * next(m for m in (1.0, 2.0, 5.0, 10.0) if m * size >= rough * 0.8)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _axes(panel: Panel) -> tuple[tuple[float, float], tuple[float, float]]:
    every = [*panel.points, *panel.lines]
    xs, ys = [x for s in every for x in s[1]], [y for s in every for y in s[2]]
    if panel.square:
        both = _span(xs + ys)
        return both, both
    return _span(xs), _span(ys)


def _draw(panel: Panel, x0: float) -> list[str]:
    """Return the parts of one panel with its box's left edge at x0."""
    (x_low, x_high), (y_low, y_high) = _axes(panel)
    w, h = panel.width, panel.height

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            x0 + (x - x_low) / (x_high - x_low) * w,
            TOP + h - (y - y_low) / (y_high - y_low) * h,
        )

    parts = [f'<rect class="a" x="{x0}" y="{TOP}" width="{w}" height="{h}"/>']
    parts.append(f'<text x="{x0}" y="{TOP - 16}">{escape(panel.title)}</text>')
    parts.append(f'<text x="{x0}" y="{TOP - 4}">{escape(panel.y_name)}</text>')
    parts.append(
        f'<text x="{x0 + w}" y="{TOP + h + 32}" text-anchor="end">{escape(panel.x_name)}</text>'
    )
    for x in ticks(x_low, x_high, panel.x_text is _plain):
        px, _ = at(x, y_low)
        parts.append(
            f'<text x="{px:.1f}" y="{TOP + h + 15}" text-anchor="middle">{panel.x_text(x)}</text>'
        )
    for y in ticks(y_low, y_high):
        _, py = at(x_low, y)
        parts.append(f'<text x="{x0 - 5}" y="{py + 4:.1f}" text-anchor="end">{_plain(y)}</text>')
    for k, (name, xs, ys) in enumerate(panel.lines):
        path = " ".join("{:.1f},{:.1f}".format(*at(x, y)) for x, y in zip(xs, ys, strict=True))
        stroke = f'stroke="{_line(name, k + panel.colour)}"'
        if name and panel.thick != 1.0:
            stroke += f' stroke-width="{panel.thick:g}"'
        parts.append(f'<polyline fill="none" {stroke} points="{path}"/>')
    for k, (_, xs, ys) in enumerate(panel.points):
        fill = _colour(k) if k == 0 else "none"
        for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
            px, py = at(x, y)
            tip = f"<title>{escape(panel.tips[i])}</title>" if k == 0 and panel.tips else ""
            parts.append(
                f'<circle fill="{fill}" stroke="{_colour(k)}" cx="{px:.1f}" cy="{py:.1f}" r="3">'
                f"{tip}</circle>"
            )
    return [*parts, *_legend(panel, x0 + 8.0)]


def _legend(panel: Panel, x: float) -> list[str]:
    parts: list[str] = []
    if not panel.legend:
        return parts
    y = TOP + LINE + (panel.height + BELOW if panel.legend_below else 0.0)
    for mark, series in (("\u25cf", panel.points), ("\u2014", panel.lines)):
        for k, (name, _, _) in enumerate(series):
            if name:
                sign = "\u25cb" if mark == "\u25cf" and k else mark
                parts.append(
                    f'<text x="{x}" y="{y}"><tspan style="fill:{_line(name, k)}">{sign}</tspan> '
                    f"{escape(name)}</text>"
                )
                y += LINE
    return parts


def _line(name: str, k: int) -> str:
    return _colour(k) if name else "#888"


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _key(names: Sequence[str]) -> str:
    """Return one line of names in the order of the lines' colours."""
    parts, x = [], LEFT
    for k, name in enumerate(names):
        parts.append(f'<path d="M{x:.0f} 14h22" stroke="{_colour(k)}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 27:.0f}" y="18">{escape(name)}</text>')
        x += 27.0 + 6.2 * len(name) + 18.0
    return "".join(parts)


def _row(panels: Sequence[Panel]) -> tuple[str, float, float]:
    """Return the parts of panels side by side, and their width and height."""
    x, parts = LEFT, []
    for panel in panels:
        parts += _draw(panel, x)
        x += panel.width + LEFT + 12.0
    height = TOP + max((p.height for p in panels), default=0.0) + BELOW
    if any(p.legend_below for p in panels):
        height += LINE * (1 + max(len(p.points) + len(p.lines) for p in panels))
    return "".join(parts), x - LEFT + 8.0, height


def chart(panels: Sequence[Panel], across: int = 0, key: Sequence[str] = ()) -> str:
    """Return an SVG of panels side by side, or `across` in a row, under one key of lines."""
    parts, wide, y = [_key(key)], 0.0, KEY if key else 0.0
    each = across or max(len(panels), 1)
    for k in range(0, max(len(panels), 1), each):
        row, width, height = _row(panels[k : k + each])
        parts.append(f'<g transform="translate(0 {y:.0f})">{row}</g>' if y else row)
        wide, y = max(wide, width), y + height
    size = f'width="{wide:.0f}" height="{y:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{STYLE}{PAPER}{"".join(parts)}</svg>\n'
