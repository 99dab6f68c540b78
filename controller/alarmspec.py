"""The shape of alarms.toml, and its rules resolved against a plant.

An alarm watches a role (one index, or `index = "each"` for every bound one) or
a calculated channel (`signal`).  Sensor faults of all watched and controlled
points come from one template, so a broken instrument raises a fault of that
instrument and never a process alarm.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sensors.errors import ConfigError
from sensors.plantspec import NonNegative
from sensors.strictfile import Strict, nearest, parse
from sensors.tag import TagTable

FILE = "alarms.toml"


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
    on_delay_s: NonNegative = 0.0
    off_delay_s: NonNegative = 0.0
    priority: Annotated[int, Field(ge=1, le=3)]
    when: Literal["always", "capturing", "armed"] = "always"
    follows: list[str] = Field(default_factory=list)
    cause: Annotated[str, Field(min_length=3)]
    consequence: Annotated[str, Field(min_length=3)]
    action: Annotated[str, Field(min_length=3)]

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.role is None) == (self.signal is None):
            raise ValueError("give either role or signal")
        if (self.high is None) == (self.low is None):
            raise ValueError("give either high or low")
        return self


class SensorFaultSpec(Strict):
    """[sensor_fault]: the template for every watched instrument.

    `together` is the share of a link's watched instruments that, faulty at
    once, is one fault of the link and not of each of them.
    """

    together: Annotated[float, Field(gt=0.0, le=1.0)] = 0.25

    priority: Annotated[int, Field(ge=1, le=3)]
    on_delay_s: NonNegative
    off_delay_s: NonNegative
    cause: str
    consequence: str
    action: str


@dataclass(frozen=True, slots=True)
class AlarmsSpec:
    """alarms.toml."""

    alarm: tuple[AlarmSpec, ...]
    sensor_fault: SensorFaultSpec


def parse_alarms(document: Mapping[str, Any]) -> AlarmsSpec:
    """Return alarms.toml; ConfigError names the alarm and the key that is wrong."""
    keys = ("alarm", "sensor_fault")
    for key in document.keys() - set(keys):
        raise ConfigError(FILE, key, "unknown key", nearest(key, keys))
    for key in keys:
        if key not in document:
            raise ConfigError(FILE, key, "is missing")
    alarms, template = document["alarm"], document["sensor_fault"]
    if not isinstance(alarms, list) or not isinstance(template, dict):
        raise ConfigError(FILE, "alarm", "write [[alarm]] tables and one [sensor_fault]")
    return AlarmsSpec(
        tuple(_alarm(table, number) for number, table in enumerate(alarms, start=1)),
        parse(SensorFaultSpec, template, FILE, "sensor_fault"),
    )


def _alarm(table: object, number: int) -> AlarmSpec:
    if not isinstance(table, dict):
        raise ConfigError(FILE, f"alarm no. {number}", "must be a table")
    name = table.get("id")
    where = f"alarm {name}" if isinstance(name, str) else f"alarm no. {number}"
    return parse(AlarmSpec, table, FILE, where)


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm ready to run: `channel` in the image, or -1 and `signal` in calc.

    `parents` are the alarms this one merely follows from: it is not raised
    while one of them stands, nor for a while after.
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


def rules_of(
    spec: AlarmsSpec, table: TagTable, signals: Mapping[str, int], units: Mapping[str, str]
) -> tuple[Rule, ...]:
    """Return every rule of a plant; ConfigError for an unknown role, signal or id twice."""
    rules: list[Rule] = []
    for alarm in spec.alarm:
        rules += _resolved(alarm, table, signals, units)
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ConfigError(FILE, f"alarm {rule.id}", "this id is used twice")
        seen.add(rule.id)
    for rule in rules:
        for parent in rule.parents:
            if parent not in seen:
                where = f"alarm {rule.id}.follows"
                raise ConfigError(FILE, where, f"no alarm '{parent}'", nearest(parent, seen))
    return tuple(rules)


def _resolved(
    alarm: AlarmSpec, table: TagTable, signals: Mapping[str, int], units: Mapping[str, str]
) -> Iterator[Rule]:
    if alarm.signal is not None:
        if alarm.signal not in signals:
            remedy = nearest(alarm.signal, signals)
            raise ConfigError(FILE, f"alarm {alarm.id}.signal", "no such channel", remedy)
        yield _rule(alarm, alarm.id, alarm.text, units[alarm.signal], -1, signals[alarm.signal])
        return
    role = alarm.role or ""
    indices = table.indices(role) if alarm.index == "each" else [alarm.index]
    bound = [(i, table.find(role, i, alarm.witness)) for i in indices]
    if not bound or any(channel is None for _, channel in bound):
        known = [t.role for t in table.tags if t.role]
        raise ConfigError(
            FILE, f"alarm {alarm.id}.role", f"no tag is bound to '{role}'", nearest(role, known)
        )
    for index, channel in bound:
        if channel is None:
            continue
        tag = table.tags[channel]
        many = alarm.index == "each"
        name = f"{alarm.id}_{index}" if many else alarm.id
        text = alarm.text.replace("{index}", str(index))
        rule = _rule(alarm, name, text, tag.unit, channel, -1)
        # One of many follows from the one of the same number.
        parents = tuple(f"{p}_{index}" if many else p for p in alarm.follows)
        yield replace(rule, parents=parents)


def _rule(alarm: AlarmSpec, name: str, text: str, unit: str, channel: int, signal: int) -> Rule:
    high = alarm.high is not None
    limit = alarm.high if alarm.high is not None else alarm.low
    if limit is None:
        raise ConfigError(FILE, f"alarm {alarm.id}", "has no limit")
    return Rule(
        id=name,
        text=text,
        unit=unit,
        channel=channel,
        signal=signal,
        limit=limit,
        reset=limit - alarm.deadband if high else limit + alarm.deadband,
        high=high,
        on_ns=int(alarm.on_delay_s * 1e9),
        off_ns=int(alarm.off_delay_s * 1e9),
        priority=alarm.priority,
        when=alarm.when,
        cause=alarm.cause,
        consequence=alarm.consequence,
        action=alarm.action,
        parents=tuple(alarm.follows),
    )


@dataclass(frozen=True, slots=True, eq=False)
class LinkFaults:
    """The watched instruments of a link: places in `fault_channels`, and what tells many.

    `many` is how many of them must be faulty to count as one fault of the link.
    """

    rule: Rule
    places: tuple[int, ...]
    many: int


def link_faults(
    spec: SensorFaultSpec, table: TagTable, faults: Mapping[int, Rule]
) -> tuple[LinkFaults, ...]:
    """Return the common fault of each link with enough watched instruments."""
    places: dict[str, list[int]] = {}
    for place, channel in enumerate(faults):
        places.setdefault(table.tags[channel].source.link, []).append(place)
    found = []
    for link, mine in places.items():
        some = faults[next(iter(faults))]
        rule = replace(
            some,
            id=f"sensors:{link}",
            text=f"Many instruments of link {link} at fault at once",
            channel=-1,
            priority=max(1, spec.priority - 1),
            cause="What the link delivers cannot be believed: word order, scaling, common supply.",
            action="Look at the link's device and its common supply first, then at single ones.",
        )
        found.append(LinkFaults(rule, tuple(mine), max(3, math.ceil(spec.together * len(mine)))))
    return tuple(found)


def fault_rules(
    spec: SensorFaultSpec, table: TagTable, channels: Mapping[int, None]
) -> dict[int, Rule]:
    """Return the sensor-fault rule of each watched channel."""
    return {
        i: Rule(
            id=f"sensor:{table.tags[i].name}",
            text=f"{table.tags[i].name} {table.tags[i].text}: instrument fault",
            unit="",
            channel=i,
            signal=-1,
            limit=0.5,
            reset=0.5,
            high=True,
            on_ns=int(spec.on_delay_s * 1e9),
            off_ns=int(spec.off_delay_s * 1e9),
            priority=spec.priority,
            when="always",
            cause=spec.cause,
            consequence=spec.consequence,
            action=spec.action,
        )
        for i in channels
    }
