"""A PLC that answers late, on real sockets: it gets the bypass and it is seen proven."""

import asyncio
import math
import time
from pathlib import Path

import pytest

from seastack.bench.bypass import late_press
from seastack.bench.presses import MOMENTS
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.rig import Rig

pytestmark = pytest.mark.timeout(300)  # the first run compiles the plant

# Just inside and far beyond the link's time-out; `bench bypass` tries five.  Each is a rig and a
# controller of its own in real time: more at once would judge the machine.
LATE_S = (0.48, 1.5)
WITHIN_S = 120.0  # of a loaded machine; the bars are those of `bench bypass`


async def test_a_late_plc_gets_the_bypass_and_is_seen_to_have_it(tmp_path: Path) -> None:
    plant, voyage = load_plant(locate("demo")), voyages.load("birka")
    warm = Rig(plant, voyage, 1, time.time_ns(), voyage_start_s=MOMENTS[1].timestamp())
    warm.warm()
    folders = [tmp_path / f"late-{late_s:g}" for late_s in LATE_S]
    for folder in folders:
        folder.mkdir()
    presses = [late_press(warm, f, s, WITHIN_S) for f, s in zip(folders, LATE_S, strict=True)]
    for late_s, (reached, proven, _) in zip(LATE_S, await asyncio.gather(*presses), strict=True):
        assert math.isfinite(reached), f"the PLC that is {late_s:g} s late never got it"
        assert math.isfinite(proven), f"at {late_s:g} s it was never proven"
