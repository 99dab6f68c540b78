"""From tags to block reads: as few requests as possible, never across a gap.

A block holds whole tags of one table whose registers touch, at most 125
registers or 2000 bits (Modbus Application Protocol 1.1b3, 6.1-6.4).  A gap may
hold an undefined register, and one such register fails a whole request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sensors.codec import WIDTH
from sensors.tag import ModbusSource, Table, Tag

MAX_REGISTERS: Final = 125
MAX_WRITE_REGISTERS: Final = 123
MAX_BITS: Final = 2000


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `count` registers (or bits) from `start`, and whose they are."""

    table: Table
    start: int
    count: int
    tags: tuple[Tag, ...]

    @property
    def is_bits(self) -> bool:
        """Return True for coils and discrete inputs."""
        return self.table in ("coil", "discrete")


def plan(tags: Sequence[Tag], max_registers: int = MAX_REGISTERS) -> tuple[Block, ...]:
    """Return the blocks that cover all Modbus `tags`, by table and address.

    Raises ValueError when two tags overlap or one is not a Modbus tag.
    """
    placed = sorted(((source_of(t), t) for t in tags), key=lambda p: (p[0].table, p[0].address))
    blocks: list[Block] = []
    for table, group in groupby(placed, key=lambda p: p[0].table):
        limit = MAX_BITS if table in ("coil", "discrete") else max_registers
        run: list[Tag] = []
        start = end = -1
        for source, tag in group:
            if run and source.address < end:
                raise ValueError(f"{tag.name} overlaps {run[-1].name}")
            after = source.address + WIDTH[source.type]
            if run and (source.address != end or after - start > limit):
                blocks.append(Block(table, start, end - start, tuple(run)))
                run = []
            if not run:
                start = source.address
            run.append(tag)
            end = after
        blocks.append(Block(table, start, end - start, tuple(run)))
    return tuple(blocks)


def line_s(blocks: Sequence[Block], baud: int) -> float:
    """Return the least time that questions and answers take on a serial line, s.

    11 bits a character, 3.5 characters of silence after each frame (Modbus over serial
    line 1.02, 2.5.1): what the device needs to think comes on top.
    """
    sizes = [-(-b.count // 8) if b.is_bits else 2 * b.count for b in blocks]
    return sum(8 + 5 + size + 2 * 3.5 for size in sizes) * 11.0 / baud


def source_of(tag: Tag) -> ModbusSource:
    """Return a tag's Modbus source; raise ValueError for any other kind."""
    if not isinstance(tag.source, ModbusSource):
        raise ValueError(f"{tag.name} is not a Modbus tag")
    return tag.source
