"""Registers <-> engineering values, for a whole block at once.

A block is a run of 16-bit registers; `BlockCodec` knows where each tag sits in
it and converts all of them with a few array operations.  Words are big endian
inside (Modbus Application Protocol 1.1b3, 4.2); the order of the words of a 32
or 64 bit value is the tag's `words`.  Loop currents follow NAMUR NE 43:2003:
<= 3.6 mA and >= 21 mA are failures, 3.6-3.8 and 20.5-21 mA saturation.

Plausibility is not judged here (see `sensors.checks`): a NaN decodes as NaN.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors.image import F64
from sensors.quality import Reason
from sensors.tag import ModbusSource, Tag

U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]

WIDTH: Final[dict[str, int]] = {
    "bool": 1,
    "int16": 1,
    "uint16": 1,
    "int32": 2,
    "uint32": 2,
    "float32": 2,
    "float64": 4,
}  # registers a value takes (one bit for a bool)

_DTYPE: Final[dict[str, np.dtype[np.generic]]] = {
    "int16": np.dtype(">i2"),
    "uint16": np.dtype(">u2"),
    "int32": np.dtype(">i4"),
    "uint32": np.dtype(">u4"),
    "float32": np.dtype(">f4"),
    "float64": np.dtype(">f8"),
}

# NE 43 currents in microampere
FAIL_LOW_UA: Final = 3600.0
SATURATED_LOW_UA: Final = 3800.0
SATURATED_HIGH_UA: Final = 20500.0
FAIL_HIGH_UA: Final = 21000.0
BROKEN_LOW_UA: Final = 3500.0  # what a broken transmitter sends
BROKEN_HIGH_UA: Final = 21500.0


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """All tags of a block with one wire type and word order."""

    dtype: np.dtype[np.generic]
    members: NDArray[np.intp]  # positions in the block's tags
    registers: NDArray[np.intp]  # [m, width] offsets, most significant word first
    scale: F64
    offset: F64


class BlockCodec:
    """Converts one contiguous register block.

    `tags` must carry ModbusSources inside [start, start + count) of one
    register table; values are arrays in the order of `tags`.
    """

    def __init__(self, tags: Sequence[Tag], start: int, count: int) -> None:
        self.tags, self.start, self.count = tuple(tags), start, count
        members: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, tag in enumerate(self.tags):
            source = _source(tag)
            members[source.type, source.words].append(i)
        self._groups = tuple(
            self._group(wire, words, positions) for (wire, words), positions in members.items()
        )
        loops = [i for i, tag in enumerate(self.tags) if _source(tag).ne43]
        self._loops = np.array(loops, dtype=np.intp)
        self._loop_lo = np.array([self.tags[i].lo for i in loops])
        self._loop_per_uA = np.array([(self.tags[i].hi - self.tags[i].lo) / 16000 for i in loops])

    def _group(self, wire: str, words: str, positions: Sequence[int]) -> _Group:
        sources = [_source(self.tags[i]) for i in positions]
        order = np.arange(WIDTH[wire])
        if words == "little":
            order = order[::-1]
        registers = np.array([s.address - self.start for s in sources])[:, None] + order
        if registers.min() < 0 or registers.max() >= self.count:
            raise ValueError("a tag lies outside its block")
        return _Group(
            _DTYPE[wire],
            np.array(positions, dtype=np.intp),
            registers.astype(np.intp),
            np.array([s.scale for s in sources]),
            np.array([s.offset for s in sources]),
        )

    def decode(self, registers: Sequence[int] | U16) -> tuple[F64, U32]:
        """Return values float64[n] and reasons uint32[n] of `count` registers.

        A failed loop current gives NaN with NE43_LOW or NE43_HIGH.
        """
        words = np.asarray(registers, dtype=np.uint16)
        if len(words) != self.count:
            raise ValueError(f"{len(words)} registers given, the block has {self.count}")
        value = np.empty(len(self.tags))
        for group in self._groups:
            wire = words[group.registers].astype(">u2").view(group.dtype)[:, 0]
            with np.errstate(invalid="ignore"):  # a signalling NaN on the wire is just a NaN
                value[group.members] = wire.astype(np.float64) * group.scale + group.offset
        reason = np.zeros(len(self.tags), dtype=np.uint32)
        if len(self._loops):
            self._decode_loops(value, reason)
        return value, reason

    def _decode_loops(self, value: F64, reason: U32) -> None:
        current = value[self._loops]
        low, high = current <= FAIL_LOW_UA, current >= FAIL_HIGH_UA
        edge = (current <= SATURATED_LOW_UA) | (current >= SATURATED_HIGH_UA)
        reason[self._loops] = (
            low * np.uint32(Reason.NE43_LOW)
            + high * np.uint32(Reason.NE43_HIGH)
            + (edge & ~low & ~high) * np.uint32(Reason.SATURATED)
        )
        measured = self._loop_lo + (current - 4000.0) * self._loop_per_uA
        value[self._loops] = np.where(low | high, np.nan, measured)

    def encode(self, value: F64, reason: U32 | None = None, base: U16 | None = None) -> U16:
        """Return uint16[count] registers that carry `value` float64[n].

        Integers round and saturate; NaN becomes NaN in a float, the most
        absurd number in an integer, a broken loop (3.5 mA) in a loop current.
        `reason` uint32[n] with an NE43 bit breaks that loop, too.  A loop
        current follows its value as far as it goes: saturating is what the
        instrument does.  Registers of no tag come from `base`, else 0.
        """
        raw = np.array(value, dtype=np.float64)
        if len(self._loops):
            raw[self._loops] = self._loop_current(raw[self._loops], reason)
        words = np.zeros(self.count, dtype=np.uint16) if base is None else base.copy()
        for group in self._groups:
            wire = _to_wire((raw[group.members] - group.offset) / group.scale, group.dtype)
            width = group.registers.shape[1]
            words[group.registers] = wire.view(">u2").reshape(len(wire), width)
        return words

    def _loop_current(self, value: F64, reason: U32 | None) -> F64:
        current = 4000.0 + (value - self._loop_lo) / self._loop_per_uA
        low, high = np.isnan(value), np.zeros(len(value), dtype=np.bool_)
        if reason is not None:
            told = reason[self._loops]
            low |= (told & np.uint32(Reason.NE43_LOW)) != 0
            high |= (told & np.uint32(Reason.NE43_HIGH)) != 0
        broken = np.where(high, BROKEN_HIGH_UA, BROKEN_LOW_UA)
        return np.where(low | high, broken, current)


def _to_wire(raw: F64, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return raw.astype(dtype)
    bits, signed = 8 * dtype.itemsize, dtype.kind == "i"
    lowest = -(2.0 ** (bits - 1)) if signed else 0.0
    highest = 2.0 ** (bits - signed) - 1.0
    whole = np.where(np.isnan(raw), lowest if signed else highest, np.rint(raw))
    return np.clip(whole, lowest, highest).astype(dtype)


def _source(tag: Tag) -> ModbusSource:
    if not isinstance(tag.source, ModbusSource) or tag.source.type == "bool":
        raise ValueError(f"{tag.name} does not live in a register")
    return tag.source


def swap_words(registers: U16, codec: BlockCodec) -> U16:
    """Return the registers with the words of every wide value reversed: a fault."""
    swapped = registers.copy()
    for tag in codec.tags:
        source = _source(tag)
        at, width = source.address - codec.start, WIDTH[source.type]
        swapped[at : at + width] = registers[at : at + width][::-1]
    return swapped
