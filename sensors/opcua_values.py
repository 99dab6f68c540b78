"""From what an OPC UA variable holds to a number, and its time stamps to plant time.

Numbers only, and no library: arrays give the element the tag names, enums
their number, texts the number of the label they equal.
"""

import datetime as dt
from typing import Final

from sensors.ageing import in_range
from sensors.driver import WriteResult
from sensors.foreigntext import clean
from sensors.tag import OpcuaSource, Tag

TEXT_CHARS: Final = 60  # of a text where a number should be
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def number_of(tag: Tag, held: object) -> tuple[float, str]:
    """Return a variable's value as a number, or NaN and what is wrong with it."""
    element = source_of(tag).element
    if isinstance(held, list | tuple):
        if element is None:
            return float("nan"), f"is an array of {len(held)}: the source needs 'element'"
        if element >= len(held):
            return float("nan"), f"has {len(held)} elements, there is no element {element}"
        held = held[element]
    elif element is not None:
        return float("nan"), "is no array: the source must not have 'element'"
    if isinstance(held, bool | int | float):
        return float(held), ""
    text = held if isinstance(held, str) else getattr(held, "Text", None)
    for number, label in tag.labels:
        if isinstance(text, str) and text.strip().lower() == label.lower():
            return float(number), ""
    if isinstance(text, str):
        return float("nan"), f"is the text '{clean(text, TEXT_CHARS)}', not a number"
    return float("nan"), f"is of type {clean(type(held).__name__, TEXT_CHARS)}, not a number"


def source_of(tag: Tag) -> OpcuaSource:
    """Return a tag's OPC UA source; raise ValueError for any other kind."""
    if not isinstance(tag.source, OpcuaSource):
        raise ValueError(f"{tag.name} is not an OPC UA tag")
    return tag.source


def result_of(tag: Tag, sent: float, read: float, refusal: str) -> WriteResult:
    """Return what became of a write; `refusal` is the server's word for no, else empty."""
    if refusal:
        return WriteResult(tag, sent, read, False, f"refused by the device: {refusal}")
    close = abs(read - sent) <= max(1e-6 * abs(sent), 0.5 if tag.kind != "float" else 0.0)
    return WriteResult(tag, sent, read, close, "" if close else f"read back {read:g}")


def ns_of(stamp: dt.datetime | None) -> int | None:
    """Return a time stamp, UTC where it names no zone, in ns since the Unix epoch.

    None for no stamp, and for one that cannot be: servers say 1601 for "unknown" and
    9999 for "never" (OPC 10000-6, 5.2.2.5).
    """
    if stamp is None:
        return None
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=dt.UTC)
    since = stamp - _EPOCH
    ns = ((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
    return ns if in_range(ns) else None
