"""The supervisor on a manual clock: exact back-off, first read discarded, honest arrays."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from sensors import link as link_module
from sensors.clock import ManualClock
from sensors.driver import Identity, TakesTime, WriteResult
from sensors.drivers import make_driver
from sensors.errors import LinkFault, LinkLost, LinkRefused
from sensors.link import Link, LinkState, backoff_s
from sensors.linkspec import LinkSpec
from sensors.memory import MemoryDriver
from sensors.quality import Reason
from sensors.reading import Reading
from sensors.tag import ModbusSource, Tag, TagTable
from tests.patience import until

TAGS = [
    Tag(f"T-{i}", "", "", "float", 0, 100, ModbusSource("dev", "input", i, "uint16"))
    for i in range(3)
]
TABLE = TagTable(TAGS)
START_NS = 1_700_000_000_000_000_000


class Device:
    """A scripted device: what happens at each connect, and what a read says."""

    def __init__(self, wall: ManualClock) -> None:
        self.wall, self.alive, self.refuses = wall, True, False
        self.identity = Identity("Seastack", "SIMULATOR", "1.0", True)
        self.values = {"T-0": 1.0, "T-2": 3.0}
        self.answers = asyncio.Event()  # cleared: a read hangs
        self.answers.set()
        self.connects: list[float] = []
        self.reads: list[float] = []
        self.closed = 0

    def get(self, name: str) -> tuple[float, Reason, int] | None:
        return self.values[name], Reason.NONE, START_NS + self.wall.monotonic_ns()

    def put(self, values: Mapping[str, float]) -> None:
        self.values.update(values)


class ScriptedDriver(MemoryDriver):
    """A memory driver that keeps a diary in wall time."""

    def __init__(self, device: Device, clock: ManualClock) -> None:
        super().__init__(device, clock)
        self._device = device

    async def connect(self) -> Identity:
        self._device.connects.append(self._device.wall.monotonic_ns() * 1e-9)
        if self._device.refuses:
            raise LinkRefused("wrong password")
        return await super().connect()

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        self._device.reads.append(self._device.wall.monotonic_ns() * 1e-9)
        await self._device.answers.wait()
        return await super().read(tags)

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        return await super().write(values)

    async def close(self) -> None:
        self._device.closed += 1
        await super().close()


class Bench:
    """A link on one manual clock that serves as plant time and as wall."""

    def __init__(self, seed: int = 1, period_s: float = 1.0) -> None:
        self.clock = ManualClock(START_NS)
        self.device = Device(self.clock)
        self.told: list[LinkState] = []
        self.news: list[str] = []
        self.link = Link(
            "dev",
            lambda: ScriptedDriver(self.device, self.clock),
            [TAGS[2], TAGS[0]],
            self.clock,
            period_s,
            self.told.append,
            table=TABLE,
            rng=random.Random(seed),
            wall=self.clock,
            on_news=self.news.append,
        )

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def go(self, seconds: float, step_s: float = 0.01) -> None:
        for _ in range(round(seconds / step_s)):
            self.clock.advance(step_s)
            await self.settle()

    def arrays(self) -> tuple[list[float], list[Reason], list[int]]:
        value, reason = np.full(3, -7.0), np.full(3, 99, dtype=np.uint32)
        age = np.full(3, -1, dtype=np.int32)
        self.link.snapshot(value, reason, age, self.clock.now_ns())
        return value.tolist(), [Reason(int(r)) for r in reason], age.tolist()


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def running(bench: Bench) -> "asyncio.Task[None]":
    task = asyncio.create_task(bench.link.run())
    await bench.settle()
    return task


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_back_off_follows_the_schedule_exactly(bench: Bench) -> None:
    bench.device.alive = False
    task = await running(bench)
    await bench.go(12.0, 0.001)
    rng, expected, at = random.Random(1), [0.0], 0.0
    for attempt in range(6):
        at += (0.5, 1.0, 2.0, 2.0, 2.0, 2.0)[attempt] * (1 + 0.2 * (2 * rng.random() - 1))
        expected.append(at)
    within = [e for e in expected if e <= 12.0]
    assert bench.device.connects[: len(within)] == pytest.approx(within, abs=0.007)
    await ended(task)


def test_jitter_stays_within_a_fifth() -> None:
    rng = random.Random(3)
    for attempt, base in enumerate((0.5, 1.0, 2.0, 2.0)):
        waits = [backoff_s(attempt, rng) for _ in range(2000)]
        assert 0.8 * base <= min(waits) < 0.82 * base
        assert 1.18 * base < max(waits) <= 1.2 * base


async def test_a_fault_that_is_there_again_is_tried_ever_less_often(bench: Bench) -> None:
    async def faulty(self: ScriptedDriver, tags: Sequence[Tag]) -> Sequence[Reading]:
        bench.device.reads.append(bench.clock.monotonic_ns() * 1e-9)
        if len(bench.device.reads) % 2 == 0:  # the first read of a connection always works
            raise LinkFault("answers BadInternalError")
        return await MemoryDriver.read(self, tags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptedDriver, "read", faulty)
        task = await running(bench)
        await bench.go(90.0, step_s=0.05)
        task.cancel()
    gaps = np.diff(bench.device.connects)
    assert len(gaps) >= 7
    # A second at most passes from a connect to the read that fails; jitter is a fifth.
    for gap, wait in zip(gaps, [0.5, 1.0, 2.0, 5.0, 10.0, 10.0, 10.0], strict=False):
        assert 0.8 * wait <= gap <= 1.2 * wait + 1.1


async def test_back_off_starts_anew_after_a_success(bench: Bench) -> None:
    bench.device.alive = False
    task = await running(bench)
    await bench.go(6.0)
    bench.device.alive = True
    await bench.go(3.0)
    assert bench.link.state.up
    bench.device.alive = False
    await bench.go(1.1)
    lost = bench.clock.monotonic_ns() * 1e-9
    bench.device.connects.clear()
    bench.device.alive = True
    await bench.go(1.0)
    assert bench.device.connects[0] - lost < 0.6
    await ended(task)


async def test_the_first_read_is_discarded_then_values_flow(bench: Bench) -> None:
    assert bench.arrays()[1] == [Reason.UNSET, Reason(99), Reason.UNSET]
    task = await running(bench)
    value, reason, _ = bench.arrays()
    assert (value[0], value[1], value[2]) == (1.0, -7.0, 3.0), "the middle tag is not ours"
    assert reason[0] == reason[2] == Reason.FIRST_READ
    await bench.go(1.0)
    value, reason, age = bench.arrays()
    assert reason[0] == reason[2] == Reason.NONE
    assert age[0] == age[2] == 300, "read at 0.7 of the period, looked at 0.3 s later"
    await ended(task)


async def test_reads_keep_to_the_grid(bench: Bench) -> None:
    task = await running(bench)
    await bench.go(5.0)
    assert bench.device.reads[1:] == pytest.approx([0.7, 1.7, 2.7, 3.7, 4.7], abs=0.011)
    await ended(task)


async def test_a_lost_link_makes_everything_bad_at_once_and_ages(bench: Bench) -> None:
    task = await running(bench)
    await bench.go(2.0)
    bench.device.alive = False
    await bench.go(0.71)
    value, reason, age = bench.arrays()
    assert reason[0] == reason[2] == Reason.LINK
    assert value[0] == 1.0, "the last value stays to be looked at, marked BAD"
    assert age[0] == 1010
    assert not bench.link.state.up
    await bench.go(10.0)
    assert bench.arrays()[2][0] == 11010
    await ended(task)


async def test_it_comes_back_by_itself(bench: Bench) -> None:
    task = await running(bench)
    await bench.go(2.0)
    bench.device.alive = False
    await bench.go(30.0)
    bench.device.alive, bench.device.values["T-0"] = True, 42.0
    await bench.go(2.4 + 1.0)
    value, reason, _ = bench.arrays()
    assert (value[0], reason[0]) == (42.0, Reason.NONE)
    assert bench.link.state.reconnects == 1
    assert bench.link.state.last_error == ""
    await ended(task)


async def test_a_change_is_told_once_however_long_it_lasts(bench: Bench) -> None:
    task = await running(bench)
    await bench.go(1.0)
    bench.device.alive = False
    await bench.go(120.0, 0.05)
    bench.device.alive = True
    await bench.go(3.5)
    assert [s.up for s in bench.told] == [True, False, True]
    await ended(task)


async def test_a_refusal_that_repeats_itself_is_told_as_one(bench: Bench) -> None:
    bench.device.refuses = True
    task = await running(bench)
    assert not bench.link.state.refused, "a handshake that broke off may look like a refusal"
    await bench.go(1.0)
    assert bench.link.state.refused
    assert bench.link.state.last_error == "wrong password"
    bench.device.refuses = False
    await bench.go(2.0)
    assert bench.link.state.up
    assert not bench.link.state.refused
    await ended(task)


async def test_writing_through_a_link(bench: Bench) -> None:
    down = await bench.link.write({TAGS[0]: 5.0})
    assert [(r.ok, r.problem) for r in down] == [(False, "link dev is down")]
    task = await running(bench)
    done = await bench.link.write({TAGS[0]: 5.0})
    assert [(r.ok, r.readback) for r in done] == [(True, 5.0)]
    bench.device.alive = False
    lost = await bench.link.write({TAGS[0]: 6.0})
    assert not lost[0].ok
    assert not bench.link.state.up, "a failed write is a lost link, at once"
    assert bench.arrays()[1][0] & Reason.LINK
    bench.device.alive = True
    await bench.go(3.5)
    assert bench.link.state.up
    await ended(task)


class Deaf(ScriptedDriver):
    """A driver with a bug: it never returns."""

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        await asyncio.Event().wait()
        raise LinkLost("never reached")


async def test_a_driver_that_never_returns_cannot_hold_the_link(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensors.link.READ_GUARD_S", 0.05)
    bench.link = Link(
        "dev", lambda: Deaf(bench.device, bench.clock), TAGS[:1], bench.clock, table=TABLE,
        wall=bench.clock,
    )  # fmt: skip
    task = await running(bench)
    await until(lambda: bench.device.closed == 1)
    await bench.settle()
    assert bench.link.state.last_error == "no answer in time"
    assert bench.device.closed == 1
    await ended(task)


class Stumbling(ScriptedDriver):
    """A driver that stumbles over what a peer said, at one of its calls."""

    at = "read"
    error: BaseException = ValueError("no\nnumber")

    async def connect(self) -> Identity:
        self._stumble("connect")
        return await super().connect()

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        self._stumble("read")
        return await super().read(tags)

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        self._stumble("write")
        return await super().write(values)

    async def close(self) -> None:
        await super().close()
        self._stumble("close")

    def _stumble(self, where: str) -> None:
        if where == self.at:
            raise self.error


@pytest.mark.parametrize("at", ["connect", "read", "write", "close"])
@pytest.mark.parametrize(
    "error", [ValueError("no\nnumber"), KeyError(3), AssertionError(), RecursionError(), OSError(5)]
)
async def test_what_a_driver_stumbles_over_is_a_lost_link_in_words(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: str, error: Exception
) -> None:
    monkeypatch.setattr(Stumbling, "at", at)
    monkeypatch.setattr(Stumbling, "error", error)
    bench.link = Link(
        "dev", lambda: Stumbling(bench.device, bench.clock), TAGS[:1], bench.clock, table=TABLE,
        wall=bench.clock,
    )  # fmt: skip
    task = await running(bench)
    await bench.go(2.0)
    if at == "write":
        (done,) = await bench.link.write({TAGS[0]: 1.0})
        assert not done.ok
        assert type(error).__name__ in done.problem
    elif at == "close":
        bench.device.alive = False
        await bench.go(2.0)
    if at != "close":
        assert type(error).__name__ in bench.link.state.last_error
    assert bench.link.state.last_error.isprintable()
    monkeypatch.setattr(Stumbling, "at", "")
    bench.device.alive = True
    await bench.go(6.0)
    assert bench.link.state.up
    assert not task.done()
    await ended(task)


@pytest.mark.parametrize("answer", [[], None, [None], [Reading], "ab"])
async def test_readings_that_are_none_are_a_lost_link(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    async def read(self: ScriptedDriver, tags: Sequence[Tag]) -> Any:
        return answer

    monkeypatch.setattr(ScriptedDriver, "read", read)
    task = await running(bench)
    await bench.go(2.0)
    assert not bench.link.state.up
    assert not task.done()
    await ended(task)


async def test_stopping_closes_the_driver(bench: Bench) -> None:
    task = await running(bench)
    await ended(task)
    assert bench.device.closed == 1


@pytest.mark.parametrize("step_s", [3600, -3600])
async def test_a_step_of_our_clock_makes_no_value_old_or_new(bench: Bench, step_s: int) -> None:
    """The device keeps its own time: before the next read and after it ages stay honest."""
    task = await running(bench)
    await bench.go(2.0)
    before = bench.arrays()[2]
    bench.clock.jump(step_s)
    assert bench.arrays()[2] == before
    await bench.go(5.0)
    assert 0 <= max(bench.arrays()[2][::2]) <= 1000
    bench.clock.jump(-step_s)  # put right: the stamps are again believed as they stand
    await bench.go(2.0)
    assert 0 <= max(bench.arrays()[2][::2]) <= 1000
    await ended(task)


async def test_a_step_that_puts_our_clock_right_hides_no_stale_device(bench: Bench) -> None:
    """We were an hour behind the device; once right, its stamps need no help."""
    bench.clock.jump(-3600)
    task = await running(bench)
    await bench.go(2.0)
    bench.clock.jump(3600)
    await bench.go(2.0)
    assert 0 <= max(bench.arrays()[2][::2]) <= 1000
    frozen = bench.device.get("T-0")
    bench.device.get = lambda name: frozen  # type: ignore[method-assign]
    await bench.go(60.0, 0.05)
    assert min(bench.arrays()[2][::2]) > 55_000
    await ended(task)


@pytest.mark.parametrize("where", ["connect", "read", "close"])
async def test_a_future_cancelled_by_a_library_does_not_end_the_link(
    bench: Bench, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a client library cancels when its connection drops is a lost link, not our end."""
    task = await running(bench)
    await bench.go(2.0)
    whole = getattr(ScriptedDriver, where)
    struck: list[str] = []

    async def cancelled(*arguments: object) -> object:
        if struck:
            return await whole(*arguments)
        struck.append(where)
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        return await future

    monkeypatch.setattr(ScriptedDriver, where, cancelled)
    bench.device.alive = where == "read"
    await bench.go(3.0)
    bench.device.alive = True
    await bench.go(6.0)
    assert struck == [where]
    assert not task.done()
    assert bench.link.state.up
    assert 0 <= max(bench.arrays()[2][::2]) <= 1000
    await ended(task)


