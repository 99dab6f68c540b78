"""Carry a cycle's set-points to the links, without letting a device hold the cycle.

A link that hangs may take seconds to say so.  A cycle sends and goes on; the next one
asks what has arrived.  What is still under way then does not count as written, and
nothing queues behind it: what that link will hear next is the newest block.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.types import Written
from sensors.driver import WriteResult
from sensors.tag import Tag, TagTable

Blocks = list[dict[Tag, float]]  # of one link, in the order they go out
Refused = list[tuple[str, str]]  # tag, why


class Writable(Protocol):
    """A link, as far as writing goes: it never raises for a dead device."""

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]: ...


@dataclass(slots=True)
class _Sent:
    """What was sent to one link last; `left_alone`: nothing was, an older write was under way."""

    task: "asyncio.Task[Refused]"
    blocks: Blocks
    left_alone: bool = False

    def refused(self) -> Refused:
        if self.left_alone:
            return _all(self.blocks, "the write before is still under way")
        return self.task.result() if self.task.done() else _all(self.blocks, "no answer yet")


class Writer:
    """Writes to links, at most one write under way on each."""

    def __init__(self, links: Mapping[str, Writable], table: TagTable) -> None:
        self._links, self._table = links, table
        self._last: dict[str, _Sent] = {}

    def send(self, sent: Mapping[str, float]) -> None:
        """Begin to write values by tag name, a task a link.

        Raises whatever but a dead link ended the write before: a defect.
        """
        blocks = self._blocks(sent)
        for link, before in list(self._last.items()):
            if not before.task.done():
                self._last[link] = _Sent(before.task, blocks.pop(link, []), left_alone=True)
                continue
            before.task.result()
            del self._last[link]
        for link, mine in blocks.items():
            task = asyncio.create_task(_send(self._links[link], mine), name=f"write {link}")
            self._last[link] = _Sent(task, mine)

    def written(self) -> Written:
        """Return what became, so far, of all that was sent last."""
        refused = [r for sent in self._last.values() for r in sent.refused()]
        return Written(not refused, tuple(refused))

    async def finish(self) -> None:
        """Wait for what is under way; the links' own time-outs end it."""
        await asyncio.gather(*(sent.task for sent in self._last.values()))

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


async def _send(link: Writable, blocks: Blocks) -> Refused:
    results = [result for block in blocks for result in await link.write(block)]
    return [(r.tag.name, r.problem) for r in results if not r.ok]


def _all(blocks: Blocks, why: str) -> Refused:
    return [(tag.name, why) for block in blocks for tag in block]
