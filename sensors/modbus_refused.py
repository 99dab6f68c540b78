"""Points that a device refused: one question a scan, seldom, whether they are there by now.

A PLC answers before its program is loaded, a module restarts, a gateway learns
its map: what is refused now may be there in a minute.  A round asks for whole
blocks first and halves what is refused again, so that a device that came back
is read in full after few questions.  Pure: times are arguments.
"""

from collections import deque
from collections.abc import Collection, Iterator
from typing import Final

from sensors.blocks import Block, plan
from sensors.tag import Tag

AGAIN_S: Final = 10.0  # wall; from a refusal to the next round: no burden for any device


class RefusedPoints:
    """Which points are refused, and what to ask next."""

    def __init__(self) -> None:
        self._tags: dict[Tag, None] = {}  # in the order refused
        self._round: deque[Block] = deque()
        self._due_s = 0.0

    def __contains__(self, tag: Tag) -> bool:
        return tag in self._tags

    def __iter__(self) -> Iterator[Tag]:
        return iter(self._tags)

    def clear(self) -> None:
        """Forget everything: a new connection."""
        self._tags.clear()
        self._round.clear()

    def add(self, tag: Tag, now_s: float) -> None:
        """Note a refusal at `now_s`, wall."""
        if not self._tags:
            self._due_s = now_s + AGAIN_S
        self._tags[tag] = None

    def are_all(self, tags: Collection[Tag]) -> bool:
        """Return True when there are `tags` and every one is refused."""
        return bool(tags) and all(t in self._tags for t in tags)

    def due(self, now_s: float, max_registers: int) -> Block | None:
        """Return the block to ask for now, None when it is too early or nothing is refused."""
        if not self._tags:
            return None
        if not self._round and now_s >= self._due_s:
            self._round.extend(plan(list(self._tags), max_registers))
            self._due_s = now_s + AGAIN_S
        return self._round.popleft() if self._round else None

    def still(self, block: Block, max_registers: int) -> None:
        """Note that `block` is refused again: its halves are asked for later in this round."""
        middle = len(block.tags) // 2
        for half in (block.tags[:middle], block.tags[middle:]) if middle else ():
            self._round.extend(plan(half, max_registers))

    def back(self, block: Block) -> None:
        """Note that `block` was answered; what else is refused is asked for at once."""
        for tag in block.tags:
            self._tags.pop(tag, None)
        self._round.clear()
        self._due_s = 0.0
