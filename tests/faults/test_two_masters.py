"""Two controllers, one rig, real sockets: never two masters."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from controller.app import Service, ServiceOptions
from controller.config import PlantConfig, configure
from controller.historian.eventlog import LoggedEvent
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Run
from controller.inbox import Inbox, post
from controller.installation import owner_id_of
from seastack.plants.locate import locate
from sensors.clock import ScaledClock
from sensors.drivers import make_driver
from sensors.plantfile import load_plant
from sim.rig import Rig
from sim.service import RigService
from sim.voyages import load

pytestmark = pytest.mark.timeout(300)

HOST: Final = "127.0.0.1"
SPEED: Final = 2.0  # plant seconds a wall second
START_S: Final = 1391248800  # 2014-02-01 10:00, at sea
PATIENCE_S: Final = 60.0  # wall: a loaded machine may take its time


@pytest.fixture(scope="module")
def config() -> PlantConfig:
    return configure(load_plant(locate("demo")))


class Bridge:
    """One PC with a controller; its analysers are not connected."""

    def __init__(self, config: PlantConfig, state: Path, clock: ScaledClock, port: int) -> None:
        plant, self.state = config.plant, state
        self.number = owner_id_of(state)
        spec = plant.links["plc"].at(HOST, port)
        driver = partial(make_driver, spec, plant.tags_of("plc"), clock=clock)
        run = Run(f"run-{state.name}", "live", "demo", config.config_hash, "0", 1, clock.now_ns())
        self.journal = Journal(state, run, config.layout)
        options = ServiceOptions(config, state, run, clock, {"plc": driver}, owner_id=self.number)
        self.service = Service(options, self.journal, Inbox(state))

    @asynccontextmanager
    async def manned(self) -> AsyncIterator["Bridge"]:
        task = asyncio.create_task(self.service.run())
        try:
            yield self
        finally:
            self.service.stop()
            await task
            await asyncio.to_thread(self.journal.close)

    @property
    def armed(self) -> bool:
        return self.service.vitals()["authority"] == "ARMED"

    @property
    def held(self) -> bool:
        return self.service.vitals()["lease"] == "HELD"

    async def arm(self) -> None:
        await asyncio.to_thread(post, self.state, "arm", {}, "test")

    def heard(self, source: str) -> list[LoggedEvent]:
        with JournalReader(self.state) as reader:
            run = reader.newest_run()
            return [e for e in reader.events(run) if e.source == source] if run else []

    def says(self, channel: str) -> float:
        with JournalReader(self.state) as reader:
            frame = reader.latest()
        assert frame is not None
        return float(frame.value[[c.name for c in frame.channels].index(channel)])


async def until(what: str, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        await asyncio.sleep(0.1)


@asynccontextmanager
async def bridges(config: PlantConfig, states: Sequence[Path]) -> AsyncIterator[list[Bridge]]:
    """Serve one warm rig, and man a bridge for each state directory."""
    clock = ScaledClock(time.time_ns(), START_S * 10**9, SPEED)
    rig = Rig(config.plant, load("birka"), 1, START_S * 10**9)
    rig.warm()
    plc = replace(config.plant, links={"plc": config.plant.links["plc"]})
    clock = ScaledClock(time.time_ns(), rig.t_ns, SPEED)  # warming took its time
    served = RigService(rig, plc, clock, ports={"plc": 0})
    await served.start()
    task = asyncio.create_task(served.run())
    first, second = (Bridge(config, s, clock, served.ports["plc"]) for s in states)
    try:
        async with first.manned(), second.manned():
            for bridge in (first, second):
                await until("a cycle with the PLC in it", lambda b=bridge: _connected(b))  # type: ignore[misc]
            yield [first, second]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await served.stop()


def _connected(bridge: Bridge) -> bool:
    try:
        return bridge.says("link_plc") == 1.0
    except AssertionError:
        return False


async def test_the_second_of_two_installations_is_refused_with_the_number_of_the_first(
    config: PlantConfig, tmp_path: Path
) -> None:
    states = [tmp_path / "port", tmp_path / "starboard"]
    for state in states:
        state.mkdir()
    async with bridges(config, states) as (first, second):
        await first.arm()
        await until("the lease is granted", lambda: first.held)
        await until("the second sees it", lambda: second.says("HS-OWNER") == first.number)
        await second.arm()
        await until("an answer", lambda: bool(second.heard("arm")))
        (verdict,) = second.heard("arm")
        assert verdict.state == "REFUSED"
        assert f"owner {first.number}" in verdict.text
        assert first.held
        assert not second.armed
        assert second.says("other_master") == 0, "another with the rig is no fault of ours"


async def test_of_two_copies_armed_at_once_at_most_one_stays_and_the_copy_is_named(
    config: PlantConfig, tmp_path: Path
) -> None:
    state = tmp_path / "original"
    state.mkdir()
    number = owner_id_of(state)
    shutil.copytree(state, tmp_path / "copy")
    async with bridges(config, [state, tmp_path / "copy"]) as both:
        assert [b.number for b in both] == [number, number]
        await asyncio.gather(*(b.arm() for b in both))
        await until("both asked", lambda: all(b.heard("arm") for b in both))
        await until("one gives way", lambda: sum(b.armed for b in both) < 2)
        left = next(b for b in both if not b.armed)
        await until("it says why", lambda: bool(left.heard("other_master")))
        assert f"our own number {number}" in left.heard("other_master")[0].text
        assert left.heard("other_master")[0].priority == 1
        await left.arm()
        await until("an answer", lambda: len(left.heard("arm")) == 2)
        assert left.heard("arm")[-1].state == "REFUSED"


async def test_a_copy_that_starts_beside_an_armed_original_sees_it_and_cannot_arm(
    config: PlantConfig, tmp_path: Path
) -> None:
    state = tmp_path / "original"
    state.mkdir()
    owner_id_of(state)
    shutil.copytree(state, tmp_path / "copy")
    async with bridges(config, [state, tmp_path / "copy"]) as (first, copy):
        await first.arm()
        await until("the lease is granted", lambda: first.held)
        await until("the copy sees it", lambda: bool(copy.heard("other_master")))
        await copy.arm()
        await until("an answer", lambda: bool(copy.heard("arm")))
        assert copy.heard("arm")[0].state == "REFUSED"
        assert first.held
        assert not copy.armed
