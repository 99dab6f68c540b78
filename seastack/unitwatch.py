"""Watch what a rig does after a unit state was asked for, and say it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.historian.reader import Frame, JournalReader
from dashboard.frame import values_of
from dashboard.rigstate import missing
from dashboard.values import Point, Values, absent

POLL_S: Final = 0.2
OVER: Final = frozenset({"DONE", "NOT DONE"})  # what the controller says of a reset
_WAY: Final = {"WARM": ("CAPTURE", "TURNDOWN"), "COOLDOWN": ("OFF",)}
# What the PLC waits for by itself is no refusal; a trip is.
_STOPPED: Final = frozenset({"TRIP", "ESD"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rig did, in words; `taken`: it is there, or the PLC goes there by itself."""

    taken: bool
    text: str


def watch(state: Path, wanted: str, wait_s: float, seq: int) -> Seen:
    """Return what the rig did within `wait_s` of a request that cycle `seq` accepted."""
    deadline = time.monotonic() + wait_s
    with JournalReader(state) as reader:
        while True:
            frame = reader.latest()
            seen = None if frame is None else _reached(reader, frame, wanted, seq)
            if seen is not None:
                return seen
            if time.monotonic() >= deadline:
                return _so_far(frame, wanted, wait_s)
            time.sleep(POLL_S)


def _reached(reader: JournalReader, frame: Frame, wanted: str, seq: int) -> Seen | None:
    """Return what ended the wait: the controller's word on a reset, or the state itself."""
    for event in reader.events(frame.run, kind="command", limit=50, newest=True):
        if event.source == "unit" and event.seq > seq and event.state in OVER:
            return Seen(event.state == "DONE", event.text)
    unit = _point(values_of(frame), "unit_state")
    if frame.seq > seq + 1 and unit.good and unit.label() == wanted:
        return Seen(True, f"The rig is in {wanted}.")
    return None


def _so_far(frame: Frame | None, wanted: str, wait_s: float) -> Seen:
    if frame is None:
        return Seen(False, "The journal has no record: nobody knows what the rig does.")
    values = values_of(frame)
    unit, asked = _point(values, "unit_state"), _point(values, "unit_requested")
    if not unit.good:
        return Seen(False, "The PLC does not tell its unit state: look at the panel.")
    state, after = unit.label(), f"after {wait_s:g} s"
    if not asked.good or asked.label() != wanted:
        has = asked.label() if asked.good else "unknown"
        return Seen(False, f"The rig is in {state} {after}; the PLC's standing request is {has}.")
    if wanted in _WAY.get(state, ()):
        return Seen(True, f"The rig is in {state} {after}, on its way to {wanted}.")
    lacking = "; ".join(missing(values))
    why = f"it waits: {lacking}" if lacking else "the PLC tells nothing that is missing"
    return Seen(state not in _STOPPED, f"The rig is in {state} {after}, not in {wanted}: {why}.")


def _point(values: Values, role: str) -> Point:
    return next(iter(values.family(role)), absent(role))
