"""The machine's clock is stepped by an hour while the controller steers: nothing happens."""

import asyncio
from pathlib import Path

import pytest

from controller.config import PlantConfig, configure
from controller.historian.reader import JournalReader
from controller.inbox import post
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sensors.quality import Reason
from tests.closed_loop.test_service import Ship, Wires
from tests.patience import StallFreeClock

HOUR_NS = 3_600_000_000_000


class Stepped(Ship):
    """A ship whose PC has a clock that somebody steps; rig and wires do not notice."""

    def __init__(self, config: PlantConfig, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.offset_ns = 0
        true_ns = StallFreeClock.now_ns
        monkeypatch.setattr(StallFreeClock, "now_ns", lambda clock: true_ns(clock) + self.offset_ns)
        super().__init__(config, state)
        ship = self

        class Stamped(Wires):
            """Stamps a value when it is read, as a Modbus driver does."""

            def get(self, name: str) -> tuple[float, Reason, int] | None:
                found = super().get(name)
                return None if found is None else (*found[:2], ship.clock.now_ns())

        self.wires.update({name: Stamped(self.rig) for name in self.wires})

    async def _sail(self) -> None:
        while True:
            while self.rig.t_ns < self.clock.now_ns() - self.offset_ns:
                self.rig.step()
            await self.clock.sleep(0.2)


@pytest.fixture(scope="module")
def config() -> PlantConfig:
    return configure(load_plant(locate("demo")))


@pytest.mark.parametrize("jump_ns", [HOUR_NS, -HOUR_NS], ids=["forth", "back"])
async def test_a_stepped_clock(
    config: PlantConfig, state: Path, monkeypatch: pytest.MonkeyPatch, jump_ns: int
) -> None:
    ship = Stepped(config, state, monkeypatch)
    async with ship.under_way():
        await ship.until("link_plc", 1.0)
        await asyncio.to_thread(post, state, "arm", {}, "test")
        await ship.until("mode_lean", 5.0)
        with JournalReader(state) as reader:
            before = reader.latest(ship.run_id)
            asked = len(reader.events(ship.run_id))
        ship.offset_ns = jump_ns
        await ship.clock.sleep(15)
        assert ship.latest("lease") == 2.0
        assert ship.latest("mode_lean") == 5.0
        with JournalReader(state) as reader:
            records = list(reader.records(ship.run_id))
            news = reader.events(ship.run_id)[asked:]
    assert before is not None
    assert [r.seq for r in records] == list(range(len(records)))
    after = [r for r in records if r.seq > before.seq]
    assert after[-1].t_ns - before.t_ns == pytest.approx(jump_ns + 15e9, abs=20e9)
    assert not all(r.clock_ok for r in after), "the step is marked in the cycle it fell in"
    assert [e.source for e in news if e.kind in ("alarm", "link")] == []
    assert not any("LOST" in (e.state, e.new) for e in news)
