"""A wire that is cut, stalled, refused and delayed, again and again: the link comes back."""

import asyncio
import logging
import math
import random
import time
from pathlib import Path

import pytest

from controller.linklog import TELL_S, LinkLog
from seastack.bench.relay import Break, Relay
from sensors.link import LinkState
from sensors.plantfile import Plant, load_plant
from sensors.quality import Quality
from tests.faults.test_links_real import (
    good_share,
    image_of,
    modbus_link,
    modbus_rig,
    running,
    wrong_good_values,
)
from tests.patience import until


@pytest.fixture
def plant(demo_folder: Path) -> Plant:
    return load_plant(demo_folder)


@pytest.mark.parametrize("how", ["reset", "stall", "refuse", "cut"])
async def test_a_broken_wire_is_two_log_lines_and_no_wrong_value(
    plant: Plant, how: Break, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "seastack.link")
    async with modbus_rig(plant) as (rig, server):
        right = rig.value.copy()
        with Relay(server.port) as relay:
            told = LinkLog(["plc"])
            link = modbus_link(plant, relay.port, on_change=lambda state: _tell(told, state))
            async with running(link):
                await until(lambda: good_share(plant, link) == 1.0)
                told.tell(math.inf)
                caplog.clear()
                await asyncio.to_thread(relay.break_, how)
                await until(lambda: good_share(plant, link) == 0.0)
                assert wrong_good_values(plant, image_of(plant, link), right) == []
                await asyncio.sleep(0.6)
                told.tell(time.monotonic() + TELL_S)
                await asyncio.to_thread(relay.break_, "")
                await until(lambda: good_share(plant, link) == 1.0)
                assert wrong_good_values(plant, image_of(plant, link), right) == []
                told.tell(time.monotonic() + TELL_S)
        lines = [r.getMessage() for r in caplog.records if r.name == "seastack.link"]
        assert [line.split(" is ")[1][:4] for line in lines] == ["down", "up a"]


def _tell(log: LinkLog, state: LinkState) -> None:
    log.changed("plc", state, time.monotonic())


async def test_a_reconnect_storm_ends_with_a_live_link(plant: Plant) -> None:
    """Every connection is broken soon after it was made, in a random way, for seconds."""
    rng = random.Random(7)
    async with modbus_rig(plant) as (rig, server):
        right = rig.value.copy()
        with Relay(server.port) as relay:
            relay.late_s = 0.2
            link = modbus_link(plant, relay.port)
            async with running(link):
                await until(lambda: good_share(plant, link) == 1.0)
                for _ in range(12):
                    how: Break = rng.choice(("reset", "refuse", "cut", "late", "stall"))
                    await asyncio.to_thread(relay.break_, how)
                    await asyncio.sleep(rng.uniform(0.02, 0.25))
                    await asyncio.to_thread(relay.break_, "")
                    image = image_of(plant, link)
                    assert wrong_good_values(plant, image, right) == []
                await until(lambda: good_share(plant, link) == 1.0)
                assert link.state.reconnects >= 1
                assert (image_of(plant, link).quality == Quality.GOOD).any()
