"""A bypass on connections of its own: nothing queued, nothing late, nothing old."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
import pytest_asyncio

from controller.bypass import PROOF_ROLES
from controller.bypassline import FRESH_MS, BypassLine, proof_groups
from sensors.clock import SystemClock
from sensors.driver import Identity, WriteResult
from sensors.errors import LinkLost
from sensors.quality import Quality, Reason
from sensors.reading import Reading
from sensors.tag import Tag
from tests.unit.bench_rig import demo

PLANT = demo().plant
TABLE = PLANT.tags
TAG = TABLE[demo().bypass_tag]
GROUPS = proof_groups(PLANT, TAG.source.link)
SOON_S = 5.0


class Plc:
    """What stands behind all connections."""

    def __init__(self) -> None:
        self.open, self.dead, self.bug = asyncio.Event(), False, False
        self.open.set()
        self.written = self.attached = self.closed = self.reads = 0
        self.timeouts: set[float] = set()
        self.frozen_ns = 0  # the time stamp of all it says from now on


class Wire:
    """A driver that answers when let go."""

    def __init__(self, plc: Plc) -> None:
        self._plc = plc

    async def connect(self) -> Identity:
        raise AssertionError("a bypass does not wait for a name plate")

    async def attach(self, timeout_s: float) -> None:
        self._plc.timeouts.add(timeout_s)
        self._plc.attached += 1
        if self._plc.dead:
            raise LinkLost("nobody there")

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        self._plc.reads += 1
        await self._plc.open.wait()
        if self._plc.dead:
            raise LinkLost("nobody there")
        now = SystemClock().now_ns()
        value = float(self._plc.reads)
        if self._plc.frozen_ns:
            made_ns = self._plc.frozen_ns
            return [Reading(7.0, Quality.GOOD, Reason.NONE, made_ns, now) for _ in tags]
        return [Reading(value, Quality.GOOD, Reason.NONE, now, now) for _ in tags]

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        if self._plc.bug:
            raise ZeroDivisionError("a bug")
        self._plc.written += 1
        await self._plc.open.wait()
        return [WriteResult(tag, value, value, True) for tag, value in values.items()]

    async def close(self) -> None:
        self._plc.closed += 1


@pytest.fixture
def plc() -> Plc:
    return Plc()


@pytest_asyncio.fixture
async def line(plc: Plc) -> AsyncIterator[BypassLine]:
    made = BypassLine(lambda: Wire(plc), TAG, GROUPS, TABLE, SystemClock())
    yield made
    plc.open.set()
    plc.bug = False
    await made.close()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)


def test_the_demo_proves_a_bypass_with_two_questions() -> None:
    roles = {t.role for g in GROUPS for t in g} & PROOF_ROLES
    assert roles == PROOF_ROLES
    assert len(GROUPS) == 2


async def test_every_cycle_writes_over_one_connection_with_a_time_out_of_its_own(
    plc: Plc, line: BypassLine
) -> None:
    for cycle in range(5):
        line.ask(True)
        await settle()
        assert plc.written == cycle + 1
    assert plc.attached == 1
    assert plc.timeouts == {3.0}


async def test_nothing_is_queued_behind_a_slow_answer(plc: Plc, line: BypassLine) -> None:
    plc.open.clear()
    for _ in range(5):
        line.ask(True)
        await settle()
    assert plc.written == 1
    plc.open.set()
    await settle()
    assert plc.written == 1, "the next cycle writes, not the last five"


async def test_what_is_taken_back_or_proven_is_written_no_more(plc: Plc, line: BypassLine) -> None:
    plc.open.clear()
    line.ask(True)
    await settle()
    line.ask(False)
    await settle()
    assert plc.closed == 1, "the answer has nowhere to arrive"
    line.ask(False)
    await settle()
    assert (plc.written, plc.closed) == (1, 1)


async def test_a_dead_plc_is_tried_again_every_cycle_and_told_once(
    plc: Plc, line: BypassLine, caplog: pytest.LogCaptureFixture
) -> None:
    plc.dead = True
    async with asyncio.timeout(SOON_S):
        while plc.attached < 3:
            line.ask(True)
            await asyncio.sleep(0.02)
    plc.dead = False
    async with asyncio.timeout(SOON_S):
        while not plc.written:
            line.ask(True)
            await asyncio.sleep(0.02)
    assert len([r for r in caplog.records if "own connection" in r.message]) == 1


async def test_whatever_a_driver_raises_is_told_and_tried_again(
    plc: Plc, line: BypassLine, caplog: pytest.LogCaptureFixture
) -> None:
    plc.bug = True
    line.ask(True)
    await settle()
    assert "ZeroDivisionError" in caplog.text
    plc.bug = False
    async with asyncio.timeout(SOON_S):
        while not plc.written:
            line.ask(True)
            await asyncio.sleep(0.02)


async def test_at_the_end_a_write_under_way_arrives(plc: Plc, line: BypassLine) -> None:
    plc.open.clear()
    line.ask(True)
    await settle()
    end = asyncio.create_task(line.close())
    await settle()
    assert not end.done()
    plc.open.set()
    await end
    assert plc.closed == 1


class Arrays:
    """What the links left in the arrays of a cycle."""

    def __init__(self, reason: Reason, age_ms: int) -> None:
        n = len(TABLE)
        self.value = np.full(n, -1.0)
        self.reason = np.full(n, int(reason), dtype=np.uint32)
        self.age_ms = np.full(n, age_ms, dtype=np.int32)

    def laid(self, line: BypassLine) -> set[str]:
        """Return the names of the points that were filled in."""
        line.overlay(self.value, self.reason, self.age_ms, SystemClock().now_ns())
        return {TABLE.tags[i].name for i in np.flatnonzero(self.value != -1.0)}


PROOF = {t.name for t in TABLE.tags if t.role in PROOF_ROLES and not t.index and not t.witness}
LOST = {
    "down": (Reason.LINK, 0),
    "never read": (Reason.UNSET, 0),
    "old": (Reason.NONE, FRESH_MS + 1),
}


@pytest.mark.parametrize("how", LOST)
async def test_the_proof_is_read_while_the_link_does_not_deliver(
    plc: Plc, line: BypassLine, how: str
) -> None:
    reason, age_ms = LOST[how]
    line.watch(True)
    # That and nothing else: the link is down all the same.
    await until(lambda: Arrays(reason, age_ms).laid(line) == PROOF)
    late = Arrays(reason, age_ms)
    late.laid(line)
    at = TABLE.index["HS-PERMIT"]
    assert late.reason[at] == 0
    assert 0 <= late.age_ms[at] < FRESH_MS
    assert late.value[at] > 2, "what each connection says first may be from before"


async def test_a_proof_that_stands_still_under_a_fast_clock_is_doubt_and_grows_old(
    plc: Plc, line: BypassLine
) -> None:
    plc.frozen_ns = SystemClock().now_ns() + 3_600_000_000_000
    line.watch(True)
    await until(lambda: Arrays(Reason.LINK, 0).laid(line) == PROOF)
    at = TABLE.index["HS-PERMIT"]

    def aged() -> bool:
        late = Arrays(Reason.LINK, 0)
        late.laid(line)
        assert late.reason[at] == int(Reason.DOUBTFUL)
        return int(late.age_ms[at]) > 1000

    await until(aged)


async def test_nothing_is_read_without_a_bypass_or_beside_a_link_that_delivers(
    plc: Plc, line: BypassLine
) -> None:
    assert Arrays(Reason.LINK, 0).laid(line) == set()
    line.watch(True)
    await settle()
    assert Arrays(Reason.NONE, 300).laid(line) == set()
    await settle()
    assert plc.reads == 0


async def test_what_was_read_is_forgotten_when_the_link_delivers_again(
    plc: Plc, line: BypassLine
) -> None:
    line.watch(True)
    await until(lambda: Arrays(Reason.LINK, 0).laid(line) == PROOF)
    for _ in range(12):
        Arrays(Reason.NONE, 0).laid(line)
    await settle()
    assert plc.closed == len(GROUPS)
    line.watch(False)
    assert Arrays(Reason.LINK, 0).laid(line) == set()


async def test_a_dead_plc_leaves_nothing_behind(plc: Plc, line: BypassLine) -> None:
    line.watch(True)
    await until(lambda: Arrays(Reason.LINK, 0).laid(line) == PROOF)
    plc.dead = True
    await until(lambda: Arrays(Reason.LINK, 0).laid(line) == set())


def test_without_modbus_the_proof_is_one_question() -> None:
    opcua = PLANT.links["analysers"].model_copy(update={"name": "plc"})
    other = replace(PLANT, links={**PLANT.links, "plc": opcua})
    assert [{t.role for t in g} for g in proof_groups(other, "plc")] == [set(PROOF_ROLES)]
