"""A PLC that answers late, on real sockets: it gets the bypass and it is seen proven."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seastack.bench.bypassrig import Aboard
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.rig import Rig

pytestmark = pytest.mark.timeout(300)  # the first run compiles the plant

LATE_S = (0.0, 0.3, 0.48, 1.0, 1.5)
AT_SEA_S = datetime(2014, 2, 1, 10, 0, tzinfo=UTC).timestamp()
WITHIN_S = 120.0  # of a loaded machine; the bars are those of `bench bypass`


async def press(warm: Rig, state: Path, late_s: float) -> tuple[float, float]:
    aboard = Aboard(warm, state)
    async with aboard.under_way():
        async with asyncio.timeout(WITHIN_S):
            while not await asyncio.to_thread(aboard.latest, "link_plc"):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        aboard.late(late_s)
        await asyncio.sleep(6.0)  # the link has lost what it cannot wait for
        times = await aboard.press(WITHIN_S)
        assert aboard.alarms() == []
        return times


async def test_a_late_plc_gets_the_bypass_and_is_seen_to_have_it(tmp_path: Path) -> None:
    plant, voyage = load_plant(locate("demo")), voyages.load("birka")
    warm = Rig(plant, voyage, 1, time.time_ns(), voyage_start_s=AT_SEA_S)
    warm.warm()
    folders = [tmp_path / f"late-{late_s:g}" for late_s in LATE_S]
    for folder in folders:
        folder.mkdir()
    presses = [press(warm, f, s) for f, s in zip(folders, LATE_S, strict=True)]
    for late_s, (reached, proven) in zip(LATE_S, await asyncio.gather(*presses), strict=True):
        assert reached < WITHIN_S, f"the PLC that is {late_s:g} s late never got it"
        assert proven < WITHIN_S, f"at {late_s:g} s it was never proven"
