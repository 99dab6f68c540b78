"""Replies with one byte of header or echo changed at random: no value of another question."""

import random

import pytest

from sensors.errors import LinkError
from tests.contract.test_modbus_answers import ALIKE, SETPOINTS, driver_of, wrong_in
from tests.scripteddevice import Request, device

HEAD = 9  # bytes: transaction id, protocol, length, unit, function, size or address
TRIES = 25


@pytest.mark.parametrize(("seed", "rtu"), [(1, False), (2, False), (1, True)])
async def test_no_changed_reply_is_a_good_value_of_another_question(seed: int, rtu: bool) -> None:
    rng = random.Random(seed)
    async with device(rtu=rtu) as there:
        changed = [0]

        def framed(head: bytes, request: Request, said: bytes) -> bytes:
            frame = bytearray(there.frame(head, request, said))
            if request[0] == 43 or rng.random() < 0.6:
                return bytes(frame)
            changed[0] += 1
            frame[rng.randrange(3 if rtu else HEAD)] ^= rng.randrange(1, 256)
            if rtu:
                return there.frame(bytes(frame[:1]), request, bytes(frame[1:-2]))
            return bytes(frame)

        there.framed = framed
        driver = driver_of(there, [*ALIKE, *SETPOINTS], timeout_s=0.3)
        reads = losses = 0
        for _ in range(TRIES):
            try:
                await driver.connect()
                for _ in range(2):
                    assert await wrong_in(driver, ALIKE) == []
                    reads += 1
                    for done in await driver.write({SETPOINTS[3]: 1.0}):
                        assert done.ok or done.problem
            except LinkError:
                losses += 1
        await driver.close()
        assert changed[0] > 10
        assert losses > 5
        assert reads > 0
