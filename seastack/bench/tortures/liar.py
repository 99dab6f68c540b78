"""A Modbus TCP device that has right values and answers wrongly, byte by byte.

Right is what stands in `registers` and `bits`; what is wrong is everything around it:
numbers, lengths, functions, echoes, counts, order, times.  A value itself is never
changed, for no client could know; so what a client takes for GOOD must be right.
"""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Final

from sensors.tag import Table

Words = Mapping[tuple[Table, int], int]
_TABLES: Final[Mapping[int, Table]] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_MOST: Final = 70_000  # bytes in one lie


class Liar:
    """Serves one unit; tells a lie with a chance of `lies`, else the truth."""

    def __init__(self, rng: Random, words: Words) -> None:
        self.rng, self.words = rng, dict(words)
        self.lies = rng.choice((0.02, 0.1, 0.3, 0.5))  # of the answers
        self.told: Counter[str] = Counter()
        self.port = 0
        self._last = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the client goes or is sent away."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            stays = True
            while stays:
                head = await reader.readexactly(7)
                pdu = await reader.readexactly(struct.unpack(">H", head[4:6])[0] - 1)
                right = _frame(head, self._answer(pdu))
                kind = self.rng.choice(_KINDS) if self.rng.random() < self.lies else ""
                said = self._wrong(kind, head, pdu, right)
                if right in said and pdu[0] in (5, 6, 15, 16):
                    self._store(pdu)  # who is told no, or nothing that can be trusted: not done
                if kind:
                    self.told[kind] += 1
                stays = await self._say(kind, said, writer)
                self._last = right
        writer.close()

    async def _say(self, kind: str, said: bytes, writer: asyncio.StreamWriter) -> bool:
        """Put it on the wire as the lie has it; return False when the connection is over."""
        if kind == "in pieces":
            for byte in said:
                if writer.is_closing():
                    return False
                writer.write(bytes((byte,)))
                if self.rng.random() < 0.05:
                    await asyncio.sleep(0)
            return True
        if kind == "late":
            await asyncio.sleep(self.rng.choice((0.01, 0.03, 0.06)))
        if not writer.is_closing():
            writer.write(said)
        return "hangs up" not in kind

    def _answer(self, pdu: bytes) -> bytes:
        function = pdu[0]
        if function not in (1, 2, 3, 4, 5, 6, 15, 16):
            return bytes((function | 0x80, 1))
        if function in (5, 6, 15, 16):
            return pdu[:5]
        address, count = struct.unpack(">HH", pdu[1:5])
        table = _TABLES[function]
        values = [self.words.get((table, address + i), 0) for i in range(count)]
        if function in (3, 4):
            return struct.pack(f">BB{count}H", function, 2 * count, *values)
        bits = sum(1 << i for i, bit in enumerate(values) if bit)
        packed = bits.to_bytes((count + 7) // 8, "little")
        return bytes((function, len(packed))) + packed

    def _store(self, pdu: bytes) -> None:
        function, rest = pdu[0], pdu[6:]
        address, count = struct.unpack(">HH", pdu[1:5])
        if function == 5:
            self.words["coil", address] = int(count == 0xFF00)
        elif function == 6:
            self.words["holding", address] = count
        elif function == 15:
            for i in range(count):
                self.words["coil", address + i] = rest[i // 8] >> i % 8 & 1
        else:
            for i in range(count):
                self.words["holding", address + i] = struct.unpack_from(">H", rest, 2 * i)[0]

    def _wrong(self, kind: str, head: bytes, pdu: bytes, right: bytes) -> bytes:
        rng = self.rng
        said = right[7:]
        match kind:
            case "nothing" | "hangs up":
                return b""
            case "exception":
                return _frame(head, bytes((pdu[0] | 0x80, rng.randrange(256))))
            case "exception of another function":
                return _frame(head, bytes((rng.randrange(128, 256), rng.randrange(256))))
            case "other number":
                return _number(rng.randrange(65536)) + right[2:]
            case "answer before":
                return self._last
            case "twice":
                return right + right
            case "other protocol":
                return right[:2] + _number(rng.randrange(1, 65536)) + right[4:]
            case "other length":
                return right[:4] + _number(rng.randrange(65536)) + right[6:]
            case "other unit":
                return right[:6] + bytes((rng.randrange(256),)) + right[7:]
            case "other function":
                other = rng.choice((1, 2, 3, 4, 5, 6, 15, 16, 43, 0))
                return _frame(head, bytes((other,)) + said[1:])
            case "other size":
                return _frame(head, said[:1] + bytes((rng.randrange(256),)) + said[2:])
            case "too short":
                return _frame(head, said[: rng.randrange(len(said))])
            case "too long":
                return _frame(head, said + rng.randbytes(rng.choice((1, 2, 40, 200))))
            case "half and hangs up":
                return right[: rng.randrange(len(right))]
            case "noise before":
                return rng.randbytes(rng.choice((1, 7, 300))) + right
            case "noise":
                return rng.randbytes(rng.choice((1, 8, 260, _MOST)))
            case "zeros":
                return bytes(rng.choice((6, 8, 260, _MOST)))
            case "name plate":
                return _frame(head, _name_plate(rng))
            case "header bit":
                place = rng.randrange(7 * 8)
                changed = bytearray(right)
                changed[place // 8] ^= 1 << place % 8
                return bytes(changed)
        return right


_KINDS: Final = (
    "nothing", "hangs up", "exception", "exception of another function", "other number",
    "answer before", "twice", "other protocol", "other length", "other unit", "other function",
    "other size", "too short", "too long", "half and hangs up", "noise before", "noise", "zeros",
    "name plate", "header bit", "in pieces", "late",
)  # fmt: skip


def _number(value: int) -> bytes:
    return struct.pack(">H", value)


def _frame(head: bytes, said: bytes) -> bytes:
    """Return a Modbus TCP frame (Messaging on TCP/IP 1.0b, 3.1.3)."""
    return head[:4] + _number(len(said) + 1) + head[6:7] + said


def _name_plate(rng: Random) -> bytes:
    """Return an identification (FC 43/14) with anything in it."""
    objects = b"".join(
        bytes((rng.randrange(256), len(text))) + text
        for text in (rng.randbytes(rng.randrange(40)) for _ in range(rng.randrange(6)))
    )
    more = bytes((rng.choice((0, 0xFF, 7)), rng.randrange(256), rng.randrange(256)))
    return (bytes((43, 14, rng.randrange(256), rng.randrange(256))) + more + objects)[:250]


@asynccontextmanager
async def listening(liar: Liar) -> AsyncIterator[Liar]:
    """Serve on a free port of this machine until the block is left."""
    server = await asyncio.start_server(liar.serve, "127.0.0.1", 0)
    liar.port = server.sockets[0].getsockname()[1]
    try:
        yield liar
    finally:
        server.close()
