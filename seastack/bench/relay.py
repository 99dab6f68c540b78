"""A wire between controller and rig that a bench can cut, stall, delay and break.

One relay stands in front of one link's server, in a thread of its own.  What it
does to the bytes is nothing a protocol knows of: it breaks every one alike.
"""

import asyncio
import contextlib
import socket
import threading
from types import TracebackType
from typing import Final, Literal, Self

HOST: Final = "127.0.0.1"
CHUNK: Final = 65536
CUT_AFTER: Final = 7  # bytes of an answer that still get through before a cut

Break = Literal["", "reset", "stall", "refuse", "cut", "late"]


class Relay:
    """Forwards `port` to `target`, both on loopback; `break_` names what is wrong now.

    "reset" ends every connection hard, again and again; "stall" takes bytes and
    passes none on; "refuse" closes the door; "cut" ends a connection within an
    answer; "late" holds every piece back for `late_s` wall seconds.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self.late_s = 0.3
        self._break: Break = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def break_(self, how: Break) -> None:
        """Begin a fault, or end it with ""."""
        asyncio.run_coroutine_threadsafe(self._set(how), self._loop).result(5.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _set(self, how: Break) -> None:
        before, self._break = self._break, how
        if how == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        if how in ("reset", "refuse"):
            self._hang_up()
        if before == "refuse" and how != "refuse":
            await self._listen()
        if before == "stall":
            self._hang_up()  # bytes were swallowed: the stream is no longer one

    def _hang_up(self) -> None:
        for writer in list(self._writers):
            sock: socket.socket | None = writer.get_extra_info("socket")
            if sock is not None:
                with contextlib.suppress(OSError):  # already gone
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, *[0] * 7]))
            writer.transport.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._break == "reset":
            writer.transport.abort()
            return
        try:
            back, onward = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, onward}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, onward, answer=False))
                both.create_task(self._pass(back, writer, answer=True))
        except* (ConnectionError, OSError):
            pass
        finally:
            for end in (writer, onward):
                self._writers.discard(end)
                end.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answer: bool
    ) -> None:
        while data := await source.read(CHUNK):
            if self._break == "late":
                await asyncio.sleep(self.late_s)
            if self._break == "stall":
                continue
            if self._break == "cut" and answer:
                sink.write(data[:CUT_AFTER])
                await sink.drain()
                raise ConnectionAbortedError("cut")
            sink.write(data)
            await sink.drain()
        raise ConnectionAbortedError("one end is gone")
