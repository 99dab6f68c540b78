"""From links to one image, and from a link's change to an event."""

from collections.abc import Iterable

import numpy as np

from controller.bypassline import BypassLine
from controller.historian.record import Event
from sensors.image import Image
from sensors.link import Link, LinkState
from sensors.quality import Reason
from sensors.tag import TagTable


def gather(
    table: TagTable, links: Iterable[Link], t_ns: int, bypass: BypassLine | None = None
) -> Image:
    """Return the image of a cycle; a tag that no link fills is BAD, UNSET.

    `bypass` fills in the proof of one where its link does not deliver.
    """
    n = len(table)
    value = np.full(n, np.nan)
    reason = np.full(n, int(Reason.UNSET), dtype=np.uint32)
    age_ms = np.zeros(n, dtype=np.int32)
    for link in links:
        link.snapshot(value, reason, age_ms, t_ns)
    if bypass is not None:
        bypass.overlay(value, reason, age_ms, t_ns)
    return Image.of(table, t_ns, value, reason, age_ms)


def link_event(name: str, state: LinkState, seq: int, t_ns: int) -> Event:
    """Return the journal event of a link that came up or went down."""
    if state.up:
        who = state.identity
        text = f"Link {name} is up: {who.product} {who.version}" if who else f"Link {name} is up"
        return Event(seq, t_ns, "link", name, "UP", text, data={"reconnects": state.reconnects})
    text = f"Link {name} is down: {state.last_error}"
    return Event(seq, t_ns, "link", name, "DOWN", text, data={"refused": state.refused})


def link_news(name: str, text: str, seq: int, t_ns: int) -> Event:
    """Return the journal event of something a link found out about its device."""
    return Event(seq, t_ns, "link", name, "NOTICE", text[:1].upper() + text[1:])
