"""The second card: three ways to the same number, and whether they agree.

The combination is the inverse-variance mean made by the controller; nothing is
reconciled here.  Agreement is judged by chi-square of the GOOD witnesses about
their own inverse-variance mean, 95 % (expanded uncertainties are k=2).
"""

import math
from dataclasses import dataclass
from typing import Final

from dashboard.values import DASH, Point, Values

WAYS: Final = (("gas side", "gas"), ("liquid side", "liquid"), ("product", "product"))
CHI2_95: Final = {1: 3.84, 2: 5.99}  # by degrees of freedom
LEAST_SPAN: Final = 10.0  # points: a narrower axis makes noise look like news


@dataclass(frozen=True, slots=True)
class Witness:
    """One way to the capture rate: value and expanded uncertainty in points."""

    name: str
    value: Point
    band: Point

    @property
    def counts(self) -> bool:
        """Whether it takes part in the combination."""
        return self.value.good and self.band.known and self.band.value > 0


def witnesses(values: Values) -> dict[str, object]:
    """Return rows, positions in % of the common axis, and the verdict in words."""
    ways = [
        Witness(name, values[f"capture_{key}_pct"], values[f"capture_{key}_u_pct"])
        for name, key in WAYS
    ]
    best = Witness("combined", values["capture_best_pct"], values["capture_best_u_pct"])
    axis = _axis([*ways, best])
    rows = [_row(w, axis, "") for w in ways] + [_row(best, axis, "sum ")]
    verdict, clash = _verdict([w for w in ways if w.counts], len(ways))
    return {
        "title": "Can I trust it? Three ways, one answer, now",
        "rows": rows,
        "verdict": verdict,
        "class": "clash" if clash else "",
    }


def _axis(ways: list[Witness]) -> tuple[float, float]:
    drawn = [w for w in ways if w.value.known and w.band.known]
    if not drawn:
        return 0.0, 100.0
    low = min(w.value.value - w.band.value for w in drawn)
    high = max(w.value.value + w.band.value for w in drawn)
    middle, half = (low + high) / 2, max(high - low, LEAST_SPAN) / 2 * 1.06
    return middle - half, middle + half


def _row(w: Witness, axis: tuple[float, float], kind: str) -> dict[str, object]:
    if not (w.value.known and w.band.known):
        # A way that never measured is not a fault of the page: say which letter it has.
        return {"name": w.name, "class": f"{kind}none", "text": DASH, "letter": w.value.letter}
    low, high = axis

    def place(x: float) -> float:
        return max(0.0, min(100.0, (x - low) / (high - low) * 100))

    v, u = w.value.value, w.band.value
    return {
        "name": w.name,
        "class": f"{kind}{'' if w.value.good else 'q'}",
        "lo": place(v - u),
        "mid": place(v),
        "hi": place(v + u),
        "text": f"{v:.1f} ± {u:.1f}",
        "letter": w.value.letter,
    }


def _verdict(good: list[Witness], all_ways: int) -> tuple[str, bool]:
    """Return one sentence and whether the witnesses disagree."""
    if not good:
        return "No way of measuring is GOOD now: the figure is not to be used.", True
    if len(good) == 1:
        return f"Only the {good[0].name} is GOOD: nothing confirms it.", False
    weights = [4.0 / w.band.value**2 for w in good]
    mean = sum(k * w.value.value for k, w in zip(weights, good, strict=True)) / sum(weights)
    pulls = [math.sqrt(k) * (w.value.value - mean) for k, w in zip(weights, good, strict=True)]
    chi2, limit = sum(p * p for p in pulls), CHI2_95[len(good) - 1]
    if chi2 <= limit:
        who = "All three" if len(good) == all_ways else f"Two of {all_ways}"
        return f"{who} agree (χ² {chi2:.1f}, doubt above {limit:.1f}).", False
    far = max(range(len(good)), key=lambda i: abs(pulls[i]))
    apart = good[far].value.value - mean
    side = "above" if apart > 0 else "below"
    return f"They disagree: {good[far].name} {abs(apart):.1f} points {side} the mean.", True
