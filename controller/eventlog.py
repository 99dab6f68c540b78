"""Collects the events of one cycle in the order they happen."""

from collections.abc import Mapping
from typing import Any

from controller.historian.record import Event, EventKind


class EventLog:
    """Events of one cycle; `seq` and `t_ns` are those of the cycle."""

    __slots__ = ("events", "seq", "t_ns")

    def __init__(self, seq: int, t_ns: int) -> None:
        self.seq, self.t_ns = seq, t_ns
        self.events: list[Event] = []

    def add(
        self,
        kind: EventKind,
        source: str,
        state: str,
        text: str,
        *,
        priority: int = 0,
        by: str = "",
        old: str = "",
        new: str = "",
        data: Mapping[str, Any] | None = None,
        t_ns: int | None = None,
    ) -> None:
        """Append one event; `text` is one plain sentence, `t_ns` another time than now."""
        when = self.t_ns if t_ns is None else t_ns
        self.events.append(
            Event(self.seq, when, kind, source, state, text, priority, by, old, new, data or {})
        )
