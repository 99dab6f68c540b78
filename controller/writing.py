"""Carry a cycle's set-points to the links, without letting a device hold the cycle.

A link that hangs may take seconds to say so.  The cycle waits for half a period and
goes on; what is still under way then counts as not written until it ends.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from controller.types import Written
from sensors.clock import Clock
from sensors.driver import WriteResult
from sensors.tag import Tag, TagTable

PATIENCE: Final = 0.5  # of a period; the rest belongs to the reads

Blocks = list[dict[Tag, float]]  # of one link, in the order they go out
Refused = list[tuple[str, str]]  # tag, why


class Writable(Protocol):
    """A link, as far as writing goes: it never raises for a dead device."""

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]: ...


class Writer:
    """Writes to links, one write under way on each; `clock` and `period_s` are plant time."""

    def __init__(
        self, links: Mapping[str, Writable], table: TagTable, clock: Clock, period_s: float
    ) -> None:
        self._links, self._table, self._clock = links, table, clock
        self._patience_s = PATIENCE * period_s
        self._under_way: dict[str, asyncio.Task[Refused]] = {}

    async def write(self, sent: Mapping[str, float]) -> Written:
        """Send values by tag name and return what arrived; never waits longer than the patience.

        A link whose last write is still under way is left alone: what it will hear
        next is the next cycle's block, not a queue of old ones.  Whatever but a dead
        link ended a write is raised here, in this cycle or the next.
        """
        refused: Refused = []
        mine: dict[str, Blocks] = {}
        for link, blocks in self._blocks(sent).items():
            if self._is_busy(link):
                refused += _all(blocks, f"link {link}: the write before is still under way")
            else:
                mine[link] = blocks
        for link, blocks in mine.items():
            self._under_way[link] = asyncio.create_task(self._send(self._links[link], blocks))
        await self._wait({self._under_way[link] for link in mine})
        for link, blocks in mine.items():
            if self._under_way[link].done():
                refused += self._under_way.pop(link).result()
            else:
                refused += _all(blocks, f"link {link}: no answer yet")
        return Written(not refused, tuple(refused))

    async def finish(self) -> None:
        """Wait for what is under way; the links' own time-outs end it."""
        left, self._under_way = self._under_way, {}
        await asyncio.gather(*left.values())

    def _is_busy(self, link: str) -> bool:
        before = self._under_way.get(link)
        if before is None or not before.done():
            return before is not None
        self._under_way.pop(link).result()  # a bug in a write must not stay unheard
        return False

    async def _wait(self, tasks: set["asyncio.Task[Refused]"]) -> None:
        if not tasks:
            return
        everything = asyncio.ensure_future(asyncio.wait(tasks))
        patience = asyncio.ensure_future(self._clock.sleep(self._patience_s))
        try:
            await asyncio.wait((everything, patience), return_when=asyncio.FIRST_COMPLETED)
        finally:
            everything.cancel()  # this wait only: the writes themselves go on
            patience.cancel()

    def _blocks(self, sent: Mapping[str, float]) -> dict[str, Blocks]:
        """Return what goes to each link: the bypass first and alone, then one block.

        Nothing wrong with a set-point may stop a bypass.
        """
        blocks: dict[tuple[str, bool], dict[Tag, float]] = {}
        for name, value in sent.items():
            tag = self._table[name]
            key = tag.source.link, tag.role != "bypass_request"
            blocks.setdefault(key, {})[tag] = value
        of_link: dict[str, Blocks] = {}
        for (link, _), block in sorted(blocks.items(), key=lambda item: item[0]):
            of_link.setdefault(link, []).append(block)
        return of_link

    @staticmethod
    async def _send(link: Writable, blocks: Blocks) -> Refused:
        results = [result for block in blocks for result in await link.write(block)]
        return [(r.tag.name, r.problem) for r in results if not r.ok]


def _all(blocks: Blocks, why: str) -> Refused:
    return [(tag.name, why) for block in blocks for tag in block]
