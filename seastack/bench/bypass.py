"""`bench bypass`: a hundred presses on a healthy rig, and presses on a PLC that answers late.

The presses run in one process; the late PLC is on real sockets, all delays at once.
"""

import asyncio
import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track

from controller.bypass import REACH_S
from controller.config import PlantConfig, configure
from seastack.bench.bypassrig import Aboard
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.presses import MOMENTS, Pressed, press, stories, warm_rigs
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.rig import Rig

LATE_S: Final = (0.0, 0.3, 0.48, 1.0, 1.5)
SETTLE_S: Final = 6.0  # the link has lost by then what it cannot wait for
WITHIN_S: Final = 60.0

Late = tuple[float, float, int]  # seconds to the PLC, seconds to the proof, alarms


def run(options: BenchOptions) -> list[Figure]:
    """Press, wait and count; see the module docstring."""
    config = configure(load_plant(locate("demo")))
    rigs = warm_rigs(config, voyages.load("birka"), options.seed)
    console = Console(stderr=True)
    every = stories()
    shown = track(every, "presses", console=console, transient=True)
    pressed = [press(rigs, config, story) for story in shown]
    with console.status("a PLC that answers late, on real sockets"):
        late = asyncio.run(_all_late(config, options.seed))
    return [*healthy(pressed, config), *delayed(late, config)]


def healthy(pressed: Sequence[Pressed], config: PlantConfig) -> list[Figure]:
    """Return what a healthy rig made of all presses."""
    slowest = max((p.proven_s or math.inf for p in pressed), default=math.nan)
    bar = config.spec.bypass.run_down_s + REACH_S
    return [
        Figure("presses on a healthy rig", len(pressed)),
        Figure("unit states pressed in", len({p.state for p in pressed})),
        Figure("bypass alarms raised", sum(len(p.alarms) for p in pressed), "", "==", 0),
        Figure("slowest proof", slowest, "s", "<=", bar),
    ]


def delayed(late: Sequence[Late], config: PlantConfig) -> list[Figure]:
    """Return what a PLC that answers late made of a press each."""
    bar = config.spec.bypass.run_down_s + REACH_S
    figures = []
    for late_s, (reached, proven, alarms) in zip(LATE_S, late, strict=True):
        figures += [
            Figure(f"PLC {late_s:g} s late: has the request after", reached, "s", "<=", REACH_S),
            Figure(f"PLC {late_s:g} s late: proven after", proven, "s", "<=", bar),
            Figure(f"PLC {late_s:g} s late: bypass alarms", alarms, "", "==", 0),
        ]
    return figures


async def _all_late(config: PlantConfig, seed: int) -> list[Late]:
    start_s = MOMENTS[1].timestamp()
    now_ns = time.time_ns()
    warm = Rig(config.plant, voyages.load("birka"), seed, now_ns, voyage_start_s=start_s)
    warm.warm()
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / f"{late_s:g}" for late_s in LATE_S]
        for folder in folders:
            folder.mkdir()
        presses = [late_press(warm, f, s) for f, s in zip(folders, LATE_S, strict=True)]
        return list(await asyncio.gather(*presses))


async def late_press(warm: Rig, state: Path, late_s: float, within_s: float = WITHIN_S) -> Late:
    """Press bypass on a PLC that answers so late; infinite is what did not happen."""
    aboard = Aboard(warm, state)
    async with aboard.under_way():
        async with asyncio.timeout(within_s):
            while not await asyncio.to_thread(aboard.latest, "link_plc"):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        aboard.late(late_s)
        await asyncio.sleep(SETTLE_S)
        reached, proven = await aboard.press(within_s)
        return reached, proven, len(aboard.alarms())
