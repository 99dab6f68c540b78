"""The shape of alarms.toml, and its rules resolved against a plant.

An alarm watches a role (one index, or `index = "each"` for every bound one) or
a calculated channel (`signal`).  Sensor faults of all watched and controlled
points come from one template, so a broken instrument raises a fault of that
instrument and never a process alarm.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from controller.alarmchecks import (
    FILE,
    check_causes,
    check_limit,
    check_order,
    check_trip_causes,
    check_words,
    find_channel,
)
from controller.differences import DifferenceSpec
from controller.historian.record import Channel
from sensors.errors import ConfigError
from sensors.plantspec import NonNegative
from sensors.roles import UNIT_OF_ROLE
from sensors.strictfile import Strict, nearest, parse
from sensors.tag import TagTable

_Spec = TypeVar("_Spec", bound=Strict)
# A longer one is a slip of the unit: the alarm would not be seen in a watch.
Delay = Annotated[float, Field(ge=0, le=86_400)]


class AlarmSpec(Strict):
    """One [[alarm]]: what to watch, when it stands, what it means, what to do."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    text: Annotated[str, Field(min_length=3)]
    role: str | None = None
    index: Annotated[int, Field(ge=0)] | Literal["each"] = 0
    witness: str = ""
    signal: str | None = None
    high: float | None = None
    low: float | None = None
    deadband: NonNegative = 0.0
    on_delay_s: Delay = 0.0
    off_delay_s: Delay = 0.0
    priority: Annotated[int, Field(ge=1, le=3)]
    when: Literal["always", "capturing", "armed"] = "always"
    follows: list[str] = Field(default_factory=list)
    trip_causes: list[Annotated[int, Field(ge=1, le=255)]] = Field(default_factory=list)
    trip_settle_s: Delay = 0.0
    optional: bool = False  # left out where no tag has the role; else that is an error
    cause: Annotated[str, Field(min_length=3)]
    consequence: Annotated[str, Field(min_length=3)]
    action: Annotated[str, Field(min_length=3)]

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.role is None) == (self.signal is None):
            raise ValueError("give either role or signal")
        if (self.high is None) == (self.low is None):
            raise ValueError("give either high or low")
        if bool(self.trip_causes) != bool(self.trip_settle_s):
            raise ValueError("give both trip_causes and trip_settle_s, or neither")
        return self


class SensorFaultSpec(Strict):
    """[sensor_fault]: the template for every watched instrument.

    `together` is the share of a link's watched instruments that, faulty at
    once, is one fault of the link and not of each of them; so are `at_most`
    of them, for no common cause should fill the list.  `priority` is for what
    control, accounting or an alarm uses, `priority_shown` for all other points.
    """

    together: Annotated[float, Field(gt=0.0, le=1.0)] = 0.25
    at_most: Annotated[int, Field(ge=3)] = 12

    priority: Annotated[int, Field(ge=1, le=3)]
    priority_shown: Annotated[int, Field(ge=1, le=3)] = 3
    on_delay_s: Delay
    off_delay_s: Delay
    cause: str
    consequence: str
    action: str


@dataclass(frozen=True, slots=True)
class AlarmsSpec:
    """alarms.toml."""

    alarm: tuple[AlarmSpec, ...]
    sensor_fault: SensorFaultSpec
    difference: tuple[DifferenceSpec, ...] = ()


def parse_alarms(document: Mapping[str, Any]) -> AlarmsSpec:
    """Return alarms.toml; ConfigError names the alarm and the key that is wrong."""
    needed = ("alarm", "sensor_fault")
    keys = (*needed, "difference")
    for key in document.keys() - set(keys):
        raise ConfigError(FILE, key, "unknown key", nearest(key, keys))
    for key in needed:
        if key not in document:
            raise ConfigError(FILE, key, "is missing")
    alarms, template = document["alarm"], document["sensor_fault"]
    if not isinstance(alarms, list) or not isinstance(template, dict):
        raise ConfigError(FILE, "alarm", "write [[alarm]] tables and one [sensor_fault]")
    differences = document.get("difference", [])
    if not isinstance(differences, list):
        raise ConfigError(FILE, "difference", "write [[difference]] tables")
    return AlarmsSpec(
        _tables(AlarmSpec, "alarm", "id", alarms),
        parse(SensorFaultSpec, template, FILE, "sensor_fault"),
        _tables(DifferenceSpec, "difference", "name", differences),
    )


