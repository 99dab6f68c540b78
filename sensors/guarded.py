"""The door through which every call of a driver goes: a lost link at worst, in words."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sensors.cancelling import cancelled_by_us_only
from sensors.errors import LinkError, LinkLost
from sensors.foreigntext import clean

_WHY_CHARS = 160


@asynccontextmanager
async def lost_at_worst(limit_s: float, late: str = "no answer in time") -> AsyncIterator[None]:
    """Run the block for `limit_s` wall seconds at most; whatever a driver raises is LinkError.

    A library that stumbles over what a peer said raises anything: that costs this link, not
    its task, and no other link.  Cancelling from outside passes through.
    """
    try:
        async with asyncio.timeout(limit_s):
            with cancelled_by_us_only(), lost_when_odd():
                yield
    except TimeoutError:
        raise LinkLost(late) from None


@contextmanager
def lost_when_odd() -> Iterator[None]:
    """Turn whatever a block stumbles over in what a peer said into LinkLost."""
    try:
        yield
    except (LinkError, TimeoutError):
        raise
    except Exception as error:
        why = clean(f"{type(error).__name__}: {clean(error, _WHY_CHARS)}", _WHY_CHARS)
        raise LinkLost(f"what it said cannot be understood ({why})") from error
