"""A rig on paper whose PLC is heard through a real driver, of a device that lies.

What the driver calls GOOD must be what the device has said; what the control step then writes
must keep the rules of `bench cycles`, and a bypass pressed in between must go out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import Final, Protocol

import numpy as np

from controller.config import PlantConfig
from seastack.bench.cycles import Fuzz
from seastack.bench.paperrig import PaperRig
from seastack.bench.tortures.rules import kind_of
from seastack.bench.tortures.tally import HANG, HANG_S, TRACEBACK, WRONG, Tally
from sensors.driver import WriteResult
from sensors.errors import LinkError
from sensors.image import Image
from sensors.modbus_driver import ModbusDriver
from sensors.opcua import OpcuaDriver
from sensors.quality import Quality, Reason
from sensors.reading import Reading
from sensors.tag import Tag

MOST_S: Final = 4 * HANG_S  # of one call of a driver: many questions, each may be waited for
Driver = ModbusDriver | OpcuaDriver
PRESS_SHARE: Final = 0.02  # of the cycles: a bypass is pressed


class Device(Protocol):
    """What lies at the other end of a driver, and knows what it said."""

    def show(self, values: Mapping[Tag, float]) -> None:
        """Have these values from now on."""
        ...

    def right(self, tag: Tag) -> Sequence[float]:
        """Return the values of a tag that a client may have understood since the last `show`."""
        ...

    def has(self, done: WriteResult) -> bool:
        """Return whether a write that was called done is done."""
        ...


class HeardRig(PaperRig):
    """A paper rig of which one link's points are as a driver read them."""

    def __init__(self, config: PlantConfig, rng: Random, tags: Sequence[Tag]) -> None:
        super().__init__(config, rng)
        self.heard_at = np.array([config.table.index[t.name] for t in tags])
        self._value = np.full(len(tags), np.nan)
        self._reason = np.full(len(tags), int(Reason.LINK), dtype=np.uint32)

    def hear(self, readings: Sequence[Reading] | None) -> None:
        """Take what was read, or that the link is lost."""
        if readings is None:
            self._value[:], self._reason[:] = np.nan, int(Reason.LINK)
        else:
            self._value[:] = [r.value for r in readings]
            self._reason[:] = [int(r.reason) for r in readings]

    def image(self, t_ns: int) -> Image:
        """Return what the links bring now, this one as it was heard."""
        image = super().image(t_ns)
        value, reason, age = image.value.copy(), image.reason.copy(), image.age_ms.copy()
        value[self.heard_at], reason[self.heard_at] = self._value, self._reason
        return Image.of(self.config.table, t_ns, value, reason, age)


class WiredRig:
    """One rig whose PLC lies, its driver, and the controller's step.

    `tags` and `setpoints` are those of the PLC's link, by `spoken` also of another protocol.
    """

    def __init__(
        self,
        config: PlantConfig,
        rng: Random,
        tally: Tally,
        spoken: Callable[[Tag], Tag] = lambda tag: tag,
    ) -> None:
        self.rng, self.tally = rng, tally
        self.link = next(
            t.source.link for t in config.table.setpoints if t.role == "bypass_request"
        )
        self.tags = [spoken(t) for t in config.table.tags if t.source.link == self.link]
        self.setpoints = [t for t in self.tags if t.direction == "setpoint"]
        self._fuzz = Fuzz(config, rng.randrange(2**31))
        self._rig = HeardRig(config, self._fuzz.rng, self.tags)
        self._fuzz.rig = self._rig

    async def run(self, driver: Driver, device: Device, more: Callable[[], bool]) -> None:
        """Go through cycles while there is more to do."""
        connected = False
        while more():
            connected = await self._cycle(driver, device, connected)
        await driver.close()

    async def _cycle(self, driver: Driver, device: Device, connected: bool) -> bool:
        """Read over the wire, decide, write over the wire; return whether the link stands."""
        values = self._rig.value[self._rig.heard_at].tolist()
        device.show(dict(zip(self.tags, values, strict=True)))
        stands = connected or await self._tried("connect", self._connect(driver))
        stands = stands and await self._tried("read", self._read(driver, device))
        if not stands:
            self._rig.hear(None)
        pressed = self.rng.random() < PRESS_SHARE
        if pressed:
            self._fuzz.press()
        self._decide()
        return stands and await self._tried("write", self._write(driver, device))

    async def _tried(self, what: str, act: Awaitable[None]) -> bool:
        """Do it; a lost link is what may come of it, in words."""
        try:
            async with asyncio.timeout(MOST_S):
                await act
            return True
        except LinkError as error:
            self.tally.met["links lost"] += 1
            self.tally.words(str(error), what)
        except TimeoutError:
            self.tally.fault(HANG, f"{what} took {MOST_S:g} s")
        except Exception as error:  # noqa: BLE001 - whatever it is, it would end a link
            self.tally.fault(TRACEBACK, f"{what}: {type(error).__name__}: {error}")
        return False

    async def _connect(self, driver: Driver) -> None:
        who = await driver.connect()
        for text in (who.vendor, who.product, who.version, *who.remarks):
            if text:
                self.tally.words(text, "name plate")

    async def _read(self, driver: Driver, device: Device) -> None:
        asked_ns = time.time_ns()
        readings = await driver.read(self.tags)
        for tag, reading in zip(self.tags, readings, strict=True):
            held = reading.t_source_ns < asked_ns  # of a device that is busy: grows old
            if reading.quality is not Quality.GOOD or held:
                continue
            self.tally.met["values GOOD and right"] += 1
            if not any(_same(reading.value, right) for right in device.right(tag)):
                what = f"{tag.name} reads {reading.value}, is {device.right(tag)}"
                self.tally.fault(WRONG, what)
        for why in driver.complaints.values():
            self.tally.words(why, "complaint")
        self._rig.hear(readings)

    async def _write(self, driver: Driver, device: Device) -> None:
        """Write two outputs at random values; what is called done must be done."""
        some = self.rng.sample(self.setpoints, 2)
        values = {t: float(round(self.rng.uniform(t.lo, t.hi))) for t in some}
        for done in await driver.write(values):
            self.tally.met["writes done" if done.ok else "writes refused"] += 1
            if not done.ok:
                self.tally.words(done.problem, "write refused")
            elif not device.has(done):
                self.tally.fault(WRONG, f"write of {done.sent} to {done.tag.name} called done")

    def _decide(self) -> None:
        before = self._fuzz.tally.broken.copy()
        self._fuzz.cycle()
        for rule in self._fuzz.tally.broken - before:
            self.tally.fault(kind_of(rule), rule)


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)
