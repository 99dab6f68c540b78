"""`bench start`: what the commands of a first and a second demo take, stage by stage.

Bars are of a quiet machine with two cores.  A cold start compiles the kernels into an
empty cache; packages are not in it, for their download is the network's.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seastack.bench.figure import BenchOptions, Figure
from seastack.demo import DemoOptions, arm, prepare
from seastack.fleet import Fleet

CACHE: Final = "NUMBA_CACHE_DIR"
COLD_S: Final = 120.0
WARM_S: Final = 30.0
HELP_S: Final = 0.5


def run(options: BenchOptions) -> list[Figure]:
    """Time help, the kernels into an empty cache, a cold and a warm start to a live page."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        help_s = min(_seconds("--help") for _ in range(3))
        with _cache(root / "cache"):
            kernels_s = _seconds("warm")
        demo = DemoOptions(
            voyage=options.voyage, start=options.start, state=root / "state", seed=options.seed
        )
        stages = _start(demo)
    live_s = stages["page live"]
    return [
        Figure("seastack --help", help_s, "s", "<=", HELP_S),
        Figure("kernels into an empty cache", kernels_s, "s"),
        *(Figure(f"warm: {what} after", took_s, "s") for what, took_s in stages.items()),
        Figure("warm: page live", live_s, "s", "<=", WARM_S),
        Figure("cold: kernels and page live", kernels_s + live_s, "s", "<=", COLD_S),
    ]


def _seconds(*command: str) -> float:
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "seastack.cli", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - begun


def _start(demo: DemoOptions) -> dict[str, float]:
    """Return the seconds from the start of a demo to each stage, in order."""
    begun = time.monotonic()
    took_s: dict[str, float] = {}

    def stage(name: str, does: Callable[[], object]) -> None:
        does()
        took_s[name] = time.monotonic() - begun

    with Fleet(prepare(demo, lambda _line: None)) as fleet:
        fleet.begin_dashboard()
        stage("rig settled", fleet.start_simulator)
        stage("controller's first record", lambda: fleet.start_controller(fresh=True))
        stage("page live", fleet.start_dashboard)
        stage("armed", lambda: arm(fleet))
    return took_s


@contextmanager
def _cache(folder: Path) -> Iterator[None]:
    """Let children keep kernels in another folder."""
    before = os.environ.get(CACHE)
    os.environ[CACHE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE]
        else:
            os.environ[CACHE] = before
