"""Wrong answers of a PLC over Modbus: at most BAD points or a lost link.

Several rigs on real sockets, each a driver, a lying device and a controller's step.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import numpy as np

from controller.config import PlantConfig, configure
from seastack.bench.tortures.liar import Liar, listening
from seastack.bench.tortures.tally import Tally
from seastack.bench.tortures.wiredrig import WiredRig
from seastack.plantargs import plant_of
from sensors.blocks import Block, plan
from sensors.codec import BlockCodec
from sensors.driver import WriteResult
from sensors.modbus_driver import ModbusDriver
from sensors.tag import Tag

AT_ONCE: Final = 24  # rigs: while one waits for what never comes, another works
TIMEOUT_S: Final = 0.05  # of an answer, wall


def modbus_answers(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Give so many wrong answers; see the module docstring."""
    config = configure(plant_of("demo"))
    asyncio.run(_all(config, rng, inputs, tally, shown))


async def _all(
    config: PlantConfig, rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]
) -> None:
    rigs = [WiredRig(config, Random(rng.random()), tally) for _ in range(AT_ONCE)]
    liars = [Liar(rig.rng, {}) for rig in rigs]

    def more() -> bool:
        given = sum(liar.told.total() for liar in liars)
        shown(given)
        return given < inputs

    pairs = zip(rigs, liars, strict=True)
    await asyncio.gather(*(_run(config, rig, liar, more) for rig, liar in pairs))
    tally.inputs += sum(liar.told.total() for liar in liars)
    for liar in liars:
        tally.met.update({f"answer: {kind}": n for kind, n in liar.told.items()})


async def _run(config: PlantConfig, rig: WiredRig, liar: Liar, more: Callable[[], bool]) -> None:
    spec = config.plant.links[rig.link].model_copy(update={"timeout_s": TIMEOUT_S})
    async with listening(liar):
        driver = ModbusDriver(spec.at("127.0.0.1", liar.port), rig.tags)
        await rig.run(driver, Registers(rig.tags, liar), more)


class Registers:
    """What a lying device's registers and bits hold, and what of it a client must see."""

    def __init__(self, tags: Sequence[Tag], liar: Liar) -> None:
        self._tags, self._liar = tuple(tags), liar
        self._blocks = plan(self._tags)
        self._codecs = {b: _codec(b) for b in self._blocks if not b.is_bits}
        self._right: dict[Tag, float] = {}

    def show(self, values: Mapping[Tag, float]) -> None:
        """Have these values from now on."""
        for block in self._blocks:
            mine = np.array([values[t] for t in block.tags])
            if block.is_bits:
                there = [int(v == v and v != 0.0) for v in mine]
                seen = [float(v) for v in there]
            else:
                coded = self._codecs[block].encode(mine)
                there, seen = coded.tolist(), self._codecs[block].decode(coded)[0].tolist()
            self._right.update(zip(block.tags, seen, strict=True))
            words = {(block.table, block.start + i): w for i, w in enumerate(there)}
            self._liar.words.update(words)

    def right(self, tag: Tag) -> Sequence[float]:
        """Return the one value of a tag that a client may understand."""
        return (self._right[tag],)

    def has(self, done: WriteResult) -> bool:
        """Return whether the device holds the words that a write should have left behind."""
        (block,) = plan([done.tag])
        words, start = self._liar.words, block.start
        there = [words.get((block.table, start + i), -1) for i in range(block.count)]
        if block.is_bits:
            return there == [int(done.sent != 0.0)]
        return there == list(_codec(block).encode(np.array([done.sent])))


def _codec(block: Block) -> BlockCodec:
    return BlockCodec(block.tags, block.start, block.count)
