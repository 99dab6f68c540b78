"""Alarms: latched, with delay, deadband and acknowledgement.

Raised after `on` delay, cleared after `off` delay below the deadband.  A
cleared alarm that nobody acknowledged stays on the list (latched); it leaves
when both are true.  A value that is not known neither clears an alarm nor
stops a delay that runs.  An alarm is held back only while one of its causes
is active, or is a fault due within 3 s; its own delay runs meanwhile, so it is raised
at once when they are gone and it is not.  This mirrors and explains; what class requires comes
hard-wired from the PLC.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from controller.alarmspec import Rule
from controller.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class Standing:
    """One alarm that is not normal.

    `since_ns` when it was raised, UTC as its event says (0: still in its
    on-delay); `pending_ns` when the change that waits for its delay began (0: none
    waits), in the time that timers count with.
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
NS_PER_MS: Final = 1_000_000
SOON_NS: Final = 3_000_000_000  # a cause due so soon is waited for: one fault, one alarm
CALLS: Final = 2  # priorities from 1 to this call the engineer until acknowledged


@dataclass(frozen=True, slots=True)
class Condition:
    """What one rule sees: the value (NaN: not known) and whether the rule applies now.

    `doubt` says in words why a value beyond the limit is not quite believed.  `causes`
    hold it back while they are active (None: all of the rule's).  `again`: it is told anew
    though it stands, for there is more to it now.
    """

    rule: Rule
    value: float
    allowed: bool = True
    doubt: str = ""
    causes: tuple[str, ...] | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What the top bar shows; `worst` is the most urgent priority, 0 for none.

    `calling`: not acknowledged, and urgent enough to call the engineer.
    """

    active: int = 0
    unacked: int = 0
    worst: int = 0
    calling: int = 0


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
    """Return the alarms one cycle later; the same object when nothing changed.

    Causes must come before what follows from them: then both due in one cycle is one alarm.
    """
    changed = _Changed(standing)
    soon: set[str] = set()
    for condition in conditions:
        rule, now = condition.rule, changed.result()
        before = standing.get(rule.id)
        causes = rule.parents if condition.causes is None else condition.causes
        held = any(cause in soon or active(now, cause) for cause in causes)
        after = _next(condition, before, held, t_ns, log)
        if after is not before:
            changed.set(rule.id, after)
        if after is not None and _soon(after, rule, t_ns):
            soon.add(rule.id)
    return changed.result()


def _soon(now: Standing, rule: Rule, t_ns: int) -> bool:
    """Return whether the delay of a fault (no measured value) ends within a few seconds."""
    if rule.channel >= 0 or now.active or not now.pending_ns:
        return False
    return 0 < now.pending_ns + rule.on_ns - t_ns <= SOON_NS


def active(standing: Alarms, key: str) -> bool:
    """Return whether an alarm was raised and has not cleared since."""
    found = standing.get(key)
    return found is not None and found.active


def trips(rule: Rule, value: float) -> bool:
    """Return whether the value is beyond the limit (False for NaN)."""
    return value > rule.limit if rule.high else value < rule.limit


def resets(rule: Rule, value: float) -> bool:
    """Return whether the value is back inside limit and deadband (False for NaN)."""
    return value <= rule.reset if rule.high else value >= rule.reset


def _next(
    condition: Condition, before: Standing | None, held: bool, t_ns: int, log: EventLog
) -> Standing | None:
    if before is not None and before.active:
        return _active(condition, before, t_ns, log)
    rule, value = condition.rule, condition.value
    if not condition.allowed or (value == value and not trips(rule, value)):
        return None if before is None or before.acked else _quiet(before)
    if value != value:
        return before  # not known: a delay that runs goes on
    started = before.pending_ns if before and before.pending_ns else t_ns
    if t_ns - started >= rule.on_ns and not held:
        _tell("ACTIVE", condition, log)
        return Standing(True, False, log.utc_ns, 0, rule.priority)
    if before is None:
        return Standing(False, True, 0, t_ns, rule.priority)
    return before if before.pending_ns else replace(before, pending_ns=t_ns)


def _active(condition: Condition, before: Standing, t_ns: int, log: EventLog) -> Standing | None:
    rule = condition.rule
    if condition.again and condition.allowed and trips(rule, condition.value):
        _tell("ACTIVE", condition, log)
        return Standing(True, False, log.utc_ns, 0, rule.priority)
    if condition.allowed and not resets(rule, condition.value):
        return _quiet(before)
    started = before.pending_ns or t_ns
    if t_ns - started < rule.off_ns:
        return before if before.pending_ns else replace(before, pending_ns=t_ns)
    _tell("CLEARED", condition, log)
    return None if before.acked else replace(before, active=False, pending_ns=0)


def _quiet(before: Standing) -> Standing:
    return replace(before, pending_ns=0) if before.pending_ns else before


def _tell(state: str, condition: Condition, log: EventLog) -> None:
    rule, value = condition.rule, condition.value
    data = {
        "value": value if value == value else None,
        "limit": rule.limit,
        "unit": rule.unit,
        "cause": rule.cause,
        "consequence": rule.consequence,
        "action": rule.action,
        **({"doubt": condition.doubt} if condition.doubt else {}),
        **({"follows": list(rule.parents)} if rule.parents else {}),
    }
    log.add("alarm", rule.id, state, rule.text, priority=rule.priority, data=data)


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
    standing: Alarms,
    wanted: str,
    by: str,
    texts: Mapping[str, str],
    log: EventLog,
    raised_ms: object = None,
) -> Alarms | str:
    """Return the alarms with one (or "all") acknowledged, or why that is refused.

    Acknowledging is possible at any time after the alarm was raised.  `raised_ms` is the
    occurrence that was looked at, UTC in whole ms as its event says; another one is refused.
    None: whatever stands now.
    """
    raised = {k: s for k, s in standing.items() if s.since_ns and not s.acked}
    keys: Sequence[str] = list(raised) if wanted == "all" else [wanted]
    if wanted != "all" and wanted not in raised:
        known = wanted in standing and standing[wanted].acked and standing[wanted].since_ns
        return "already acknowledged" if known else f"no alarm '{wanted}' stands"
    for key in keys if raised_ms is not None else ():
        if raised[key].since_ns // NS_PER_MS != raised_ms or isinstance(raised_ms, bool):
            return f"'{key}' stands again since {_utc(raised[key].since_ns)}, look at it first"
    after = dict(standing)
    for key in keys:
        before = raised[key]
        log.add("alarm", key, "ACKNOWLEDGED", texts.get(key, key), priority=before.priority, by=by)
        if before.active:
            after[key] = replace(before, acked=True)
        else:
            del after[key]
    return after


def _utc(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def counts(standing: Alarms) -> Counts:
    """Return how many stand, how many wait for a person, and the most urgent."""
    raised = [s for s in standing.values() if s.since_ns]
    if not raised:
        return Counts()
    new = [s for s in raised if not s.acked]
    return Counts(
        active=sum(s.active for s in raised),
        unacked=len(new),
        worst=min(s.priority for s in raised),
        calling=sum(s.priority <= CALLS for s in new),
    )
