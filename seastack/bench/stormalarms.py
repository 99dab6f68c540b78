"""Which alarms of a storm belong to a fault: what the plant said before it began does not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from controller.alarms import trips
from controller.alarmspec import Rule
from controller.config import configure
from controller.historian.reader import JournalReader
from controller.historian.record import Event
from seastack.served import Served
from sensors.plantfile import Plant

BEFORE_NS: Final = 60_000_000_000  # a value beyond its limit so long before is the plant's own
Span = tuple[int, int]


def counted(
    state: Path, run: str, plant: Plant, served: Served, spans: Sequence[Span]
) -> tuple[list[int], int]:
    """Return how many alarms each span has, and how many were the plant's own.

    `spans` are the plant times of the faults, ns.  An alarm of a measured value is the plant's
    own when the rig itself served a value beyond the limit in the minute before the fault: it
    would have been raised without it.
    """
    rules = {rule.id: rule for rule in configure(plant).rules if rule.channel >= 0}
    with JournalReader(state) as reader:
        raised = [e for e in reader.events(run, "alarm", limit=1_000_000) if e.state == "ACTIVE"]
    found, own = [], 0
    for begin, end in spans:
        mine = [e for e in raised if begin <= e.t_ns < end]
        before = sum(_stood(e, rules, served, begin) for e in mine)
        found.append(len(mine) - before)
        own += before
    return found, own


def _stood(event: Event, rules: Mapping[str, Rule], served: Served, begin_ns: int) -> bool:
    """Return whether the rig had served a value beyond the alarm's limit before the fault."""
    rule = rules.get(event.source)
    if rule is None:
        return False
    first, last = np.searchsorted(served.t_ns, (begin_ns - BEFORE_NS, begin_ns))
    values = served.value[first:last, rule.channel].tolist()
    return any(trips(rule, value) for value in values)
