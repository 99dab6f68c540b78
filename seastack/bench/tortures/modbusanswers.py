"""Wrong answers of a PLC, through driver and control cycle: at most BAD points or a lost link.

Several rigs on real sockets, each a driver, a lying device and a controller's step.  What the
driver calls GOOD must be what the device has; what the step then writes must keep the rules
of `bench cycles`, and a bypass pressed in between must go out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Final

import numpy as np

from controller.config import PlantConfig, configure
from seastack.bench.cycles import Fuzz
from seastack.bench.paperrig import PaperRig
from seastack.bench.tortures.liar import Liar, Words, listening
from seastack.bench.tortures.rules import kind_of
from seastack.bench.tortures.tally import HANG, HANG_S, TRACEBACK, WRONG, Tally
from seastack.plantargs import plant_of
from sensors.blocks import Block, plan
from sensors.codec import BlockCodec
from sensors.driver import WriteResult
from sensors.errors import LinkError
from sensors.image import F64, Image
from sensors.modbus_driver import ModbusDriver
from sensors.quality import Quality, Reason
from sensors.reading import Reading
from sensors.tag import Table, Tag

AT_ONCE: Final = 24  # rigs: while one waits for what never comes, another works
TIMEOUT_S: Final = 0.05  # of an answer, wall
MOST_S: Final = 4 * HANG_S  # of one call of a driver: many questions, each may be waited for
PRESS_SHARE: Final = 0.02  # of the cycles: a bypass is pressed


def modbus_answers(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Give so many wrong answers; see the module docstring."""
    config = configure(plant_of("demo"))
    asyncio.run(_all(config, rng, inputs, tally, shown))


async def _all(
    config: PlantConfig, rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]
) -> None:
    rigs = [WiredRig(config, Random(rng.random()), tally) for _ in range(AT_ONCE)]

    def more() -> bool:
        given = sum(rig.liar.told.total() for rig in rigs)
        shown(given)
        return given < inputs

    await asyncio.gather(*(rig.run(more) for rig in rigs))
    tally.inputs += sum(rig.liar.told.total() for rig in rigs)
    for rig in rigs:
        tally.met.update({f"answer: {kind}": n for kind, n in rig.liar.told.items()})


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
    """One rig whose PLC lies, its driver, and the controller's step."""

    def __init__(self, config: PlantConfig, rng: Random, tally: Tally) -> None:
        self.rng, self.tally = rng, tally
        tags = config.plant.tags
        link = next(t for t in tags.setpoints if t.role == "bypass_request").source.link
        self._tags = [t for t in config.table.tags if t.source.link == link]
        self._setpoints = [t for t in tags.setpoints if t.source.link == link]
        self.liar = Liar(rng, {})
        self._truth = Registers(self._tags)
        self._fuzz = Fuzz(config, rng.randrange(2**31))
        self._rig = HeardRig(config, self._fuzz.rng, self._tags)
        self._fuzz.rig = self._rig
        self._spec = config.plant.links[link].model_copy(update={"timeout_s": TIMEOUT_S})
        self._driver: ModbusDriver | None = None

    async def run(self, more: Callable[[], bool]) -> None:
        """Go through cycles while there is more to do."""
        async with listening(self.liar):
            spec = self._spec.at("127.0.0.1", self.liar.port)
            driver = ModbusDriver(spec, list(dict.fromkeys((*self._tags, *self._setpoints))))
            connected = False
            while more():
                connected = await self._cycle(driver, connected)
            await driver.close()

    async def _cycle(self, driver: ModbusDriver, connected: bool) -> bool:
        """Read over the wire, decide, write over the wire; return whether the link stands."""
        value = self._rig.value
        self.liar.words.update(self._truth.of(value[self._rig.heard_at]))
        stands = connected or await self._tried("connect", self._connect(driver))
        stands = stands and await self._tried("read", self._read(driver))
        if not stands:
            self._rig.hear(None)
        pressed = self.rng.random() < PRESS_SHARE
        if pressed:
            self._fuzz.press()
        self._decide()
        return stands and await self._tried("write", self._write(driver))

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

    async def _connect(self, driver: ModbusDriver) -> None:
        who = await driver.connect()
        for text in (who.vendor, who.product, who.version):
            if text:
                self.tally.words(text, "name plate")

    async def _read(self, driver: ModbusDriver) -> None:
        asked_ns = time.time_ns()
        readings = await driver.read(self._tags)
        for tag, reading in zip(self._tags, readings, strict=True):
            held = reading.t_source_ns < asked_ns  # of a device that is busy: grows old
            if reading.quality is not Quality.GOOD or held:
                continue
            self.tally.met["values GOOD and right"] += 1
            right = self._truth.right[tag]
            if reading.value != right and not (reading.value != reading.value and right != right):
                self.tally.fault(WRONG, f"{tag.name} reads {reading.value}, is {right}")
        for why in driver.complaints.values():
            self.tally.words(why, "complaint")
        self._rig.hear(readings)

    async def _write(self, driver: ModbusDriver) -> None:
        """Write a set-point and a coil of random value; what is called done must be done."""
        some = self.rng.sample(self._setpoints, 2)
        values = {t: float(round(self.rng.uniform(t.lo, t.hi))) for t in some}
        for done in await driver.write(values):
            self.tally.met["writes done" if done.ok else "writes refused"] += 1
            if not done.ok:
                self.tally.words(done.problem, "write refused")
            elif self._truth.held(done.tag, self.liar.words) != self._truth.sent(done):
                self.tally.fault(WRONG, f"write of {done.sent} to {done.tag.name} called done")

    def _decide(self) -> None:
        before = self._fuzz.tally.broken.copy()
        self._fuzz.cycle()
        for rule in self._fuzz.tally.broken - before:
            self.tally.fault(kind_of(rule), rule)


class Registers:
    """What a device's registers and bits hold for tags, and what of it a client must see."""

    def __init__(self, tags: Sequence[Tag]) -> None:
        self._tags = tuple(tags)
        self._blocks = plan(self._tags)
        self._at = {t: i for i, t in enumerate(self._tags)}
        self._codecs = {b: _codec(b) for b in self._blocks if not b.is_bits}
        self.right: dict[Tag, float] = {}

    def of(self, value: F64) -> Words:
        """Return the words of values float64[n], in the order of the tags."""
        words: dict[tuple[Table, int], int] = {}
        for block in self._blocks:
            mine = np.array([value[self._at[t]] for t in block.tags])
            if block.is_bits:
                there = [int(v == v and v != 0.0) for v in mine]
                seen = [float(v) for v in there]
            else:
                coded = self._codecs[block].encode(mine)
                there, seen = coded.tolist(), self._codecs[block].decode(coded)[0].tolist()
            self.right.update(zip(block.tags, seen, strict=True))
            words.update({(block.table, block.start + i): w for i, w in enumerate(there)})
        return words

    @staticmethod
    def held(tag: Tag, words: Words) -> list[int]:
        """Return the words that a device has for a tag."""
        (block,) = plan([tag])
        return [words.get((block.table, block.start + i), -1) for i in range(block.count)]

    @staticmethod
    def sent(done: WriteResult) -> list[int]:
        """Return the words that a write should have left behind."""
        (block,) = plan([done.tag])
        if block.is_bits:
            return [int(done.sent != 0.0)]
        coded: list[int] = _codec(block).encode(np.array([done.sent])).tolist()
        return coded


def _codec(block: Block) -> BlockCodec:
    return BlockCodec(block.tags, block.start, block.count)
