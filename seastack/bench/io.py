"""`bench io`: the demo headless on real sockets, scored from its own journal."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from controller.modes import Mode
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.table import RunTable, cpu_seconds
from seastack.demo import DemoOptions, launch, prepare
from seastack.fleet import Fleet

MINUTES: Final = 10.0
SETTLE_S: Final = 60.0  # loops are asked to be in their modes from then on
LATE_MS: Final = 100.0


def run(options: BenchOptions) -> list[Figure]:
    """Run the demo without a page at speed 1 and return the figures of bar 2."""
    minutes = options.minutes or MINUTES
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = DemoOptions(
            voyage=options.voyage,
            start=options.start,
            dashboard=False,
            state=state,
            seed=options.seed,
        )
        core = _run_demo(demo, minutes * 60.0)
        table = RunTable.load(state)
    return [*score(table), Figure("controller CPU", core * 100.0, "% of a core", "<=", 15.0)]


def _run_demo(demo: DemoOptions, seconds: float) -> float:
    """Run the demo for so long; return the share of a core the controller took."""
    with Fleet(prepare(demo, _quiet)) as fleet:
        launch(fleet, dashboard=False, say=_quiet)
        pid = fleet.controller.pid if fleet.controller else 0
        begun, used = time.monotonic(), cpu_seconds(pid)
        while time.monotonic() - begun < seconds:
            fleet.check()
            time.sleep(1.0)
        return (cpu_seconds(pid) - used) / (time.monotonic() - begun)


def score(table: RunTable) -> Sequence[Figure]:
    """Return the figures of a recorded run from arming to the hand-back.

    A cycle that was due and did not run is an overrun; one that ran and is not
    in the journal is missing.
    """
    armed = np.flatnonzero(table.column("authority") == 1)
    window = slice(armed[0], armed[-1] + 1)
    t_ns, seq = table.t_ns[window], table.seq[window]
    settled = t_ns - t_ns[0] > SETTLE_S * 1e9
    steering = (
        (table.column("mode_capture") == Mode.AUTO)
        & (table.column("mode_lean") == Mode.CAS)
        & (table.column("mode_steam") == Mode.CAS)
    )[window]
    share = float(steering[settled].mean()) * 100.0 if settled.any() else float("nan")
    cycle_ms, skipped = table.column("cycle_ms")[window], table.column("overruns")[window]
    late = int(np.sum(cycle_ms > LATE_MS)) + int(skipped[-1] - skipped[0])
    return [
        Figure("cycles", len(seq)),
        Figure("points", len(table.inputs())),
        Figure("overruns > 100 ms", late, "", "==", 0),
        Figure("cycles missing in the journal", int(seq[-1] - seq[0]) + 1 - len(seq), "", "==", 0),
        Figure("capture AUTO, lean and steam CAS after minute 1", share, "%", ">=", 99.0),
        Figure("cycle, median", float(np.median(cycle_ms)), "ms"),
        Figure("cycle, longest", float(np.max(cycle_ms)), "ms"),
    ]


def _quiet(text: str) -> None:
    del text
