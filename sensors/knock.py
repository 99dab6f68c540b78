"""One connection by hand, for one question of a diagnosis: no library, no state."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sensors.linkspec import LinkSpec

KNOCK_S: Final = 2.0  # wall, to be let in
ANSWER_S: Final = 0.6
_REST_S: Final = 0.05  # after the first bytes, for the rest of an answer


@asynccontextmanager
async def knock(
    spec: LinkSpec,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a link's address; raises OSError, TimeoutError when nobody is there."""
    async with asyncio.timeout(KNOCK_S):
        reader, writer = await asyncio.open_connection(spec.host, spec.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def said_to(spec: LinkSpec, words: bytes, most: int = 260) -> bytes:
    """Return what a device says to `words`, b"" for silence."""
    try:
        async with knock(spec) as (reader, writer):
            return await heard(reader, writer, words, most)
    except OSError:
        return b""


async def heard(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes, most: int = 260
) -> bytes:
    """Return what is said to `words` on a connection, with what follows at once; b"" for silence.

    Raises OSError when the connection breaks.
    """
    writer.write(words)
    said, wait_s = b"", ANSWER_S
    while len(said) < most:
        try:
            async with asyncio.timeout(wait_s):
                more = await reader.read(most - len(said))
        except TimeoutError:
            break
        if not more:
            break
        said, wait_s = said + more, _REST_S
    return said
