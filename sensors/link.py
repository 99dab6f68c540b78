"""A link supervises one driver: connect, fail fast, back off, tell once.

One task runs it for ever; nothing a device does ends that task.  The link
keeps the latest readings of its tags as arrays.  When the device is gone all
of them are BAD (LINK) at once; values stay as last seen, so that their age
tells how long ago that was.  Back-off is wall time, polling is plant time.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors.ageing import ClockNews, StampAges, stamps_of
from sensors.clock import Clock, SystemClock
from sensors.driver import Driver, Identity, TakesTime, WriteResult, changed_identity
from sensors.errors import LinkError, LinkFault, LinkLost, LinkRefused
from sensors.guarded import lost_at_worst, lost_when_odd
from sensors.image import F64
from sensors.linkmemory import LinkMemory, Remembers
from sensors.peerclock import PeerClock
from sensors.quality import Reason
from sensors.reading import Reading
from sensors.tag import Tag, TagTable

BACKOFF_S: Final = (0.5, 1.0, 2.0)  # the last one is the cap
# Of a device that answers, but with a fault that will be there again: at its cap three tries
# fall into the time a session left behind lives, so even one that never frees any is not filled.
FAULT_BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
SOUND_S: Final = 10.0  # wall; up for so long, the next fault is a new one
JITTER: Final = 0.2  # of the delay, either way: a fleet must not reconnect in step
# Wall; a driver that never returns is a lost link. One that knows how long its device may
# take, see `TakesTime`, has that time: each of its requests has a time-out of its own.
CONNECT_GUARD_S: Final = 15.0
READ_GUARD_S: Final = 3.0
WRITE_WAIT_S: Final = 1.0
CLOSE_GUARD_S: Final = 3.0
_MAX_AGE_MS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link is doing. `since_ns` is plant UTC of the last change of `up`.

    `refused` is True when the peer answers but will not have us (login,
    certificate): a person must act.  `latency_ms` is of the last read, wall;
    `clock` says how the peer's clock is off, "" when it agrees with ours.
    """

    up: bool = False
    since_ns: int = 0
    identity: Identity | None = None
    reconnects: int = 0
    last_error: str = ""
    refused: bool = False
    latency_ms: float = 0.0
    clock: str = ""


def backoff_s(attempt: int, rng: random.Random, steps_s: Sequence[float] = BACKOFF_S) -> float:
    """Return the wall seconds to wait after the attempt-th failure in a row (0 first)."""
    base = steps_s[min(attempt, len(steps_s) - 1)]
    return base * (1.0 + JITTER * (2.0 * rng.random() - 1.0))


