import asyncio

from controller.pacing import Pacer
from sensors.clock import ManualClock

SECOND = 1_000_000_000


async def tick(pacer: Pacer, clock: ManualClock, advance_s: float) -> int:
    task = asyncio.create_task(pacer.next())
    await asyncio.sleep(0)
    clock.advance(advance_s)
    return await task


async def test_deadlines_lie_on_the_utc_grid_and_do_not_drift() -> None:
    clock = ManualClock(5 * SECOND + 300_000_000)
    pacer = Pacer(clock, SECOND)
    assert await tick(pacer, clock, 0.7) == 6 * SECOND
    clock.advance(0.4)  # a cycle that took 0.4 s
    assert await tick(pacer, clock, 0.6) == 7 * SECOND
    assert pacer.overruns == 0


async def test_an_overrun_is_skipped_and_counted_never_queued() -> None:
    clock = ManualClock(0)
    pacer = Pacer(clock, SECOND)
    await tick(pacer, clock, 1.0)
    clock.advance(2.5)  # this cycle took 2.5 s: two deadlines passed
    assert await tick(pacer, clock, 0.5) == 4 * SECOND
    assert pacer.overruns == 2


async def test_waking_a_hair_early_does_not_run_a_cycle_twice() -> None:
    clock = ManualClock(0)
    pacer = Pacer(clock, SECOND)
    await tick(pacer, clock, 1.0)
    clock.jump(-0.0002)  # UTC reads just below the grid point already served
    assert await tick(pacer, clock, 1.0002) == 2 * SECOND


async def test_a_clock_step_of_an_hour_neither_stops_nor_queues_cycles() -> None:
    clock = ManualClock(10 * SECOND)
    pacer = Pacer(clock, SECOND)
    await tick(pacer, clock, 1.0)
    clock.jump(-3600)
    assert await tick(pacer, clock, 1.0) == 12 * SECOND - 3600 * SECOND
    assert pacer.overruns == 0
