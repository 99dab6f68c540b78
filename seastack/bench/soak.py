"""`bench soak`: hours of plant time on real sockets at 10 x; what grows, what is late."""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import Progress

from controller.historian.reader import JournalReader
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.table import F64, cpu_seconds
from seastack.demo import DemoOptions, launch, prepare
from seastack.fleet import Fleet

MINUTES: Final = 36.0  # 6 h of plant time
SPEED: Final = 10.0
EVERY_S: Final = 5.0
WARM_SHARE: Final = 0.25  # of the soak is warm-up: caches fill, the log reaches its size
WARM_MOST_S: Final = 600.0


def run(options: BenchOptions) -> list[Figure]:
    """Soak the demo without a page and return the figures of bar 7."""
    seconds = (options.minutes or MINUTES) * 60.0
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = DemoOptions(SPEED, options.voyage, options.start, None, False, None, state)
        with Fleet(prepare(replace(demo, seed=options.seed), _quiet)) as fleet:
            launch(fleet, dashboard=False, say=_quiet)
            time.sleep(5.0)
            before, used, began = _late(state), _cpu(fleet), time.monotonic()
            samples = _sample(fleet, seconds)
            core = (_cpu(fleet) - used) / (time.monotonic() - began)
            skipped, cycles = (b - a for a, b in zip(before, _late(state), strict=True))
    return [
        Figure("plant time", seconds * SPEED / 3600.0, "h"),
        Figure("cycles", cycles),
        *score(samples, seconds),
        Figure("overruns > 1 period", skipped, "", "==", 0),
        Figure("controller CPU at 10 x", core * 100.0, "% of a core"),
    ]


def score(samples: F64, seconds: float) -> list[Figure]:
    """Return growth and file handles of samples (wall s, MB, open files) after warm-up."""
    warm = samples[samples[:, 0] >= min(WARM_SHARE * seconds, WARM_MOST_S)]
    hours = warm[:, 0] * SPEED / 3600.0
    slope = float(np.polyfit(hours, warm[:, 1], 1)[0]) if len(warm) > 2 else float("nan")
    quarter = max(1, len(warm) // 4)
    files = np.median(warm[-quarter:, 2]) - np.median(warm[:quarter, 2])
    growth = 100.0 * slope / float(warm[:, 1].mean())
    return [
        Figure("memory after warm-up", float(warm[0, 1]), "MB"),
        Figure("memory at the end", float(warm[-1, 1]), "MB"),
        Figure("memory growth per hour of plant time", growth, "%/h", "<=", 1.0),
        Figure("file handles", float(warm[-1, 2])),
        Figure("file handles gained", float(files), "", "<=", 0),
    ]


def _sample(fleet: Fleet, seconds: float) -> F64:
    """Return (wall s, resident MB, open files) of the controller every few seconds."""
    pid = fleet.controller.pid if fleet.controller else 0
    began, rows = time.monotonic(), []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("soak", total=seconds)
        while (now := time.monotonic() - began) < seconds:
            fleet.check()
            rows.append((now, _resident_mb(pid), float(_open_files(pid))))
            bar.update(task, completed=now)
            time.sleep(min(EVERY_S, seconds / 20.0))
    return np.array(rows)


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) / 1024.0
    return float("nan")


def _open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _late(state: Path) -> tuple[float, float]:
    """Return cycles skipped and cycles run so far."""
    with JournalReader(state) as reader:
        frame = reader.latest()
    if frame is None:
        return 0.0, 0.0
    skipped = frame.value[[c.name for c in frame.channels].index("overruns")]
    return float(skipped), float(frame.seq)


def _cpu(fleet: Fleet) -> float:
    return cpu_seconds(fleet.controller.pid if fleet.controller else 0)


def _quiet(text: str) -> None:
    del text
