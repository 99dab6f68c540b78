"""A rig on real sockets and its controller in one process, to press bypass on.

The simulator's PLC can be told to answer late; what is measured is what the rig did,
not what the controller believes.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from controller.app import Service, ServiceOptions
from controller.bypass import BypassState
from controller.config import configure
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Run
from controller.inbox import Inbox, post
from seastack.drivers import driver_factory
from sensors.clock import SystemClock
from sensors.plantfile import Plant
from sim.faults import Fault
from sim.rig import Rig
from sim.service import RigService

HOST = "127.0.0.1"
LOOK_S = 0.02


class Aboard:
    """One simulated rig served on its PLC's link, steered by a controller of its own."""

    def __init__(self, warm: Rig, state: Path) -> None:
        plant = warm.plant
        link = next(t for t in plant.tags.setpoints if t.role == "bypass_request").source.link
        shared = {id(part): part for part in (warm.plant, warm.voyage, plant.spec, plant.tags)}
        self.rig, self.state, self._plant, self._link = deepcopy(warm, shared), state, plant, link
        self._clock = SystemClock()

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator["Aboard"]:
        """Serve the rig and run the controller until the block is left."""
        served = replace(self._plant, links={self._link: self._plant.links[self._link]})
        server = RigService(self.rig, served, self._clock, ports={self._link: 0})
        stepping = asyncio.create_task(server.run(), name="rig")
        await server.start()
        plant = self._plant.with_link(self._link, HOST, server.ports[self._link])
        service, journal = self._controller(plant)
        steering = asyncio.create_task(service.run(), name="controller")
        try:
            yield self
        finally:
            service.stop()
            await steering
            stepping.cancel()
            with suppress(asyncio.CancelledError):
                await stepping
            await server.stop()
            await asyncio.to_thread(journal.close)

    def _controller(self, plant: Plant) -> tuple[Service, Journal]:
        config = configure(plant)  # the other links' points are never read: BAD
        run = Run("bench-bypass", "live", plant.name, plant.config_hash, "bench", 1, 0)
        journal = Journal(self.state, run, config.layout)
        drivers = {self._link: driver_factory(plant, self._link, self.state, self._clock)}
        options = ServiceOptions(config, self.state, run, self._clock, drivers)
        return Service(options, journal, Inbox(self.state)), journal

    def late(self, seconds: float) -> None:
        """Let every answer of the PLC come so late from now on."""
        self.rig.inject(Fault("late_server", value=seconds))

    async def press(self, within_s: float) -> tuple[float, float]:
        """Press bypass; return wall seconds until the PLC has it and until it is proven.

        Infinite for what did not happen in `within_s`.
        """
        began = time.monotonic()
        await asyncio.to_thread(post, self.state, "bypass", {}, "bench")
        reached = proven = float("inf")
        while time.monotonic() - began < within_s and proven == float("inf"):
            await asyncio.sleep(LOOK_S)
            if reached == float("inf") and self._with_plc():
                reached = time.monotonic() - began
            if await asyncio.to_thread(self.latest, "bypass_state") == BypassState.PROVEN:
                proven = time.monotonic() - began
        return reached, proven

    def _with_plc(self) -> bool:
        """Return whether the PLC has the request: in its coil, or acted on by its scan."""
        return self.rig.plc.box.bypass or self.rig.plc.unit.bypassed

    def latest(self, name: str) -> float | None:
        """Return what the journal's newest cycle says."""
        with JournalReader(self.state) as reader:
            frame = reader.latest()
        if frame is None:
            return None
        return float(frame.value[[c.name for c in frame.channels].index(name)])

    def alarms(self) -> list[str]:
        """Return the bypass alarms raised so far."""
        with JournalReader(self.state) as reader:
            events = reader.events("bench-bypass", kind="alarm", limit=1000)
        return [e.source for e in events if e.state == "ACTIVE" and "bypass" in e.source]
