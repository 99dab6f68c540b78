"""One contract for every driver: memory, Modbus on three wires, OPC UA; real sockets and ptys."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from sensors.clock import ManualClock
from sensors.driver import Driver
from sensors.drivers import make_driver
from sensors.errors import LinkLost
from sensors.memory import MemoryDriver
from sensors.pki import PkiPaths, ensure_demo_pki
from sensors.plantfile import Plant, load_plant
from sensors.quality import Quality, Reason
from sensors.tag import Direction, Kind, ModbusSource, OpcuaSource, Table, Tag, TagTable, WireType
from sim.modbus_server import ModbusRig
from sim.opcua_server import OpcuaRig
from sim.served import Transport
from tests.patience import PATIENCE_S
from tests.serialline import serial_line
from tests.tablerig import START_NS, TableBackend, TableRig, own_values, with_tags

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = "127.0.0.1"
PROTOCOLS = ("memory", "modbus-tcp", "modbus-rtu", "modbus-rtu-tcp", "opcua")
RTU_TIMEOUT_S = 0.25  # an RTU wire waits as long for silence: keep the tests short
NOW_NS = START_NS + 5_000_000_000

# name, kind, wire type, table, address, range
Point = tuple[str, Kind, WireType, Table, int, tuple[float, float]]
POINTS: list[Point] = [
    ("IDENT", "enum", "uint16", "input", 0, (0, 1)),
    ("TEMP", "float", "int16", "input", 1, (-50, 200)),
    ("FLOW", "float", "float32", "input", 2, (0, 30000)),
    ("MASS", "float", "float64", "input", 4, (0, 1e9)),
    ("COUNT", "int", "uint16", "input", 8, (0, 65535)),
    ("FAR", "float", "float32", "input", 300, (0, 100)),
    ("RUNS", "bool", "bool", "discrete", 17, (0, 1)),
    ("BEAT", "int", "uint16", "holding", 0, (0, 65535)),
    ("SP-A", "float", "float32", "holding", 1, (10, 90)),
    ("SP-B", "float", "float32", "holding", 3, (10, 90)),
    ("BYPASS", "bool", "bool", "coil", 0, (0, 1)),
]
GHOST: Point = ("GHOST", "float", "float32", "input", 310, (0.0, 100.0))


def tag_of(protocol: str, point: Point) -> Tag:
    name, kind, wire, table, address, (lo, hi) = point
    source: ModbusSource | OpcuaSource
    if protocol == "opcua":
        source = OpcuaSource("dev", f"ns=2;s={name}")
    else:
        scale = 0.01 if wire == "int16" else 1.0
        source = ModbusSource("dev", table, address, wire, scale=scale)
    direction: Direction = "setpoint" if table in ("holding", "coil") else "in"
    role = {"IDENT": "identity", "BEAT": "pc_heartbeat"}.get(name)
    labels = ((0, "SHIP"), (1, "SIMULATOR")) if kind == "enum" else ()
    return Tag(name, "", "", kind, lo, hi, source, direction, labels, role=role)


@dataclass
class Bench:
    """A driver, its device, and the handles to hurt it."""

    protocol: str
    rig: TableRig
    driver: Driver
    tags: TagTable
    ghost: Tag
    server: ModbusRig | OpcuaRig | None
    backend: TableBackend

    async def kill(self) -> None:
        self.backend.alive = False
        if self.server is not None:
            await self.server.stop()

    async def revive(self) -> None:
        self.backend.alive = True
        if self.server is not None:
            await self.server.start()

    async def show(self, name: str, value: float, reason: Reason = Reason.NONE) -> None:
        self.rig.show(name, value, reason)
        if isinstance(self.server, OpcuaRig):
            await self.server.push()


@dataclass
class Device:
    """One device for all tests of a protocol: an OPC UA server takes seconds to start."""

    protocol: str
    plant: Plant
    rig: TableRig
    server: ModbusRig | OpcuaRig | None
    pki: PkiPaths


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PROTOCOLS)
async def device(
    request: pytest.FixtureRequest, demo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Device]:
    protocol: str = request.param
    pki = ensure_demo_pki(tmp_path_factory.mktemp("pki") / "pki")
    tags = TagTable([tag_of(protocol, p) for p in POINTS])
    async with serial_line() as line:
        keys: dict[str, object] = {}
        if protocol == "modbus-rtu":
            keys = {"device": line.near, "timeout_s": RTU_TIMEOUT_S, "parity": "none"}
        elif protocol == "modbus-rtu-tcp":
            keys = {"timeout_s": RTU_TIMEOUT_S}
        wire = "modbus-tcp" if protocol == "memory" else protocol
        plant = with_tags(load_plant(demo_folder), tags, wire, **keys)
        rig = TableRig(plant)
        server: ModbusRig | OpcuaRig | None = None
        if protocol.startswith("modbus"):
            server = ModbusRig(rig, plant, HOST, 0, line=line.far)
        elif protocol == "opcua":
            server = OpcuaRig(rig, plant, HOST, 0, pki)
        if server is not None:
            await server.start()
        yield Device(protocol, plant, rig, server, pki)
        if server is not None:
            await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def bench(device: Device) -> AsyncIterator[Bench]:
    rig, server, clock = device.rig, device.server, ManualClock(NOW_NS)
    rig.transport, rig.written = Transport(), []
    rig.value, rig.reason = own_values(rig.table), np.zeros(len(rig.table), dtype=np.uint32)
    rig.value[0] = 1.0  # IDENT: a simulator
    rig.advance()
    if isinstance(server, OpcuaRig):
        await server.push()
    backend = TableBackend(rig, frozenset({"GHOST"}))
    ghost = tag_of(device.protocol, GHOST)
    driver: Driver = MemoryDriver(backend, clock)
    if server is not None:
        spec = device.plant.links["dev"].at(HOST, server.port)
        driver = make_driver(spec, [*rig.table.tags, ghost], device.pki, clock)
    yield Bench(device.protocol, rig, driver, rig.table, ghost, server, backend)
    rig.transport.hung = False
    await driver.close()


async def test_connect_says_who_is_there(bench: Bench) -> None:
    identity = await bench.driver.connect()
    assert identity.simulator
    assert identity.vendor == "Seastack"
    assert identity.version


async def test_read_returns_the_order_asked(bench: Bench) -> None:
    await bench.driver.connect()
    for tags in (bench.tags.tags, bench.tags.tags[::-1], bench.tags.tags[4:6]):
        readings = await bench.driver.read(tags)
        for tag, reading in zip(tags, readings, strict=True):
            expected = bench.rig.value[bench.tags.index[tag.name]]
            assert reading.value == pytest.approx(expected, rel=1e-6, abs=0.005), tag.name
            assert reading.quality == Quality.GOOD
            assert reading.t_received_ns == NOW_NS


async def test_nothing_asked_is_nothing_read(bench: Bench) -> None:
    await bench.driver.connect()
    assert list(await bench.driver.read([])) == []


async def test_a_new_sample_is_a_new_reading(bench: Bench) -> None:
    await bench.driver.connect()
    await bench.show("FLOW", 12345.0)
    assert (await bench.driver.read([bench.tags["FLOW"]]))[0].value == 12345.0
    await bench.show("FLOW", 54.0)
    assert (await bench.driver.read([bench.tags["FLOW"]]))[0].value == 54.0


async def test_one_bad_point_is_one_bad_reading(bench: Bench) -> None:
    await bench.driver.connect()
    asked = [*bench.tags.tags, bench.ghost]
    for _ in range(3):
        readings = await bench.driver.read(asked)
        assert readings[-1].quality == Quality.BAD
        assert readings[-1].reason & Reason.DEVICE
        assert math.isnan(readings[-1].value)
        assert all(r.quality == Quality.GOOD for r in readings[:-1])


async def test_no_number_is_never_a_plausible_number(bench: Bench) -> None:
    await bench.driver.connect()
    await bench.show("FLOW", float("nan"))
    assert math.isnan((await bench.driver.read([bench.tags["FLOW"]]))[0].value)


async def test_a_write_arrives_whole_and_is_read_back(bench: Bench) -> None:
    await bench.driver.connect()
    values = {bench.tags["BEAT"]: 7.0, bench.tags["SP-B"]: 33.5, bench.tags["SP-A"]: 22.25}
    results = await bench.driver.write(values)
    assert [r.tag for r in results] == list(values)
    assert all(r.ok and r.readback == r.sent and not r.problem for r in results)
    assert bench.rig.written == [{"BEAT": 7.0, "SP-B": 33.5, "SP-A": 22.25}], "one block"


async def test_the_bypass_bit_can_be_written_alone(bench: Bench) -> None:
    await bench.driver.connect()
    results = await bench.driver.write({bench.tags["BYPASS"]: 1.0})
    assert [r.ok for r in results] == [True]
    assert bench.rig.written == [{"BYPASS": 1.0}]


async def test_attached_it_writes_and_reads_with_a_time_out_of_its_own(bench: Bench) -> None:
    await bench.driver.attach(1.2)
    bench.rig.transport.late_s = 0.6  # beyond the time-out of the link
    results = await bench.driver.write({bench.tags["BYPASS"]: 1.0})
    assert [r.ok for r in results] == [True]
    assert bench.rig.written == [{"BYPASS": 1.0}]
    assert (await bench.driver.read([bench.tags["IDENT"]]))[0].value == 1.0


async def attach_and_write(bench: Bench) -> None:
    await bench.driver.attach(0.5)
    await bench.driver.write({bench.tags["BYPASS"]: 1.0})


async def test_attaching_to_a_dead_device_is_a_lost_link(bench: Bench) -> None:
    await bench.kill()
    with pytest.raises(LinkLost):
        await attach_and_write(bench)
    await bench.revive()


@pytest.mark.parametrize("wrong", [9.9, 90.1, float("nan"), float("inf")])
async def test_a_value_outside_its_range_never_leaves(bench: Bench, wrong: float) -> None:
    await bench.driver.connect()
    results = await bench.driver.write({bench.tags["BEAT"]: 1.0, bench.tags["SP-A"]: wrong})
    assert [r.ok for r in results] == [False, False]
    assert "SP-A outside the range" in results[0].problem
    assert bench.rig.written == []


async def test_a_refused_point_says_so(bench: Bench) -> None:
    await bench.driver.connect()
    results = await bench.driver.write({bench.ghost: 50.0})
    assert not results[0].ok
    assert "refused by the device" in results[0].problem
    assert bench.rig.written == []


async def test_nothing_works_before_connect(bench: Bench) -> None:
    with pytest.raises(LinkLost):
        await bench.driver.read(bench.tags.tags)
    with pytest.raises(LinkLost):
        await bench.driver.write({bench.tags["BEAT"]: 1.0})


async def test_a_dead_device_is_a_lost_link_and_comes_back(bench: Bench) -> None:
    await bench.driver.connect()
    await bench.kill()
    with pytest.raises(LinkLost):
        await bench.driver.read(bench.tags.tags)
    with pytest.raises(LinkLost):
        await bench.driver.connect()
    await bench.revive()
    await bench.driver.connect()
    assert (await bench.driver.read([bench.tags["RUNS"]]))[0].quality == Quality.GOOD


async def test_closing_twice_is_fine(bench: Bench) -> None:
    await bench.driver.connect()
    await bench.driver.close()
    await bench.driver.close()
    with pytest.raises(LinkLost):
        await bench.driver.read(bench.tags.tags)


async def test_a_hung_device_costs_one_time_out(bench: Bench) -> None:
    if bench.server is None:
        return  # memory cannot hang
    await bench.driver.connect()
    bench.rig.transport.hung = True
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(LinkLost):
            await bench.driver.read(bench.tags.tags)
    with pytest.raises(LinkLost):
        await bench.driver.read(bench.tags.tags)
    bench.rig.transport.hung = False
    await bench.driver.connect()
    assert (await bench.driver.read(bench.tags.tags))[0].quality == Quality.GOOD


async def test_a_cancelled_read_leaves_no_answer_behind(bench: Bench) -> None:
    """The answer to what was cancelled must not be taken for the next one."""
    if bench.server is None:
        return
    await bench.driver.connect()
    bench.rig.transport.late_s = 0.2
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bench.driver.read([bench.tags["FLOW"]])
    bench.rig.transport.late_s = 0.0
    with pytest.raises(LinkLost):
        await bench.driver.read([bench.tags["FAR"]])
    await bench.driver.connect()
    await asyncio.sleep(0.3)
    far = (await bench.driver.read([bench.tags["FAR"]]))[0]
    assert far.value == pytest.approx(bench.rig.value[bench.tags.index["FAR"]], rel=1e-6)


async def test_status_and_source_time_come_along(bench: Bench) -> None:
    """Where the wire can carry them: OPC UA and memory; Modbus has neither."""
    await bench.driver.connect()
    if bench.protocol.startswith("modbus"):
        reading = (await bench.driver.read([bench.tags["FAR"]]))[0]
        assert reading.t_source_ns == NOW_NS
        return
    table = [
        (Reason.NONE, Quality.GOOD),
        (Reason.DOUBTFUL, Quality.UNCERTAIN),
        (Reason.CALIBRATING, Quality.UNCERTAIN),
        (Reason.FORCED, Quality.UNCERTAIN),
        (Reason.DEVICE, Quality.BAD),
    ]
    for reason, quality in table:
        await bench.show("FAR", 12.0, reason)
        reading = (await bench.driver.read([bench.tags["FAR"]]))[0]
        assert (reading.reason, reading.quality) == (reason, quality)
        assert abs(reading.t_source_ns - bench.rig.t_ns) < 1_000_000
