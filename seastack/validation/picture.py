"""Small SVG pictures of a validation: parity and temperature profiles, no library needed."""

from collections.abc import Sequence
from html import escape

from seastack.validation.result import Comparison

SIDE, EDGE = 360.0, 46.0
STYLE = (
    "<style>text{font:11px sans-serif;fill:#333}.a{stroke:#888;fill:none}"
    ".o{fill:#0a5fb4}.r{fill:none;stroke:#c4561f}.b{stroke:#0a5fb4;stroke-opacity:.45}.l{stroke:#0a5fb4;fill:none;stroke-width:2}"
    "</style>"
)


def _scale(low: float, high: float, value: float) -> float:
    return (value - low) / (high - low) * SIDE


def _frame(x0: float, title: str, low: float, high: float, unit: str) -> list[str]:
    """Return box, diagonal, ticks and title of one parity panel at x0."""
    parts = [
        f'<rect class="a" x="{x0}" y="{EDGE}" width="{SIDE}" height="{SIDE}"/>',
        f'<line class="a" x1="{x0}" y1="{EDGE + SIDE}" x2="{x0 + SIDE}" y2="{EDGE}"/>',
        f'<text x="{x0}" y="{EDGE - 18}">{escape(title)}</text>',
        f'<text x="{x0 + SIDE}" y="{EDGE + SIDE + 34}" text-anchor="end">measured{unit}</text>',
        f'<text x="{x0 + 4}" y="{EDGE - 4}">predicted{unit}</text>',
    ]
    for k in range(6):
        value = low + (high - low) * k / 5.0
        at = SIDE * k / 5.0
        text = f"{value:.3g}"
        parts.append(
            f'<text x="{x0 + at}" y="{EDGE + SIDE + 15}" text-anchor="middle">{text}</text>'
            f'<text x="{x0 - 5}" y="{EDGE + SIDE - at + 4}" text-anchor="end">{text}</text>'
        )
    return parts


def _points(x0: float, part: Sequence[Comparison], low: float, high: float) -> list[str]:
    marks = []
    for one in part:
        if one.measured is None:
            continue
        x = x0 + _scale(low, high, one.measured)
        marks += _bars(one, x, x0, low, high)
        for value, kind in ((one.reference, "r"), (one.predicted, "o")):
            if value is not None:
                y = EDGE + SIDE - _scale(low, high, value)
                tip = f"<title>{escape(one.case)}: {value:.4g}, measured {one.measured:.4g}</title>"
                marks.append(
                    f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4">{tip}</circle>'
                )
    return marks


def _bars(one: Comparison, x: float, x0: float, low: float, high: float) -> list[str]:
    """Return two standard deviations of a point: across the measured, up and down ours."""
    marks: list[str] = []
    if one.predicted is None or one.measured is None:
        return marks
    y = EDGE + SIDE - _scale(low, high, one.predicted)
    if one.sd:
        ends = [one.measured - 2.0 * one.sd, one.measured + 2.0 * one.sd]
        a, b = (x0 + _scale(low, high, v) for v in ends)
        marks.append(f'<line class="b" x1="{a:.1f}" y1="{y:.1f}" x2="{b:.1f}" y2="{y:.1f}"/>')
    if one.spread:
        ends = [one.predicted - 2.0 * one.spread, one.predicted + 2.0 * one.spread]
        a, b = (EDGE + SIDE - _scale(low, high, v) for v in ends)
        marks.append(f'<line class="b" x1="{x:.1f}" y1="{a:.1f}" x2="{x:.1f}" y2="{b:.1f}"/>')
    return marks


def _reach(one: Comparison) -> list[float]:
    """Return the values a panel has to show of a case: both, with two standard deviations."""
    found = []
    for value, sd in ((one.predicted, one.spread), (one.measured, one.sd)):
        if value is not None:
            found += [value, value - 2.0 * (sd or 0.0), value + 2.0 * (sd or 0.0)]
    return found


def parity(found: Sequence[Comparison]) -> str:
    """Return an SVG with one parity panel per quantity; ours filled, the published model's open."""
    groups: dict[str, list[Comparison]] = {}
    for one in found:
        groups.setdefault(one.quantity.split("@")[0], []).append(one)
    parts: list[str] = []
    width = EDGE
    for quantity, part in groups.items():
        values = [v for one in part for v in _reach(one)]
        if not values:
            continue
        room = 0.05 * (max(values) - min(values)) + 1e-6
        low, high = min(values) - room, max(values) + room
        published = any(one.reference is not None for one in part)
        marks = " (filled: ours; open: CCSI/Aspen)" if published else ""
        bars = (
            "; bars: two standard deviations" if any(one.sd or one.spread for one in part) else ""
        )
        parts += _frame(width, f"{quantity}{marks}{bars}", low, high, "")
        parts += _points(width, part, low, high)
        width += SIDE + 1.6 * EDGE
    size = f'width="{width:.0f}" height="{SIDE + 2 * EDGE:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{STYLE}{"".join(parts)}</svg>\n'


def profiles(
    columns: dict[str, tuple[list[float], list[float], list[tuple[float, float]]]], title: str
) -> str:
    """Return an SVG of temperature over relative height: lines ours, dots the taps.

    columns: case -> (positions from the top, degC of the model, taps).
    """
    across, w, h = 4, 190.0, 170.0
    parts = [f'<text x="10" y="16">{escape(title)}</text>']
    every = [t for _, ts, taps in columns.values() for t in (*ts, *(v for _, v in taps))]
    low, high = min(every) - 3.0, max(every) + 3.0
    for k, (case, (zs, ts, taps)) in enumerate(columns.items()):
        x0, y0 = 34.0 + (k % across) * (w + 34.0), 40.0 + (k // across) * (h + 40.0)

        def at(z: float, t: float, x0: float = x0, y0: float = y0) -> tuple[float, float]:
            return x0 + (t - low) / (high - low) * w, y0 + z * h

        line = " ".join("{:.1f},{:.1f}".format(*at(z, t)) for z, t in zip(zs, ts, strict=True))
        parts.append(f'<rect class="a" x="{x0}" y="{y0}" width="{w}" height="{h}"/>')
        parts.append(f'<polyline class="l" points="{line}"/>')
        for z, t in taps:
            x, y = at(z, t)
            parts.append(f'<circle class="r" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        parts.append(f'<text x="{x0}" y="{y0 - 4}">{escape(case)}</text>')
        parts.append(f'<text x="{x0}" y="{y0 + h + 13}">{low:.0f}</text>')
        parts.append(
            f'<text x="{x0 + w}" y="{y0 + h + 13}" text-anchor="end">{high:.0f} degC</text>'
        )
    rows = (len(columns) + across - 1) // across
    size = f'width="{across * (w + 34) + 34:.0f}" height="{rows * (h + 40) + 50:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{STYLE}{"".join(parts)}</svg>\n'
