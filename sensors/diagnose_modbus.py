"""What a Modbus device that answers oddly, or not at all, does and what would help.

It is asked what the driver would ask, and each field of its reply is looked at.
Every remedy named was tried on the device first.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sensors.blocks import Block, plan
from sensors.knock import heard, knock, said_to
from sensors.linkspec import LinkSpec
from sensors.modbus_codes import DEVICE_FAILURE, GATEWAY_NO_PATH, GATEWAY_NO_RESPONSE
from sensors.modbus_dialogue import crc, differs
from sensors.tag import Tag

_USUAL_UNITS: Final = (1, 255, 0, 2, 3, 17, 247)
_NOT_THERE: Final = (GATEWAY_NO_PATH, GATEWAY_NO_RESPONSE, DEVICE_FAILURE)
_HELLO: Final = b"HELF\x20\x00\x00\x00" + bytes(24)
_FUNCTION: Final = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
_NUMBERS: Final = (0x5EA5, 0x1234)  # transaction ids; neither reads the same backwards
_ONE: Final = Block("holding", 0, 1, ())  # what to ask where no points are known
_HEAD: Final = struct.Struct(">HHHB")  # transaction id, protocol, length, unit
_LEAST: Final = 4  # registers, that `max_registers` can be


@dataclass(frozen=True, slots=True)
class _Peer:
    """Whom to ask, and how: the link's device, or the same with one thing changed."""

    spec: LinkSpec
    unit: int
    rtu: bool

    async def asked(self, block: Block, number: int = _NUMBERS[0]) -> bytes:
        """Return all bytes said to a question for a block."""
        return await said_to(self.spec, self.frame(block, number))

    def frame(self, block: Block, number: int = _NUMBERS[0]) -> bytes:
        body = bytes((self.unit,)) + _pdu(block)
        return body + crc(body) if self.rtu else struct.pack(">HHH", number, 0, len(body)) + body

    async def code(self, block: Block) -> int | None:
        """Return 0 for data, the exception code for a refusal, None for no proper answer."""
        said = await self.asked(block)
        if self.rtu:
            valid = len(said) >= 5 and said[0] == self.unit and crc(said[:-2]) == said[-2:]
            pdu = said[1:-2]
        else:
            valid = len(said) >= 9 and said[:4] == struct.pack(">HH", _NUMBERS[0], 0)
            pdu = said[7:]
        if not valid or differs(_pdu(block), pdu):
            return None
        return pdu[1] if pdu[0] & 0x80 else 0


def _pdu(block: Block) -> bytes:
    return struct.pack(">BHH", _FUNCTION[block.table], block.start, block.count)


async def modbus_answers(spec: LinkSpec) -> bool:
    """Return True when a Modbus TCP device listens where `spec` says."""
    return await _Peer(spec, 1, rtu=False).code(_ONE) is not None


async def modbus_trouble(spec: LinkSpec, tags: Sequence[Tag] = ()) -> str:
    """Return one sentence on what is wrong with a device that listens, "" for nothing found."""
    peer = _Peer(spec, spec.unit_id, spec.is_rtu)
    where = f"the device at {spec.host}:{spec.port}"
    blocks = plan([t for t in tags if t.direction != "setpoint"], spec.max_registers) or (_ONE,)
    for block in blocks:
        said = await peer.asked(block)
        if said and not _is_modbus(peer, block, said):
            return await _nobody(peer, _single(block), said)
        if not said and block is blocks[0] and not await peer.asked(_single(block)):
            return await _nobody(peer, _single(block), said)
        if not said:
            return await _silent_when_long(peer, block, where)
        if trouble := await (_odd_line if spec.is_rtu else _odd)(peer, block, said):
            return f"{where} {trouble}"
    if await _hangs_up(peer, blocks[0]):
        return f"{where} closes the connection after every answer"
    return ""


def _is_modbus(peer: _Peer, block: Block, said: bytes) -> bool:
    """Return True for what may be a reply, whatever is wrong with it."""
    at = 1 if peer.rtu else _HEAD.size
    return len(said) > at + 1 and said[at] & 0x7F in _FUNCTION.values()


def _single(block: Block) -> Block:
    return Block(block.table, block.start, 1, ())


async def _odd(peer: _Peer, block: Block, said: bytes) -> str:
    """Return which field of a Modbus TCP reply is wrong, "" for none."""
    number, protocol, length, unit = _HEAD.unpack_from(said)
    pdu = said[_HEAD.size :]
    if protocol:
        if await _speaks_other_framing(peer, block):
            return f"answers to the other framing: write protocol = '{_other(peer.rtu)}'"
        return f"names protocol {protocol} in its header, Modbus is 0: no Modbus TCP, or a fault"
    if length != len(said) - 6 and not (length == 2 and len(said) == 9):
        return (
            f"has a wrong length field in its header ({length}, {len(said) - 6} bytes follow): "
            "a fault of its firmware, Modbus RTU over TCP if it or a gateway can be set to that"
        )
    if number not in (0, _NUMBERS[0]):
        return await _odd_number(peer, block, number)
    if unit != peer.unit:
        return await _odd_unit(peer, block, unit)
    return await _odd_values(peer, block, pdu)


