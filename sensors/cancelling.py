"""Tell a cancellation that somebody asked for from one that a library made."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sensors.errors import LinkLost


@contextmanager
def cancelled_by_us_only() -> Iterator[None]:
    """Make LinkLost of a cancellation nobody asked for.

    A library that drops its connection may cancel the future we wait for: that raises
    CancelledError in a task that nobody cancelled, and would end the link without a word.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise LinkLost("the connection was dropped") from None
