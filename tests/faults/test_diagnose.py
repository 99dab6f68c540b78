"""`seastack check --connect` says in words what is wrong with a device."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from seastack.check import read_everything
from sensors.diagnose import diagnose, remedy_for
from sensors.linkspec import LinkSpec
from sensors.pki import ensure_demo_pki
from sensors.plantfile import Plant, load_plant
from sensors.quality import Quality
from sim.modbus_server import ModbusRig
from tests.scripteddevice import device
from tests.serialline import serial_line
from tests.tablerig import TableRig

HOST = "127.0.0.1"


def spec(protocol: str = "modbus-tcp", **keys: object) -> LinkSpec:
    return LinkSpec.model_validate({"name": "dev", "protocol": protocol, **keys})


@asynccontextmanager
async def saying(words: bytes) -> AsyncIterator[int]:
    """A server that says the same whatever it is asked; b"" hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(300)
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def plant(demo_folder: Path) -> Plant:
    return load_plant(demo_folder)


async def test_a_wrong_unit_id_names_the_right_one(plant: Plant) -> None:
    server = ModbusRig(TableRig(plant), plant, HOST, 0)
    await server.start()
    said = await diagnose(spec(port=server.port, unit_id=9))
    assert (
        said == f"unit 9 does not answer at {HOST}:{server.port}, but unit 1 does: wrong unit_id?"
    )
    assert await diagnose(spec(port=server.port)) == ""
    assert "a Modbus device listens at" in await diagnose(spec("opcua", port=server.port))
    await server.stop()


@pytest.mark.parametrize(("rtu", "other"), [(True, "modbus-rtu-tcp"), (False, "modbus-tcp")])
async def test_the_wrong_framing_names_the_right_one(rtu: bool, other: str) -> None:
    async with device(rtu=rtu) as there:
        wrong = "modbus-tcp" if rtu else "modbus-rtu-tcp"
        said = await diagnose(spec(wrong, port=there.port))
        assert said.endswith(f"write protocol = '{other}'")
        assert await diagnose(spec(other, port=there.port)) == ""


async def test_a_gateway_without_the_unit() -> None:
    async with device() as there:
        there.script = lambda request: 11
        said = await diagnose(spec(port=there.port, unit_id=5))
        assert "has no unit 5: wrong unit_id, or that device is off" in said


@pytest.mark.parametrize(
    ("protocol", "words", "expected"),
    [
        ("modbus-tcp", b"HTTP/1.1 400 Bad Request\r\n", "does not answer Modbus"),
        ("modbus-tcp", b"ACKF" + bytes(24), "an OPC UA server listens"),
        ("opcua", b"HTTP/1.1 400 Bad Request\r\n", "it is not an OPC UA server: wrong port"),
        ("opcua", b"ERRF" + bytes(12), "is path '/' right?"),
        ("opcua", b"ACKF" + bytes(24), ""),
        ("modbus-tcp", b"", "does not answer Modbus"),
    ],
)
async def test_the_wrong_kind_of_server(protocol: str, words: bytes, expected: str) -> None:
    async with saying(words) as port:
        said = await diagnose(spec(protocol, port=port))
        assert expected in said
        assert bool(said) == bool(expected)


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


async def test_nothing_there() -> None:
    port = free_port()
    said = await diagnose(spec(port=port))
    assert f"nothing listens on port {port}: wrong port (usual is 502)" in said
    assert "no host called no-such-host" in await diagnose(
        spec(host="no-such-host.invalid", port=1)
    )


async def test_a_serial_line_that_is_not_there_or_silent(tmp_path: Path) -> None:
    said = await diagnose(spec("modbus-rtu", device=str(tmp_path / "ttyUSB9")))
    assert f"there is no line {tmp_path}/ttyUSB9" in said
    async with serial_line() as line:
        said = await diagnose(spec("modbus-rtu", device=line.near, unit_id=3))
        assert "unit 3 is silent at 19200 baud, parity even" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every line")
async def test_a_serial_line_of_somebody_else(tmp_path: Path) -> None:
    line = tmp_path / "ttyUSB0"
    line.touch(mode=0o000)
    assert "may not use" in await diagnose(spec("modbus-rtu", device=str(line)))


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        ("opc.tcp://x refuses user 'seastack' or its password", "seastack pki password"),
        ("refuses our certificate (BadCertificateUntrusted)", "seastack pki export"),
        ("refuses our certificate (BadCertificateTimeInvalid)", "seastack pki make"),
        ("shows another certificate than the pinned a.der", "pki trust FILE --link analysers"),
        ("something new", ""),
    ],
)
def test_a_refusal_comes_with_what_to_do(refusal: str, remedy: str) -> None:
    found = remedy_for(refusal, "analysers")
    assert remedy in found
    assert bool(found) == bool(remedy)


async def test_a_link_in_trouble_does_not_keep_the_others(plant: Plant, state: Path) -> None:
    """No keys for one, the wrong unit on the other, then the right one: all told at once."""
    server = ModbusRig(TableRig(plant), plant, HOST, 0)
    await server.start()
    plc = plant.links["plc"].at(HOST, server.port)
    wrong = plc.model_copy(update={"unit_id": 9})
    live = await read_everything(replace(plant, links={**plant.links, "plc": wrong}), state)
    assert len(live.problems) == 2
    assert "but unit 1 does: wrong unit_id?" in live.problems[0]
    assert "our certificate: not found; make it with `seastack pki`" in live.problems[1]

    ensure_demo_pki(state / "pki")
    analysers = plant.links["analysers"].at(HOST, free_port())
    live = await read_everything(replace(plant, links={"plc": plc, "analysers": analysers}), state)
    assert [r.quality for r in live.readings.values()] == [Quality.GOOD] * 150
    assert len(live.problems) == 1
    assert "wrong port (usual is 4840), or its server does not run" in live.problems[0]
    await server.stop()
