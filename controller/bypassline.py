"""A bypass on connections of its own, beside the link that polls.

A link that is down, busy with a read or too impatient for a slow device must not cost a
bypass, nor keep anybody from seeing it proven.  While one is asked for it is written
here every cycle, at most one write under way, with a time-out of its own; and while the
link does not deliver, the few points that prove it are read here, one connection for
each block of points.  Nothing is queued and nothing outlives the request.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.bypass import PROOF_ROLES
from sensors.ageing import StampAges
from sensors.blocks import plan
from sensors.clock import Clock
from sensors.driver import Driver
from sensors.errors import LinkError
from sensors.guarded import lost_at_worst
from sensors.image import F64
from sensors.plantfile import Plant
from sensors.quality import BAD_MASK, Reason
from sensors.reading import Reading
from sensors.tag import Tag, TagTable

ATTACH_S: Final = 15.0  # wall; a secured session takes several round trips
TIMEOUT_S: Final = 3.0  # wall, of one answer: a bypass is worth a longer wait than a reading
ANSWER_S: Final = 3.5  # wall; a driver that never returns
FRESH_MS: Final = 2000  # a link whose points are older does not deliver
DELIVERED: Final = 10  # cycles in a row after which it does again
_LOST: Final = np.uint32(Reason.LINK | Reason.UNSET | Reason.FIRST_READ)
REST_S: Final = 0.2  # wall, after trouble: a device that refuses must not be hammered

T = TypeVar("T")
Make = Callable[[], Driver]

log = logging.getLogger("seastack.link")


def proof_groups(plant: Plant, link: str) -> list[tuple[Tag, ...]]:
    """Return the points of a link that must be read to see a bypass, a request each."""
    polled = [t for t in plant.tags_of(link) if t.direction != "setpoint"]
    wanted = [t for t in polled if t.role in PROOF_ROLES and not t.index and not t.witness]
    spec = plant.links[link]
    if not spec.is_modbus:
        return [tuple(wanted)] if wanted else []
    blocks = plan(polled, spec.max_registers)
    return [b.tags for b in blocks if any(t in b.tags for t in wanted)]


class _Line:
    """One connection: made when it is needed, thrown away after any trouble."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._driver: Driver | None = None

    @property
    def is_open(self) -> bool:
        return self._driver is not None

    async def use(self, act: Callable[[Driver], Awaitable[T]]) -> T:
        """Return what `act` does with a connected driver; raise LinkError."""
        try:
            if self._driver is None:
                self._driver = self._make()
                async with lost_at_worst(ATTACH_S):
                    await self._driver.attach(TIMEOUT_S)
            async with lost_at_worst(ANSWER_S):
                return await act(self._driver)
        except BaseException:  # also when cancelled: no answer may meet the next question
            await self.drop()
            raise

    async def drop(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            with suppress(LinkError):
                async with lost_at_worst(ANSWER_S):
                    await driver.close()


@dataclass(slots=True)
class _Watched:
    """One block of points: its connection, the task that reads it, what it said last."""

    line: _Line
    tags: tuple[Tag, ...]
    task: "asyncio.Task[None] | None" = None
    said: dict[Tag, Reading] = field(default_factory=dict)


class BypassLine:
    """Writes the bypass and reads its proof on connections of their own.

    `ask` and `watch` are called once a cycle; `overlay` lays what was read over the
    arrays of a full table.
    """

    def __init__(
        self, make: Make, tag: Tag, groups: Iterable[Sequence[Tag]], table: TagTable, clock: Clock
    ) -> None:
        self._tag, self._table, self._clock = tag, table, clock
        self._line = _Line(make)
        self._writing: asyncio.Task[None] | None = None
        self._watched = [_Watched(_Line(make), tuple(g)) for g in groups]
        self._closing: set[asyncio.Task[None]] = set()
        self._wanted, self._delivered = False, 0
        self._trouble = ""

    def ask(self, asked: bool) -> None:
        """Begin a write if one is asked for and none is under way; end it if none is.

        Raises whatever but a dead link ended the write before: a defect.
        """
        writing = self._writing
        if writing is not None and writing.done():
            self._writing = None
            writing.result()
        if asked and self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="bypass")
        elif not asked and (self._writing is not None or self._line.is_open):
            self._end(self._writing, self._line)
            self._writing, self._trouble = None, ""

    def watch(self, wanted: bool) -> None:
        """See a bypass proven from now on, also when the link does not deliver, or no longer."""
        self._wanted = wanted

    def overlay(
        self, value: F64, reason: NDArray[np.uint32], age_ms: NDArray[np.int32], now_ns: int
    ) -> None:
        """Fill in what was read here where the link has nothing or something older."""
        lost = self._wanted and self._lost(reason, age_ms)
        self._delivered = 0 if lost else self._delivered + 1
        self._read_here(lost, over=not self._wanted or self._delivered > DELIVERED)
        for block in self._watched:
            for tag in _proof_of(block):
                reading = block.said.get(tag)
                if reading is None:
                    continue
                i = self._table.index[tag.name]
                took_ns = max(0, reading.t_received_ns - reading.t_source_ns)
                age = max(0, now_ns - reading.t_received_ns + took_ns) // 1_000_000
                if int(reason[i]) & BAD_MASK or age < age_ms[i]:
                    value[i], reason[i] = reading.value, int(reading.reason)
                    age_ms[i] = min(age, 2**31 - 1)

    def _lost(self, reason: NDArray[np.uint32], age_ms: NDArray[np.int32]) -> bool:
        at = [self._table.index[t.name] for block in self._watched for t in _proof_of(block)]
        return bool(np.any(age_ms[at] > FRESH_MS) or np.any(reason[at] & _LOST))

    def _read_here(self, begin: bool, over: bool) -> None:
        """Begin to read every block, or end it; raises a defect of the reading."""
        for block in self._watched:
            if block.task is not None and block.task.done():
                block.task.result()
            if begin and block.task is None:
                block.task = asyncio.create_task(self._read_on(block), name="bypass proof")
            elif over and block.task is not None:
                self._end(block.task, block.line)
                block.task = None
                block.said.clear()

    async def close(self) -> None:
        """Let a write under way arrive, then end everything; idempotent."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=ANSWER_S)
        self.ask(False)
        self._read_here(begin=False, over=True)
        if self._closing:
            await asyncio.wait(self._closing)

    def _end(self, task: "asyncio.Task[None] | None", line: _Line) -> None:
        if task is not None:
            task.cancel()
        closing = asyncio.create_task(_ended(task, line), name="bypass ends")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _write(self) -> None:
        try:
            (result,) = await self._line.use(lambda driver: driver.write({self._tag: 1.0}))
            self._say("" if result.ok else result.problem)
        except LinkError as error:
            self._say(str(error))
            await asyncio.sleep(REST_S)

    async def _read_on(self, block: _Watched) -> None:
        """Read one block again and again; what a device says first may be from before."""
        known, clock = False, self._clock
        ages = StampAges(len(block.tags), clock.monotonic_ns())
        while True:
            try:
                readings = await block.line.use(lambda driver: driver.read(block.tags))
            except LinkError:
                known = False
                block.said.clear()
                await asyncio.sleep(REST_S)
                continue
            judged = ages.judged(readings, clock.now_ns(), clock.monotonic_ns())
            if known:
                block.said.update(zip(block.tags, judged, strict=True))
            known = True
            await self._clock.sleep(REST_S)

    def _say(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.warning("the bypass's own connection: %s; trying again every cycle", trouble)
        self._trouble = trouble


def _proof_of(block: _Watched) -> list[Tag]:
    return [t for t in block.tags if t.role in PROOF_ROLES and not t.index and not t.witness]


async def _ended(task: "asyncio.Task[None] | None", line: _Line) -> None:
    if task is not None:
        await asyncio.wait([task])
    await line.drop()
