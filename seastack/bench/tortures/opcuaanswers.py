"""Wrong answers of a PLC over OPC UA: at most BAD points or a lost link.

The demo's PLC as if it spoke OPC UA, all its points and set-points, with a server in place of
the library's: a library that checks what it decodes would let none of this through.
"""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from controller.config import configure
from seastack.bench.tortures.opcualiar import OWN, Server
from seastack.bench.tortures.tally import Tally
from seastack.bench.tortures.wiredrig import WiredRig
from seastack.plantargs import plant_of
from sensors.linkspec import LinkSpec
from sensors.opcua import OpcuaDriver
from sensors.tag import OpcuaSource, Tag

AT_ONCE: Final = 24  # rigs: while one waits for what never comes, another works
TIMEOUT_S: Final = 0.05  # of an answer, wall
SUBSCRIBE_S: Final = 5.0  # points as slow as that are told by news


def opcua_answers(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Give so many wrong answers; see the module docstring."""
    asyncio.run(_all(rng, inputs, tally, shown))


async def _all(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    config = configure(plant_of("demo"))
    rigs = [WiredRig(config, Random(rng.random()), tally, _spoken) for _ in range(AT_ONCE)]
    servers = [Server(rig.rng) for rig in rigs]

    def more() -> bool:
        given = sum(server.told.total() for server in servers)
        shown(given)
        return given < inputs

    await asyncio.gather(*(_run(*pair, more) for pair in zip(rigs, servers, strict=True)))
    tally.inputs += sum(server.told.total() for server in servers)
    for server in servers:
        tally.met.update({f"answer: {kind}": n for kind, n in server.told.items()})


async def _run(rig: WiredRig, server: Server, more: Callable[[], bool]) -> None:
    told = {
        "name": rig.link,
        "protocol": "opcua",
        "port": 1,  # never called: the server is behind the library
        "security": "None",
        "timeout_s": TIMEOUT_S,
        "subscribe_s": SUBSCRIBE_S,
    }
    driver = OpcuaDriver(LinkSpec.model_validate(told), rig.tags, caller=server.caller)
    await rig.run(driver, server, more)


def _spoken(tag: Tag) -> Tag:
    """Return a tag as a server of this kind would have it, some of them told by news."""
    slow = tag.direction == "in" and zlib.crc32(tag.name.encode()) % 4 == 0
    source = OpcuaSource(tag.source.link, f"ns={OWN};s={tag.name}")
    return replace(tag, source=source, scan_s=2 * SUBSCRIBE_S if slow else tag.scan_s)
