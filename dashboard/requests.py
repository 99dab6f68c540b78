"""What a person asked on the page, checked and put into the inbox.

The controller judges; this only refuses what cannot be a request at all.
Bypass and acknowledge need no name: they must never wait for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sensors.foreigntext import clean

BYPASS: Final = "bypass"  # what must always get through
UNNAMED: Final = "dashboard"
NAMED: Final = frozenset({"arm", "disarm", "capture_target", "unit"})
UNIT_STATES: Final = frozenset({"CAPTURE", "HOLD", "READY"})
NAME_CHARS: Final = 24
ALARMS_AT_MOST: Final = 500  # more than a plant has
ID_CHARS: Final = 120
LATEST_MS: Final = 2**53  # what a number of the page can hold exactly


@dataclass(frozen=True, slots=True)
class Request:
    """One entry for the inbox."""

    kind: str
    args: Mapping[str, float | str]
    by: str


class NotARequest(ValueError):
    """The page sent something no button of it sends."""


def requests_of(payload: object) -> list[Request]:
    """Return the inbox entries of one press of a button.

    `payload` is {"kind", "args", "by"}; "Acknowledge all" names the alarms the
    page showed: nobody acknowledges what nobody saw. Raises NotARequest.
    """
    if not isinstance(payload, Mapping):
        raise NotARequest("no press of a button")
    kind, args, by = payload.get("kind"), payload.get("args"), _name(payload.get("by"))
    if kind == BYPASS:
        return [Request(BYPASS, {}, by or UNNAMED)]
    if not isinstance(kind, str) or not isinstance(args, Mapping):
        raise NotARequest("no kind or no arguments")
    if kind in NAMED and not by:
        raise NotARequest(f"{kind} needs the name of whoever asks")
    by = by or UNNAMED
    if kind in ("arm", "disarm"):
        return [Request(kind, {}, by)]
    if kind == "capture_target":
        return [Request(kind, {"pct": _percent(args.get("pct"))}, by)]
    if kind == "unit" and str(args.get("state")) in UNIT_STATES:
        return [Request("unit", {"state": str(args["state"])}, by)]
    if kind == "ack":
        return [Request("ack", shown, by) for shown in _alarms(args.get("alarms"))]
    raise NotARequest(f"unknown kind {kind[:NAME_CHARS]!r}")


def _name(given: object) -> str:
    """Return the name of whoever asks, one short line of printable text; "" for none."""
    return clean(given, NAME_CHARS) if isinstance(given, str) else ""


def _percent(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise NotARequest("the capture target is not a number")
    if not 0.0 <= given <= 100.0:
        raise NotARequest("the capture target is outside 0 to 100 %")
    return float(given)


def _alarms(given: object) -> list[dict[str, float | str]]:
    """Return id and time of each alarm that was looked at; without the time it is none."""
    if not isinstance(given, list) or not given or len(given) > ALARMS_AT_MOST:
        raise NotARequest("no alarm is named, or too many")
    return [_shown(alarm) for alarm in given]


def _shown(alarm: object) -> dict[str, float | str]:
    name = alarm.get("id") if isinstance(alarm, Mapping) else None
    raised_ms = alarm.get("raised_ms") if isinstance(alarm, Mapping) else None
    if not isinstance(name, str) or not 0 < len(name) <= ID_CHARS or not name.isprintable():
        raise NotARequest("an alarm has no name")
    if isinstance(raised_ms, bool) or not isinstance(raised_ms, int | float):
        raise NotARequest("an alarm has no time: reload the page")
    if not 0 < raised_ms < LATEST_MS:
        raise NotARequest("an alarm has no possible time")
    return {"alarm": name, "raised_ms": int(raised_ms)}
