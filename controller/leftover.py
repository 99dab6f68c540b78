"""What the run before left in the journal, as the request a new run begins with."""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from controller.alarms import Restored
from controller.bypass import BypassState
from controller.historian.errors import UNSOUND
from controller.historian.eventlog import DAMAGED, LoggedEvent
from controller.historian.reader import Frame, JournalReader
from controller.journallosses import journal_losses
from controller.resume import BY, KIND, LEAST_PRIORITY, SHELL_ID, choices_of, is_left, is_sound
from controller.types import Command

SAID_CHARS: Final = 1000  # of damage, in the log and in the journal
EVENTS_LOOKED_AT: Final = 5000

log = logging.getLogger("seastack.controller")


def resume_command(state_dir: Path, plant: str, t_ns: int) -> Command | None:
    """Return the request that takes over from the newest live run of a plant.

    None when there is nothing to take over and nothing to say.  What is damaged or cannot
    be read is said, in the log and in the request, costs what it held and no more, and
    never keeps a controller from starting: this raises for no content of a journal.
    """
    said: list[str] = []
    try:
        said += [losses] if (losses := journal_losses(state_dir)) else []
        with JournalReader(state_dir) as reader:
            args = _from_newest(reader, plant, t_ns, said)
    except UNSOUND as error:
        said.append(f"what the run before left behind cannot be read ({error})")
        args = None
    if said:
        text = "; ".join(said)[:SAID_CHARS]
        log.warning("journal: %s", text)
        args = {**(args or {}), "damage": text}
    return None if args is None else Command(SHELL_ID, KIND, BY, t_ns, args)


def _from_newest(
    reader: JournalReader, plant: str, t_ns: int, said: list[str]
) -> dict[str, float | str] | None:
    for begun in reversed(reader.begun()):
        if begun.run.kind != "live" or begun.run.plant != plant:
            continue
        name = begun.run.id
        try:
            frame = reader.latest(name)
        except UNSOUND as error:
            said.append(f"run {name} cannot be taken over ({error})")
            continue
        if frame is not None:  # else it ended before its first commit: look further back
            return _left_by(reader, name, frame, t_ns, said)
    return None


def _left_by(
    reader: JournalReader, run: str, frame: Frame, t_ns: int, said: list[str]
) -> dict[str, float | str]:
    """Return what a run left, piece by piece: one that cannot be read costs no other."""
    columns = {c.name: i for i, c in enumerate(frame.channels)}

    def of(name: str) -> float:
        return float(frame.value[columns[name]])

    pieces: dict[str, Callable[[], dict[str, float | str]]] = {
        "bypass": lambda: {"bypass": "not proven"} if of("bypass_asked") == 1.0 else {},
        "latch": lambda: {"latched": "a bypass"} if _latched(frame, columns) else {},
        "target": lambda: {"target_pct": t} if math.isfinite(t := of("target_pct")) else {},
        "authority": lambda: {"armed": "yes"} if _steered(frame, columns) else {},
        "captured total": lambda: _totals(frame, columns, t_ns),
        "alarms": lambda: {"alarms": _alarms(reader, run, said)},
        "loops": lambda: _loops(reader, run, said),
    }
    args: dict[str, float | str] = {"run": run, "last_t_ns": str(frame.t_ns)}
    for what, read in pieces.items():
        try:
            args |= read()
        except UNSOUND as error:
            said.append(f"{what} of run {run} cannot be taken over ({error})")
    return args


def _steered(frame: Frame, columns: Mapping[str, int]) -> bool:
    """Return whether somebody had armed it and nobody wanted MONITOR since."""
    said = [columns[name] for name in ("authority", "nobody_steers") if name in columns]
    return any(float(frame.value[i]) == 1.0 for i in said)


def _latched(frame: Frame, columns: Mapping[str, int]) -> bool:
    """Return whether the PLC had a bypass latched; journals of before do not tell."""
    at = columns.get("bypass_state")
    return at is not None and float(frame.value[at]) >= BypassState.LATCHED


def _totals(frame: Frame, columns: Mapping[str, int], t_ns: int) -> dict[str, float | str]:
    """Return what was captured up to a run's last cycle, and how long ago that was."""
    total_t, gap_s = (
        float(frame.value[columns[name]]) for name in ("captured_total_t", "captured_gap_s")
    )
    if not (math.isfinite(total_t) and math.isfinite(gap_s)):
        return {}
    away_s = max(0.0, (t_ns - frame.t_ns) * 1e-9)
    return {"captured_t": total_t, "gap_s": gap_s, "away_s": round(away_s, 3)}


def _events(reader: JournalReader, run: str, kind: str, said: list[str]) -> Sequence[LoggedEvent]:
    """Return the newest events of a kind; damaged ones are said, and come with what is left."""
    events = reader.events(run, kind=kind, limit=EVENTS_LOOKED_AT, newest=True)
    if bad := [e for e in events if DAMAGED in e.data]:
        which = ", ".join(str(e.id) for e in bad[:5])
        said.append(f"{len(bad)} {kind} event(s) of run {run} are damaged ({which})")
    return events


def _loops(reader: JournalReader, run: str, said: list[str]) -> dict[str, float | str]:
    """Return what people left the loops at: mode and set-point by loop."""
    found: dict[str, Any] = {}
    for event in _events(reader, run, "command", said):
        args = event.data.get("args")
        if event.state != "ACCEPTED" or not isinstance(args, Mapping):
            continue
        if event.source == KIND:
            found = dict(choices_of(args.get("loops")))
        elif is_left(event.source) and "setpoint" in event.data:
            choice = {k: event.data.get(k) for k in ("mode", "setpoint")}
            found[str(args.get("loop"))] = choice
    return {"loops": json.dumps(found)} if found else {}


def _alarms(reader: JournalReader, run: str, said: list[str]) -> str:
    """Return the alarms that stood at a run's last commit, oldest first."""
    standing = {a.id for a in reader.alarms(run)}
    found: dict[str, Restored] = {}
    for event in _events(reader, run, "alarm", said):
        if event.source in standing:
            found[event.source] = _later(found.get(event.source), event)
    known = (
        a if 1 <= a.priority <= LEAST_PRIORITY else replace(a, priority=1) for a in found.values()
    )
    raised = (a for a in known if is_sound(a))
    return json.dumps([asdict(a) for a in sorted(raised, key=lambda a: a.since_ns)])


def _later(before: Restored | None, event: LoggedEvent) -> Restored:
    """Return an alarm as it was after one more of its events."""
    if before is None or event.state == "ACTIVE":
        since = event.t_ns if event.state == "ACTIVE" else 0
        return Restored(event.source, event.text, event.priority, since, data=dict(event.data))
    if event.state == "CLEARED":
        return replace(before, cleared_ns=event.t_ns)
    if event.state == "ACKNOWLEDGED":
        return replace(before, acked_ns=event.t_ns, by=event.by)
    return before
