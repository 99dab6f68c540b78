"""What an alarm must be so that it can stand, clear, and be read by a person.

Called while alarms.toml is resolved against a plant; everything here raises
ConfigError and changes nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from sensors.errors import ConfigError
from sensors.tag import TagTable

if TYPE_CHECKING:
    from controller.alarmspec import Rule

FILE: Final = "alarms.toml"
TRIP_SIGNALS: Final = frozenset({"trip_state", "trip_latched"})  # calculated channels
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


def check_limit(
    where: str, limit: float, reset: float, high: bool, lo: float | None, hi: float | None
) -> None:
    """Raise ConfigError unless the limit can be passed and the reset reached within [lo, hi].

    An end that is None is open.
    """
    low_end = -float("inf") if lo is None else lo
    high_end = float("inf") if hi is None else hi
    span = f"[{low_end:g}, {high_end:g}]"
    inside = low_end <= limit < high_end if high else low_end < limit <= high_end
    if not inside:
        beyond = limit >= high_end if high else limit <= low_end
        never = "it would never stand" if beyond else "it would always stand"
        key = f"{where}.{'high' if high else 'low'}"
        problem = f"{limit:g} is not inside the range {span}: {never}"
        raise ConfigError(FILE, key, problem, "write a limit inside it")
    if not low_end <= reset <= high_end:
        room = limit - low_end if high else high_end - limit
        problem = f"it clears at {reset:g}, outside the range {span}: never"
        raise ConfigError(FILE, f"{where}.deadband", problem, f"write {room:g} or less")


def check_words(where: str, words: Mapping[str, str], numbered: bool) -> None:
    """Raise ConfigError for a placeholder nobody fills; only `text` may hold {index}."""
    for key, text in words.items():
        known = ("{index}",) if numbered and key == "text" else ()
        for found in _PLACEHOLDER.findall(text):
            if found not in known:
                remedy = "known is {index}" if known else "none is filled in here: write it out"
                raise ConfigError(FILE, f"{where}.{key}", f"unknown placeholder {found}", remedy)


def find_channel(table: TagTable, where: str, role: str, index: int, witness: str) -> int:
    """Return the channel an alarm watches; raise ConfigError naming what there is instead."""
    channel = table.find(role, index, witness)
    if channel is None:
        mine = sorted((t.index, t.witness) for t in table.tags if t.role == role)
        asked = f"index {index}" + (f", witness '{witness}'" if witness else "")
        there = ", ".join(f"{i}" + (f" witness '{w}'" if w else "") for i, w in mine)
        key = "witness" if any(i == index for i, _ in mine) else "index"
        problem = f"no tag of role '{role}' has {asked}"
        raise ConfigError(FILE, f"{where}.{key}", problem, f"there is index {there}")
    tag = table.tags[channel]
    if tag.direction == "setpoint":
        back = [t.role for t in table.tags if t.readback_of == tag.name and t.role]
        remedy = f"watch its read-back '{back[0]}'" if back else "watch what is read"
        raise ConfigError(FILE, f"{where}.role", f"'{role}' is written, not read", remedy)
    return channel


def check_order(rules: Iterable["Rule"]) -> None:
    """Raise ConfigError when a high-high is not above its high, a low-low not below its low.

    They belong together when they watch the same value and one is named after the other
    or follows from it.
    """
    by_id = {rule.id: rule for rule in rules}
    for inner in by_id.values():
        side = "high" if inner.high else "low"
        for outer in by_id.values():
            if (outer.channel, outer.signal, outer.high) != (
                inner.channel,
                inner.signal,
                inner.high,
            ):
                continue
            # One of many has its number behind its name: x_high_2 and x_high_high_2.
            named = outer.id == re.sub(rf"_{side}(_\d+)?$", rf"_{side}_{side}\1", inner.id)
            if outer is inner or not (named or outer.id in inner.parents):
                continue
            beyond = outer.limit > inner.limit if inner.high else outer.limit < inner.limit
            if not beyond:
                which = "above" if inner.high else "below"
                problem = f"{outer.limit:g} is not {which} the {inner.limit:g} of {inner.id}"
                raise ConfigError(
                    FILE, f"alarm {outer.id}.{side}", problem, f"write one {which} it"
                )


def check_causes(by_id: Mapping[str, "Rule"]) -> None:
    """Raise ConfigError for causes that are none, or could hide an alarm for ever, or a worse one.

    An alarm that follows from itself, at once or by way of others, would never stand; a
    cause that is less urgent than what follows from it would hide what must be done first.
    """
    for rule in by_id.values():
        for name in rule.parents:
            if name not in by_id:
                problem = f"'{name}' never stands: no instrument of that link is watched"
                raise ConfigError(FILE, f"alarm {rule.id}.follows", problem, "take it out")
    for rule in by_id.values():
        where = f"alarm {rule.id}.follows"
        by = _circle(rule.id, by_id)
        if by is not None:
            problem = f"it follows from itself{by}, so it would never stand"
            raise ConfigError(FILE, where, problem, "take one out")
        for cause in (by_id[name] for name in rule.parents):
            if cause.priority > rule.priority:
                problem = (
                    f"'{cause.id}' has priority {cause.priority}, less urgent than the"
                    f" {rule.priority} of this alarm, which it would hide"
                )
                remedy = f"take it out, or give it priority {rule.priority}"
                raise ConfigError(FILE, where, problem, remedy)


def check_trip_causes(rules: Iterable["Rule"]) -> None:
    """Raise ConfigError for `trip_causes` of an alarm that follows from no trip."""
    by_id = {rule.id: rule for rule in rules}
    for rule in by_id.values():
        if rule.trip_causes and not any(by_id[p].watches in TRIP_SIGNALS for p in rule.parents):
            where = f"alarm {rule.id}.trip_causes"
            remedy = f"name an alarm on {' or '.join(sorted(TRIP_SIGNALS))}, or remove it"
            raise ConfigError(FILE, where, "none of its follows tells a trip", remedy)


def _circle(start: str, rules: Mapping[str, "Rule"]) -> str | None:
    """Return in words how the causes of an alarm lead back to it; None when they do not."""
    waiting, seen = list(rules[start].parents), set[str]()
    while waiting:
        one = waiting.pop()
        if one == start:
            return "" if start in rules[start].parents else ", by way of others"
        if one not in seen:
            seen.add(one)
            waiting += rules[one].parents
    return None
