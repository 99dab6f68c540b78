"""Instruments that speak of one thing, and how far they are apart: what shows a drift.

A `[[difference]]` of alarms.toml is a sum of points, each times a factor, which is `expected`
to have one value as long as the instruments are right: two thermometers in one pocket, what
flows in and out, CO2 and O2 of one combustion.  Its distance from `expected`, averaged over
`mean_s`, is a calculated channel, and an alarm watches that.  Where a plant lacks one of the
points, the difference and its alarms are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from controller.historian.record import Channel
from controller.points import NAN, View
from sensors.errors import ConfigError
from sensors.plantspec import Positive
from sensors.roles import UNIT_OF_ROLE
from sensors.strictfile import Strict, nearest
from sensors.tag import TagTable

FILE: Final = "alarms.toml"
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class TermSpec(Strict):
    """One point of a difference, by role or calculated channel, times `factor`.

    Without `index` it is index 0, or with `each` the number in turn.
    """

    role: str | None = None
    index: Annotated[int, Field(ge=0)] | None = None
    witness: str = ""
    signal: str | None = None
    factor: float = 1.0


class DifferenceSpec(Strict):
    """One [[difference]]: the channel `name` is |mean of the sum - expected|, in `unit`.

    With `each` (a role) there is one for every index of it: name_1, name_2 and so on.
    `when = "capturing"`: known only after `settle_s` in one go in CAPTURE or TURNDOWN.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    text: Annotated[str, Field(min_length=3)]
    unit: str
    each: str | None = None
    terms: Annotated[list[TermSpec], Field(min_length=2)]
    expected: float = 0.0
    mean_s: Positive
    when: Literal["always", "capturing"] = "always"
    settle_s: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference ready to run: (channel of the image, factor), (place in calc, factor)."""

    channel: Channel
    points: tuple[tuple[int, float], ...]
    signals: tuple[tuple[int, float], ...]
    expected: float
    mean_s: float
    capturing: bool
    settle_s: float


@dataclass(frozen=True, slots=True)
class DifferencesState:
    """The mean of each difference, how long it has been known (s), and the time in CAPTURE."""

    mean: tuple[float, ...] = ()
    known_s: tuple[float, ...] = ()
    capturing_s: float = 0.0


def differences_of(
    specs: Sequence[DifferenceSpec], table: TagTable, signals: Mapping[str, Channel]
) -> tuple[tuple[Difference, ...], frozenset[str]]:
    """Return the differences of a plant, and the names of those that lack a point.

    `signals` are the calculated channels in their order.  Raises ConfigError for a role or
    channel that does not exist and a name used twice.
    """
    found: dict[str, Difference] = {}
    absent: set[str] = set()
    for spec in specs:
        where = f"difference {spec.name}"
        if spec.each is not None:
            _known_role(spec.each, where)
        numbers: Sequence[int] = [0] if spec.each is None else table.indices(spec.each)
        made = [_resolved(spec, n, where, table, signals) for n in numbers]
        bound = [d for d in made if d is not None]
        if len(bound) < len(made) or not bound:
            absent.add(spec.name)
            continue
        for one in bound:
            if one.channel.name in found or one.channel.name in signals:
                raise ConfigError(FILE, where, f"'{one.channel.name}' is used twice")
            found[one.channel.name] = one
    return tuple(found.values()), frozenset(absent)


def _known_role(role: str, where: str) -> None:
    if role not in UNIT_OF_ROLE:
        raise ConfigError(FILE, where, f"no role '{role}'", nearest(role, UNIT_OF_ROLE))


def _resolved(
    spec: DifferenceSpec, number: int, where: str, table: TagTable, signals: Mapping[str, Channel]
) -> Difference | None:
    """Return one difference, None where a point is not bound."""
    points: list[tuple[int, float]] = []
    parts: list[tuple[int, float]] = []
    for term in spec.terms:
        if term.signal is not None:
            if term.signal not in signals:
                remedy = nearest(term.signal, signals)
                raise ConfigError(FILE, where, f"no channel '{term.signal}'", remedy)
            parts.append((list(signals).index(term.signal), term.factor))
            continue
        _known_role(term.role or "", where)
        index = number if term.index is None else term.index
        place = table.find(term.role or "", index, term.witness)
        if place is None:
            return None
        points.append((place, term.factor))
    text = spec.text.replace("{index}", str(number))
    name = spec.name if spec.each is None else f"{spec.name}_{number}"
    channel = Channel(name, spec.unit, "calc", text, 0.0, None, index=number)
    capturing = spec.when == "capturing"
    return Difference(
        channel, tuple(points), tuple(parts), spec.expected, spec.mean_s, capturing, spec.settle_s
    )


def advance(
    state: DifferencesState,
    differences: Sequence[Difference],
    view: View,
    values: Sequence[float],
    capturing: bool,
    dt_s: float,
) -> tuple[DifferencesState, list[float]]:
    """Return the state and every difference, NaN: not known; `values` in the order of calc.

    While a point is not GOOD nothing is said, and what was known fades as fast as it came.
    """
    time_s = state.capturing_s + dt_s if capturing else 0.0
    means = state.mean or (NAN,) * len(differences)
    known = state.known_s or (0.0,) * len(differences)
    said: list[float] = []
    after: list[tuple[float, float]] = []
    for one, mean, known_s in zip(differences, means, known, strict=True):
        if one.capturing and (not capturing or time_s < one.settle_s):
            mean, known_s, off = NAN, 0.0, NAN
        else:
            off = _sum(one, view, values) - one.expected
            mean, known_s = _averaged(mean, known_s, off, one.mean_s, dt_s)
        after.append((mean, known_s))
        said.append(abs(mean) if off == off and known_s >= one.mean_s else NAN)
    state = DifferencesState(tuple(m for m, _ in after), tuple(k for _, k in after), time_s)
    return state, said


def _averaged(
    mean: float, known_s: float, off: float, mean_s: float, dt_s: float
) -> tuple[float, float]:
    if off != off:
        known_s = max(0.0, known_s - dt_s)
        return (mean if known_s else NAN), known_s
    known_s = min(known_s + dt_s, mean_s)
    return (off if mean != mean else mean + (off - mean) * min(1.0, dt_s / known_s)), known_s


def _sum(one: Difference, view: View, values: Sequence[float]) -> float:
    points = sum(factor * view.at(channel) for channel, factor in one.points)
    return points + sum(factor * values[place] for place, factor in one.signals)
