"""Processor time and memory of this controller beside another version's, on the same machine.

Each version's own demo runs headless at 1 Hz for some minutes, shipping to a real VictoriaMetrics,
one after the other and round again; printed are s of processor time for 1000 points read and MB
(PSS).  A machine's speed changes from hour to hour, so only versions side by side compare.
Exit code 0: this one needs no more than the other, in both; 1: it does; 77: victoria-metrics
is not installed.

    git worktree add /tmp/before 5ff4589
    .venv/bin/python benchmarks/cost_beside.py /tmp/before --rounds 2
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from controller.channels import is_input
from seastack.bench.figure import MissingProgram
from seastack.bench.load import memory_mb, shipping_to
from seastack.bench.table import cpu_seconds
from seastack.bench.victoria import Victoria
from seastack.plantargs import plant_of

HERE: Final = Path(__file__).parents[1]
ABSENT: Final = 77
START_S: Final = 180.0  # a version's first start compiles its kernels
SETTLE_S: Final = 30.0
DEMO: Final = "from seastack.cli import main; main()"


def measured(version: Path, seconds: float) -> tuple[float, float]:
    """Return s of processor time for 1000 points, and MB, of a version's controller."""
    with tempfile.TemporaryDirectory() as scratch, Victoria(Path(scratch)) as server:
        state = Path(scratch) / "state"
        command = [sys.executable, "-c", DEMO, "demo", "--no-dashboard", "--state", str(state)]
        with shipping_to(server.url):
            environment = {**os.environ, "PYTHONPATH": str(version)}
            demo = subprocess.Popen(
                command, env=environment, cwd=scratch, stdout=subprocess.DEVNULL
            )
        try:
            pid = _controller(state)
            time.sleep(SETTLE_S)
            began, used = time.monotonic(), cpu_seconds(pid)
            time.sleep(seconds)
            took, used = time.monotonic() - began, cpu_seconds(pid) - used
            return 1000.0 * used / (took * _points()), memory_mb(pid)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60.0)


def _points() -> int:
    return sum(is_input(tag) for tag in plant_of("demo").tags.tags)


def _controller(state: Path) -> int:
    """Return the process that runs the controller of a state directory, once there is one."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        for found in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = found.read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue  # it ended meanwhile
            if "run" in words and str(state) in words:
                return int(found.parent.name)
        time.sleep(0.2)
    raise SystemExit(f"no controller began within {START_S:g} s")


def main() -> int:
    """Measure both versions in turn and print every figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("other", type=Path, help="folder of the other version")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=2.5)
    asked = parser.parse_args()
    versions = {"other": asked.other.absolute(), "this": HERE}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in versions}
    try:
        for _ in range(asked.rounds):
            for name, folder in versions.items():
                cpu, memory = measured(folder, 60.0 * asked.minutes)
                found[name].append((cpu, memory))
                print(f"{name}: {cpu:.4f} s for 1000 points, {memory:.0f} MB", flush=True)
    except MissingProgram as missing:
        print(missing)
        return ABSENT
    this, other = (np.mean(found[name], axis=0) for name in ("this", "other"))
    time_share, memory_share = (this / other).tolist()
    print(f"this / other: {time_share:.2f} of the time, {memory_share:.2f} of the memory")
    return int(max(time_share, memory_share) > 1.0)


if __name__ == "__main__":
    sys.exit(main())
