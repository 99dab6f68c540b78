"""Events as read back, and the alarms that stand."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.historian.chain import SINCE, first_checked, problem_of, version_of
from controller.historian.eventrow import UNSTORED
from controller.historian.record import Event

COLUMNS: Final = 'id, seq, t_ns, kind, source, state, priority, "by", old, new, text, data'


@dataclass(frozen=True, slots=True)
class LoggedEvent(Event):
    """An event with its number in the run, ascending from 1."""

    id: int = 0


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that is active, or was and has not been acknowledged."""

    id: str
    priority: int
    active: bool
    acknowledged: bool
    t_ns: int
    text: str
    data: Mapping[str, Any]


DAMAGED: Final = UNSTORED  # key in the data of an event of which not all could be read


def event_of(row: Sequence[Any], problem: str = "") -> LoggedEvent:
    """Return the event of a row of `COLUMNS`, of a damaged one what can be read."""
    i, seq, t_ns, kind, source, state, priority, by, old, new, text, data = row
    numbers = [n if isinstance(n, int) else 0 for n in (seq, t_ns, priority, i)]
    texts: list[Any] = [_text(t) for t in (kind, source, state, text, by, old, new)]
    read = _data(data)
    if numbers != [seq, t_ns, priority, i] or texts != [kind, source, state, text, by, old, new]:
        read = {**read, DAMAGED: "a cell of another type"}
    if problem:
        read = {**read, DAMAGED: problem}
    kind, source, state, text, by, old, new = texts
    seq, t_ns, priority, i = numbers
    return LoggedEvent(seq, t_ns, kind, source, state, text, priority, by, old, new, read, i)


def _text(cell: object) -> str:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return "" if cell is None else str(cell)


def _data(cell: object) -> dict[str, Any]:
    try:
        parsed = json.loads(cell) if isinstance(cell, str | bytes) else None
    except (ValueError, RecursionError):
        parsed = None
    return parsed if isinstance(parsed, dict) else {DAMAGED: "its data cannot be read"}


def select(
    db: sqlite3.Connection, kind: str | None, since_id: int, limit: int, newest: bool
) -> list[LoggedEvent]:
    """Return events with id > since_id, ascending: the first `limit`, or the last."""
    order = "DESC" if newest else "ASC"
    where, args = ("AND kind=?", [kind]) if kind else ("", [])
    rest = f"WHERE id>? {where} ORDER BY id {order} LIMIT ?"
    found = _events(db, rest, (since_id, *args, limit))
    return found[::-1] if newest else found


def _events(db: sqlite3.Connection, rest: str, args: Sequence[object] = ()) -> list[LoggedEvent]:
    """Return events; one that is not as it was written says so in its data."""
    if version_of(db) < SINCE:
        return [event_of(row) for row in db.execute(f"SELECT {COLUMNS} FROM event {rest}", args)]
    first = first_checked(db, "event")
    rows = db.execute(f"SELECT {COLUMNS}, crc FROM event {rest}", args).fetchall()
    return [event_of(row[:-1], problem_of(row, first)) for row in rows]


def last_alarm_changes(db: sqlite3.Connection) -> list[LoggedEvent]:
    """Return the latest event of each alarm and state of one segment."""
    newest = "SELECT max(id) FROM event WHERE kind='alarm' GROUP BY source, state"
    return _events(db, f"WHERE id IN ({newest}) ORDER BY id")


def standing(changes: Iterable[LoggedEvent]) -> list[StandingAlarm]:
    """Return the standing alarms, unacknowledged first, then by priority, newest first.

    `changes` holds, in ascending order, at least the latest event of each alarm
    in each of its states ACTIVE, CLEARED, ACKNOWLEDGED.
    """
    last: dict[str, dict[str, LoggedEvent]] = {}
    for change in changes:
        last.setdefault(change.source, {})[change.state] = change
    alarms = [a for source, states in last.items() if (a := _alarm(source, states))]
    return sorted(alarms, key=lambda a: (a.acknowledged, a.priority, -a.t_ns))


def _alarm(source: str, states: Mapping[str, LoggedEvent]) -> StandingAlarm | None:
    raised = states.get("ACTIVE")
    if raised is None:
        return None

    def happened_since(state: str) -> bool:
        change = states.get(state)
        return change is not None and change.id > raised.id

    active, acknowledged = not happened_since("CLEARED"), happened_since("ACKNOWLEDGED")
    if not active and acknowledged:
        return None
    return StandingAlarm(
        source, raised.priority, active, acknowledged, raised.t_ns, raised.text, raised.data
    )
