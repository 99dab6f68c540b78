"""`seastack check --connect` says in words what is wrong with a device."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from seastack.check import read_everything
from sensors.diagnose import diagnose, remedy_for
from sensors.linkspec import LinkSpec
from sensors.modbus_driver import ModbusDriver
from sensors.pki import ensure_demo_pki
from sensors.plantfile import Plant, load_plant
from sensors.quality import Quality
from sensors.tag import Tag
from sim.modbus_server import ModbusRig
from tests.contract.test_modbus_answers import tag
from tests.scripteddevice import Framed, Request, ScriptedDevice, device
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
        said == f"the device at {HOST}:{server.port} does not answer as unit 9, "
        "but unit 1 does: wrong unit_id?"
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


def framed(
    number: Callable[[bytes], bytes] = bytes,
    protocol: int = 0,
    length: int | None = None,
    unit: bytes = b"",
) -> Framed:
    """Frame as it should be, but for the fields given."""

    def frame(head: bytes, request: Request, said: bytes) -> bytes:
        size = len(said) + 1 if length is None else length
        return number(head[:2]) + struct.pack(">HH", protocol, size) + (unit or head[6:7]) + said

    return frame


POINTS = [tag(a, "holding") for a in range(42)]


def in_points(count: int) -> list[Tag]:
    return [replace(t, direction="in") for t in POINTS[:count]]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (framed(lambda n: b"\0\2"), "sends transaction id 2 for all its answers"),
        (framed(lambda n: n[::-1]), "sends the two bytes of the transaction id swapped"),
        (framed(length=6), "has a wrong length field in its header (6, 87 bytes follow)"),
        (framed(protocol=1), "names protocol 1 in its header"),
        (framed(unit=b"\0"), "answers as unit 0, asked was unit 1: write unit_id = 0"),
        (framed(), ""),
        (framed(lambda n: b"\0\0"), ""),
    ],
    ids=["constant", "swapped", "length", "protocol", "unit", "plain", "unnumbered"],
)
async def test_a_device_that_answers_oddly_is_described(frame: Framed, words: str) -> None:
    async with device() as there:
        there.framed = frame
        said = await diagnose(spec(port=there.port), in_points(42))
        assert words in said
        assert bool(said) == bool(words)


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("most", [5, 16, 41])
async def test_the_longest_question_it_answers_is_found_and_works(cut: bool, most: int) -> None:
    """A remedy is a claim: with it the driver reads every point."""
    async with device() as there:

        def frame(head: bytes, request: Request, said: bytes) -> bytes:
            if request[0] == 3 and request[2] > most:
                if not cut:
                    return b""
                said = bytes((3, 2 * most)) + said[2 : 2 + 2 * most]
            return ScriptedDevice().frame(head, request, said)

        there.framed = frame
        tags = in_points(42)
        said = await diagnose(spec(port=there.port), tags)
        assert said.endswith(f"write max_registers = {most}"), said
        driver = ModbusDriver(spec(port=there.port, max_registers=most), tags)
        await driver.connect()
        assert [r.value for r in await driver.read(tags)] == [a + 1000.0 for a in range(42)]
        await driver.close()


async def test_a_device_that_takes_too_little_or_one_place_it_never_answers() -> None:
    async with device() as there:
        there.framed = lambda head, request, said: (
            b"" if request[2] > 2 else ScriptedDevice().frame(head, request, said)
        )
        said = await diagnose(spec(port=there.port), in_points(8))
        assert "it answers 2 at once, the least that can be asked for is 4" in said
        there.framed = lambda head, request, said: (
            b"" if request[1] >= 100 else ScriptedDevice().frame(head, request, said)
        )
        far = replace(tag(100, "holding"), direction="in")
        said = await diagnose(spec(port=there.port), [*in_points(4), far])
        assert "silent when asked for holding 100-100, and for 100 alone: leave it out" in said


async def test_an_rtu_gateway_that_closes_after_every_answer() -> None:
    async with device(rtu=True) as there:
        assert await diagnose(spec("modbus-rtu-tcp", port=there.port), in_points(8)) == ""
        there.hangs_up_after = 1
        said = await diagnose(spec("modbus-rtu-tcp", port=there.port), in_points(8))
        assert said.endswith("closes the connection after every answer")
