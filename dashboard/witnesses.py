"""The second card: three ways to the same number, and whether they agree.

Combination and verdict are the controller's (`controller.witnesses`); nothing is
judged here.
"""

from dataclasses import dataclass
from typing import Final

from dashboard.values import DASH, Point, Values

WAYS: Final = (("gas side", "gas"), ("liquid side", "liquid"), ("product", "product"))
AGREE, DISAGREE = 1, 3  # of channel witness_state
INLET: Final = 4  # of channel witness_odd: all ways rest on it
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
    odd = values["witness_odd"]
    left_out = round(odd.value) if odd.known else 0
    kinds = ["q " if i == left_out else "" for i in range(1, len(ways) + 1)]
    rows = [_row(w, axis, kind) for w, kind in zip(ways, kinds, strict=True)] + [
        _row(best, axis, "sum ")
    ]
    verdict, clash = _verdict([w for w in ways if w.counts], len(ways), values)
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


def _verdict(good: list[Witness], all_ways: int, values: Values) -> tuple[str, bool]:
    """Return the controller's verdict in one sentence, and whether it is a bad one."""
    state, odd = values["witness_state"], values["witness_odd"]
    if not good and not (odd.known and round(odd.value) == INLET):
        return "No way of measuring is GOOD now: the figure is not to be used.", True
    if not state.known:
        return "This journal does not tell whether they agree.", False
    said = round(state.value)
    if said == DISAGREE and odd.known and odd.value:
        return f"They disagree: the {odd.label()} is the odd one and is left out.", True
    if said == DISAGREE:
        return "They disagree, nobody knows which is wrong: the band covers them all.", True
    if len(good) == 1:
        return f"Only the {good[0].name} is GOOD: nothing confirms it.", False
    if said != AGREE:
        return "Not compared yet: that takes some minutes of capture.", False
    who = "All three" if len(good) == all_ways else f"Two of {all_ways}"
    apart = values["witness_apart"]
    far = f" (farthest apart: {100 * apart.value:.0f} % of the tolerance)" if apart.known else ""
    return f"{who} agree{far}.", False
