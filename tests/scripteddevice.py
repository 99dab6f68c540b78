"""A Modbus device that does as a test says, byte by byte, sharing no code with any library.

Register A of any table holds A + 1000; coil and input A is set when A is odd.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Request = tuple[int, int, int, bytes]  # function, address, count or value, the rest
Script = Callable[[Request], int]  # the exception code to answer with; 0: answer properly
Framed = Callable[[bytes, Request, bytes], bytes]  # head and request heard, PDU to say: the bytes


def crc(data: bytes) -> bytes:
    """Return the RTU check sum (Modbus over serial line 1.02, 6.2.2)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def answer(request: Request) -> bytes:
    """Return the proper PDU for a request."""
    function, address, count, _ = request
    if function in (1, 2):
        bits = [(address + i) % 2 for i in range(count)]
        data = bytes(
            sum(bit << k for k, bit in enumerate(bits[i : i + 8])) for i in range(0, count, 8)
        )
        return bytes((function, len(data))) + data
    if function in (3, 4):
        words = [(address + i + 1000) & 0xFFFF for i in range(count)]
        return bytes((function, 2 * count)) + struct.pack(f">{count}H", *words)
    return struct.pack(">BHH", function, address, count)


class ScriptedDevice:
    """Serves one unit; `rtu` frames, else MBAP.

    It works in order and takes `late_s` for each answer.  With `gateway` an
    answer goes to whoever is connected by then, as transparent serial servers
    do.  `silent_for` are function codes it does not answer at all; `framed`
    puts other bytes on the wire than the proper frame; `hangs_up_after` so many
    answers it closes the connection.
    """

    def __init__(self, *, rtu: bool = False, gateway: bool = False) -> None:
        self.rtu, self.gateway = rtu, gateway
        self.late_s = 0.0
        self.gate: asyncio.Event | None = None  # no answer before it is set
        self.script: Script = lambda request: 0
        self.silent_for: set[int] = set()
        self.hangs_up_after: int | None = None
        self.connections = 0
        self.framed: Framed = self.frame
        self.seen: list[tuple[float, Request]] = []
        self.port = 0
        self._queue: asyncio.Queue[tuple[bytes, bytes, asyncio.StreamWriter]] = asyncio.Queue()
        self._newest: asyncio.StreamWriter | None = None
        self._said: dict[asyncio.StreamWriter, int] = {}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._newest = writer
        self.connections += 1
        self._said[writer] = 0
        try:
            while True:
                if self.rtu:
                    head, pdu = await self._rtu_frame(reader)
                else:
                    head = await reader.readexactly(7)
                    pdu = await reader.readexactly(struct.unpack(">H", head[4:6])[0] - 1)
                if pdu:
                    self._queue.put_nowait((head, pdu, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _rtu_frame(self, reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
        unit = await reader.readexactly(1)
        start = await reader.readexactly(4)
        if start[0] == 43:
            await reader.readexactly(2)
            return unit, start
        rest = await reader.readexactly(1)
        if start[0] in (15, 16):
            size = await reader.readexactly(1)
            rest += size + await reader.readexactly(size[0])
        assert await reader.readexactly(2) == crc(unit + start + rest)
        return unit, start + rest

    async def _work(self) -> None:
        while True:
            head, pdu, writer = await self._queue.get()
            request: Request = (pdu[0], 0, 0, b"")
            if len(pdu) >= 5:
                request = (*struct.unpack(">BHH", pdu[:5]), pdu[5:])
            self.seen.append((asyncio.get_running_loop().time(), request))
            await asyncio.sleep(self.late_s)
            if self.gate is not None:
                await self.gate.wait()
            if request[0] in self.silent_for:
                continue
            code = 1 if request[0] == 43 else self.script(request)
            said = bytes((request[0] | 0x80, code)) if code else answer(request)
            to = self._newest if self.gateway and self._newest else writer
            to.write(self.framed(head, request, said))
            self._said[writer] = self._said.get(writer, 0) + 1
            if self.hangs_up_after is not None and self._said[writer] >= self.hangs_up_after:
                writer.close()

    def frame(self, head: bytes, _request: Request, said: bytes) -> bytes:
        """Return the proper frame of an answer to what came with `head`."""
        if self.rtu:
            return head + said + crc(head + said)
        return head[:4] + struct.pack(">H", len(said) + 1) + head[6:7] + said


@asynccontextmanager
async def device(*, rtu: bool = False, gateway: bool = False) -> AsyncIterator[ScriptedDevice]:
    scripted = ScriptedDevice(rtu=rtu, gateway=gateway)
    server = await asyncio.start_server(scripted._serve, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    work = asyncio.create_task(scripted._work())
    try:
        yield scripted
    finally:
        server.close()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
