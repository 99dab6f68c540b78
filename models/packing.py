"""Packed beds: packings as data, and what a bed does with two streams.

SI throughout: superficial velocities m/s, viscosities Pa s, densities kg/m3.
The correlations are smooth and stay finite at zero flow.
"""

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypedDict, cast

from models import coefficients as ix
from models.errors import UnknownPacking
from models.kernel import kernel
from models.maths import exp, sqrt
from models.numbers import F64

G = 9.80665
SLOW = 1e-5
"""m/s added to a liquid velocity under a root, so that a dry bed has finite slopes."""


class Row(TypedDict, total=False):
    """One packing as a TOML table holds it; see models/data/packings.toml for what each means."""

    names: list[str]
    area: float
    void: float
    tsai: list[float]
    power: list[float]
    penetration: bool
    holdup: list[float]
    schultes: bool
    cl: float
    cv: float
    cp: float
    limit: float
    source: str


@dataclass(frozen=True)
class Packing:
    """One packing: surface, void and the constants of its correlations, with their source."""

    key: str
    area_m2_m3: float
    void: float
    effective: tuple[float, float, float, float]
    holdup: tuple[float, float, float]
    film: tuple[float, float, float]
    cv: float
    cp: float
    limit: float
    source: str

    def place(self, c: F64) -> None:
        """Write this packing into a coefficient vector, in place."""
        c[ix.AREA], c[ix.VOID] = self.area_m2_m3, self.void
        c[ix.E0 : ix.E3 + 1] = self.effective
        c[ix.H0], c[ix.H1], c[ix.H2] = self.holdup
        c[ix.L0 : ix.L2 + 1] = self.film
        c[ix.CV], c[ix.CP], c[ix.LIMIT] = self.cv, self.cp, self.limit


def _effective(row: Row) -> tuple[float, float, float, float]:
    """Return e0..e3 of the power law behind Tsai 2011 or Billet and Schultes 1999."""
    a = row["area"]
    if row.get("schultes"):
        d = 4.0 * row["void"] / a
        # 1.5 (a d)^-0.5 (u d/nu)^-0.2 (u^2 rho d/sigma)^0.75 (u^2/(g d))^-0.45
        return 1.5 * a**-0.5 * d**0.5 * G**0.45, 0.4, 0.75, 0.2
    if "power" in row:
        k, n = row["power"]
        return k, 4.0 * n / 3.0, n, 0.0
    k, n = row["tsai"]
    return k * G ** (n / 3.0) * a ** (-4.0 * n / 3.0), 4.0 * n / 3.0, n, 0.0


def _holdup(row: Row) -> tuple[float, float, float]:
    """Return h0..h2 of h0 u^h1 nu^h2; Billet and Schultes: (12 nu a^2 u / g)^(1/3)."""
    if row.get("schultes"):
        return (12.0 * row["area"] ** 2 / G) ** (1.0 / 3.0), 1.0 / 3.0, 1.0 / 3.0
    h0, h1 = row["holdup"]
    return h0, h1, h1 / 3.0


def _film(row: Row) -> tuple[float, float, float]:
    """Return l0..l2 of kL; Billet and Schultes, or their form with the measured holdup in it."""
    d = 4.0 * row["void"] / row["area"]
    if row.get("penetration"):
        h0, h1, _ = _holdup(row)
        return row["cl"] * 12.0 ** (1 / 6) * (d * h0) ** -0.5, 0.5 - 0.5 * h1, -h1 / 6.0
    return row["cl"] * G ** (1 / 6) * d**-0.5 * row["area"] ** (-1 / 3), 1.0 / 3.0, -1.0 / 6.0


def of_row(key: str, row: Row) -> Packing:
    """Return a packing from its table; raise KeyError naming what the table lacks."""
    return Packing(
        key, row["area"], row["void"], _effective(row), _holdup(row), _film(row),
        row["cv"], row["cp"], row["limit"], row["source"],
    )  # fmt: skip


@cache
def rows() -> dict[str, Row]:
    """Return the tables of models/data/packings.toml by key."""
    text = files("models").joinpath("data/packings.toml").read_text(encoding="utf-8")
    return cast("dict[str, Row]", tomllib.loads(text))


@cache
def packings() -> dict[str, Packing]:
    """Return every packing carried by the package, by key and by each of its trade names."""
    found: dict[str, Packing] = {}
    for key, row in rows().items():
        one = of_row(key, row)
        for name in (key, *row["names"]):
            found[plain(name)] = one
    return found


_INCHES = {"1": "25", "1.5": "40", "2": "50", "1.0": "25", "2.0": "50", "5/8": "16", "0.625": "16"}
_NOISE = re.compile(
    r"\b(sulzer|koch|glitsch|norton|raschig gmbh|metal|metallic|stainless|carbon|steel|ss|"
    r"structured|random|dumped|packings?|rings?|type|size|no|nominal|mm|inch|inches|in)\b"
)
_SPELLED = (
    ("mellapak plus", "mellapakplus"),
    ("montz pak", "montz"),
    ("montzpak", "montz"),
    ("intalox metal", "imtp"),
)


