"""Does an answer belong to the question? Every byte a Modbus reply repeats is compared.

Pure: bytes asked and bytes heard in, the one answer that fits out.  Unit,
function, transaction id, byte count of a read, address and value or count of a
write, kind of a name plate: one that differs and the whole link is not to be
trusted (Modbus Application Protocol 1.1b3, 6; Messaging on TCP/IP 1.0b, 4.2).

A transaction id of 0 is no proof, because devices that number nothing say it
for every answer.  Such a wire is framed like a serial line: exactly one answer
a question, nothing before it, nothing behind it.
"""

import struct
from dataclasses import dataclass
from typing import Final

_READS: Final = {1: True, 2: True, 3: False, 4: False}  # function: are they bits
_ECHO_ALL: Final = (5, 6)
_ECHO_HEAD: Final = (15, 16)
_NAME_PLATE: Final = 43
_REFUSED: Final = 0x80
_MBAP: Final = 7
_LONGEST: Final = 254  # unit and the longest PDU, as the length field counts
_OTHER: Final = "answered another question than asked"
_SHORTEST_RTU: Final = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What was sent; `number` is the transaction id, 0 on a serial line."""

    number: int
    unit: int
    pdu: bytes


class Dialogue:
    """One question at a time on one connection, and what was heard to it.

    `numbered` is whether answers carry the transaction id, None before the
    first; `reply` the PDU of the answer that fits; `fault` why the peer cannot
    be trusted; `note` what was heard and passed over; `left_over` whether
    there were bytes nobody asked for.
    """

    def __init__(self, *, rtu: bool) -> None:
        self._rtu = rtu
        self.numbered: bool | None = False if rtu else None
        self.reply = b""
        self.fault = self.note = ""
        self.left_over = False
        self._question: Question | None = None
        self._unit = 0

    def asked(self, packet: bytes) -> None:
        """Note what is being sent."""
        self.reply, self.fault, self.note = b"", "", ""
        if self._rtu:
            self._question = Question(0, packet[0], packet[1:-2])
        else:
            self._question = Question(int.from_bytes(packet[:2], "big"), packet[6], packet[7:])
        self._unit = self._question.unit

    def heard(self, data: bytes) -> bytes:
        """Return the frame a library may believe in, b"" while there is none.

        `data` is everything heard and not yet used.  With a fault the frame is
        a refusal, so that nobody waits for a better answer.
        """
        question = self._question
        if question is None:
            self.left_over = self.left_over or not self._rtu or bool(_rtu_frame(data, self._unit))
            return b""
        frame = self._rtu_answer(question, data) if self._rtu else self._answer(question, data)
        if self.fault:
            frame = self._refusal(question)
        if frame:
            self._question = None
        return frame

    def _answer(self, question: Question, data: bytes) -> bytes:
        at = 0
        while len(data) - at > _MBAP:
            number, protocol, length = struct.unpack(">HHH", data[at : at + 6])
            if length == 2 and len(data) - at == _MBAP + 2:
                length = 3  # of a refusal whose code was not counted
            if protocol or not 2 <= length <= _LONGEST:
                self.fault = "does not send Modbus TCP frames: the header makes no sense"
                return b""
            frame = data[at : at + 6 + length]
            if len(frame) < 6 + length:
                return b""
            at += len(frame)
            if number not in (0, question.number) and self.numbered is not False:
                self.note = f"it answers number {number} where {question.number} was asked"
                continue
            self.fault = self._numbering(question, number) or _differs(
                question, frame[6], frame[7:]
            )
            if not self.numbered and at < len(data):
                self.fault = self.fault or "sends more than one answer to a question"
            self.reply = frame[7:]
            return frame
        return b""

    def _numbering(self, question: Question, number: int) -> str:
        if self.numbered is None:
            self.numbered = number != 0
        if number == question.number or (number == 0 and not self.numbered):
            return ""
        return f"{_OTHER}: number {number}, asked was {question.number}"

    def _rtu_answer(self, question: Question, data: bytes) -> bytes:
        frame = _rtu_frame(data, question.unit)
        if not frame:
            return b""
        self.fault = _differs(question, frame[0], frame[1:-2])
        behind = data[data.index(frame) + len(frame) :]
        if _rtu_frame(behind, question.unit):
            self.fault = self.fault or "sends more than one answer to a question"
        self.reply = frame[1:-2]
        return frame

    def _refusal(self, question: Question) -> bytes:
        body = bytes((question.unit, question.pdu[0] | _REFUSED, 4))
        if self._rtu:
            return body + crc(body)
        return struct.pack(">HHH", question.number, 0, len(body)) + body


def _differs(question: Question, unit: int, said: bytes) -> str:
    """Return in what an answer is not one to the question, "" when it is."""
    if unit != question.unit:
        return f"answers as unit {unit}, asked was unit {question.unit}"
    return differs(question.pdu, said)


def differs(asked: bytes, said: bytes) -> str:
    """Return in what PDU `said` is no answer to PDU `asked`, "" when it is one."""
    function = asked[0]
    if len(said) < 2:
        return f"{_OTHER}: its answer has {len(said)} bytes"
    if said[0] == function | _REFUSED:
        return ""
    if said[0] != function:
        return f"{_OTHER}: function {said[0]}, asked was function {function}"
    if function in _READS:
        (count,) = struct.unpack(">H", asked[3:5])
        size = -(-count // 8) if _READS[function] else 2 * count
        if said[1] != size or len(said) != 2 + size:
            return f"{_OTHER}: {said[1]} of {len(said) - 2} bytes of values, asked were {size}"
    if function in _ECHO_ALL and said != asked:
        return f"{_OTHER}: the write it confirms is not the one sent"
    if function in _ECHO_HEAD and said != asked[:5]:
        return f"{_OTHER}: the write it confirms is not the one sent"
    if function == _NAME_PLATE and (said[1:3] != asked[1:3] or objects_of(said) is None):
        return f"{_OTHER}: its name plate makes no sense"
    return ""


def objects_of(said: bytes) -> dict[int, bytes] | None:
    """Return the objects of a name plate (FC 43/14), the first of each, None for nonsense."""
    if len(said) < 7:
        return None
    found: dict[int, bytes] = {}
    at = 7
    while at < len(said):
        end = at + 2 + (said[at + 1] if at + 1 < len(said) else 0)
        if at + 2 > len(said) or end > len(said):
            return None
        found.setdefault(said[at], said[at + 2 : end])
        at = end
    return found


def _rtu_frame(data: bytes, unit: int) -> bytes:
    """Return the first whole frame with a right check sum, b"" when there is none yet.

    In front of it only noise of the line may stand, so a frame of another unit counts
    at the very beginning alone.
    """
    for start in range(len(data) - _SHORTEST_RTU + 1):
        if start and data[start] != unit:
            continue
        size = _rtu_size(data[start:])
        frame = data[start : start + size]
        if size and len(frame) == size and crc(frame[:-2]) == frame[-2:]:
            return frame
    return b""


def _rtu_size(frame: bytes) -> int:
    """Return the length of the answer that begins here, 0 when that cannot be told."""
    function = frame[1]
    if function & _REFUSED:
        return 5
    if function in _READS:
        return 5 + frame[2]
    if function in (*_ECHO_ALL, *_ECHO_HEAD):
        return 8
    if function != _NAME_PLATE or len(frame) < 8:
        return 0
    at = 8
    for _ in range(frame[7]):
        if at + 2 > len(frame):
            return 0
        at += 2 + frame[at + 1]
    return at + 2


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC: Final = tuple(_crc_of(byte) for byte in range(256))


def crc(data: bytes) -> bytes:
    """Return the RTU check sum (Modbus over serial line 1.02, 6.2.2)."""
    value = 0xFFFF
    for byte in data:
        value = (value >> 8) ^ _CRC[(value ^ byte) & 0xFF]
    return struct.pack("<H", value)
