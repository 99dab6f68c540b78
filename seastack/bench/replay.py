"""`bench replay`: a recorded day through the same step again, twice."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from controller.config import configure
from controller.historian.journal import Journal
from controller.historian.record import Run
from controller.voyage.replay import replay
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.sail import Sailing
from seastack.departure import load_voyage, start_time_s
from seastack.plantargs import plant_of
from seastack.recorded import progress
from sim.rig import Rig

DAYS: Final = 1.0
RUN: Final = "bench-replay"
SPEED_BAR: Final = 500.0


def run(options: BenchOptions) -> list[Figure]:
    """Record a day under control, replay it twice, compare."""
    cycles = round((options.days or DAYS) * 86400)
    config = configure(plant_of("demo"))
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _record(options, state, cycles)
        with progress("replaying") as tell:
            first = replay(state, RUN, config, tell)
        with progress("replaying again") as tell:
            second = replay(state, RUN, config, tell)
    return [
        Figure("cycles replayed", first.cycles, "", "==", cycles),
        Figure("cycles that differ from the record", first.differing, "", "==", 0),
        Figure("two replays bit-identical", first.digest == second.digest, "", "==", 1),
        Figure("speed", min(first.speed, second.speed), "x real time", ">=", SPEED_BAR),
    ]


def _record(options: BenchOptions, state: Path, cycles: int) -> None:
    """Sail in-process for so many cycles and journal every one."""
    config = configure(plant_of("demo"))
    voyage = load_voyage(options.voyage, config.plant)
    start_ns = int(start_time_s(voyage, options.start) * 1e9)
    rig = Rig(config.plant, voyage, options.seed, start_ns)
    rig.warm()
    described = Run(RUN, "bench", "demo", config.config_hash, "bench", options.seed, start_ns)
    journal = Journal(state, described, config.layout, commit_every=60, patient=True)
    sailing = Sailing(rig, config, journal)
    sailing.ask("arm")
    with progress("recording") as tell:
        for k in range(cycles):
            sailing.cycle()
            if k % 600 == 0:
                tell(k, cycles)
    journal.close()
