"""The alarms card: what stands, what is new, and what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from controller.historian.eventlog import StandingAlarm
from dashboard.topbar import clock

_BETWEEN: Final = 0.5  # a limit between two states or counts; "0 < 0.5" tells nobody anything
_DETAILS: Final = (
    ("cause", "Cause"),
    ("consequence", "Consequence"),
    ("action", "What to do"),
)


def alarm_list(alarms: Sequence[StandingAlarm], silent: bool = False) -> dict[str, object]:
    """Return the rows of the card, unacknowledged first as the journal gives them.

    `silent`: the controller is not heard, so nobody knows what stands now.
    """
    rows = [_row(a) for a in causes_first(alarms)]
    unacked = sum(not a.acknowledged for a in alarms)
    title = "Alarms" if alarms else "Alarms: none"
    if silent:
        title = "Alarms: last known" if alarms else "Alarms: unknown"
    return {"title": title, "rows": rows, "unacked": unacked}


def causes_first(alarms: Sequence[StandingAlarm]) -> list[StandingAlarm]:
    """Return the alarms in their order, but of those alike each below what it follows from.

    Alike are alarms of one priority, all acknowledged or all not.
    """
    by_id = {a.id: a for a in alarms}
    ordered: dict[str, StandingAlarm] = {}
    seen: set[str] = set()

    def put(alarm: StandingAlarm) -> None:
        if alarm.id in seen:
            return
        seen.add(alarm.id)
        for name in _causes(alarm):
            cause = by_id.get(name)
            if cause is not None and _alike(cause, alarm):
                put(cause)
        ordered[alarm.id] = alarm

    for alarm in alarms:
        put(alarm)
    return list(ordered.values())


def _alike(a: StandingAlarm, b: StandingAlarm) -> bool:
    return (a.acknowledged, a.priority) == (b.acknowledged, b.priority)


def _causes(a: StandingAlarm) -> Sequence[str]:
    named = a.data.get("follows", ())
    return named if isinstance(named, list | tuple) else ()


def counts(alarms: Sequence[StandingAlarm]) -> tuple[int, int, int]:
    """Return how many are new, how many stand, and the most urgent priority (0: none)."""
    new = sum(not a.acknowledged for a in alarms)
    return new, len(alarms), min((a.priority for a in alarms), default=0)


def _row(a: StandingAlarm) -> dict[str, object]:
    meta = [f"P{a.priority}", clock(a.t_ns), _measure(a.data)]
    if not a.active:
        meta.append("gone, not acknowledged")
    return {
        "id": a.id,
        "raised_ms": a.t_ns // 1_000_000,  # which occurrence: what is acknowledged
        "title": a.text,
        "meta": " · ".join(m for m in meta if m),
        "priority": a.priority,
        "unacked": not a.acknowledged,
        "class": " ".join(
            w for w, on in (("unacked", not a.acknowledged), ("cleared", not a.active)) if on
        ),
        "details": [[word, str(a.data[key])] for key, word in _DETAILS if a.data.get(key)],
    }


def _measure(data: Mapping[str, Any]) -> str:
    """Return what was measured and its limit, as far as the event tells."""
    value, limit, unit = data.get("value"), data.get("limit"), data.get("unit", "")
    if not isinstance(value, int | float):
        return ""
    if not isinstance(limit, int | float):
        return f"{value:.4g} {unit}".strip()
    if not unit and limit % 1.0 == _BETWEEN:
        return ""
    sign = ">" if value >= limit else "<"
    return f"{value:.4g} {sign} {limit:.4g} {unit}".strip()
