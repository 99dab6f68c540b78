"""Whether a Modbus answer belongs to its question: one byte that differs, and it does not."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.modbus_dialogue import Dialogue, crc, differs, objects_of

PLATE = bytes((43, 14, 1, 1, 0, 0, 1, 0, 2)) + b"Me"


@st.composite
def questions(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return a question and an answer that fits it, both PDUs."""
    function = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 15, 16, 43]))
    address = draw(st.integers(0, 60000))
    if function == 43:
        return bytes((43, 14, 1, 0)), PLATE
    if function in (5, 6):
        value = draw(st.sampled_from([0, 0xFF00]) if function == 5 else st.integers(0, 65535))
        asked = struct.pack(">BHH", function, address, value)
        return asked, asked
    count = draw(st.integers(1, 120))
    asked = struct.pack(">BHH", function, address, count)
    if function in (15, 16):
        size = -(-count // 8) if function == 15 else 2 * count
        return asked + bytes((size,)) + bytes(size), asked
    size = -(-count // 8) if function in (1, 2) else 2 * count
    return asked, bytes((function, size)) + draw(st.binary(min_size=size, max_size=size))


def mbap(number: int, unit: int, pdu: bytes, protocol: int = 0) -> bytes:
    return struct.pack(">HHHB", number, protocol, len(pdu) + 1, unit) + pdu


def rtu(unit: int, pdu: bytes) -> bytes:
    return bytes((unit,)) + pdu + crc(bytes((unit,)) + pdu)


@given(questions(), st.integers(1, 65535), st.integers(0, 255))
def test_an_answer_that_fits_is_taken(pair: tuple[bytes, bytes], number: int, unit: int) -> None:
    asked, said = pair
    talk = Dialogue(rtu=False)
    talk.asked(mbap(number, unit, asked))
    frame = mbap(number, unit, said)
    assert talk.heard(frame[:-1]) == b""
    assert talk.heard(frame) == frame
    assert (talk.fault, talk.reply, talk.numbered) == ("", said, True)


@given(questions(), st.integers(1, 65535), st.integers(0, 255), st.data())
def test_one_field_that_differs_is_never_an_answer(
    pair: tuple[bytes, bytes], number: int, unit: int, data: st.DataObject
) -> None:
    asked, said = pair
    field = data.draw(st.sampled_from(["number", "protocol", "unit", "function", "echo", "size"]))
    other = data.draw(st.integers(1, 255))
    frame = {
        "number": lambda: mbap(number ^ other, unit, said),
        "protocol": lambda: mbap(number, unit, said, protocol=other),
        "unit": lambda: mbap(number, unit ^ other, said),
        "function": lambda: mbap(number, unit, bytes((said[0] ^ (other & 0x7F or 1),)) + said[1:]),
        "echo": lambda: mbap(number, unit, said[:1] + bytes((said[1] ^ other,)) + said[2:]),
        # Not zeros: behind a name plate they would be one more object of it, without a text.
        "size": lambda: mbap(number, unit, said + b"\xff" * (1 + other % 20)),
    }[field]()
    talk = Dialogue(rtu=False)
    talk.numbered = True
    talk.asked(mbap(number, unit, asked))
    talk.heard(frame)
    assert talk.fault or not talk.reply


@given(questions(), st.integers(1, 247), st.data())
def test_nor_is_it_on_a_serial_line(
    pair: tuple[bytes, bytes], unit: int, data: st.DataObject
) -> None:
    asked, said = pair
    at, other = data.draw(st.integers(0, 1)), data.draw(st.integers(1, 255))
    changed = bytearray(rtu(unit, said)[:-2])
    changed[at] ^= other & 0x7F or 1 if at == 1 else other
    talk = Dialogue(rtu=True)
    talk.asked(rtu(unit, asked))
    talk.heard(bytes(changed) + crc(bytes(changed)))
    assert talk.fault or not talk.reply


@given(st.binary(max_size=40), st.booleans())
def test_no_bytes_whatsoever_raise(said: bytes, serial: bool) -> None:
    talk = Dialogue(rtu=serial)
    talk.asked(rtu(1, b"\x03\0\0\0\2") if serial else mbap(1, 1, b"\x03\0\0\0\2"))
    for end in range(len(said) + 1):
        talk.heard(said[:end])
    assert talk.fault or len(talk.reply) in (0, 2, 3, 6)
    objects_of(said)


@pytest.mark.parametrize("asked", [b"\x05\0\7\xff\0", b"\x06\0\7\0\1"])
def test_a_confirmation_of_another_write_is_none(asked: bytes) -> None:
    assert differs(asked, asked) == ""
    for at in range(1, 5):
        other = bytearray(asked)
        other[at] ^= 1
        assert "not the one sent" in differs(asked, bytes(other))


def test_a_device_that_numbers_nothing_may_say_one_thing_only() -> None:
    asked, said = b"\x03\0\0\0\1", b"\x03\2\0\7"
    frame = mbap(0, 1, said)
    talk = Dialogue(rtu=False)
    talk.asked(mbap(1, 1, asked))
    assert talk.heard(frame) == frame
    assert (talk.numbered, talk.fault) == (False, "")
    talk.asked(mbap(2, 1, asked))
    talk.heard(frame + frame)
    assert "more than one answer" in talk.fault
    talk.heard(frame)
    assert talk.left_over


def test_a_device_that_numbers_cannot_stop_it() -> None:
    asked, said = b"\x03\0\0\0\1", b"\x03\2\0\7"
    talk = Dialogue(rtu=False)
    talk.asked(mbap(1, 1, asked))
    talk.heard(mbap(1, 1, said))
    talk.asked(mbap(2, 1, asked))
    talk.heard(mbap(0, 1, said))
    assert "number 0, asked was 2" in talk.fault


def test_noise_in_front_of_a_serial_answer_is_passed_over() -> None:
    talk = Dialogue(rtu=True)
    talk.asked(rtu(7, b"\x03\0\0\0\1"))
    frame = rtu(7, b"\x03\2\0\7")
    assert talk.heard(b"\0\xff" + frame) == frame
    talk.heard(b"\0")
    assert not talk.left_over, "a glitch between two frames is no answer"
    talk.heard(frame)
    assert talk.left_over


def test_a_name_plate_that_names_one_thing_twice_counts_once() -> None:
    twice = bytes((43, 14, 1, 1, 0, 0, 2, 0, 1)) + b"A" + bytes((0, 1)) + b"B"
    assert objects_of(twice) == {0: b"A"}
    assert objects_of(twice[:-1]) is None