async def test_a_write_cancelled_by_a_library_is_told_as_not_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await running(bench)
    await bench.go(2.0)

    async def cancelled(*_: object) -> Sequence[WriteResult]:
        raise asyncio.CancelledError

    monkeypatch.setattr(ScriptedDriver, "write", cancelled)
    results = await bench.link.write({TAGS[0]: 1.0})
    assert [r.ok for r in results] == [False]
    assert "dropped" in results[0].problem
    await ended(task)


async def test_what_waits_too_long_for_a_read_is_not_written_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "WRITE_WAIT_S", 0.02)
    task = await running(bench)
    bench.device.answers.clear()
    await bench.go(1.0)  # a read is under way now
    (result,) = await bench.link.write({TAGS[0]: 42.0})
    assert (result.ok, result.problem) == (False, "link dev is busy with a read")
    bench.device.answers.set()
    await bench.go(1.0)
    assert bench.device.values["T-0"] == 1.0
    (result,) = await bench.link.write({TAGS[0]: 43.0})
    assert result.ok
    await ended(task)


def ahead_by(bench: Bench, lead_s: float, frozen: bool) -> None:
    """Let the device stamp with a clock that is ahead; `frozen`: it says one thing for ever."""

    def get(name: str) -> tuple[float, Reason, int]:
        now = 0 if frozen else bench.clock.monotonic_ns()
        return 7.0, Reason.NONE, START_NS + now + int(lead_s * 1e9)

    bench.device.get = get  # type: ignore[method-assign]


