"""Ask a running controller for something and wait for its verdict."""

import fcntl
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seastack.problems import UserError

if TYPE_CHECKING:
    from controller.historian.reader import JournalReader

WAIT_S = 5.0  # a controller reads its inbox every cycle; longer means it is not there
FULL_BYTES = 1_000_000
PANEL = "on the rig, BYPASS and LOCAL are on the panel and need no computer"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the controller said to a request."""

    accepted: bool
    text: str
    seq: int = -1  # the cycle that judged it


def controller_pid(state: Path) -> int | None:
    """Return the process that holds a state directory, or None; 0: one that is not known.

    Asks the lock itself, for a number in a file outlives its process.  The lock is
    shared and held for an instant only: a controller that starts just then tries again.
    """
    try:
        fd = os.open(state / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(fd, 32, 0).strip()
        return int(said[:20]) if said.isdigit() else 0
    finally:
        os.close(fd)
    return None


def ask(state: Path, kind: str, args: Mapping[str, float | str], by: str) -> Verdict:
    """Post a request and return the verdict.

    Raises UserError when no controller runs on this state directory; a controller
    that does not answer in time is a refusal that says so, and the request is taken
    back, but for a bypass.
    """
    from controller.inbox import BYPASS, NAME, post, withdraw

    if controller_pid(state) is None:
        if kind == BYPASS and (state / NAME).is_file():  # not beside a mistyped directory
            post(state, kind, args, by)
            raise UserError(f"{_nobody(state)}; the request stands for one that starts within 10 s")
        raise UserError(_nobody(state))
    from controller.historian.reader import JournalReader

    number = post(state, kind, args, by)
    deadline = time.monotonic() + WAIT_S
    with JournalReader(state) as reader:
        while time.monotonic() < deadline:
            verdict = _verdict(reader, number)
            if verdict is not None:
                return verdict
            time.sleep(0.1)
    if kind == BYPASS:
        rest = "; the request stands until a controller hears it"
    else:
        rest = "; the request is withdrawn" if withdraw(state, number) else ""
    if shutil.disk_usage(state).free < FULL_BYTES:
        rest += "; the disk is full, so a controller that heard it could not write its answer"
    return Verdict(False, f"{kind}: no answer from the controller in {WAIT_S:g} s{rest}; {PANEL}")


def standing(state: Path) -> dict[str, int]:
    """Return when each alarm that waits for a person was raised, UTC ms by id."""
    from controller.historian.reader import JournalReader

    with JournalReader(state) as reader:
        run = reader.newest_run()
        alarms = reader.alarms(run) if run else []
    return {a.id: a.t_ns // 1_000_000 for a in alarms if not a.acknowledged}


def _nobody(state: Path) -> str:
    demo = state / "demo"
    runs = controller_pid(demo) is not None
    elsewhere = f"; one runs on {demo}: use --state {demo}" if runs else ""
    return f"no controller runs on state directory {state}{elsewhere}; {PANEL}"


def _verdict(reader: "JournalReader", number: int) -> Verdict | None:
    run = reader.newest_run()
    events = reader.events(run, kind="command", limit=100, newest=True) if run else []
    for event in events:
        if event.data.get("id") == number:
            return Verdict(event.state == "ACCEPTED", event.text, event.seq)
    return None
