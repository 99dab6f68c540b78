"""Collects the events of one cycle in the order they happen."""

from collections.abc import Mapping
from typing import Any

from controller.historian.record import Event, EventKind


class EventLog:
    """Events of one cycle: `utc_ns` stamps them, `t_ns` is what timers count with.

    The two differ once the machine's clock has been stepped; see `State.steady_ns`.
    """

    __slots__ = ("events", "seq", "t_ns", "utc_ns")

    def __init__(self, seq: int, t_ns: int, utc_ns: int | None = None) -> None:
        self.seq, self.t_ns = seq, t_ns
        self.utc_ns = t_ns if utc_ns is None else utc_ns
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
        when = self.utc_ns if t_ns is None else t_ns
        self.events.append(
            Event(self.seq, when, kind, source, state, text, priority, by, old, new, data or {})
        )