@pytest.mark.parametrize("lead_s", [2.0, 600.0, 7200.0])
async def test_a_freeze_under_a_fast_clock_is_seen_within_three_scans(
    bench: Bench, lead_s: float
) -> None:
    ahead_by(bench, lead_s, frozen=True)
    task = await running(bench)
    for _ in range(60):
        await bench.go(0.2, 0.1)
        assert all(r & Reason.DOUBTFUL or r & Reason.FIRST_READ for r in bench.arrays()[1][::2])
        if bench.clock.monotonic_ns() > lead_s * 1e9 - 1e9:
            break
    ages = bench.arrays()[2][::2]
    assert min(ages) >= min(11_000, lead_s * 1e3 - 1500)
    await bench.go(4.0, 0.1)
    assert "ahead" in bench.news[0]
    await ended(task)


async def test_a_living_device_with_a_fast_clock_is_told_doubted_and_then_known(
    bench: Bench,
) -> None:
    ahead_by(bench, 7200.0, frozen=False)
    task = await running(bench)
    await bench.go(30.0, 0.1)
    assert all(r == Reason.DOUBTFUL for r in bench.arrays()[1][::2])
    await bench.go(40.0, 0.1)
    assert all(r == Reason.NONE for r in bench.arrays()[1][::2])
    assert max(bench.arrays()[2]) <= 1000
    assert [n[:46] for n in bench.news] == ["clock of dev is 2 h 0 min ahead (time zone?): "]
    await ended(task)


