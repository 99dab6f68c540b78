"""The command strip and the bypass button: what was asked and what came of it."""

from collections.abc import Sequence
from typing import Final

from controller.historian.eventlog import LoggedEvent
from dashboard.rigstate import CAPTURE, HOLD, Bypass, BypassState, trip_of
from dashboard.topbar import clock
from dashboard.values import Values

_NO: Final = frozenset({"REFUSED", "NOT DONE"})


def command_bar(values: Values, events: Sequence[LoggedEvent]) -> dict[str, object]:
    """Return target, limits, authority and the verdict on the last request.

    `events` are those of kind "command", ascending.
    """
    target, authority = values["target_pct"], values["authority"]
    low, high = target.channel.lo or 0.0, target.channel.hi or 100.0
    armed, unsteered = authority.on, values["nobody_steers"].on
    # After a bypass or a trip only a person brings capture back: the way must be here.
    ask, label, style = _unit(values)
    last = events[-1] if events else None
    return {
        "target": f"{target.value:g}" if target.known else None,
        "lo": low,
        "hi": high,
        "target_hint": f"{low:g} to {high:g}",
        "armed": armed,
        "authority": authority.label(),
        "authority_class": "bad" if unsteered else "",
        "stay": unsteered,
        "unit_ask": ask,
        "unit_label": label,
        "unit_class": style,
        "arm_label": "Disarm" if armed else "Arm",
        "verdict": _sentence(last) if last else "",
        "verdict_id": last.id if last else 0,
        "verdict_class": "no" if last is not None and last.state in _NO else "",
    }


def _unit(values: Values) -> tuple[str, str, str]:
    """Return the unit state that the button asks for, its words and how much it stands out."""
    if trip_of(values).state:
        return "READY", "Reset (READY)", "wanted"
    ask = "HOLD" if values["unit_goal"].value == CAPTURE else "CAPTURE"
    in_hold = values["HS-UNIT"].good and round(values["HS-UNIT"].value) == HOLD
    return ask, "Stay in HOLD" if ask == "HOLD" and in_hold else f"Ask {ask}", ""


def _sentence(e: LoggedEvent) -> str:
    by = f" ({e.by})" if e.by and e.by not in e.text else ""
    return f"{clock(e.t_ns)}  {e.text}{by}"


def bypass_state(bypass: Bypass, silent: bool, events: Sequence[LoggedEvent]) -> dict[str, object]:
    """Return what the button says, whether anybody hears, and the last verdict on a bypass.

    `taken`: the controller or the PLC has one; until then a press is the browser's own.
    """
    verdicts = [e.id for e in events if "bypass" in e.source.lower()]
    look, title, text = _button(bypass)
    return {
        "class": look,
        "title": title,
        "text": text,
        "taken": bypass.state is not BypassState.NONE,
        "silent": silent,
        "verdict_id": verdicts[-1] if verdicts else 0,
    }


def _button(bypass: Bypass) -> tuple[str, str, str]:
    """Return style, title and text of the bypass button."""
    match bypass.state:
        case BypassState.CONTRADICTED:
            return "unheard", "Contradicted", "look at the panel"
        case BypassState.PROVEN:
            return "active", "Bypassed, proven", "exhaust goes to the funnel"
        case BypassState.LATCHED if bypass.overdue:
            return "unheard", "Not proven", "PLC has it: look at the panel"
        case BypassState.LATCHED:
            left = f"at most {bypass.left_s:.0f} s left" if bypass.left_s else "not proven yet"
            return "sent", "Bypass asked", f"PLC has it: {left}"
        case BypassState.ASKED if bypass.overdue:
            return "unheard", "Not confirmed", "use the panel"
        case BypassState.ASKED:
            return "sent", "Bypass asked", "controller has it, PLC next"
    return "", "Bypass now", ""
