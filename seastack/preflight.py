"""Before the controller starts: every device that is there must let us in.

A device that refuses us (login, certificate, security) will refuse again; a
person must act, so the start ends there.  A device that does not answer may
come back any time: the controller starts and keeps trying.  A server that is
just starting may look like one that refuses, so a refusal counts when repeated.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from seastack.problems import UserError
from sensors.diagnose import remedy_for
from sensors.driver import Driver
from sensors.errors import LinkError, LinkRefused

# Wall; a refusal over OPC UA takes a second look at the certificate the server shows.
PATIENCE_S: Final = 6.0
AGAIN_S: Final = 1.0  # wall, from a refusal to the second try


async def let_in(
    drivers: Mapping[str, Callable[[], Driver]],
    patience_s: float = PATIENCE_S,
    again_s: float = AGAIN_S,
) -> None:
    """Connect every link, all at the same time, and let go again.

    Raises UserError, one line with link, cause and remedy, when one refuses us twice.
    """
    # Made before anybody waits: the first of a kind loads its protocol's library,
    # which takes longer than a Modbus device is given to answer.
    made = {name: make() for name, make in drivers.items()}
    said = await asyncio.gather(*(_knock(d, patience_s, again_s) for d in made.values()))
    for name, refusal in zip(made, said, strict=True):
        if refusal is not None:
            remedy = remedy_for(refusal, name)
            raise UserError(f"link {name}: {refusal}" + (f"; {remedy}" if remedy else ""))


async def _knock(driver: Driver, patience_s: float, again_s: float) -> str | None:
    if await _refusal(driver, patience_s) is None:
        return None
    await asyncio.sleep(again_s)
    return await _refusal(driver, patience_s)


async def _refusal(driver: Driver, patience_s: float) -> str | None:
    try:
        async with asyncio.timeout(patience_s):
            await driver.connect()
    except LinkRefused as refused:
        return str(refused)
    except (LinkError, TimeoutError):
        return None  # absent, or not ready yet: the link will try again
    finally:
        await driver.close()
    return None
