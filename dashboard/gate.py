"""Who may speak to the page: exact names, its own origin, its own paths, bounded messages.

Stands before Streamlit, whose own list of origins can be widened but not narrowed, and
which asks the internet for this machine's address before it refuses one.
Rules: RFC 9110 7.2 (Host), RFC 6455 10.2 (Origin), Fetch Metadata (Sec-Fetch-*).
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost")
OPTION: Final = "--allow-host"
WS_BYTES: Final = 256 * 1024  # one message; every alarm of a plant acknowledged at once has 80 kB
VIEWERS: Final = 32  # open pages at once; a ship has a few screens
RATE: Final = 20.0  # messages of one page a second; it sends one a second and one a press
BURST: Final = 40.0
PAGE_PATHS: Final = frozenset(
    {"/", "/favicon.png", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream"}
)
ASSETS: Final = "/static/"
STREAM: Final = "/_stcore/stream"
# What a proxy or an attacker says of itself; nothing of the page may believe it.
_DROPPED: Final = frozenset({b"host", b"origin", b"forwarded"})
_FORWARDED: Final = b"x-forwarded-"
_NOTHING: Final = b"default-src 'none'; frame-ancestors 'none'"
HEADERS: Final = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_CSP: Final = b"content-security-policy"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question is not answered: the status and a line that says what to do."""

    status: int
    text: str


def allowed_names(port: int, more: Iterable[str] = ()) -> frozenset[str]:
    """Return every Host value that is this page's: loopback on its port, and `more`.

    `more` holds NAME or NAME:PORT; a name without a port stands for the page's port and for
    a proxy's 80 or 443. Raises ValueError for what is no host name.
    """
    names = {f"{host}:{port}" for host in LOOPBACK} | (set(LOOPBACK) if port == 80 else set())
    for name in more:
        host, _, number = name.lower().partition(":")
        plain = host.replace("-", "").replace(".", "")
        if not (plain.isascii() and plain.isalnum()) or (":" in name and not _is_port(number)):
            raise ValueError(f"{OPTION} {name!r} is not NAME or NAME:PORT, such as bridge.ship")
        names |= {name.lower()} if number else {host, f"{host}:{port}"}
    return frozenset(names)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536


def refusal(scope: Scope, names: frozenset[str]) -> Refusal | None:
    """Return why an ASGI `scope` of type http or websocket is refused, None if it is not."""
    hosts, origins = _all(scope, b"host"), _all(scope, b"origin")
    host = hosts[0].lower() if len(hosts) == 1 else ""
    if host not in names:
        return Refusal(421, f"Not a name of this page. Allow one with {OPTION} NAME.")
    if not str(scope["path"]).startswith("/"):
        return Refusal(400, "Only a path may be asked for.")
    socket = scope["type"] == "websocket"
    own = (f"http://{host}", f"https://{host}")
    if origins and (len(origins) > 1 or origins[0].lower() not in own):
        return Refusal(403, f"Asked by another web page. Allow its host with {OPTION} NAME.")
    if socket and not origins:
        return Refusal(403, "A WebSocket must say which page opens it (Origin).")
    if not socket and _embedded(scope):
        return Refusal(403, "Asked by another web page: open this address itself.")
    if not socket and scope["method"] not in ("GET", "HEAD"):
        return Refusal(405, "Only GET and HEAD are answered.")
    path = str(scope["path"])
    if (socket and path != STREAM) or not (path in PAGE_PATHS or path.startswith(ASSETS)):
        return Refusal(404, "There is nothing here.")
    return None


def _all(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _embedded(scope: Scope) -> bool:
    """Return whether a browser says that another page asks, but for a link to this one."""
    if not {"cross-site", "same-site"} & set(_all(scope, b"sec-fetch-site")):
        return False
    return _all(scope, b"sec-fetch-mode") != ["navigate"] or (
        _all(scope, b"sec-fetch-dest") != ["document"]
    )


class Gate:
    """ASGI layer around the whole server; what it refuses reaches nothing behind it."""

    def __init__(self, app: ASGIApp, port: int, more: Iterable[str] = ()) -> None:
        self._app, self._names, self._viewers = app, allowed_names(port, more), 0
        own = f"127.0.0.1:{port}".encode()
        self._own = [(b"host", own)]
        self._own_origin = [(b"origin", b"http://" + own)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        why = refusal(scope, self._names)
        if why is None and scope["type"] == "websocket" and self._viewers >= VIEWERS:
            why = Refusal(503, f"{VIEWERS} pages are open already: close one.")
        if why is not None:
            await _refuse(why, scope, receive, send)
        elif scope["type"] == "websocket":
            self._viewers += 1
            try:
                await self._app(self._inner(scope), paced(receive), send)
            finally:
                self._viewers -= 1
        else:
            await self._app(self._inner(scope), receive, _guarded(send))

    def _inner(self, scope: Scope) -> Scope:
        """Return the scope under the page's own name: nothing is left to look up or believe."""
        kept = [
            header
            for header in scope["headers"]
            if header[0] not in _DROPPED and not header[0].startswith(_FORWARDED)
        ]
        origin = self._own_origin if _all(scope, b"origin") else []
        return {**scope, "headers": [*self._own, *origin, *kept]}


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": with_headers(message.get("headers", ()))}
        await send(message)

    return guarded


def with_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those every answer carries, each once."""
    ours = {name for name, _ in HEADERS}
    kept = [(k, v) for k, v in headers if k.lower() not in ours and k != b"server"]
    policy = [] if any(k.lower() == _CSP for k, _ in kept) else [(_CSP, _NOTHING)]
    return [*kept, *HEADERS, *policy]


async def _refuse(why: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    prefix = "http.response"
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        prefix = "websocket.http.response"
    body = f"Seastack: {why.text}\n".encode()
    plain = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    start = {"type": f"{prefix}.start", "status": why.status, "headers": with_headers(plain)}
    await send(start)
    await send({"type": f"{prefix}.body", "body": body})


def paced(receive: Receive) -> Receive:
    """Return `receive` that hands on at most `RATE` messages a second; none is lost."""
    left, seen_s = BURST, time.monotonic()

    async def slowly() -> Message:
        nonlocal left, seen_s
        message = await receive()
        now_s = time.monotonic()
        left, seen_s = min(BURST, left + (now_s - seen_s) * RATE) - 1.0, now_s
        if left < 0 and message["type"] == "websocket.receive":
            await asyncio.sleep(-left / RATE)
        return message

    return slowly
