"""The service as it runs aboard, links and journal included, on drivers in memory."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from controller.app import Service, ServiceOptions
from controller.config import PlantConfig, configure
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Run
from controller.inbox import Inbox, post
from seastack.plants.locate import locate
from sensors.clock import Clock
from sensors.driver import Driver, Identity, WriteResult
from sensors.errors import LinkLost
from sensors.memory import MemoryDriver
from sensors.plantfile import load_plant
from sensors.quality import Reason
from sensors.tag import Tag
from sim import voyages
from sim.rig import Rig
from tests.patience import StallFreeClock, until

SPEED = 10.0  # plant seconds a wall second
START_S = 1391248800  # 2014-02-01 10:00, at sea


class Wires:
    """A rig behind a memory driver."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.alive, self.hangs_s = rig, True, 0.0
        self.identity = Identity("Seastack", "simulator", "1", True)

    def get(self, name: str) -> tuple[float, Reason, int] | None:
        i = self.rig.table.index[name]
        return float(self.rig.value[i]), Reason(int(self.rig.reason[i])), self.rig.t_ns

    def put(self, values: Mapping[str, float]) -> None:
        self.rig.write(values)


class HangingDriver(MemoryDriver):
    """Says after `hangs_s` plant seconds that a write was lost, as a stalled wire does."""

    def __init__(self, wires: Wires, clock: Clock) -> None:
        super().__init__(wires, clock)
        self._wires = wires

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        if self._wires.hangs_s:
            await self._clock.sleep(self._wires.hangs_s)
            raise LinkLost("no answer in time")
        return await super().write(values)


class Ship:
    """A running service with its rig, its wires and its state directory."""

    def __init__(
        self, config: PlantConfig, state: Path, run_id: str = "test-run", *, fresh: bool = False
    ) -> None:
        self.state = state
        now = time.time_ns()
        self.clock = StallFreeClock(now, START_S * 10**9, SPEED)
        self.rig = Rig(config.plant, voyages.load("birka"), 1, START_S * 10**9)
        self.rig.warm()
        self.wires = {name: Wires(self.rig) for name in config.plant.links}
        self.run_id = run_id
        run = Run(self.run_id, "live", "demo", config.config_hash, "0", 1, START_S * 10**9)
        self.journal = Journal(state, run, config.layout)
        options = ServiceOptions(
            config,
            state,
            run,
            self.clock,
            {name: self._maker(name) for name in self.wires},
            fresh=fresh,
        )
        self.service = Service(options, self.journal, Inbox(state))

    def _maker(self, name: str) -> Callable[[], Driver]:
        def make() -> Driver:
            return HangingDriver(self.wires[name], self.clock)

        return make

    async def _sail(self) -> None:
        while True:
            while self.rig.t_ns < self.clock.now_ns():
                self.rig.step()
            await self.clock.sleep(0.2)

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator["Ship"]:
        rig = asyncio.create_task(self._sail())
        service = asyncio.create_task(self.service.run())
        try:
            yield self
        finally:
            self.service.stop()
            await service
            rig.cancel()
            await asyncio.gather(rig, return_exceptions=True)
            await asyncio.to_thread(self.journal.close)

    async def until(self, what: str, value: float) -> None:
        """Wait until the journal's newest cycle says so."""
        await until(lambda: self.latest(what) == value, f"{what} = {value:g}")

    def latest(self, name: str) -> float | None:
        with JournalReader(self.state) as reader:
            frame = reader.latest()
        if frame is None or frame.run != self.run_id:
            return None
        return float(frame.value[[c.name for c in frame.channels].index(name)])


@pytest.fixture(scope="module")
def config() -> PlantConfig:
    return configure(load_plant(locate("demo")))


async def test_it_starts_in_monitor_arms_on_request_and_hands_back_at_the_end(
    config: PlantConfig, state: Path
) -> None:
    async with Ship(config, state).under_way() as ship:
        await ship.until("link_plc", 1.0)
        assert ship.latest("authority") == 0.0
        await asyncio.to_thread(post, state, "arm", {}, "test")
        await ship.until("lease", 2.0)
        await ship.until("mode_lean", 5.0)
        vitals = ship.service.vitals()
        assert (vitals["ok"], vitals["authority"], vitals["lease"]) == (True, "ARMED", "HELD")
    for _ in range(2):
        ship.rig.step()
    assert ship.rig.value[ship.rig.table.index["HS-OWNER"]] == 0.0


