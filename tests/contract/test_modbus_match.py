"""Devices whose answers do not belong to the question: never a GOOD value of another one."""

import struct
from collections.abc import Callable

import pytest

from sensors.errors import LinkError, LinkLost
from sensors.modbus_driver import ModbusDriver
from tests.contract.test_modbus_answers import ALIKE, SETPOINTS, driver_of, right, tag, wrong_in
from tests.scripteddevice import Request, ScriptedDevice, device

Framed = Callable[[bytes, Request, bytes], bytes]


def unnumbered(head: bytes, request: Request, said: bytes) -> bytes:
    return b"\0\0\0\0" + struct.pack(">H", len(said) + 1) + head[6:7] + said


def with_function(head: bytes, request: Request, said: bytes) -> bytes:
    """Answer FC 4 as if FC 3 had been asked, with its values."""
    if said[0] == 4:
        said = bytes((3, said[1])) + b"\x22" * (len(said) - 2)
    return ScriptedDevice().frame(head, request, said)


def with_unit(head: bytes, request: Request, said: bytes) -> bytes:
    return ScriptedDevice().frame(head[:6] + b"\x09", request, said)


def with_length(head: bytes, request: Request, said: bytes) -> bytes:
    return head[:4] + b"\0\6" + head[6:7] + said


def with_number(head: bytes, request: Request, said: bytes) -> bytes:
    return b"\0\xee" + ScriptedDevice().frame(head, request, said)[2:]


PATIENT_S = 2.0  # of an answer: a busy machine must not look like a silent device


async def tried(there: ScriptedDevice, times: int, timeout_s: float = PATIENT_S) -> tuple[int, str]:
    """Read again and again; return how often it could be, and the last loss."""
    driver, reads, why = driver_of(there, ALIKE, timeout_s=timeout_s), 0, ""
    for _ in range(times):
        try:
            await driver.connect()
            for _ in range(3):
                assert await wrong_in(driver, ALIKE) == []
                reads += 1
        except LinkError as error:
            why = str(error)
    await driver.close()
    return reads, why


@pytest.mark.parametrize(
    ("framed", "words"),
    [
        (with_function, "function 3, asked was function 4"),
        (with_unit, "answers as unit 9, asked was unit 1"),
        (with_length, "answered another question"),
        (with_number, "it answers number 238 where"),
    ],
)
async def test_an_answer_to_another_question_is_a_lost_link_in_words(
    framed: Framed, words: str
) -> None:
    async with device() as there:
        there.framed = framed
        reads, why = await tried(there, times=2)
        assert reads == 0
        assert words in why


async def test_a_device_that_numbers_nothing_is_read() -> None:
    async with device() as there:
        there.framed = unnumbered
        reads, why = await tried(there, times=2)
        assert (reads, why) == (6, "")


@pytest.mark.parametrize("whole", [True, False])
async def test_the_answer_before_in_front_of_the_new_one_is_never_a_value(whole: bool) -> None:
    """Once in one piece, once each answer one question late."""
    async with device() as there:
        before = [b""]

        def framed(head: bytes, request: Request, said: bytes) -> bytes:
            frame = unnumbered(head, request, said)
            told, before[0] = before[0] + (frame if whole else b""), frame
            return told if request[0] in (3, 4) else frame

        there.framed = framed
        reads, _ = await tried(there, times=6, timeout_s=0.2)
        assert reads == 0


async def test_a_device_that_begins_to_slip_is_found_within_the_read() -> None:
    """All blocks have one size, so that only the question after them can tell."""
    async with device() as there:
        there.framed = unnumbered
        driver = driver_of(there, ALIKE, timeout_s=PATIENT_S)
        await driver.connect()
        assert await wrong_in(driver, ALIKE) == []
        held: list[bytes] = [unnumbered(b"\0" * 6 + b"\1", (4, 0, 4, b""), b"\4\x08" + bytes(8))]

        def late(head: bytes, request: Request, said: bytes) -> bytes:
            held.append(unnumbered(head, request, said))
            return held.pop(0)

        there.framed = late
        with pytest.raises(LinkLost, match="another question"):
            await driver.read(ALIKE)
        await driver.close()


@pytest.mark.parametrize("rtu", [False, True])
@pytest.mark.parametrize("function", [5, 6, 15, 16])
async def test_a_confirmation_of_another_write_is_a_lost_link(function: int, rtu: bool) -> None:
    async with device(rtu=rtu) as there:

        def framed(head: bytes, request: Request, said: bytes) -> bytes:
            if said[0] == function:
                said = said[:2] + bytes((said[2] ^ 1,)) + said[3:]
            return there.frame(head, request, said)

        there.framed = framed
        writes = {5: "auto", 6: "single"}.get(function, "multiple")
        driver: ModbusDriver = driver_of(there, SETPOINTS, writes=writes, timeout_s=PATIENT_S)
        await driver.connect()
        with pytest.raises(LinkLost, match="the write it confirms is not the one sent"):
            await driver.write(dict.fromkeys(SETPOINTS, 1.0))


async def test_unit_zero_is_compared_like_any_other() -> None:
    async with device() as there:
        driver = driver_of(there, [tag(0), tag(1)], unit_id=0, timeout_s=PATIENT_S)
        await driver.connect()
        assert [r.value for r in await driver.read([tag(0)])] == [right(tag(0))]
        there.framed = with_unit
        with pytest.raises(LinkLost, match="answers as unit 9, asked was unit 0"):
            await driver.read([tag(1)])


@pytest.mark.parametrize("rtu", [False, True])
async def test_an_answer_told_again_two_questions_later_is_never_a_value(rtu: bool) -> None:
    """Blocks of two sizes in turn: each repeat comes where its size is expected."""
    in_turn = [
        tag(a) for start, n in ((0, 2), (10, 3), (20, 2), (30, 3)) for a in range(start, start + n)
    ]
    async with device(rtu=rtu) as there:
        there.framed = there.frame if rtu else unnumbered
        driver = driver_of(there, in_turn, timeout_s=0.5)
        await driver.connect()
        assert await wrong_in(driver, in_turn) == []
        told: list[bytes] = []
        waiting: list[bytes] = []

        def framed(head: bytes, request: Request, said: bytes) -> bytes:
            frame = there.frame(head, request, said) if rtu else unnumbered(head, request, said)
            told.append(frame)
            if len(told) == 4:  # the last block of the scan: the second is told again
                waiting.append(told[1])
            waiting.append(frame)
            return waiting.pop(0)

        there.framed = framed
        with pytest.raises(LinkLost):
            await driver.read(in_turn)
        await driver.close()
