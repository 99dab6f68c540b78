"""Alarms: latched, with delay, deadband and acknowledgement.

Raised after `on` delay, cleared after `off` delay below the deadband.  A
cleared alarm that nobody acknowledged stays on the list (latched); it leaves
when both are true.  A value that is not GOOD neither raises nor clears a
process alarm: the instrument's own fault alarm stands for it.  This mirrors
and explains; what class requires comes hard-wired from the PLC.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from controller.alarmspec import Rule
from controller.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class Standing:
    """One alarm that is not normal.

    `since_ns` when it was raised (0: still in its on-delay), `pending_ns`
    when the change that waits for its delay began (0: none waits).
    """

    active: bool
    acked: bool
    since_ns: int = 0
    pending_ns: int = 0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Restored:
    """A standing alarm of an earlier life, as its events told it; times 0: not yet."""

    id: str
    text: str
    priority: int
    since_ns: int
    cleared_ns: int = 0
    acked_ns: int = 0
    by: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


Alarms = Mapping[str, Standing]
NO_ALARMS: Final[Alarms] = MappingProxyType({})
NO_PARENTS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Condition:
    """What one rule sees: the value (NaN: not known) and whether it may raise."""

    rule: Rule
    value: float
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """What the top bar shows; `worst` is the most urgent priority, 0 for none."""

    active: int = 0
    unacked: int = 0
    worst: int = 0


@dataclass(slots=True)
class _Changed:
    before: Alarms
    after: dict[str, Standing] | None = field(default=None)

    def set(self, key: str, value: Standing | None) -> None:
        if self.after is None:
            self.after = dict(self.before)
        if value is None:
            self.after.pop(key, None)
        else:
            self.after[key] = value

    def result(self) -> Alarms:
        return self.before if self.after is None else self.after


def advance(standing: Alarms, conditions: Iterable[Condition], t_ns: int, log: EventLog) -> Alarms:
    """Return the alarms one cycle later; the same object when nothing changed."""
    changed = _Changed(standing)
    for condition in conditions:
        before = standing.get(condition.rule.id)
        after = _next(condition, before, t_ns, log)
        if after is not before:
            changed.set(condition.rule.id, after)
    return changed.result()


def stands(standing: Alarms, key: str) -> bool:
    """Return whether an alarm is active or about to be."""
    found = standing.get(key)
    return found is not None and (found.active or bool(found.pending_ns))


def trips(rule: Rule, value: float) -> bool:
    """Return whether the value is beyond the limit (False for NaN)."""
    return value > rule.limit if rule.high else value < rule.limit


def resets(rule: Rule, value: float) -> bool:
    """Return whether the value is back inside limit and deadband (False for NaN)."""
    return value <= rule.reset if rule.high else value >= rule.reset


def _next(
    condition: Condition, before: Standing | None, t_ns: int, log: EventLog
) -> Standing | None:
    rule, value = condition.rule, condition.value
    if before is None or not before.active:
        if not (condition.allowed and trips(rule, value)):
            return None if before is None or before.acked else _quiet(before)
        started = before.pending_ns if before and before.pending_ns else t_ns
        if t_ns - started >= rule.on_ns:
            log.add(
                "alarm",
                rule.id,
                "ACTIVE",
                rule.text,
                priority=rule.priority,
                data=_data(rule, value),
            )
            return Standing(True, False, t_ns, 0, rule.priority)
        if before is None:
            return Standing(False, True, 0, t_ns, rule.priority)
        return before if before.pending_ns else replace(before, pending_ns=t_ns)
    if condition.allowed and not resets(rule, value):
        return _quiet(before)
    started = before.pending_ns or t_ns
    if t_ns - started < rule.off_ns:
        return before if before.pending_ns else replace(before, pending_ns=t_ns)
    log.add("alarm", rule.id, "CLEARED", rule.text, priority=rule.priority, data=_data(rule, value))
    return None if before.acked else replace(before, active=False, pending_ns=0)


def _quiet(before: Standing) -> Standing:
    return replace(before, pending_ns=0) if before.pending_ns else before


def _data(rule: Rule, value: float) -> dict[str, object]:
    return {
        "value": value if value == value else None,
        "limit": rule.limit,
        "unit": rule.unit,
        "cause": rule.cause,
        "consequence": rule.consequence,
        "action": rule.action,
    }


def restored(before: Iterable[Restored], log: EventLog) -> Alarms:
    """Return the alarms of an earlier life, told again with their own times."""
    after: dict[str, Standing] = {}
    for a in before:

        def told(state: str, t_ns: int, by: str = "", a: Restored = a) -> None:
            log.add(
                "alarm", a.id, state, a.text, priority=a.priority, by=by, data=a.data, t_ns=t_ns
            )

        told("ACTIVE", a.since_ns)
        if a.cleared_ns:
            told("CLEARED", a.cleared_ns)
        if a.acked_ns:
            told("ACKNOWLEDGED", a.acked_ns, a.by)
        after[a.id] = Standing(not a.cleared_ns, bool(a.acked_ns), a.since_ns, 0, a.priority)
    return after


def acknowledge(
    standing: Alarms, wanted: str, by: str, texts: Mapping[str, str], log: EventLog
) -> Alarms | str:
    """Return the alarms with one (or "all") acknowledged, or why that is refused.

    Acknowledging is possible at any time after the alarm was raised.
    """
    raised = {k: s for k, s in standing.items() if s.since_ns and not s.acked}
    keys: Sequence[str] = list(raised) if wanted == "all" else [wanted]
    if wanted != "all" and wanted not in raised:
        known = wanted in standing and standing[wanted].acked and standing[wanted].since_ns
        return "already acknowledged" if known else f"no alarm '{wanted}' stands"
    after = dict(standing)
    for key in keys:
        before = raised[key]
        log.add("alarm", key, "ACKNOWLEDGED", texts.get(key, key), priority=before.priority, by=by)
        if before.active:
            after[key] = replace(before, acked=True)
        else:
            del after[key]
    return after


def counts(standing: Alarms) -> Counts:
    """Return how many stand, how many wait for a person, and the most urgent."""
    raised = [s for s in standing.values() if s.since_ns]
    if not raised:
        return Counts()
    active = sum(s.active for s in raised)
    return Counts(active, sum(not s.acked for s in raised), min(s.priority for s in raised))
