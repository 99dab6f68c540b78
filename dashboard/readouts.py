"""Readouts of the mimic: where they stand and how a value becomes one.

A readout is label, bold value with the decimals its accuracy deserves, unit and
a thin strip: grey track = range, darker = normal band, needle = now.
Coordinates are those of assets/mimic.svg (1182 x 518).
"""

from dataclasses import dataclass
from html import escape
from typing import Final

from dashboard.values import Point, Values


@dataclass(frozen=True, slots=True)
class Readout:
    """One readout; `scale` turns the channel's unit into `unit`, `lo`, `hi` are shown units."""

    id: str
    channel: str
    label: str
    unit: str
    x: int
    y: int
    decimals: int
    lo: float
    hi: float
    scale: float = 1.0
    normal: tuple[float, float] | None = None  # instead of the channel's, in shown units
    width: int = 92


READOUTS: Final = (
    Readout("exhaust", "available_exhaust_kg_h", "exhaust, all", "t/h", 20, 66, 1, 0, 160, 1e-3),
    Readout("texh", "TT-110", "to quench", "°C", 134, 66, 0, 100, 400),
    Readout("sea", "TT-821", "sea water", "°C", 20, 130, 1, 0, 36, normal=(2, 32)),
    Readout("power", "JT-831", "rig power", "kW", 134, 130, 0, 0, 400),
    Readout("co2room", "GT-801", "CO₂ in space", "%", 20, 194, 2, 0, 2),
    Readout("o2room", "GT-811", "O₂ in space", "%", 134, 194, 1, 15, 24),
    Readout("so2", "AT-211", "SO₂ after quench", "ppm", 20, 258, 1, 0, 30),
    Readout("header", "PT-810", "steam header", "bar g", 134, 258, 1, 0, 6),
    Readout("tiein", "PT-110", "at tie-in", "mbar", 268, 300, 1, -20, 40),
    Readout("treated", "FT-110", "treated gas", "t/h", 268, 84, 1, 0, 24, 1e-3),
    Readout("lg", "L_G", "L/G", "kg/kg", 268, 148, 2, 0, 3, normal=(0.7, 2.0)),
    Readout("mea", "AT-303", "MEA slip", "ppm", 268, 212, 1, 0, 10),
    Readout("co2out", "AT-301", "CO₂ out, dry", "%", 390, 84, 2, 0, 8),
    Readout("bed", "PDT-331", "bed Δp", "mbar", 390, 148, 1, 0, 40),
    Readout("co2in", "AT-101", "CO₂ in, dry", "%", 390, 300, 2, 0, 10),
    Readout("peak", "bed_peak", "bed peak", "°C", 390, 212, 1, 30, 90, normal=(40, 75)),
    Readout("lean", "FT-401", "lean", "t/h", 622, 74, 1, 0, 36, 1e-3),
    Readout("leanload", "AY-401", "lean loading", "mol/mol", 746, 74, 3, 0.1, 0.4),
    Readout("rich", "FT-402", "rich", "t/h", 610, 384, 1, 0, 36, 1e-3),
    Readout("richload", "AY-402", "rich loading", "mol/mol", 610, 438, 3, 0.2, 0.6),
    Readout("feed", "TT-403", "to stripper", "°C", 780, 202, 1, 60, 130),
    Readout("product", "FT-601", "product CO₂", "t/h", 996, 178, 2, 0, 2, 1e-3, width=84),
    Readout("pstrip", "PT-501", "stripper top", "bar a", 996, 242, 2, 1, 2.5, 0.01, width=84),
    Readout("purity", "AT-623", "purity", "%", 996, 306, 2, 98, 100, width=84),
    Readout("steam", "FT-521", "steam", "t/h", 1084, 372, 2, 0, 3, 1e-3, width=84),
    Readout("reboiler", "TT-521", "reboiler", "°C", 1010, 470, 1, 90, 130),
)
ENGINE_ROWS: Final = ((14, 354), (14, 393), (14, 432), (14, 471))


def readout_svg(r: Readout) -> str:
    """Return the static part of one readout; the script fills it."""
    return (
        f'<g class="ro" id="ro-{r.id}" data-w="{r.width}" transform="translate({r.x} {r.y})">'
        f'<text class="name">{escape(r.label)}</text>'
        '<rect class="lim" x="-8" y="6" width="4" height="18"/>'
        '<text class="val" y="22"><tspan class="v"></tspan><tspan class="unit u" dx="4"></tspan>'
        '<tspan class="q" dx="5"></tspan></text>'
        f"{_strip(r.width, 29)}</g>"
    )


def engine_svg(number: int, x: int, y: int) -> str:
    """Return the row of one engine: running mark, load, back-pressure margin."""
    return (
        f'<g class="ro" id="ro-engine{number}" data-w="84" transform="translate({x + 108} {y})">'
        f'<circle class="disc" cx="-86" cy="8" r="11"/>'
        f'<text class="no mid" x="-86" y="12.5">{number}</text>'
        f'<text class="load" x="-69" y="13" id="t-load{number}"></text>'
        '<rect class="lim" x="-8" y="-4" width="4" height="18"/>'
        '<text class="val" y="13"><tspan class="v"></tspan><tspan class="unit u" dx="4"></tspan>'
        f'<tspan class="q" dx="5"></tspan></text>{_strip(84, 20)}</g>'
    )


def _strip(width: int, y: int) -> str:
    return (
        f'<rect class="track" y="{y}" width="{width}" height="5" rx="1"/>'
        f'<rect class="normal" y="{y}" width="0" height="5"/>'
        f'<rect class="needle" y="{y - 3}" width="3" height="11"/>'
    )


def value_age(p: Point) -> str:
    """Return the age of a stale value as text."""
    return f"{p.age_s:.0f} s" if p.age_s < 100 else f"{p.age_s / 60:.0f} min"


def fraction(x: float, lo: float, hi: float) -> float:
    """Return where x lies between lo and hi, clipped to 0..1."""
    return max(0.0, min(1.0, (x - lo) / (hi - lo)))


def shown(r: Readout, values: Values) -> dict[str, object]:
    """Return what the script draws for one readout."""
    return show_point(r, values[r.channel])


def show_point(r: Readout, p: Point) -> dict[str, object]:
    """Return text, unit or age, quality letter, needle and band of a point."""
    x = p.value * r.scale
    band = r.normal
    if band is None and p.channel.normal is not None:
        low, high = p.channel.normal
        band = (low * r.scale, high * r.scale)
    out = p.good and band is not None and not band[0] <= x <= band[1]
    strip = None if band is None else [fraction(band[0], r.lo, r.hi), fraction(band[1], r.lo, r.hi)]
    return {
        "v": p.text(r.decimals, r.scale),
        "u": value_age(p) if p.stale and p.known else r.unit,
        "q": p.letter,
        "c": f"{p.css} {'out' if out else ''}".strip(),
        "p": fraction(x, r.lo, r.hi) if p.known else None,
        "b": strip,
    }
