"""`bench lease`: kill and freeze controller and rig, see who owns it and what is lost.

Scored from two witnesses that the victims cannot falsify: the journal, and what
the rig itself noted about every step.
"""

import random
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from controller.historian.reader import JournalReader
from controller.modes import Mode
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.table import RunTable
from seastack.bench.witness import wrong_good
from seastack.demo import DemoOptions, arm, launch, prepare
from seastack.fleet import Fleet
from seastack.plantargs import plant_of
from seastack.served import Served
from sensors.tag import TagTable

NS: Final = 1_000_000_000
SETTLE_S: Final = 25.0  # until the lease is held and loops steer
WATCH_S: Final = 45.0  # the PLC holds for 30 s, then ramps: both are watched
FREEZE_S: Final = 8.0
KILLS: Final = 20
RETURN_S: Final = 25.0
SETPOINTS: Final = ("FIC-401.SPR", "FIC-521.SPR", "TIC-401.SPR", "PIC-501.SPR", "FIC-110.SPR")
# Per second, of the range: the PLC's own ramps stay below, a jump does not.
JUMP_PCT: Final = 2.5
LOOPS: Final = ("mode_capture", "mode_lean", "mode_steam")
Seen = dict[str, int]  # run -> newest cycle seen committed


def run(options: BenchOptions) -> list[Figure]:
    """Run all scenarios on real sockets and return the figures of bar 4."""
    tags, kills = plant_of("demo").tags, KILLS if options.kills is None else options.kills
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = DemoOptions(
            voyage=options.voyage,
            start=options.start,
            dashboard=False,
            state=state,
            seed=options.seed,
        )
        plan = replace(prepare(demo, _quiet), witness=(state / "served.bin").absolute())
        figures: list[Figure] = []
        with Fleet(plan) as fleet:
            launch(fleet, dashboard=False, say=_quiet)
            time.sleep(SETTLE_S)
            figures += controller_killed(fleet, tags)
            figures += rig_gone(fleet, "frozen", _freeze)
            figures += rig_gone(fleet, "killed", _kill_rig)
            seen = random_kills(fleet, kills, random.Random(options.seed))
        figures += verdict(state, plan.witness or state, tags, seen, kills)
    return figures


def controller_killed(fleet: Fleet, tags: TagTable) -> list[Figure]:
    """SIGKILL the controller; the PLC must own the rig soon and move nothing by a jump."""
    fleet.check()
    t0 = fleet.now_ns()
    _kill_controller(fleet)
    time.sleep(WATCH_S / fleet.plan.speed)
    served = Served.load(fleet.plan.witness or Path(), len(tags))
    after = served.t_ns >= t0
    owner = served.value[:, tags.index["HS-OWNER"]]
    local = served.t_ns[after & (owner == 0)]
    owned_before = bool((owner[~after][-5:] != 0).all())
    delay = (local[0] - t0) / NS if local.size and owned_before else float("nan")
    watched = served.value[served.t_ns >= t0 - 2 * NS]
    spans = np.array([tags[n].hi - tags[n].lo for n in SETPOINTS])
    active = watched[:, [tags.index[n] for n in SETPOINTS]]
    jump = float((np.abs(np.diff(active, axis=0)) / spans).max()) * 100.0
    _restart_controller(fleet)
    time.sleep(SETTLE_S)
    return [
        Figure("controller killed: PLC owns the rig after", delay, "s", "<=", 5.0),
        Figure("controller killed: largest set-point move", jump, "%/s", "<=", JUMP_PCT),
    ]


