"""The fault alarms of instruments: one each, and one for many of a link at once."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller.alarmspec import Rule, SensorFaultSpec, group_id
from sensors.tag import TagTable

URGENT: Final = 2  # the fault of an instrument that carries an alarm of priority 1
_SHOWN: Final = "The page marks its value; neither control nor accounting nor an alarm uses it."


@dataclass(frozen=True, slots=True, eq=False)
class LinkFaults:
    """The watched instruments of a link: places in `fault_channels`, and what tells many.

    `many` is how many of them must be faulty to count as one fault of the link.
    """

    link: str
    rule: Rule
    places: tuple[int, ...]
    many: int


def link_faults(
    spec: SensorFaultSpec,
    table: TagTable,
    faults: Mapping[int, Rule],
    lost: Mapping[str, Sequence[Rule]],
) -> tuple[LinkFaults, ...]:
    """Return the common fault of each link with enough watched instruments.

    It follows from the alarms in `lost`, by link: those that tell that the link is lost.
    A link that answers late is down now and then, and its values are old meanwhile.
    """
    places: dict[str, list[int]] = {}
    for place, channel in enumerate(faults):
        places.setdefault(table.tags[channel].source.link, []).append(place)
    found, rules = [], list(faults.values())
    priority = min(spec.priority, URGENT)
    for link, mine in places.items():
        causes = [
            name
            for rule in lost.get(link, ())
            if rule.priority <= priority
            for name in (rule.id, *rule.parents)
        ]
        rule = replace(
            rules[mine[0]],
            id=group_id(link),
            text=f"Many instruments of link {link} at fault at once",
            channel=-1,
            priority=priority,
            consequence=spec.consequence,
            cause="What the link delivers cannot be believed: word order, scaling, common supply.",
            action="Look at the link's device and its common supply first, then at single ones.",
            parents=tuple(dict.fromkeys(causes)),
        )
        share = max(3, math.ceil(spec.together * len(mine)))
        found.append(LinkFaults(link, rule, tuple(mine), min(share, spec.at_most)))
    return tuple(found)


def one_by_one(faults: Mapping[int, Rule], groups: Sequence[LinkFaults]) -> dict[int, Rule]:
    """Return the fault rules, each following from its link's common fault and the link's loss."""
    rules = list(faults.values())
    causes = {
        place: (group.rule.id, *group.rule.parents) for group in groups for place in group.places
    }
    return {
        channel: replace(rules[place], parents=causes[place])
        for place, channel in enumerate(faults)
    }


def fault_rules(
    spec: SensorFaultSpec, table: TagTable, channels: Mapping[int, bool], rules: Iterable[Rule]
) -> dict[int, Rule]:
    """Return the sensor-fault rule of each watched channel; True: something uses it.

    Blindness to danger is urgent: where one of `rules` with priority 1 rests on the
    instrument, its fault has at least priority 2.
    """
    vital = {rule.channel for rule in rules if rule.priority == 1}

    def priority(channel: int, used: bool) -> int:
        own = spec.priority if used else spec.priority_shown
        return min(own, URGENT) if channel in vital else own

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
            priority=priority(i, used),
            when="always",
            cause=spec.cause,
            consequence=spec.consequence if used else _SHOWN,
            action=spec.action,
        )
        for i, used in channels.items()
    }
