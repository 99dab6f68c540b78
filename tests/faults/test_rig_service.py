"""The rig as a service: stepped by its clock, shown on its links, broken by its back door."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sensors.clock import ManualClock
from sensors.drivers import make_driver
from sensors.plantfile import Plant, load_plant
from sensors.quality import Reason
from sim.rig import Rig
from sim.served import ServeError
from sim.service import RigService
from sim.voyages import load

HOST = "127.0.0.1"


@pytest.fixture
def plant(demo_folder: Path) -> Plant:
    """Return the demo served on its Modbus link only: no OPC UA server to wait for."""
    plant = load_plant(demo_folder)
    return replace(plant, links={"plc": plant.links["plc"]})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(int((load("birka").start_s + 3.5 * 86400) * 1e9))


@pytest.fixture
def rig(plant: Plant, demo_folder: Path, clock: ManualClock) -> Rig:
    return Rig(load_plant(demo_folder), load("birka"), 1, clock.now_ns())


@asynccontextmanager
async def served(rig: Rig, plant: Plant, clock: ManualClock) -> AsyncIterator[RigService]:
    service = RigService(rig, plant, clock, ports={"plc": 0})
    await service.start()
    task = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await service.stop()


async def passed(clock: ManualClock, seconds: int) -> None:
    clock.advance(seconds)
    for _ in range(4 * seconds + 10):
        await asyncio.sleep(0)


async def test_it_keeps_up_with_its_clock_and_is_seen(
    rig: Rig, plant: Plant, clock: ManualClock
) -> None:
    async with served(rig, plant, clock) as service:
        tags = plant.tags_of("plc")
        driver = make_driver(plant.links["plc"].at(HOST, service.ports["plc"]), tags, clock=clock)
        assert (await driver.connect()).simulator
        await passed(clock, 5)
        assert rig.t_ns == clock.now_ns()
        for tag, reading in zip(tags, await driver.read(tags), strict=True):
            if reading.reason == Reason.NONE:
                expected = rig.value[rig.table.index[tag.name]]
                assert reading.value == pytest.approx(expected, rel=1e-6, abs=0.06), tag.name
        beat = plant.tags["HS-PLC-BEAT"]
        before = (await driver.read([beat]))[0].value
        await passed(clock, 3)
        assert (await driver.read([beat]))[0].value == before + 3
        await driver.close()


async def test_the_back_door_breaks_and_mends(rig: Rig, plant: Plant, clock: ManualClock) -> None:
    async with served(rig, plant, clock) as service:
        reader, writer = await asyncio.open_connection(HOST, service.ports["control"])

        async def ask(**request: object) -> dict[str, object]:
            writer.write(json.dumps(request).encode() + b"\n")
            answer: dict[str, object] = json.loads(await reader.readline())
            return answer

        state = await ask(do="state")
        assert state["ok"]
        assert state["t_ns"] == clock.now_ns()
        assert (await ask(do="fault", name="late_server", value=0.7))["ok"]
        assert (await ask(do="key", value="LOCAL"))["ok"]
        await passed(clock, 2)
        assert rig.transport.late_s == 0.7
        assert rig.value[rig.table.index["HS-KEY"]] == 0.0
        assert (await ask(do="clear"))["ok"]
        assert (await ask(do="key", value="REMOTE"))["ok"]
        await passed(clock, 2)
        assert rig.transport.late_s == 0.0
        assert rig.value[rig.table.index["HS-KEY"]] == 1.0
        refused: list[tuple[dict[str, object], str]] = [
            ({"do": "fault", "name": "bad_weather"}, "no such fault"),
            ({"do": "fault", "name": "ma_3_5", "vlaue": 1}, "unknown key 'vlaue'"),
            ({"do": "fault", "name": "ma_3_5", "value": "x"}, "not a number"),
            ({"do": "key", "value": "AUTO"}, "LOCAL or REMOTE"),
            ({"do": "dance"}, "known are fault, clear, state, key"),
        ]
        for wrong, why in refused:
            answer = await ask(**wrong)
            assert not answer["ok"]
            assert why in str(answer["error"])
        odd = (b"not json\n", b"[" * 60_000 + b"\n", b'{"do":"key","value":1e999}\n')
        for line in (*odd, b'{"do":"fault","name":"drift","value":' + b"9" * 400 + b"}\n"):
            writer.write(line)
            assert not json.loads(await reader.readline())["ok"]
        writer.close()
        await writer.wait_closed()


async def test_a_web_page_cannot_use_the_back_door(
    rig: Rig, plant: Plant, clock: ManualClock
) -> None:
    async with served(rig, plant, clock) as service:
        reader, writer = await asyncio.open_connection(HOST, service.ports["control"])
        writer.write(b'POST / HTTP/1.1\r\nHost: x\r\n\r\n{"do":"key","value":"LOCAL"}\n')
        assert (await reader.read()).count(b"\n") == 1, "hung up after one answer"
        await passed(clock, 2)
        assert rig.value[rig.table.index["HS-KEY"]] == 1.0
        writer.close()


async def test_a_busy_port_leaves_nothing_half_started(
    rig: Rig, plant: Plant, clock: ManualClock
) -> None:
    with socket.socket() as squatter, socket.socket() as probe:
        squatter.bind((HOST, 0))
        squatter.listen()
        probe.bind((HOST, 0))
        free, busy = probe.getsockname()[1], squatter.getsockname()[1]
        probe.close()
        service = RigService(rig, plant, clock, ports={"plc": free, "control": busy})
        with pytest.raises(ServeError, match=f"back-channel: port {busy}"):
            await service.start()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind((HOST, free))
