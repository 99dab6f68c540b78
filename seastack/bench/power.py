"""`bench power`: kill -9 of the controller, and power cuts that tear its journal.

A kill leaves every byte it handed to the system.  A power cut may also tear
what was being written: the log of the open segment is cut or scrambled at a
random byte behind the last commit seen ("tail").  A disk that lies or dies
tears anywhere ("anywhere"): then records are gone for good, and the bar is
that the controller starts and says so.
"""

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import Progress

from controller.historian.errors import HistorianError
from controller.historian.reader import JournalReader
from seastack.bench.figure import BenchOptions, Figure
from seastack.demo import DemoOptions, arm, launch, prepare
from seastack.fleet import Fleet
from seastack.plantargs import plant_of
from seastack.served import Served
from sensors.tag import TagTable

KILLS: Final = 100
CUTS_PER_KILL: Final = 0.5
SPEED: Final = 10.0
LEASE_S: Final = 5.0  # plant: the rig is the PLC's within this after the last heartbeat
HELD_S: Final = 8.0  # wall: patience until the lease is held
NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Death:
    """One end of a controller: how, when (plant time), what had been seen committed."""

    how: str
    t_ns: int
    run: str
    acknowledged: int
    armed: bool
    said: str = ""
    started_s: float = 0.0
    left: int = -1  # newest cycle of the dead run that can be read now


def run(options: BenchOptions) -> list[Figure]:
    """Kill and cut, start again, and score what is left: bar 2."""
    kills = KILLS if options.kills is None else options.kills
    cuts = round(CUTS_PER_KILL * kills)
    plan_of_deaths = ["kill"] * kills + ["tail", "anywhere"] * (cuts // 2) + ["tail"] * (cuts % 2)
    rng = random.Random(options.seed)
    rng.shuffle(plan_of_deaths)
    tags = plant_of("demo").tags
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = DemoOptions(SPEED, options.voyage, options.start, None, False, None, state)
        witness = (state / "served.bin").absolute()
        plan = replace(prepare(replace(demo, seed=options.seed), _quiet), witness=witness)
        with Fleet(plan) as fleet:
            launch(fleet, dashboard=False, say=_quiet)
            deaths = [die(fleet, how, rng) for how in _progress(plan_of_deaths)]
        return score(deaths, Served.load(witness, len(tags)), tags)


def die(fleet: Fleet, how: str, rng: random.Random) -> Death:
    """End the controller in one way at a random moment and start another."""
    held = _held(fleet)
    time.sleep(rng.uniform(0.0, 0.5))
    fleet.check()
    controller = fleet.controller
    if controller is None:
        raise RuntimeError("no controller to kill")
    controller.signal(signal.SIGSTOP)
    dead_run, seen = _newest(fleet)
    log = _log_of(fleet.plan.state, dead_run)
    size = log.stat().st_size if log.exists() else 0
    controller.signal(signal.SIGCONT)
    time.sleep(rng.uniform(0.0, 0.35))
    t_ns = fleet.now_ns()
    controller.kill()
    if how == "tail":
        _tear(log, size, rng)
    elif how == "anywhere":
        _tear(rng.choice([log, log.with_name(log.name.removesuffix("-wal"))]), 0, rng)
    time.sleep(1.2 * LEASE_S / SPEED)
    began = time.monotonic()
    fleet.start_controller()
    started_s = time.monotonic() - began
    death = Death(how, t_ns, dead_run, seen, held, _said(fleet), started_s, _left(fleet, dead_run))
    arm(fleet)
    return death


def _held(fleet: Fleet) -> bool:
    """Wait until the lease is held; tell whether it is."""
    until = time.monotonic() + HELD_S
    with JournalReader(fleet.plan.state) as reader:
        while time.monotonic() < until:
            frame = reader.latest()
            if frame is not None:
                lease = [c.name for c in frame.channels].index("lease")
                if frame.value[lease] == 2.0:
                    return True
            time.sleep(0.05)
    return False


def _newest(fleet: Fleet) -> tuple[str, int]:
    with JournalReader(fleet.plan.state) as reader:
        frame = reader.latest()
    return (frame.run, frame.seq) if frame is not None else ("", -1)


def _log_of(state: Path, run: str) -> Path:
    """Return the write-ahead log of a run's newest segment."""
    segments = sorted((state / "journal" / run).glob("*.db"))
    return Path(f"{segments[-1]}-wal")


def _tear(path: Path, from_byte: int, rng: random.Random) -> None:
    """Cut a file at a random byte from `from_byte` on, or scramble what lies behind it."""
    size = path.stat().st_size if path.exists() else 0
    if size <= from_byte:
        return
    at = rng.randrange(from_byte, size)
    with path.open("r+b") as file:
        if rng.random() < 0.5:
            file.truncate(at)
        else:
            file.seek(at)
            file.write(rng.randbytes(min(4096, size - at)))


def _said(fleet: Fleet) -> str:
    """Return what the new run said about the one before."""
    with JournalReader(fleet.plan.state) as reader:
        events = reader.events(reader.newest_run() or "", "command", limit=5)
    return next((e.text for e in events if e.source == "resume"), "")


def _left(fleet: Fleet, run: str) -> int:
    """Return up to which cycle a run can be read without a hole, -1 for none."""
    with JournalReader(fleet.plan.state) as reader:
        try:
            seqs = [r.seq for r in reader.records(run)]
        except (HistorianError, OSError, ValueError):
            return -1
    whole = [seq for i, seq in enumerate(seqs) if seq == i]
    return whole[-1] if whole else -1


def score(deaths: list[Death], served: Served, tags: TagTable) -> list[Figure]:
    """Return the figures of all deaths."""
    owner = served.value[:, tags.index["HS-OWNER"]]
    delays = [_owned_after(d, served, owner) for d in deaths if d.armed]
    lost = [d for d in deaths if d.left < d.acknowledged]
    in_order = [d for d in lost if d.how != "anywhere"]
    unsaid = [d for d in lost if d.how == "anywhere" and not _told(d.said)]
    hard = sum(d.how == "anywhere" for d in deaths)
    return [
        Figure("kills -9", sum(d.how == "kill" for d in deaths)),
        Figure("power cuts, torn behind the last commit", sum(d.how == "tail" for d in deaths)),
        Figure("power cuts, torn anywhere", hard),
        Figure("starts after them", sum(d.started_s > 0 for d in deaths), "", "==", len(deaths)),
        Figure("slowest start to the first commit, wall", max(d.started_s for d in deaths), "s"),
        Figure("deaths while holding the lease", len(delays)),
        Figure("PLC owns the rig after, slowest", max(delays, default=np.nan), "s", "<=", LEASE_S),
        Figure("lives that lost acknowledged cycles", len(in_order), "", "==", 0),
        Figure("torn anywhere: lives that lost cycles", len(lost) - len(in_order)),
        Figure("torn anywhere: losses nobody told of", len(unsaid), "", "==", 0),
        Figure("lives that told of the run before", sum(bool(d.said) for d in deaths)),
    ]


def _told(said: str) -> bool:
    return "is damaged" in said or "are missing" in said


def _owned_after(death: Death, served: Served, owner: np.ndarray) -> float:
    """Return how long after a death the PLC owned the rig, plant s; infinite for never."""
    after = served.t_ns[(served.t_ns >= death.t_ns) & (owner == 0)]
    return float(after[0] - death.t_ns) / NS if after.size else float("inf")


def _progress(deaths: list[str]) -> Iterator[str]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(deaths, description="power")


def _quiet(text: str) -> None:
    del text