def _inches(found: re.Match[str]) -> str:
    return f" {_INCHES.get(found[1], found[1])} "


def plain(name: str) -> str:
    """Return what tells one packing from another: no makers, no units, words in any order.

    "25 mm Pall rings", "Pall ring 1 inch" and "pall-ring-25" are one.
    """
    text = re.sub(r"(\d[\d./]*)\s*(?:\"|''|-?inch(?:es)?\b|in\b)", _inches, name.lower())
    text = re.sub(r"(?<=\d)\.(?=[a-z])|[^a-z0-9.]+", " ", text)
    text = re.sub(r"(?<=\d)mm\b", " ", text)
    for spelled, short in _SPELLED:
        text = text.replace(spelled, short)
    parts = re.findall(r"[a-z]+|\d+(?:\.\d+)?", _NOISE.sub(" ", text))
    return " ".join(sorted(parts))


def packing(name: str | Packing) -> Packing:
    """Return a packing by key or trade name; raise UnknownPacking naming the nearest we carry.

    A packing of one's own is itself.
    """
    if isinstance(name, Packing):
        return name
    known = packings()
    if (one := known.get(plain(name))) is None:
        raise UnknownPacking(name, sorted({p.key for p in known.values()}), _nearest(name))
    return one


def _nearest(name: str) -> list[str]:
    """Return the keys of the packings spelled most like a name, the nearest first."""
    known, words = packings(), set(plain(name).split())
    alike: dict[str, float] = {}
    for spelled, one in known.items():
        own = set(spelled.split())
        shared = len(words & own) / len(words | own)
        ratio = difflib.SequenceMatcher(None, " ".join(sorted(words)), spelled).ratio()
        # rings are dumped, whoever makes them
        rings = 0.5 if "ring" in name.lower() and "ring" in one.key else 0.0
        alike[one.key] = max(alike.get(one.key, 0.0), shared + 0.5 * ratio + rings)
    ranked = sorted(alike, key=lambda key: -alike[key])
    return [key for key in ranked if alike[key] > 0.4][:3]


@kernel
def effective_area(c: F64, u: float, rho: float, sigma: float, nu: float) -> float:
    """Return wetted, exchanging surface, m2/m3, as a power law of the liquid velocity u."""
    own = c[3] * (u + 1e-5) ** c[4] * (rho / sigma) ** c[5] * nu ** c[6]
    found: float = c[1] * own * c[19]
    return found


@kernel
def holdup(c: F64, u: float, nu: float) -> float:
    """Return liquid held, m3 per m3 of bed (below loading)."""
    found: float = c[7] * (u + 1e-5) ** c[8] * nu ** c[21]
    return found


@kernel
def liquid_film(c: F64, u: float, nu: float, d_co2: float) -> float:
    """Return kL of CO2, m/s (Billet and Schultes 1999 with Chinen's constant)."""
    found: float = c[9] * (u + 1e-5) ** c[10] * nu ** c[11] * sqrt(d_co2)
    return found


@kernel
def gas_film(c: F64, u: float, rho: float, mu: float, diff: float, held: float) -> float:
    """Return kG, m/s (Billet and Schultes 1999); divide by R T for mol/(m2 s Pa)."""
    a = c[1]
    d_h = 4.0 * c[2] / a
    found: float = (
        c[12]
        * sqrt(a / d_h / (c[2] - held))
        * diff ** (2.0 / 3.0)
        * (mu / rho) ** (1.0 / 3.0)
        * ((u + 1e-3) * rho / (a * mu)) ** 0.75
    )
    return found


@kernel
def flooding_velocity(
    c: F64, liquid: float, gas: float, rho_l: float, rho_g: float, mu_l: float
) -> float:
    """Return the gas velocity at flooding, m/s; `liquid`, `gas` are mass flows (Akula 2021)."""
    x = liquid / (gas + 1e-9) * sqrt(rho_g / rho_l)
    drive = 9.80665 * c[2] * c[2] * c[2] / c[1] * rho_l / rho_g * (mu_l / 1e-3) ** -0.2
    found: float = sqrt(drive * exp(-c[14] * sqrt(sqrt(x))))
    return found


@kernel
def pressure_drop(c: F64, u: float, rho: float, mu: float, held: float) -> float:
    """Return Pa per m of irrigated bed below loading (Billet and Schultes 1999, no wall term)."""
    a, void = c[1], c[2]
    re = u * 6.0 * (1.0 - void) / a * rho / ((1.0 - void) * mu) + 1e-3
    psi = c[13] * (64.0 / re + 1.8 * re**-0.08) * ((void - held) / void) ** 1.5
    open_ = void - held
    found: float = psi * a / (open_ * open_ * open_) * 0.5 * rho * u * u
    return found