def rig_gone(fleet: Fleet, how: str, away: Callable[[Fleet], int]) -> list[Figure]:
    """Take the rig away and bring it back; score what the controller made of it."""
    fleet.check()
    t0 = fleet.now_ns()
    t1 = away(fleet)
    time.sleep(RETURN_S / fleet.plan.speed)
    table = RunTable.load(fleet.plan.state)
    before = (table.t_ns < t0) & (table.t_ns > t0 - 10 * NS)
    gone = (table.t_ns > t0) & (table.t_ns < t1)
    bad = table.t_ns[gone & table.all_bad()]
    blind = (bad[0] - t0) / NS if bad.size else float("nan")
    # A rig that starts again answers on one protocol before the other.
    frozen = gone & (table.t_ns > t0 + 3 * NS) & table.all_bad()
    modes = np.stack([table.column(n) for n in LOOPS], axis=1)[frozen]
    held = float((modes == Mode.IMAN).all(axis=1).mean()) * 100.0 if len(modes) else float("nan")
    usual = float(np.median(table.good_share()[before]))
    back = table.t_ns[(table.t_ns > t1) & (table.good_share() >= usual - 1e-9)]
    recovery = (back[0] - t1) / NS if back.size else float("nan")
    return [
        Figure(f"rig {how}: all values BAD after", blind, "s", "<=", 3.0),
        Figure(f"rig {how}: loops IMAN while it is gone", held, "%", "==", 100.0),
        Figure(f"rig {how}: values GOOD again after", recovery, "s", "<=", 5.0),
    ]


def random_kills(fleet: Fleet, kills: int, rng: random.Random) -> Seen:
    """Kill or freeze one of the two, again and again; return the cycles seen committed."""
    seen: Seen = {}
    for _ in range(kills):
        time.sleep(rng.uniform(3.0, 7.0))
        fleet.check()
        _note(fleet, seen)
        blow = rng.choice(("controller", "rig", "freeze"))
        if blow == "controller":
            _kill_controller(fleet)
            time.sleep(rng.uniform(0.0, 6.0))
            _restart_controller(fleet)
        elif blow == "rig":
            _kill_rig(fleet, rng.uniform(0.0, 4.0))
        else:
            _freeze(fleet, rng.uniform(0.5, 6.0))
    time.sleep(5.0)
    _note(fleet, seen)
    return seen


def verdict(state: Path, witness: Path, tags: TagTable, seen: Seen, kills: int) -> list[Figure]:
    """Score all runs of a state directory after the kills."""
    served = Served.load(witness, len(tags))
    lost = wrong = total = 0
    with JournalReader(state) as reader:
        runs = [info.run.id for info in reader.runs()]
    for name in runs:
        table = RunTable.load(state, name)
        acknowledged = seen.get(name, -1)
        lost += int(acknowledged + 1 - np.sum(table.seq <= acknowledged))
        bad, good = wrong_good(table, served, tags)
        wrong, total = wrong + bad, total + good
    return [
        Figure("random kills and freezes", kills),
        Figure("controller lives", len(runs)),
        Figure("GOOD values compared with what was served", total),
        Figure("wrong values GOOD", wrong, "", "==", 0),
        Figure("acknowledged cycles lost", lost, "", "==", 0),
    ]


def _note(fleet: Fleet, seen: Seen) -> None:
    """Remember the newest committed cycle: from now on it must never be missing."""
    with JournalReader(fleet.plan.state) as reader:
        frame = reader.latest()
    if frame is not None:
        seen[frame.run] = frame.seq


def _kill_controller(fleet: Fleet) -> None:
    if fleet.controller is not None:
        fleet.controller.kill()


def _restart_controller(fleet: Fleet) -> None:
    fleet.start_controller()
    arm(fleet)


def _freeze(fleet: Fleet, seconds: float = FREEZE_S) -> int:
    """Stop the rig's process for a while; return when it went on, plant time."""
    rig = fleet.simulator
    if rig is not None:
        rig.signal(signal.SIGSTOP)
        time.sleep(seconds)
        rig.signal(signal.SIGCONT)
    return fleet.now_ns()


def _kill_rig(fleet: Fleet, seconds: float = 4.0) -> int:
    """Kill the rig's process and start another; return when it answered, plant time."""
    if fleet.simulator is not None:
        fleet.simulator.kill()
    time.sleep(seconds)
    fleet.start_simulator()
    return fleet.now_ns()


def _quiet(text: str) -> None:
    del text
