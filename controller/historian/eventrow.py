"""An event as a row of the journal: whatever is in it can be stored, and read again.

Texts come from rules, people and devices.  An event that SQLite or JSON cannot take would
stop the writer of everything else, again after each restart: so each text is made one clean
line, each number fits its cell, and data that cannot be written is said to be so.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from controller.historian.record import Event
from sensors.foreigntext import clean

NAME_CHARS: Final = 200  # kind, source, state, who asked
TEXT_CHARS: Final = 2000
DATA_BYTES: Final = 65_536
_DEPTH: Final = 8
_LEAST, _MOST = -(2**63), 2**63 - 1
UNSTORED: Final = "damaged"  # key in the data of an event of which not all could be stored

EventRow = tuple[int | str, ...]


def event_row(event_id: int, e: Event) -> EventRow:
    """Return the cells of an event in the order of the table; raises nothing."""
    return (
        event_id,
        _number(e.seq),
        _number(e.t_ns),
        *(clean(text, NAME_CHARS) for text in (e.kind, e.source, e.state)),
        _number(e.priority),
        clean(e.by, NAME_CHARS),
        *(clean(text, TEXT_CHARS) for text in (e.old, e.new, e.text)),
        event_data(e.data),
    )


def event_data(data: Mapping[str, Any]) -> str:
    """Return the JSON text of an event's data; what JSON lacks becomes text."""
    try:
        text = json.dumps(_plain(data, 0), allow_nan=False)
    except Exception as error:  # noqa: BLE001 - whatever an odd object raises when it is looked at
        text = json.dumps({UNSTORED: f"its data cannot be stored ({type(error).__name__})"})
    if len(text) > DATA_BYTES:
        return json.dumps({UNSTORED: f"its data are longer than {DATA_BYTES} bytes"})
    return text


def _plain(value: Any, depth: int) -> Any:
    """Return the same of what JSON knows, numbers that it lacks as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= 2**63:
        return int(value)
    if isinstance(value, float) and value - value == 0.0:
        return float(value)
    if depth < _DEPTH and isinstance(value, Mapping):
        return {clean(k, NAME_CHARS): _plain(v, depth + 1) for k, v in value.items()}
    if depth < _DEPTH and isinstance(value, list | tuple):
        return [_plain(v, depth + 1) for v in value]
    return clean(value, TEXT_CHARS)


def _number(value: Any) -> int:
    try:
        return min(max(int(value), _LEAST), _MOST)
    except Exception:  # noqa: BLE001 - no number, infinite, or an odd object
        return 0