def _tables(kind: type[_Spec], word: str, key: str, tables: Sequence[object]) -> tuple[_Spec, ...]:
    found = []
    for number, table in enumerate(tables, start=1):
        if not isinstance(table, dict):
            raise ConfigError(FILE, f"{word} no. {number}", "must be a table")
        name = table.get(key)
        where = f"{word} {name}" if isinstance(name, str) else f"{word} no. {number}"
        found.append(parse(kind, table, FILE, where))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm ready to run: `channel` in the image, or -1 and `signal` in calc.

    `parents` are the alarms this one merely follows from: it is not raised while one of
    them is active.  `watches` is the role or the calculated channel it watches.  A trip
    among the parents counts only with one of `trip_causes` (all, if there are none) and
    for `trip_ns` after it came.
    """

    id: str
    text: str
    unit: str
    channel: int
    signal: int
    limit: float
    reset: float
    high: bool
    on_ns: int
    off_ns: int
    priority: int
    when: str
    cause: str
    consequence: str
    action: str
    parents: tuple[str, ...] = ()
    watches: str = ""
    trip_causes: tuple[int, ...] = ()
    trip_ns: int = 0


def rules_of(
    spec: AlarmsSpec,
    table: TagTable,
    signals: Mapping[str, Channel],
    absent: Collection[str] = (),
) -> tuple[Rule, ...]:
    """Return every rule of a plant as the file has them; `signals`: calculated channels in order.

    Alarms of differences that are `absent`, and optional ones without a tag, are left out.
    One may follow from `sensors:LINK` too, the common fault of a link's instruments.
    Raises ConfigError for an unknown role, index, signal or cause, an id used twice, and an
    alarm that could never stand or never clear.
    """
    places = {name: i for i, name in enumerate(signals)}
    resolved: list[tuple[AlarmSpec, Rule]] = []
    bound = {t.role for t in table.tags}
    for alarm in spec.alarm:
        if alarm.signal in absent or (alarm.optional and alarm.role not in bound):
            check_words(f"alarm {alarm.id}", {"text": alarm.text}, numbered=True)
            continue
        resolved += ((alarm, rule) for rule in _resolved(alarm, table, signals, places))
    seen: set[str] = set()
    for _, rule in resolved:
        if rule.id in seen:
            raise ConfigError(FILE, f"alarm {rule.id}", "this id is used twice")
        seen.add(rule.id)
    known = seen | {group_id(tag.source.link) for tag in table.tags}
    rules = tuple(replace(r, parents=_parents(alarm, r, known)) for alarm, r in resolved)
    check_trip_causes(rules)
    check_order(rules)
    return rules


def group_id(link: str) -> str:
    """Return the id of the alarm that tells many instruments of a link at fault at once."""
    return f"sensors:{link}"


def causes_first(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules so that each comes after what it follows from, else in their order.

    Raises ConfigError for an unknown cause, one that leads back to its alarm, and one less
    urgent than what follows from it.
    """
    by_id = {rule.id: rule for rule in rules}
    check_causes(by_id)
    ordered: dict[str, Rule] = {}

    def put(rule: Rule) -> None:
        for cause in rule.parents:
            put(by_id[cause])
        ordered.setdefault(rule.id, rule)

    for rule in by_id.values():
        put(rule)
    return tuple(ordered.values())


def _parents(alarm: AlarmSpec, rule: Rule, known: Collection[str]) -> tuple[str, ...]:
    """Return the causes of a rule: one of many follows from the one of the same number."""
    number = rule.id.removeprefix(alarm.id)
    found = []
    for cause in alarm.follows:
        names = [name for name in (cause + number, cause) if name in known]
        if not names:
            where = f"alarm {alarm.id}.follows"
            raise ConfigError(FILE, where, f"no alarm '{cause}'", nearest(cause, known))
        found.append(names[0])
    return tuple(found)


def _resolved(
    alarm: AlarmSpec,
    table: TagTable,
    signals: Mapping[str, Channel],
    places: Mapping[str, int],
) -> Iterator[Rule]:
    where = f"alarm {alarm.id}"
    words = {key: getattr(alarm, key) for key in ("text", "cause", "consequence", "action")}
    many = alarm.index == "each"
    check_words(where, words, numbered=alarm.role is not None or many)
    if alarm.signal is not None:
        for name in _signals(alarm.signal, many, where, signals):
            signal, number = signals[name], name.removeprefix(alarm.signal)
            # Of a number only the page's scale is known; what has words has no other values.
            ends = (signal.lo, signal.hi) if signal.labels else (None, None)
            text = alarm.text.replace("{index}", number.strip("_"))
            yield _rule(alarm, alarm.id + number, text, signal.unit, -1, places[name], ends)
        return
    role = alarm.role or ""
    known = {t.role for t in table.tags if t.role}
    if role not in known:
        absent = "bind a tag to it in tags.toml, or remove the alarm"
        remedy = absent if role in UNIT_OF_ROLE else nearest(role, UNIT_OF_ROLE)
        raise ConfigError(FILE, f"{where}.role", f"no tag is bound to '{role}'", remedy)
    for index in (table.indices(role) or [0]) if alarm.index == "each" else [alarm.index]:
        channel = find_channel(table, where, role, index, alarm.witness)
        tag = table.tags[channel]
        name = f"{alarm.id}_{index}" if many else alarm.id
        text = alarm.text.replace("{index}", str(index))
        yield _rule(alarm, name, text, tag.unit, channel, -1, (tag.lo, tag.hi))


def _signals(signal: str, many: bool, where: str, signals: Mapping[str, Channel]) -> list[str]:
    """Return the channels an alarm watches: the one, or signal_1, signal_2 and so on."""
    found = [n for n in signals if n.removeprefix(f"{signal}_").isdecimal()] if many else [signal]
    if not found or found[0] not in signals:
        raise ConfigError(FILE, f"{where}.signal", "no such channel", nearest(signal, signals))
    return found


def _rule(
    alarm: AlarmSpec,
    name: str,
    text: str,
    unit: str,
    channel: int,
    signal: int,
    ends: tuple[float | None, float | None],
) -> Rule:
    high = alarm.high is not None
    limit = alarm.high if alarm.high is not None else alarm.low
    if limit is None:
        raise ConfigError(FILE, f"alarm {alarm.id}", "has no limit")
    reset = limit - alarm.deadband if high else limit + alarm.deadband
    check_limit(f"alarm {alarm.id}", limit, reset, high, *ends)
    return Rule(
        id=name,
        text=text,
        unit=unit,
        channel=channel,
        signal=signal,
        limit=limit,
        reset=reset,
        high=high,
        on_ns=int(alarm.on_delay_s * 1e9),
        off_ns=int(alarm.off_delay_s * 1e9),
        priority=alarm.priority,
        when=alarm.when,
        cause=alarm.cause,
        consequence=alarm.consequence,
        action=alarm.action,
        watches=alarm.role or alarm.signal or "",
        trip_causes=tuple(alarm.trip_causes),
        trip_ns=int(alarm.trip_settle_s * 1e9),
    )