async def test_a_fresh_run_takes_nothing_over(config: PlantConfig, state: Path) -> None:
    async with Ship(config, state).under_way() as ship:
        await ship.until("link_plc", 1.0)
        await asyncio.to_thread(post, state, "capture_target", {"pct": 41.0}, "test")
        await ship.until("target_pct", 41.0)
    post(state, "bypass", {}, "nobody hears")
    async with Ship(config, state, "later", fresh=True).under_way() as ship:
        await ship.until("link_plc", 1.0)
        assert ship.latest("target_pct") == config.control.target.capture_pct
        assert ship.latest("bypass_asked") == 0.0
    with JournalReader(state) as reader:
        events = reader.events("later")
    assert [e.source for e in events if e.kind == "command"] == ["disarm"]


async def test_a_dead_link_is_one_event_all_its_tags_bad_and_it_comes_back_by_itself(
    config: PlantConfig, state: Path
) -> None:
    async with Ship(config, state).under_way() as ship:
        await ship.until("link_analysers", 1.0)
        ship.wires["analysers"].alive = False
        await ship.until("link_analysers", 0.0)
        with JournalReader(state) as reader:
            frame = reader.latest(ship.run_id)
        assert frame is not None
        bad = {c.name for c, q in zip(frame.channels, frame.quality, strict=True) if q == 0}
        assert {t.name for t in config.plant.tags_of("analysers")} <= bad
        assert "TT-521" not in bad
        ship.wires["analysers"].alive = True
        await ship.until("link_analysers", 1.0)
    with JournalReader(state) as reader:
        logged = reader.events(ship.run_id, kind="link")
    states = [e.state for e in logged if e.source == "analysers"]
    assert states == ["UP", "DOWN", "UP"]


async def test_a_write_that_hangs_for_five_cycles_holds_none_of_them(
    config: PlantConfig, state: Path
) -> None:
    async with Ship(config, state).under_way() as ship:
        await ship.until("link_plc", 1.0)
        await asyncio.to_thread(post, state, "arm", {}, "test")
        await ship.until("lease", 2.0)
        skipped = ship.latest("overruns")
        ship.wires["plc"].hangs_s = 5.0
        await ship.until("write_ok", 0.0)
        await ship.until("link_plc", 0.0)
        ship.wires["plc"].hangs_s = 0.0
        await ship.until("lease", 2.0)
        assert ship.latest("overruns") == skipped


async def test_every_cycle_is_in_the_journal_without_a_hole(
    config: PlantConfig, state: Path
) -> None:
    async with Ship(config, state).under_way() as ship:
        await ship.until("link_plc", 1.0)
        await ship.clock.sleep(20)
    with JournalReader(state) as reader:
        seqs = [r.seq for r in reader.records(ship.run_id)]
    assert seqs == list(range(len(seqs)))
    assert len(seqs) > 20


def spoil(state: Path) -> None:
    """Put a row into the inbox that is no request."""
    with sqlite3.connect(state / "inbox.db") as db:
        db.execute("INSERT INTO request(posted_ns, kind, \"by\", args) VALUES ('x','arm','x','[')")
    db.close()


def block(state: Path) -> None:
    """Put a directory where the inbox was."""
    for path in sorted(state.glob("inbox.db*")):
        path.rename(state / f"away.{path.name}")
    (state / "inbox.db").mkdir()


async def test_a_bad_row_is_told_in_the_journal_and_a_deaf_inbox_is_an_alarm_and_no_health(
    config: PlantConfig, state: Path
) -> None:
    async with Ship(config, state).under_way() as ship:

        def inbox() -> Mapping[str, object]:
            return cast(Mapping[str, object], ship.service.vitals()["inbox"])

        await ship.until("link_plc", 1.0)
        assert ship.service.vitals()["ok"] is True
        spoil(state)
        await until(lambda: inbox()["left_out"] == 1, "the bad row is left out")
        block(state)
        await ship.until("inbox_deaf", 1.0)
        await until(lambda: ship.service.vitals()["ok"] is False, "not healthy")
        assert inbox()["deaf"]
        await ship.until("alarms_active", 1.0)
        (state / "inbox.db").rmdir()
        await ship.until("inbox_deaf", 0.0)
        assert ship.service.vitals()["ok"] is True
        await asyncio.to_thread(post, state, "bypass", {}, "bridge")
        await ship.until("bypass_asked", 1.0)
    with JournalReader(state) as reader:
        events = reader.events(str(reader.newest_run()))
    assert [e for e in events if (e.source, e.state) == ("inbox_deaf", "ACTIVE")]
    said = " ".join(e.text for e in events if e.source == "inbox")
    assert "left out, 1 so far, as no request: 1: " in said
    assert "heard again" in said