async def _odd_number(peer: _Peer, block: Block, number: int) -> str:
    told = "a transaction id of its own for its answers"
    again = await peer.asked(block, _NUMBERS[1])
    second = int.from_bytes(again[:2], "big") if len(again) > 1 else None
    if second == number:
        told = f"transaction id {number} for all its answers"
    elif (number, second) == tuple(((n & 0xFF) << 8) | n >> 8 for n in _NUMBERS):
        told = "the two bytes of the transaction id swapped"
    return (
        f"sends {told}: which question it answers cannot be told; it must repeat the number "
        "of the question, or send 0 always (a fault of its firmware or gateway)"
    )


async def _odd_unit(peer: _Peer, block: Block, unit: int) -> str:
    text = f"answers as unit {unit}, asked was unit {peer.unit}"
    said = await _Peer(peer.spec, unit, peer.rtu).asked(block)
    if len(said) > _HEAD.size and said[0 if peer.rtu else 6] == unit:
        return f"{text}: write unit_id = {unit}"
    return f"{text}, and asked as unit {unit} it does not: a fault of its firmware"


async def _odd_values(peer: _Peer, block: Block, pdu: bytes) -> str:
    problem = differs(_pdu(block), pdu)
    if not problem:
        return await _not_there(peer, block, pdu)
    if pdu[0] != _FUNCTION[block.table] or block.table in ("coil", "discrete"):
        return f"{problem.replace('answered', 'answers')}: a fault of its firmware"
    given = (len(pdu) - 2) // 2
    return await _largest(peer, block, f"gives {given} of {block.count} registers asked")


async def _not_there(peer: _Peer, block: Block, pdu: bytes) -> str:
    if not pdu[0] & 0x80 or pdu[1] not in _NOT_THERE:
        return ""
    if found := await _units_that_answer(peer, block):
        return f"does not answer as unit {peer.unit}, but unit {found} does: wrong unit_id?"
    return (
        f"is a gateway, or a device that has no unit {peer.unit}: "
        "wrong unit_id, or that device is off"
    )


async def _odd_line(peer: _Peer, block: Block, said: bytes) -> str:
    """Return what is wrong with an RTU frame over TCP, "" for nothing."""
    if crc(said[:-2]) == said[-2:] and len(said) >= 5:
        if said[0] != peer.unit:
            return await _odd_unit(peer, block, said[0])
        return await _odd_values(peer, block, said[1:-2])
    if crc(said[:-2]) == said[:-3:-1]:
        return "swaps the two bytes of the check sum: a fault of its firmware"
    if await _speaks_other_framing(peer, block):
        return f"answers to the other framing: write protocol = '{_other(peer.rtu)}'"
    return "sends frames whose check sum is wrong: noise on the line, or no Modbus RTU"


async def _nobody(peer: _Peer, block: Block, said: bytes) -> str:
    """Return why somebody who lets us in says nothing, or nothing like Modbus."""
    spec, where = peer.spec, f"{peer.spec.host}:{peer.spec.port}"
    if await _speaks_other_framing(peer, block):
        return f"{where} answers to the other framing: write protocol = '{_other(peer.rtu)}'"
    if said[:3] in (b"ACK", b"ERR") or (await said_to(spec, _HELLO))[:3] in (b"ACK", b"ERR"):
        return f"an OPC UA server listens at {where}, not a Modbus device: wrong port or protocol"
    found = await _units_that_answer(peer, block)
    if found:
        return f"unit {peer.unit} does not answer at {where}, but unit {found} does: wrong unit_id?"
    return (
        f"something listens at {where}, but unit {peer.unit} does not answer Modbus: "
        "wrong port, wrong unit_id, or it serves another client only"
    )


async def _units_that_answer(peer: _Peer, block: Block) -> str:
    others = [u for u in _USUAL_UNITS if u != peer.unit and (u or not peer.rtu)]
    codes = {u: await _Peer(peer.spec, u, peer.rtu).code(block) for u in others}
    return ", ".join(str(u) for u, code in codes.items() if code not in (None, *_NOT_THERE))


async def _speaks_other_framing(peer: _Peer, block: Block) -> bool:
    other = _Peer(peer.spec, peer.unit, rtu=not peer.rtu)
    return await other.code(_single(block)) is not None


def _other(rtu: bool) -> str:
    return "modbus-tcp" if rtu else "modbus-rtu-tcp"


async def _silent_when_long(peer: _Peer, block: Block, where: str) -> str:
    what = f"{block.table} {block.start}-{block.start + block.count - 1}"
    if await peer.code(_single(block)) is None:
        return f"{where} is silent when asked for {what}, and for {block.start} alone: leave it out"
    largest = await _largest(peer, block, f"is silent when asked for {block.count} registers")
    return f"{where} {largest}"


async def _largest(peer: _Peer, block: Block, text: str) -> str:
    """Return `text` with the longest question the device answers whole."""
    most, less = 0, block.count
    while less - most > 1:
        middle = (most + less) // 2
        whole = await peer.code(Block(block.table, block.start, middle, ())) is not None
        most, less = (middle, less) if whole else (most, middle)
    if most >= _LEAST:
        return f"{text}; {most} it answers: write max_registers = {most}"
    return f"{text}; it answers {most} at once, the least that can be asked for is {_LEAST}"


async def _hangs_up(peer: _Peer, block: Block) -> bool:
    """Return True for an RTU gateway that closes after an answer; on TCP that is no trouble."""
    if not peer.rtu:
        return False
    try:
        async with knock(peer.spec) as (reader, writer):
            first = await heard(reader, writer, peer.frame(block))
            return bool(first) and not await heard(reader, writer, peer.frame(block))
    except OSError:
        return True
