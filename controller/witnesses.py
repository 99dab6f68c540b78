"""Do the ways of measuring capture agree, and if not, which one is the odd one.

Compared are means of the differences over many minutes, in kg/h of CO2, so that
noise, dead times and short swings cancel.  What the solvent takes up or gives back
meanwhile is taken out: the inventory times the rate at which its loadings change.
What is left must lie within the instruments' uncertainties and an allowance.  This
also holds while the plant moves, when no single figure can be trusted as it stands.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from math import hypot
from typing import Final

from controller.points import NAN
from controller.ratio import smoothed

CLEARS: Final = 0.8  # of its tolerance: so near again, two ways agree as they did before
CLEAR_MAJORITY: Final = 2.0  # the odd one is this much farther off than the others are apart
MOST_STORED: Final = 4.0  # of the allowance: what the inventory may explain
GRACE_S: Final = 60.0  # so long without a value costs nothing


class Way(IntEnum):
    """A way of measuring the capture rate, or the inlet CO2 they all rest on; journalled."""

    NONE = 0
    GAS = 1
    LIQUID = 2
    PRODUCT = 3
    INLET = 4


class Verdict(IntEnum):
    """What the comparison says; the numbers are journalled."""

    UNKNOWN = 0
    AGREE = 1
    ONLY_ONE = 2
    DISAGREE = 3


# Each pair, and the way that is not in it.
PAIRS: Final = (
    (Way.LIQUID, Way.GAS, Way.PRODUCT),
    (Way.PRODUCT, Way.GAS, Way.LIQUID),
    (Way.PRODUCT, Way.LIQUID, Way.GAS),
)
Triple = tuple[float, float, float]
UNKNOWN: Final[Triple] = (NAN, NAN, NAN)


@dataclass(frozen=True, slots=True)
class Spec:
    """How to compare: mean over s, inventories in kg, tolerance.

    `lean_kg`, `rich_kg`: solvent that holds the lean and the rich loading;
    `doubt`: tolerated share of the two expanded uncertainties together;
    `allowance_pct`: points beside them, for what the inventory does not explain.
    """

    mean_s: float
    lean_kg: float
    rich_kg: float
    doubt: float
    allowance_pct: float


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures of one cycle: CO2 caught by each way and CO2 in, kg/h (NaN: not known).

    `u_pct`: expanded uncertainties of gas, liquid and product side, points;
    `lean`, `rich`: loadings; `co2_per_mol`: kg of CO2 per kg of solvent and loading.
    """

    gas: float
    liquid: float
    product: float
    co2_in: float
    u_pct: Triple
    lean: float
    rich: float
    co2_per_mol: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Means of the differences (kg/h) of PAIRS, how long each is made of (s), what it says.

    `since_s`: capturing so long; `apart`: difference over tolerance of each pair, NaN
    while not yet known;
    `clash`: which pairs disagree; `odd`: the way two others agree against.
    """

    difference: Triple = UNKNOWN
    made_s: Triple = (0.0, 0.0, 0.0)
    co2_in: float = NAN
    lean: float = NAN
    rich: float = NAN
    since_s: float = 0.0
    apart: Triple = UNKNOWN
    clash: tuple[bool, bool, bool] = (False, False, False)
    odd: Way = Way.NONE


def advance(before: Comparison, seen: Seen, spec: Spec, dt_s: float) -> Comparison:
    """Return the comparison one cycle later."""
    mean_s = spec.mean_s
    if before.since_s < mean_s:  # the solvent fills: its first minutes would outweigh the rest
        return replace(before, since_s=before.since_s + dt_s)
    now = (seen.liquid - seen.gas, seen.product - seen.gas, seen.product - seen.liquid)
    kept = [_kept(d, m, x, mean_s, dt_s) for d, m, x in _zip(before.difference, before.made_s, now)]
    after = replace(
        before,
        difference=_triple([k[0] for k in kept]),
        made_s=_triple([k[1] for k in kept]),
        co2_in=smoothed(before.co2_in, seen.co2_in, mean_s, dt_s),
        lean=smoothed(before.lean, seen.lean, mean_s, dt_s),
        rich=smoothed(before.rich, seen.rich, mean_s, dt_s),
    )
    after = replace(after, apart=_apart(after, seen, spec))
    clash = [_clashes(z, was) for z, was in zip(after.apart, before.clash, strict=True)]
    after = replace(after, clash=(clash[0], clash[1], clash[2]))
    return replace(after, odd=_odd(after))


def verdict(comparison: Comparison, good: int) -> Verdict:
    """Return what to say of the `good` ways of measuring there are now."""
    if any(comparison.clash):
        return Verdict.DISAGREE
    if good < 2:
        return Verdict.ONLY_ONE if good else Verdict.UNKNOWN
    compared = any(z == z for z in comparison.apart)
    return Verdict.AGREE if compared else Verdict.UNKNOWN


def _zip(a: Triple, b: Triple, c: Triple) -> list[Triple]:
    return list(zip(a, b, c, strict=True))


def _triple(values: list[float]) -> Triple:
    return values[0], values[1], values[2]


def _kept(
    mean: float, made_s: float, now: float, mean_s: float, dt_s: float
) -> tuple[float, float]:
    """Return mean and time behind it; a gap costs as much time as it lasts."""
    full = 2.0 * mean_s + GRACE_S
    if now == now:
        return smoothed(mean, now, mean_s, dt_s), min(made_s + dt_s, full)
    made_s = made_s - dt_s
    return (mean, made_s) if made_s > 0.0 else (NAN, 0.0)


def _apart(c: Comparison, seen: Seen, spec: Spec) -> Triple:
    """Return each pair's mean difference over its tolerance, the inventory's part taken out.

    A loading less its mean over a time is its rate of change times that time.  The part
    is bounded: a loading that drifts must not make the other two ways disagree.
    """
    if not c.co2_in > 1.0:
        return UNKNOWN
    most = MOST_STORED * spec.allowance_pct / 100.0 * c.co2_in
    per_h = seen.co2_per_mol * 3600.0 / spec.mean_s
    lean, rich = (_or_0(per_h * (x - m)) for x, m in ((seen.lean, c.lean), (seen.rich, c.rich)))
    stored = (spec.rich_kg * rich, spec.lean_kg * lean + spec.rich_kg * rich, spec.lean_kg * lean)
    u_gas, u_liquid, u_product = seen.u_pct
    u = (hypot(u_liquid, u_gas), hypot(u_product, u_gas), hypot(u_product, u_liquid))
    found = []
    for difference, made_s, part, wide in zip(c.difference, c.made_s, stored, u, strict=True):
        tolerance = spec.doubt * wide + spec.allowance_pct
        ready = made_s >= 2.0 * spec.mean_s
        taken = min(max(part, -most), most)
        found.append(100.0 * abs(difference + taken) / c.co2_in / tolerance if ready else NAN)
    return _triple(found)


def _or_0(value: float) -> float:
    return value if value == value else 0.0


def _clashes(apart: float, before: bool) -> bool:
    """Return whether a pair disagrees; what can no longer be told stays as it was."""
    return before if apart != apart else apart > (CLEARS if before else 1.0)


def _odd(c: Comparison) -> Way:
    """Return the way that is off from two others that agree; the one known before stays."""
    if not any(c.clash):
        return Way.NONE
    best, found = 0.0, Way.NONE
    for i, (_, _, way) in enumerate(PAIRS):
        others = c.apart[i]
        off = min(z for j, z in enumerate(c.apart) if j != i)
        both = all(clash for j, clash in enumerate(c.clash) if j != i)
        clear = both or off >= CLEAR_MAJORITY * others
        if not c.clash[i] and off > best and clear:
            best, found = off, way
    return found or c.odd
