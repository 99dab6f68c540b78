"""`bench load`: what the controller costs while it copies everything to a time-series server.

The demo headless at 1 Hz beside a real VictoriaMetrics, shipping on, nothing wrong: processor
time for 1000 points read, and memory that is the controller's own share (PSS of Linux).  The
bars are what this controller needed when Telegraf read the same points beside it (0.053 s and
114 MB); Telegraf, which neither models nor alarms, needed 0.023 s and 27 MB.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.table import RunTable, cpu_seconds
from seastack.bench.victoria import Victoria
from seastack.demo import DemoOptions, launch, prepare
from seastack.fleet import Fleet

MINUTES: Final = 5.5
SETTLE_S: Final = 30.0  # of start and first set-points, not counted
CPU_S_1000: Final = 0.053
MEMORY_MB: Final = 114.0
CATCH_UP_S: Final = 30.0


def run(options: BenchOptions) -> list[Figure]:
    """Return the figures; raises MissingProgram without victoria-metrics."""
    seconds = 60.0 * (MINUTES if options.minutes is None else options.minutes)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seastack-load-")))
        server = stack.enter_context(Victoria(folder))
        stack.enter_context(shipping_to(server.url))
        state = options.state or folder / "state"
        demo = DemoOptions(
            voyage=options.voyage,
            start=options.start,
            dashboard=False,
            state=state,
            seed=options.seed,
        )
        used_s, took_s, memory_mb = _measured(demo, seconds)
        table = RunTable.load(state)
        there = server.seqs(table.run)
    points = len(table.inputs()) * took_s
    return [*_costs(used_s, took_s, memory_mb, points), *_copied(table, there)]


def _costs(used_s: float, took_s: float, memory_mb: float, points: float) -> list[Figure]:
    return [
        Figure("points read", round(points)),
        Figure("controller CPU", 100.0 * used_s / took_s, "% of a core"),
        Figure("controller CPU for 1000 points", 1000.0 * used_s / points, "s", "<=", CPU_S_1000),
        Figure("controller memory (PSS)", memory_mb, "MB", "<=", MEMORY_MB),
    ]


def _copied(table: RunTable, there: set[int]) -> Sequence[Figure]:
    """Return how many cycles are at the server; those of the last seconds may be on the way."""
    kept = {int(s) for s in table.seq}
    settled = {s for s in kept if s <= max(kept) - CATCH_UP_S}
    return [
        Figure("cycles in the journal", len(kept)),
        Figure("cycles at the server", len(there)),
        Figure("cycles missing there", len(settled - there), "", "==", 0),
    ]


def _measured(demo: DemoOptions, seconds: float) -> tuple[float, float, float]:
    """Run the demo; return processor seconds, wall seconds and MB of the controller."""
    with Fleet(prepare(demo, _quiet)) as fleet:
        launch(fleet, dashboard=False, say=_quiet)
        pid = fleet.controller.pid if fleet.controller else 0
        _watch(fleet, SETTLE_S)
        begun, used = time.monotonic(), cpu_seconds(pid)
        _watch(fleet, seconds)
        return cpu_seconds(pid) - used, time.monotonic() - begun, memory_mb(pid)


def _watch(fleet: Fleet, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        fleet.check()
        time.sleep(1.0)


def memory_mb(pid: int) -> float:
    """Return a process's own memory with its share of what is shared, MB. Raises OSError."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kb = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kb * 1024 / 1e6


@contextmanager
def shipping_to(url: str) -> Iterator[None]:
    """Have processes that are started now ship to a server that asks for no token."""
    named = {
        "INFLUXDB_V2_URL": url,
        "INFLUXDB_V2_ORG": "seastack",
        "INFLUXDB_V2_BUCKET": "seastack",
        "INFLUXDB_V2_TOKEN": "none",
    }
    before = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _quiet(text: str) -> None:
    del text
