"""What a Modbus device cannot do: another answer a connection, a name, a quick line."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sensors import modbus_driver
from sensors.clock import ManualClock, SystemClock
from sensors.errors import LinkLost
from sensors.link import Link
from sensors.linkmemory import LinkMemory
from sensors.linkspec import LinkSpec
from sensors.modbus_driver import ModbusDriver
from sensors.quality import Quality, Reason
from sensors.tag import Tag, TagTable
from tests.contract.test_modbus_answers import SETPOINTS, TAGS, driver_of, right, tag, wrong_in
from tests.patience import until
from tests.scripteddevice import Request, ScriptedDevice, device

PATIENT_S = 2.0


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_a_device_that_closes_after_its_answers_is_read_whole(after: int) -> None:
    async with device() as there:
        there.hangs_up_after = after
        driver = driver_of(there, [*TAGS, *SETPOINTS], timeout_s=PATIENT_S)
        await driver.connect()
        for _ in range(3):
            assert [r.value for r in await driver.read(TAGS)] == [right(t) for t in TAGS]
        await driver.close()


async def test_one_answer_a_connection_is_told_and_its_writes_arrive() -> None:
    async with device() as there:
        there.hangs_up_after = 1
        by_role = [tag(50, role="identity"), tag(60, role="plc_version")]
        driver = driver_of(there, [*TAGS, *SETPOINTS, *by_role], timeout_s=PATIENT_S)
        (remark,) = (await driver.connect()).remarks
        assert "closes after every answer" in remark
        results = await driver.write({SETPOINTS[1]: 1001.0, SETPOINTS[2]: 1002.0})
        assert [f for _, (f, *_) in there.seen if f == 16] == [16], "written once"
        assert all(r.ok for r in results), [r.problem for r in results]
        await driver.close()


async def test_a_device_that_closes_without_an_answer_is_lost_in_these_words() -> None:
    async with device() as there:
        driver = driver_of(there, timeout_s=0.2)
        await driver.connect()

        def nothing(head: bytes, request: Request, said: bytes) -> bytes:
            return b""

        there.framed, there.hangs_up_after = nothing, 1
        with pytest.raises(LinkLost, match="closed the connection, no answer"):
            await driver.read(TAGS)


async def test_an_rtu_gateway_that_closes_after_every_answer_says_so() -> None:
    """There an old answer may meet the new connection: it must not simply be opened again."""
    async with device(rtu=True) as there:
        there.hangs_up_after = 1
        driver = driver_of(there, timeout_s=0.2)
        with pytest.raises(LinkLost, match="clos"):
            await driver.connect()


async def test_a_device_silent_about_its_name_is_asked_once_for_ever(tmp_path: Path) -> None:
    async with device() as there:
        there.silent_for = {43}
        path = tmp_path / "plc.json"
        for _ in range(3):  # restarts
            memory = LinkMemory(path)
            for _ in range(2):  # reconnects
                driver = driver_of(there, timeout_s=0.1)
                driver.recall(memory)
                await driver.connect()
                assert await wrong_in(driver) == []
                await driver.close()
        assert [f for _, (f, *_) in there.seen].count(43) == 1


@pytest.mark.parametrize(("identify", "times"), [(None, 1), (True, 2), (False, 0)])
async def test_the_name_may_be_left_out_or_insisted_on(identify: bool | None, times: int) -> None:
    async with device() as there:
        there.silent_for = {43}
        memory = LinkMemory()
        for _ in range(2):
            driver = driver_of(there, timeout_s=0.1, identify=identify)
            driver.recall(memory)
            await driver.connect()
            await driver.close()
        assert [f for _, (f, *_) in there.seen].count(43) == times


async def test_a_device_at_another_address_is_asked_again() -> None:
    memory = LinkMemory()
    for _ in range(2):
        async with device() as there:
            there.silent_for = {43}
            driver = driver_of(there, timeout_s=0.1)
            driver.recall(memory)
            await driver.connect()
            await driver.close()
            assert [f for _, (f, *_) in there.seen].count(43) == 1


async def test_slow_points_are_not_asked_for_at_every_scan() -> None:
    slow = [replace(t, scan_s=10.0) for t in TAGS[4:7]]
    fast, clock = TAGS[:4], ManualClock(1_700_000_000_000_000_000)
    async with device() as there:
        spec = {"name": "dev", "protocol": "modbus-tcp", "port": there.port, "timeout_s": PATIENT_S}
        tags = [*fast, *slow]
        driver = ModbusDriver(LinkSpec.model_validate(spec), tags, clock=clock)
        await driver.connect()
        ages = []
        for _ in range(12):
            readings = await driver.read(tags)
            assert [r.value for r in readings] == [right(t) for t in tags]
            ages.append((readings[-1].t_received_ns - readings[-1].t_source_ns) * 1e-9)
            clock.advance(1.0)
        assert [a for _, (f, a, *_) in there.seen if f == 4].count(100) == 3
        assert max(ages) == pytest.approx(4.0)
        there.script = lambda request: 4 if request[1] >= 100 else 0
        clock.advance(5.0)
        for _ in range(2):
            readings = await driver.read(tags)
            assert readings[-1].quality == Quality.BAD, "no old value for a device that fails"
        await driver.close()


async def test_a_write_goes_between_the_questions_of_a_slow_scan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each answer takes its time: the scan is longer than any write would wait."""
    monkeypatch.setattr(modbus_driver, "PORTION_S", 0.0)  # whatever it takes, it is slow
    places = [tag(10 * i) for i in range(12)]
    async with device() as there:
        link, task = await _running(there, places)
        gate = asyncio.Event()
        there.gate = gate
        count = len(there.seen)
        await until(lambda: len(there.seen) > count)  # a scan has begun and hangs
        write = asyncio.create_task(link.write({SETPOINTS[1]: 1001.0}))
        await until(lambda: bool(link._busy._waiters))
        gate.set()
        (result,) = await write
        assert result.ok, result.problem
        asked = [request[:2] for _, request in there.seen[count:]]
        assert asked.index((16, 1)) < 3, "after the question under way, before the rest"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _running(there: ScriptedDevice, places: list[Tag]) -> "tuple[Link, asyncio.Task[None]]":
    table = TagTable([*places, *SETPOINTS])
    link = Link(
        "dev", lambda: driver_of(there, [*places, *SETPOINTS], timeout_s=5.0), places,
        SystemClock(), period_s=0.2, table=table,
    )  # fmt: skip
    task = asyncio.create_task(link.run())

    def all_good() -> bool:
        n = len(table.tags)
        value, reason, age = np.zeros(n), np.ones(n, np.uint32), np.zeros(n, np.int32)
        link.snapshot(value, reason, age, SystemClock().now_ns())
        return bool(np.all(reason[: len(places)] == int(Reason.NONE)))

    await until(all_good)
    return link, task


def test_the_guard_is_longer_than_all_answers_that_are_in_time() -> None:
    for timeout_s in (0.05, 0.5, 5.0):
        keys = {"name": "dev", "protocol": "modbus-tcp", "port": 1, "timeout_s": timeout_s}
        driver = ModbusDriver(LinkSpec.model_validate({**keys, "gap_s": 1.0}), TAGS)
        assert driver.limit_s(100) >= 200 * (timeout_s + 1.0)
        assert driver.limit_s(0) >= 10 * (timeout_s + 1.0)


async def test_a_device_that_refuses_all_that_is_polled_is_lost_set_points_or_not() -> None:
    async with device() as there:
        driver = driver_of(there, [*TAGS, *SETPOINTS], timeout_s=PATIENT_S)
        there.script = lambda request: 2
        await driver.connect()
        with pytest.raises(LinkLost, match="refuses every point"):
            await driver.read(TAGS)
