"""How the controller is, as JSON over HTTP on this machine: GET / and nothing else.

200 while cycles run, the journal writes and requests are heard, 503 when not.  A link that is down
is in the answer but is no illness of the controller.  Loopback only: it shows
and takes nothing, but there is no login.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Final

from sensors.link import LinkState

HOST: Final = "127.0.0.1"
LATE_PERIODS: Final = 3.0  # a cycle older than this many periods is late
ASK_S: Final = 2.0  # wall: a caller that does not finish its question is hung up on

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

    async def start(self) -> None:
        """Listen on loopback; raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=4096)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening; idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(ASK_S):
                question = (await reader.readuntil(b"\r\n")).split()
                while (await reader.readuntil(b"\r\n")) != b"\r\n":
                    pass
                writer.write(self._answer(question))
                await writer.drain()
        writer.close()

    def _answer(self, question: list[bytes]) -> bytes:
        if question[:1] not in ([b"GET"], [b"HEAD"]):
            return _reply("405 Method Not Allowed", b'{"error":"only GET"}')
        vitals = self._report()
        body = json.dumps(vitals, indent=1).encode() + b"\n"
        return _reply("200 OK" if vitals["ok"] else "503 Service Unavailable", body)


def _reply(status: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
