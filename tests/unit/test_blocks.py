"""The block planner: everything read once, nothing across a gap, never too long."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.blocks import MAX_REGISTERS, plan
from sensors.codec import WIDTH
from sensors.plantfile import load_plant
from sensors.tag import ModbusSource, OpcuaSource, Table, Tag, WireType

TYPES: list[WireType] = ["int16", "uint16", "int32", "uint32", "float32", "float64"]


def tag(address: int, wire: WireType, table: Table = "input") -> Tag:
    source = ModbusSource("dev", table, address, wire)
    return Tag(f"{table}-{address}", "", "", "float", 0, 1, source)


@given(
    st.lists(st.tuples(st.sampled_from(TYPES), st.integers(0, 3)), max_size=200),
    st.integers(4, MAX_REGISTERS),
    st.randoms(use_true_random=False),
)
def test_every_tag_is_in_one_legal_block(
    steps: list[tuple[WireType, int]], limit: int, shuffle: Random
) -> None:
    tags, address, used = [], 0, set()
    for wire, gap in steps:
        address += gap
        tags.append(tag(address, wire))
        used |= set(range(address, address + WIDTH[wire]))
        address += WIDTH[wire]
    shuffle.shuffle(tags)
    blocks = plan(tags, limit)
    assert sorted(t.name for b in blocks for t in b.tags) == sorted(t.name for t in tags)
    read = [a for b in blocks for a in range(b.start, b.start + b.count)]
    assert sorted(read) == sorted(used), "a gap was read, or a register missed or read twice"
    assert all(b.count <= limit for b in blocks)
    # As few as possible: two neighbours were only split because both do not fit.
    for one, other in pairwise(sorted(blocks, key=lambda b: b.start)):
        if one.start + one.count == other.start:
            first = other.tags[0].source
            assert isinstance(first, ModbusSource)
            assert one.count + WIDTH[first.type] > limit


def test_the_demo_takes_five_requests_a_scan(demo_folder: Path) -> None:
    blocks = plan(load_plant(demo_folder).tags_of("plc"))
    shape = sorted((b.table, b.start, b.count) for b in blocks)
    assert shape == [
        ("coil", 0, 1),
        ("discrete", 0, 20),
        ("holding", 0, 18),
        ("input", 0, 125),
        ("input", 125, 63),
    ]


def test_tables_never_share_a_request() -> None:
    blocks = plan([tag(0, "uint16"), tag(0, "uint16", "holding")])
    assert [b.table for b in blocks] == ["holding", "input"]


def test_nothing_to_read_is_no_block() -> None:
    assert plan([]) == ()


def test_overlaps_and_foreign_tags_are_refused() -> None:
    with pytest.raises(ValueError, match="input-1 overlaps input-0"):
        plan([tag(0, "float32"), tag(1, "uint16")])
    with pytest.raises(ValueError, match="not a Modbus tag"):
        plan([Tag("X-1", "", "", "float", 0, 1, OpcuaSource("dev", "s=x"))])
