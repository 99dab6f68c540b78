"""Before the controller starts: every device that is there must let us in.

A device that refuses us (login, certificate, security) will refuse again; a
person must act, so the start ends there.  A device that does not answer may
come back any time: the controller starts and keeps trying.  A server that is
just starting may look like one that refuses, so a refusal counts when repeated.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from seastack.problems import UserError
from sensors.diagnose import remedy_for
from sensors.driver import Driver, Identity
from sensors.errors import LinkError, LinkRefused

# Wall; a refusal over OPC UA takes a second look at the certificate the server shows.
PATIENCE_S: Final = 6.0
Answer: TypeAlias = Identity | LinkRefused | None

AGAIN_S: Final = 1.0  # wall, from a refusal to the second try


async def let_in(
    drivers: Mapping[str, Callable[[], Driver]],
    patience_s: float = PATIENCE_S,
    again_s: float = AGAIN_S,
) -> list[bool]:
    """Connect every link, all at the same time, and let go again.

    Returns for every device that answered whether it says it is a simulator.  Raises
    UserError, one line with link, cause and remedy, when one refuses us twice.
    """
    # Made before anybody waits: the first of a kind loads its protocol's library,
    # which takes longer than a Modbus device is given to answer.
    made = {name: make() for name, make in drivers.items()}
    said = await asyncio.gather(*(_knock(d, patience_s, again_s) for d in made.values()))
    for name, answer in zip(made, said, strict=True):
        if isinstance(answer, LinkRefused):
            remedy = remedy_for(str(answer), name)
            raise UserError(f"link {name}: {answer}" + (f"; {remedy}" if remedy else ""))
    return [answer.simulator for answer in said if isinstance(answer, Identity)]


async def _knock(driver: Driver, patience_s: float, again_s: float) -> Answer:
    answer = await _answer(driver, patience_s)
    if not isinstance(answer, LinkRefused):
        return answer
    await asyncio.sleep(again_s)
    return await _answer(driver, patience_s)


async def _answer(driver: Driver, patience_s: float) -> Answer:
    try:
        async with asyncio.timeout(patience_s):
            return await driver.connect()
    except LinkRefused as refused:
        return refused
    except (LinkError, TimeoutError):
        return None  # absent, or not ready yet: the link will try again
    finally:
        await driver.close()