async def test_a_clock_behind_is_stale_and_says_so(bench: Bench) -> None:
    ahead_by(bench, -600.0, frozen=False)
    task = await running(bench)
    await bench.go(5.0, 0.1)
    assert min(bench.arrays()[2][::2]) >= 600_000
    assert [n[:30] for n in bench.news] == ["clock of dev is 10 min behind:"]
    assert bench.link.state.clock == bench.news[0]
    await ended(task)


@pytest.mark.parametrize("stamp", [-(10**30), -1, 10**19, 10**30])
async def test_no_stamp_whatsoever_ends_a_link(bench: Bench, stamp: int) -> None:
    bench.device.get = lambda name: (7.0, Reason.NONE, stamp)  # type: ignore[method-assign]
    task = await running(bench)
    await bench.go(6.0, 0.1)
    assert bench.link.state.up
    assert min(bench.arrays()[2][::2]) > 3000
    await ended(task)


async def test_another_device_at_the_same_address_is_told(bench: Bench) -> None:
    task = await running(bench)
    await bench.go(2.0)
    bench.device.alive = False
    await bench.go(2.0)
    bench.device.identity = Identity("Maker", "SIMULATOR", "", False)
    bench.device.alive = True
    await bench.go(4.0)
    assert bench.news == [
        "another device answers on link dev: Seastack, now Maker; a simulator, now a real plant"
    ]
    await ended(task)


@pytest.mark.parametrize("protocol", ["modbus-tcp", "modbus-rtu-tcp", "opcua"])
@pytest.mark.parametrize("timeout_s", [0.05, 0.5, 1.0, 5.0])
def test_the_guard_lets_every_time_out_that_is_allowed_pass(
    protocol: str, timeout_s: float
) -> None:
    keys = {"name": "dev", "protocol": protocol, "port": 1, "timeout_s": timeout_s}
    more = {"security": "None"} if protocol == "opcua" else {}
    driver = make_driver(LinkSpec.model_validate({**keys, **more}), [])
    assert isinstance(driver, TakesTime)
    for points in (1, 30, 200):
        assert link_module._guard_s(driver, points) >= max(3.0, 4 * timeout_s)
    assert driver.portions([]) == [[]]
