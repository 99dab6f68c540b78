"""How the controller is, as JSON over HTTP on this machine: GET / and nothing else.

200 while cycles run, the journal writes and requests are heard, 503 when not.  A link that is down
is in the answer but is no illness of the controller.  Loopback only: it shows
and takes nothing, but there is no login; so a question that was not meant for this machine
(another Host: a web page that had its name resolved to here) is not answered.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from sensors.link import LinkState

HOST: Final = "127.0.0.1"
LATE_PERIODS: Final = 3.0  # a cycle older than this many periods is late
ASK_S: Final = 2.0  # wall: a caller that does not finish its question is hung up on
# Callers; more would take the handles that links and journal need.  One more, and the oldest is
# hung up on: who asks in earnest is done by then, who only holds a place must not keep it.
MOST_AT_ONCE: Final = 16
LINE_BYTES: Final = 4096
MOST_LINES: Final = 64  # of a question
HOSTS: Final = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})

Vitals = Mapping[str, object]


def link_vitals(state: LinkState) -> dict[str, object]:
    """Return what is worth knowing of a link."""
    return {
        "up": state.up,
        "since_ns": state.since_ns,
        "reconnects": state.reconnects,
        "latency_ms": round(state.latency_ms, 3),
        "error": state.last_error,
        "clock": state.clock,
    }


class VitalsServer:
    """Answers GET with what `report` says at that moment; `port` 0 picks a free one."""

    def __init__(self, report: Callable[[], Vitals], port: int) -> None:
        self._report, self.port = report, port
        self._server: asyncio.Server | None = None
        self._callers: dict[asyncio.StreamWriter, None] = {}  # the oldest first

    async def start(self) -> None:
        """Listen on loopback; raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=LINE_BYTES)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening; idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._callers) >= MOST_AT_ONCE:
            oldest = next(iter(self._callers))
            del self._callers[oldest]
            oldest.transport.abort()
        self._callers[writer] = None
        try:
            await self._converse(reader, writer)
        finally:
            self._callers.pop(writer, None)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(*_HANGS_UP):
            async with asyncio.timeout(ASK_S):
                lines = [await reader.readuntil(b"\r\n")]
                while lines[-1] != b"\r\n" and len(lines) < MOST_LINES:
                    lines.append(await reader.readuntil(b"\r\n"))
                writer.write(self._answer(lines))
                await writer.drain()

    def _answer(self, lines: list[bytes]) -> bytes:
        if lines[-1] != b"\r\n":
            return _reply("431 Request Header Fields Too Large", b'{"error":"too many lines"}')
        if lines[0].split()[:1] not in ([b"GET"], [b"HEAD"]):
            return _reply("405 Method Not Allowed", b'{"error":"only GET"}')
        if any(host not in HOSTS for host in _hosts(lines)):
            return _reply("421 Misdirected Request", b'{"error":"ask for 127.0.0.1"}')
        vitals = self._report()
        body = json.dumps(vitals, indent=1).encode() + b"\n"
        return _reply("200 OK" if vitals["ok"] else "503 Service Unavailable", body)


_HANGS_UP: Final = (
    OSError,
    ValueError,
    TimeoutError,
    asyncio.IncompleteReadError,
    asyncio.LimitOverrunError,
)


def _hosts(lines: list[bytes]) -> list[bytes]:
    """Return the hosts a question names, without ports."""
    named = [ln.partition(b":") for ln in lines[1:-1]]
    found = [value.strip().lower() for name, _, value in named if name.strip().lower() == b"host"]
    return [re.sub(rb":\d*$", b"", host) for host in found]


def _reply(status: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
