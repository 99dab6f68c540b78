"""The library's client, with what it leaves open closed.

It ends its session on every way out, asks for a short one and keeps it alive if the
server grants a very short one, and hangs up on a peer that sends more than a server can
have to say: the library would collect it for ever.
"""

import asyncio
import math
import time
from contextlib import suppress
from typing import Any, Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.uaerrors import UaStatusCodeError

from sensors.cancelling import cancelled_by_us_only
from sensors.errors import LinkFault, LinkLost
from sensors.foreigntext import clean

CONNECT_TIMEOUT_S: Final = 3.0  # several round trips and RSA
SESSION_S: Final = 30.0  # what is left behind when we are cut off ends by itself
GOODBYE_S: Final = 1.0  # for the answer to our goodbye
_UNHEARD_S: Final = 0.1  # the same, of a peer that has just not answered
_NEVER_S: Final = 1e6  # our own polling tells whether the peer lives
_LEAST_CHANNEL_MS: Final = 1000  # renewed at 75 %: below this it would be a flood of ours
_LEAST_ALIVE_S: Final = 0.1
_WHY_CHARS: Final = 160

MOST_CHUNK: Final = 1 << 20  # bytes; we offer 65 535, as most servers do
MOST_MESSAGE: Final = 4 << 20  # bytes; 1000 points with names and times are below 0.1 MB
MOST_CHUNKS_A_SECOND: Final = 5000
_HEAD: Final = 8  # bytes: three of type, one of chunk type, four of size (OPC 10000-6, 7.1.2.2)


class Framing:
    """Follows the sizes in a stream of chunks; says when they are beyond all reason."""

    def __init__(self) -> None:
        self._head, self._left, self._message = b"", 0, 0
        self._second, self._chunks = 0, 0

    def take(self, data: bytes, now_s: float) -> str:
        """Return what is wrong with the next bytes of a peer, "" for nothing."""
        if int(now_s) != self._second:
            self._second, self._chunks = int(now_s), 0
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left, at = self._left - step, at + step
                continue
            step = _HEAD - len(self._head)
            self._head, at = self._head + data[at : at + step], at + step
            if len(self._head) == _HEAD and (why := self._begin_chunk()):
                return why
        return ""

    def _begin_chunk(self) -> str:
        size, more = int.from_bytes(self._head[4:], "little"), self._head[3:4] == b"C"
        self._head, self._left = b"", max(size - _HEAD, 0)
        self._message, self._chunks = self._message + size, self._chunks + 1
        if size < _HEAD or size > MOST_CHUNK:
            return f"sends a chunk of {size} bytes, more than 8 to {MOST_CHUNK}"
        if self._message > MOST_MESSAGE:
            return f"sends a message of more than {MOST_MESSAGE} bytes"
        if self._chunks > MOST_CHUNKS_A_SECOND:
            return f"sends more than {MOST_CHUNKS_A_SECOND} chunks a second"
        if not more:
            self._message = 0
        return ""


class _Bounded(asyncio.Protocol):
    """Passes on to the library what a peer sends, as long as `Framing` finds nothing."""

    def __init__(self, inner: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._inner, self._transport, self._framing = inner, transport, Framing()
        self.why = ""

    def data_received(self, data: bytes) -> None:
        self.why = self.why or self._framing.take(data, time.monotonic())
        if self.why:
            self._transport.abort()
        else:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)


class Caller(Client):
    """A client for one session; `leave` ends it."""

    def __init__(self, url: str, timeout_s: float) -> None:
        super().__init__(url, timeout=timeout_s, watchdog_intervall=_NEVER_S)
        self.name = self.description = "Seastack"
        self.session_timeout = round(SESSION_S * 1000)
        # It looks after subscriptions of its own twice a second; ours are in `opcua_watch`.
        self._stale_check_interval = _NEVER_S
        self._bounds: _Bounded | None = None
        self._alive: asyncio.Task[None] | None = None

    @property
    def complaint(self) -> str:
        """Return why we hung up on the peer, "" if we did not."""
        return self._bounds.why if self._bounds is not None else ""

    async def connect_socket(self) -> None:
        """Connect, and watch the sizes of what comes in."""
        await super().connect_socket()
        inner = self.uaclient.protocol
        if inner is not None and inner.transport is not None:
            self._bounds = _Bounded(inner, inner.transport)
            inner.transport.set_protocol(self._bounds)

    async def open_secure_channel(self, renew: bool = False) -> None:
        """Open or renew the channel; LinkLost when it is granted for no time at all."""
        await super().open_secure_channel(renew)
        if self.secure_channel_timeout < _LEAST_CHANNEL_MS:
            raise LinkLost(
                f"{self.server_url.geturl()} grants a secure channel for "
                f"{self.secure_channel_timeout:g} ms, less than {_LEAST_CHANNEL_MS}"
            )

    async def create_session(self) -> ua.CreateSessionResult:
        """Create a session; one that we do not like is closed again."""
        try:
            return await super().create_session()
        except BaseException:
            await self._say_goodbye(_UNHEARD_S)
            raise

    async def connect(self, *args: Any, **keys: Any) -> None:
        """Connect as the library does, and keep a session alive that is very short."""
        await super().connect(*args, **keys)
        granted_s = float(self.session_timeout) * 1e-3
        if math.isfinite(granted_s) and 0.0 < granted_s < SESSION_S / 3.0:
            every_s = max(granted_s / 3.0, _LEAST_ALIVE_S)
            self._alive = asyncio.create_task(self._keep_alive(every_s))

    async def _keep_alive(self, every_s: float) -> None:
        with suppress(Exception):  # the next read of values tells what is wrong
            while True:
                await asyncio.sleep(every_s)
                await self.nodes.server_state.read_value()

    async def _say_goodbye(self, wait_s: float) -> None:
        with suppress(Exception):
            async with asyncio.timeout(wait_s):
                with cancelled_by_us_only():
                    await self.uaclient.close_session(True)

    async def leave(self, *, heard: bool = True) -> None:
        """Close session, channel and socket, whatever state they are in; never raises.

        The goodbye is sent in any case; its answer is hardly waited for when the peer
        was not `heard` just before.
        """
        if self._alive is not None:
            self._alive.cancel()
        try:
            with suppress(Exception):
                async with asyncio.timeout(GOODBYE_S if heard else _UNHEARD_S):
                    with cancelled_by_us_only():
                        await self.disconnect()
        finally:
            self.disconnect_socket()


def name_of(error: UaStatusCodeError) -> str:
    """Return what the specification calls a status code."""
    return str(ua.StatusCode(ua.UInt32(error.code)).name)


def lost_by(url: str, error: Exception, timeout_s: float, complaint: str = "") -> LinkLost:
    """Return the lost link that an error of the library stands for, in words that fit it.

    `complaint` is why we hung up ourselves, where we did.
    """
    if complaint:
        return LinkFault(f"{url} {complaint}: hung up")
    if isinstance(error, UaStatusCodeError):
        return LinkFault(f"{url} answers {name_of(error)}")
    if isinstance(error, TimeoutError):
        return LinkLost(f"no answer from {url} in {timeout_s:g} s")
    if isinstance(error, OSError):
        return LinkLost(f"{url} closed the connection")
    why = clean(f"{type(error).__name__}: {clean(error, _WHY_CHARS)}", _WHY_CHARS)
    return LinkFault(f"what {url} said cannot be understood ({why})")