class Link:
    """Supervises one device.

    `tags` are the points it polls, `table` the table whose channels
    `snapshot` fills.  `phase` is where in the period the read takes place
    (fraction of it on the UTC grid), so that values are fresh when the
    cycle, which runs at 0, looks at them.  `wall` times back-off.  `on_news`
    is told in words what a person should know and no state shows.
    """

    def __init__(
        self,
        name: str,
        driver_factory: Callable[[], Driver],
        tags: Sequence[Tag],
        clock: Clock,
        period_s: float = 1.0,
        on_change: Callable[[LinkState], None] | None = None,
        *,
        table: TagTable,
        rng: random.Random | None = None,
        wall: Clock | None = None,
        phase: float = 0.7,
        on_news: Callable[[str], None] | None = None,
        memory: LinkMemory | None = None,
    ) -> None:
        self.name, self.tags = name, tuple(tags)
        self.state = LinkState(since_ns=clock.now_ns())
        self._make, self._clock, self._wall = driver_factory, clock, wall or SystemClock()
        self._period_ns, self._phase_ns = int(period_s * 1e9), int(phase * period_s * 1e9)
        self._on_change, self._rng = on_change, rng or random.Random()
        self._channels = np.array([table.index[t.name] for t in self.tags], dtype=np.intp)
        self._value: F64 = np.full(len(self.tags), np.nan)
        self._reason = np.full(len(self.tags), int(Reason.UNSET), dtype=np.uint32)
        self._source_ns = np.full(len(self.tags), clock.now_ns(), dtype=np.int64)
        self._peer = PeerClock(clock.now_ns(), clock.monotonic_ns())
        self._ages = StampAges(len(self.tags), clock.monotonic_ns())
        self._on_news, self._clock_news = on_news or (lambda _: None), ClockNews(name)
        self._driver: Driver | None = None
        self._busy = asyncio.Lock()  # one request in flight: a device answers in order
        self._ever_up = False
        self._refusals = 0
        self._memory = memory or LinkMemory()
        self._remarks: tuple[str, ...] = ()

    async def run(self) -> None:
        """Keep the link alive until cancelled; closes the driver on the way out."""
        failures = faults = 0
        try:
            while True:
                steps_s: Sequence[float] = BACKOFF_S
                up_ns: int | None = None
                try:
                    await self._open()
                    failures, up_ns = 0, self._wall.monotonic_ns()
                    await self._poll()
                except LinkError as error:
                    sound = up_ns is not None and self._wall.monotonic_ns() - up_ns > SOUND_S * 1e9
                    faults = 0 if sound or not isinstance(error, LinkFault) else faults + 1
                    if faults:
                        steps_s, failures = FAULT_BACKOFF_S, faults - 1
                    await self._down(error)
                await self._wall.sleep(backoff_s(failures, self._rng, steps_s))
                failures += 1
        finally:
            await self._drop()

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Write values in one go; never raises for a dead link: nothing is ok then.

        What cannot go out within WRITE_WAIT_S, because a read is under way, is not
        written at all: it would arrive when it is no longer meant.
        """
        try:
            async with asyncio.timeout(WRITE_WAIT_S):
                await self._busy.acquire()
        except TimeoutError:
            return _not_written(values, f"link {self.name} is busy with a read")
        try:
            return await self._write(values)
        finally:
            self._busy.release()

    async def _write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        driver = self._driver
        if driver is None or not self.state.up:
            return _not_written(values, f"link {self.name} is down")
        try:
            async with lost_at_worst(_guard_s(driver, len(values))):
                results = await driver.write(values)
                return _of_each(values, results)
        except LinkError as lost:
            await self._down(lost)
            return _not_written(values, f"link {self.name}: {lost}")

    def snapshot(
        self, value: F64, reason: NDArray[np.uint32], age_ms: NDArray[np.int32], now_ns: int
    ) -> None:
        """Fill this link's channels of full-table arrays, in place.

        `now_ns` is plant UTC of the cycle; ages are clipped to [0, 2**31-1] ms.
        """
        self._follow_step()
        value[self._channels] = self._value
        reason[self._channels] = self._reason
        age = (now_ns - self._source_ns) // 1_000_000
        age_ms[self._channels] = np.clip(age, 0, _MAX_AGE_MS)

    def _follow_step(self) -> None:
        """Move the times of what was read along when our clock was stepped."""
        step_ns = self._peer.step_ns(self._clock.now_ns(), self._clock.monotonic_ns())
        if step_ns:
            self._source_ns = self._source_ns + step_ns

    async def _open(self) -> None:
        driver = self._make()
        if isinstance(driver, Remembers):
            driver.recall(self._memory)
        self._driver = driver
        limit_s = CONNECT_GUARD_S + (driver.limit_s(0) if isinstance(driver, TakesTime) else 0.0)
        async with lost_at_worst(limit_s, "connecting took too long"):
            identity = await driver.connect()
        # What a device says first after a silence may be left over from before.
        await self._read(driver, discard=True)
        self._up(identity)

    async def _poll(self) -> None:
        while True:
            await self._clock.sleep(self._to_next_read_s())
            driver = self._driver
            if driver is None:
                raise LinkLost(self.state.last_error)  # a write lost it meanwhile
            await self._read(driver)

    def _to_next_read_s(self) -> float:
        into = (self._clock.now_ns() - self._phase_ns) % self._period_ns
        return (self._period_ns - into) * 1e-9

    async def _read(self, driver: Driver, discard: bool = False) -> None:
        found: dict[Tag, Reading] = {}
        took_ns = 0
        for portion in _portions(driver, self.tags):
            async with self._busy:  # between two portions a write goes first
                if driver is not self._driver:
                    raise LinkLost(self.state.last_error)
                began_ns = self._wall.monotonic_ns()
                async with lost_at_worst(_guard_s(driver, len(portion))):
                    readings = await driver.read(portion)
                    if len(readings) != len(portion):
                        raise LinkLost(f"{len(readings)} readings of {len(portion)} points")
                    found.update(zip(portion, readings, strict=True))
                took_ns += self._wall.monotonic_ns() - began_ns
        value, reason, source = _arrays([found[t] for t in self.tags])
        if discard:
            reason |= np.uint32(Reason.FIRST_READ)
        self._follow_step()
        self._take(value, reason, source)
        self.state = replace(self.state, latency_ms=took_ns * 1e-6)

    def _take(self, value: F64, reason: NDArray[np.uint32], stamp: NDArray[np.int64]) -> None:
        utc_ns, mono_ns = self._clock.now_ns(), self._clock.monotonic_ns()
        ours = self._peer.ours(stamp, utc_ns)
        self._source_ns, doubtful = self._ages.take(value, stamp, ours, utc_ns, mono_ns)
        self._value, self._reason = value, reason | doubtful * np.uint32(Reason.DOUBTFUL)
        if news := self._clock_news.about(self._ages.lead_ns, mono_ns):
            self.state = replace(self.state, clock=self._clock_news.standing)
            self._on_news(news)

    def _up(self, identity: Identity) -> None:
        for news in self._found_out(identity):
            self._on_news(news)
        reconnects = self.state.reconnects + (1 if self._ever_up else 0)
        self._ever_up = True
        now = self._clock.now_ns()
        self.state = replace(
            self.state,
            up=True,
            since_ns=now,
            identity=identity,
            reconnects=reconnects,
            last_error="",
            refused=False,
        )
        self._tell()

    def _found_out(self, identity: Identity) -> Iterator[str]:
        """Yield what a person should know of who answers now, and remember it."""
        if changes := changed_identity(self._memory.identity, identity):
            yield f"another device answers on link {self.name}: {changes}"
        yield from (r for r in identity.remarks if r not in self._remarks)
        self._remarks = identity.remarks
        self._memory.learn(identity)

    async def _down(self, error: LinkError) -> None:
        """Mark everything BAD first, then clean up; tell only a change."""
        self._reason = self._reason | np.uint32(Reason.LINK)
        self._refusals = self._refusals + 1 if isinstance(error, LinkRefused) else 0
        # A connection that breaks while it is made may look like a refusal: twice is one.
        was, text, refused = self.state, str(error), self._refusals > 1
        news = was.up or not was.last_error or (refused and not was.refused)
        since = self._clock.now_ns() if was.up else was.since_ns
        self.state = replace(was, up=False, since_ns=since, last_error=text, refused=refused)
        await self._drop()
        if news:
            self._tell()

    async def _drop(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            with suppress(LinkError):
                async with lost_at_worst(CLOSE_GUARD_S):
                    await driver.close()

    def _tell(self) -> None:
        if self._on_change is not None:
            self._on_change(self.state)


def _guard_s(driver: Driver, points: int) -> float:
    own_s = driver.limit_s(points) if isinstance(driver, TakesTime) else 0.0
    return max(READ_GUARD_S, own_s)


def _portions(driver: Driver, tags: Sequence[Tag]) -> Sequence[Sequence[Tag]]:
    """Return what to read in one go each; raise LinkLost unless it is all of `tags`, once."""
    if not isinstance(driver, TakesTime):
        return (tags,)
    portions = driver.portions(tags)
    if len(portions) > 1 and sorted(t.name for p in portions for t in p) != sorted(
        t.name for t in tags
    ):
        raise LinkLost("its driver leaves out points")
    return portions


def _arrays(readings: Sequence[Reading]) -> tuple[F64, NDArray[np.uint32], NDArray[np.int64]]:
    """Return values, reasons and source times; LinkLost for what is no reading at all."""
    with lost_when_odd():
        value = np.array([r.value for r in readings], dtype=np.float64)
        reason = np.array([r.reason for r in readings], dtype=np.uint32)
        return value, reason, stamps_of(readings)


def _of_each(values: Mapping[Tag, float], results: Sequence[WriteResult]) -> Sequence[WriteResult]:
    """Return the results; raise LinkLost unless there is one of each value."""
    if [r.tag for r in results] != list(values):
        raise LinkLost(f"{len(results)} results of {len(values)} writes")
    return results


def _not_written(values: Mapping[Tag, float], why: str) -> list[WriteResult]:
    return [WriteResult(tag, sent, float("nan"), False, why) for tag, sent in values.items()]
