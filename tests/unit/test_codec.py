"""Registers and back: every type, both word orders, loop currents, absurd input."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.blocks import source_of
from sensors.codec import WIDTH, BlockCodec, swap_words
from sensors.quality import Reason
from sensors.tag import ModbusSource, Tag, WireType


def tag(
    wire: WireType,
    address: int = 0,
    words: str = "big",
    scale: float = 1.0,
    offset: float = 0.0,
    ne43: bool = False,
    lo: float = 0.0,
    hi: float = 100.0,
) -> Tag:
    source = ModbusSource(
        "dev", "input", address, wire, "little" if words == "little" else "big", scale, offset, ne43
    )
    return Tag(f"T-{address}", "", "", "float", lo, hi, source)


def codec_of(*tags: Tag) -> BlockCodec:
    sources = [source_of(t) for t in tags]
    return BlockCodec(tags, 0, max(s.address + WIDTH[s.type] for s in sources))


words = st.sampled_from(["big", "little"])
INTEGERS: dict[WireType, tuple[int, int]] = {
    "int16": (-(2**15), 2**15 - 1),
    "uint16": (0, 2**16 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
}


@given(st.data(), st.sampled_from(sorted(INTEGERS)), words)
def test_integers_survive(data: st.DataObject, wire: WireType, order: str) -> None:
    low, high = INTEGERS[wire]
    number = data.draw(st.integers(low, high))
    codec = codec_of(tag(wire, words=order if WIDTH[wire] > 1 else "big"))
    value, reason = codec.decode(codec.encode(np.array([float(number)])))
    assert value[0] == number
    assert reason[0] == 0


@given(st.floats(width=32, allow_nan=False), words)
def test_single_precision_survives(number: float, order: str) -> None:
    codec = codec_of(tag("float32", words=order))
    assert codec.decode(codec.encode(np.array([number])))[0][0] == number


@given(st.floats(allow_nan=False), words)
def test_double_precision_survives(number: float, order: str) -> None:
    codec = codec_of(tag("float64", words=order))
    assert codec.decode(codec.encode(np.array([number])))[0][0] == number


@given(st.floats(-300.0, 300.0), st.sampled_from([0.01, 0.1, -0.1]), st.floats(-20.0, 20.0))
def test_scaled_values_come_back_within_half_a_step(
    value: float, scale: float, offset: float
) -> None:
    codec = codec_of(tag("int16", scale=scale, offset=offset))
    back = codec.decode(codec.encode(np.array([value])))[0][0]
    assert abs(back - value) <= abs(scale) / 2 + 1e-9


@given(st.lists(st.integers(0, 65535), min_size=12, max_size=12))
def test_any_registers_decode_and_encode_to_themselves(registers: list[int]) -> None:
    """Decoding loses nothing, NaN payloads aside: it is a change of clothes."""
    codec = codec_of(
        tag("uint16", 0), tag("int32", 1), tag("float64", 3, "little"), tag("uint32", 7, "little"),
        tag("int16", 9), tag("uint16", 10), tag("uint16", 11),
    )  # fmt: skip
    value, _ = codec.decode(registers)
    again, _ = codec.decode(codec.encode(value))
    np.testing.assert_array_equal(value, again)


def test_the_wire_is_what_the_standard_says() -> None:
    codec = codec_of(tag("float32", 0), tag("float32", 2, "little"), tag("int32", 4))
    high, low = struct.unpack(">HH", struct.pack(">f", 3.25e4 + 0.125))
    registers = codec.encode(np.array([3.25e4 + 0.125, 3.25e4 + 0.125, -2.0]))
    assert registers.tolist() == [high, low, low, high, 0xFFFF, 0xFFFE]


@pytest.mark.parametrize(
    ("microampere", "value", "reason"),
    [
        (0, math.nan, Reason.NE43_LOW),
        (3500, math.nan, Reason.NE43_LOW),
        (3600, math.nan, Reason.NE43_LOW),
        (3601, -2.49375, Reason.SATURATED),
        (3800, -1.25, Reason.SATURATED),
        (3801, -1.24375, Reason.NONE),
        (4000, 0.0, Reason.NONE),
        (12000, 50.0, Reason.NONE),
        (20000, 100.0, Reason.NONE),
        (20499, 103.11875, Reason.NONE),
        (20500, 103.125, Reason.SATURATED),
        (20999, 106.24375, Reason.SATURATED),
        (21000, math.nan, Reason.NE43_HIGH),
        (65535, math.nan, Reason.NE43_HIGH),
    ],
)
def test_loop_currents_follow_ne43(microampere: int, value: float, reason: Reason) -> None:
    decoded, reasons = codec_of(tag("uint16", ne43=True)).decode([microampere])
    assert decoded[0] == pytest.approx(value, nan_ok=True)
    assert Reason(int(reasons[0])) == reason


@given(st.floats(-1.2, 103.0))
def test_a_healthy_loop_is_good_and_precise(value: float) -> None:
    codec = codec_of(tag("uint16", ne43=True))
    back, reason = codec.decode(codec.encode(np.array([value])))
    assert reason[0] == 0
    assert abs(back[0] - value) <= 100 / 16000 / 2 + 1e-9


@pytest.mark.parametrize(
    ("value", "told", "current"),
    [
        (math.nan, Reason.NONE, 3500),
        (50.0, Reason.NE43_LOW, 3500),
        (50.0, Reason.NE43_HIGH, 21500),
        (-3.125, Reason.NONE, 3500),
        (50.0, Reason.NONE, 12000),
    ],
)
def test_a_broken_loop_sends_a_failure_current(value: float, told: Reason, current: int) -> None:
    codec = codec_of(tag("uint16", ne43=True))
    sent = codec.encode(np.array([value]), np.array([int(told)], dtype=np.uint32))
    assert sent.tolist() == [current]


def test_no_number_becomes_the_most_absurd_one() -> None:
    codec = codec_of(tag("int16", 0, scale=0.1), tag("uint16", 1), tag("float32", 2))
    value, _ = codec.decode(codec.encode(np.full(3, math.nan)))
    assert value[0] == pytest.approx(-3276.8)
    assert value[1] == 65535
    assert math.isnan(value[2])


@given(st.floats(allow_nan=False))
def test_integers_saturate_instead_of_wrapping(value: float) -> None:
    codec = codec_of(tag("int16", 0), tag("uint16", 1), tag("uint32", 2))
    signed, short, long = codec.decode(codec.encode(np.full(3, value)))[0]
    assert signed == max(-32768, min(32767, np.rint(value)))
    assert short == max(0, min(65535, np.rint(value)))
    assert long == max(0, min(2**32 - 1, np.rint(value)))


def test_swapped_words_are_the_other_order() -> None:
    big, little = codec_of(tag("float32")), codec_of(tag("float32", words="little"))
    sent = big.encode(np.array([8000.0]))
    assert little.decode(swap_words(sent, big))[0][0] == 8000.0
    assert big.decode(swap_words(sent, big))[0][0] == pytest.approx(2.5e-41, rel=0.1)


def test_registers_between_tags_keep_their_base() -> None:
    codec = BlockCodec([tag("uint16", 1)], 0, 3)
    base = np.array([7, 8, 9], dtype=np.uint16)
    assert codec.encode(np.array([1.0]), base=base).tolist() == [7, 1, 9]
    assert base.tolist() == [7, 8, 9]


def test_a_block_refuses_what_does_not_belong() -> None:
    with pytest.raises(ValueError, match="outside its block"):
        BlockCodec([tag("float32", 2)], 0, 3)
    with pytest.raises(ValueError, match="the block has 1"):
        codec_of(tag("uint16")).decode([1, 2])
    with pytest.raises(ValueError, match="does not live in a register"):
        BlockCodec([tag("bool")], 0, 1)
