"""What the run before left in the journal, as the request a new run begins with."""

import json
import logging
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from controller.alarms import Restored
from controller.historian.errors import HistorianError
from controller.historian.eventlog import LoggedEvent
from controller.historian.reader import Frame, JournalReader
from controller.historian.schema import open_to_read, read_run
from controller.historian.segment import damage_of
from controller.historian.tailmark import last_acknowledged
from controller.resume import BY, KIND, SHELL_ID, is_left
from controller.types import Command

EVENTS_LOOKED_AT: Final = 5000

log = logging.getLogger("seastack.controller")


def resume_command(state_dir: Path, plant: str, t_ns: int) -> Command | None:
    """Return the request that takes over from the newest live run of a plant.

    None when there is nothing to take over and nothing to say.  A journal that
    cannot be read is said, in the log and in the request, and never keeps a
    controller from starting.
    """
    damage = journal_losses(state_dir)
    if damage:
        log.warning("journal: %s", damage)
    try:
        with JournalReader(state_dir) as reader:
            found = _from_newest(reader, plant, t_ns)
    except (HistorianError, OSError) as error:
        log.warning("what the run before left behind cannot be read: %s", error)
        found = None
    if not damage:
        return found
    args = {**(found.args if found else {}), "damage": damage}
    return Command(SHELL_ID, KIND, BY, t_ns, args)


def _from_newest(reader: JournalReader, plant: str, t_ns: int) -> Command | None:
    for begun in reversed(reader.begun()):
        if begun.run.kind != "live" or begun.run.plant != plant:
            continue
        name = begun.run.id
        try:
            args = _left_by(reader, name, t_ns)
        except (HistorianError, sqlite3.Error, ValueError, KeyError) as error:
            log.warning("run %s cannot be taken over: %s", name, error)
            continue
        if args is not None:  # else it ended before its first commit: look further back
            return Command(SHELL_ID, KIND, BY, t_ns, args)
    return None


def _left_by(reader: JournalReader, run: str, t_ns: int) -> dict[str, float | str] | None:
    frame = reader.latest(run)
    if frame is None:
        return None
    columns = {c.name: i for i, c in enumerate(frame.channels)}
    target = float(frame.value[columns["target_pct"]])
    args: dict[str, float | str] = {"run": run, "last_t_ns": str(frame.t_ns)}
    args["alarms"] = json.dumps([asdict(a) for a in _standing(reader, run)])
    if target == target:
        args["target_pct"] = target
    if _steered(frame, columns):
        args["armed"] = "yes"
    args |= _totals(frame, columns, t_ns)
    if frame.value[columns["bypass_asked"]] == 1.0:
        args["bypass"] = "not proven"
    if loops := _loops(reader, run):
        args["loops"] = json.dumps(loops)
    return args


def _steered(frame: Frame, columns: Mapping[str, int]) -> bool:
    """Return whether somebody had armed it and nobody wanted MONITOR since."""
    said = [columns[name] for name in ("authority", "nobody_steers") if name in columns]
    return any(float(frame.value[i]) == 1.0 for i in said)


def _totals(frame: Frame, columns: Mapping[str, int], t_ns: int) -> dict[str, float | str]:
    """Return what was captured up to a run's last cycle, and how long ago that was."""
    total_t, gap_s = (
        float(frame.value[columns[name]]) for name in ("captured_total_t", "captured_gap_s")
    )
    if not (math.isfinite(total_t) and math.isfinite(gap_s)):
        return {}
    away_s = max(0.0, (t_ns - frame.t_ns) * 1e-9)
    return {"captured_t": total_t, "gap_s": gap_s, "away_s": round(away_s, 3)}


def _loops(reader: JournalReader, run: str) -> dict[str, Mapping[str, Any]]:
    """Return what people left the loops at: mode and set-point by loop."""
    found: dict[str, Mapping[str, Any]] = {}
    for event in reader.events(run, kind="command", limit=EVENTS_LOOKED_AT, newest=True):
        if event.state != "ACCEPTED":
            continue
        args = event.data.get("args", {})
        if event.source == KIND:
            found = json.loads(args.get("loops", "{}"))
        elif is_left(event.source) and "setpoint" in event.data:
            found[args["loop"]] = {k: event.data[k] for k in ("mode", "setpoint")}
    return found


def journal_losses(state_dir: Path) -> str:
    """Return in words what is damaged in the journal of the run begun last, "" for nothing.

    Looks only at a run that did not end in order: a kill leaves a sound file, a
    power cut on a disk that lies, or a dying disk, does not.
    """
    folders = [f for f in (state_dir / "journal").glob("*-live-*") if f.is_dir()]
    if not folders:
        return ""
    mark = last_acknowledged(state_dir)
    # The clock may have been set back since: the mark knows better than a name.
    newest = max(folders, key=lambda f: (mark is not None and f.name == mark.run, f.name))
    said = []
    for path in sorted(newest.glob("*.db"))[-1:]:
        try:
            damage = "" if _ended(path) else damage_of(path)
        except (sqlite3.Error, OSError) as error:
            damage = str(error)
        if damage:
            said.append(f"segment {path.name} of run {newest.name} is damaged ({damage}) and kept")
    if missing := _missing(state_dir, newest.name):
        said.append(missing)
    return "; ".join(said)


def _missing(state_dir: Path, run: str) -> str:
    """Return in words which acknowledged cycles at the end of a run are gone, "" for none.

    SQLite opens a log that lost its end without a word; the mark beside it tells.
    """
    mark = last_acknowledged(state_dir)
    if mark is None or mark.run != run:
        return ""
    try:
        with JournalReader(state_dir) as reader:
            frame = reader.latest(run)
    except (HistorianError, sqlite3.Error, OSError, ValueError):
        frame = None
    lost = mark.seq - (frame.seq if frame is not None else -1)
    if lost <= 0:
        return ""
    until = datetime.fromtimestamp(mark.t_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"the last {lost} acknowledged cycles of run {run}, to {until} UTC, are missing"


def _ended(path: Path) -> bool:
    """Return whether a segment can be read and says that its run ended in order."""
    try:
        db = open_to_read(path)
    except (sqlite3.Error, HistorianError):
        return False
    try:
        return read_run(db)[2] is not None
    except (sqlite3.Error, HistorianError, ValueError):
        return False
    finally:
        db.close()


def _standing(reader: JournalReader, run: str) -> list[Restored]:
    """Return the alarms that stood at a run's last commit, oldest first."""
    standing = {a.id for a in reader.alarms(run)}
    events = reader.events(run, kind="alarm", limit=EVENTS_LOOKED_AT, newest=True)
    found: dict[str, Restored] = {}
    for event in events:
        if event.source in standing:
            found[event.source] = _later(found.get(event.source), event)
    return sorted((a for a in found.values() if a.since_ns), key=lambda a: a.since_ns)


def _later(before: Restored | None, event: LoggedEvent) -> Restored:
    """Return an alarm as it was after one more of its events."""
    if before is None or event.state == "ACTIVE":
        since = event.t_ns if event.state == "ACTIVE" else 0
        return Restored(event.source, event.text, event.priority, since, data=dict(event.data))
    known: dict[str, Any] = asdict(before)
    if event.state == "CLEARED":
        known["cleared_ns"] = event.t_ns
    elif event.state == "ACKNOWLEDGED":
        known["acked_ns"], known["by"] = event.t_ns, event.by
    return Restored(**known)
