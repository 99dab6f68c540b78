"""Starts the page: bound to this machine, in need of nothing outside it."""

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvicorn
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from dashboard.gate import WS_BYTES, Gate
from dashboard.source import AFTER_VARIABLE, REPLAY_VARIABLE, SPEED_VARIABLE, STATE_VARIABLE
from dashboard.themes import THEMES, ground, options

HOST: Final = "127.0.0.1"
_SERVER: Final[dict[str, object]] = {
    "server.address": HOST,
    "server.headless": True,  # also: no e-mail prompt, no browser opened here
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
}
# The ground is painted before Streamlit's script has loaded: no white flash at night.
_FIRST_PAINT: Final = """<style>html{background:DAY}html.night{background:NIGHT}
html,body,#root{min-height:100%}body{background:transparent}</style>
<script>(function(){var q=location.search,s="";
try{s=localStorage.getItem("stActiveTheme-/-v2")||""}catch(e){}
var dark=s?/dark/i.test(s):matchMedia("(prefers-color-scheme:dark)").matches;
if(/dark_theme/.test(q)||(dark&&!/light_theme/.test(q)))
document.documentElement.classList.add("night")})()</script>"""


def serve(
    state_dir: Path,
    port: int,
    theme: str = "day",
    replay: str = "",
    speed: float = 1.0,
    after: str = "",
    allow_hosts: Sequence[str] = (),
) -> None:
    """Show the newest run below `state_dir` on http://127.0.0.1:`port` until stopped.

    With `replay`, a run's id, show that run as it was, `speed` times as fast. With `after`,
    a run's id, show nothing of that run and of those before it.

    `theme` "night" sends every visitor to the night page; with "day" the
    browser chooses: its viewer menu, its system's setting, or ?embed_options=
    dark_theme. `allow_hosts` are names besides loopback that a proxy or tunnel on this
    machine gives the page. Raises ValueError for another theme or for no host name; a busy
    port ends the process (uvicorn).
    """
    if theme not in THEMES:
        raise ValueError(f"theme {theme!r} is not one of {', '.join(THEMES)}")
    os.environ[STATE_VARIABLE] = str(state_dir.absolute())
    os.environ[AFTER_VARIABLE] = after
    os.environ[REPLAY_VARIABLE], os.environ[SPEED_VARIABLE] = replay, str(speed)
    app = App(Path(__file__).with_name("app.py"), middleware=[Middleware(FirstPaint, theme=theme)])
    gate = Gate(app, port, allow_hosts)
    flags = {**_SERVER, **options(), "server.port": port}
    config.get_config_options(force_reparse=True, options_from_flags=flags)
    uvicorn.run(
        gate,
        host=HOST,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # who asks is never what a header says
        server_header=False,
        ws_max_size=WS_BYTES,
        timeout_graceful_shutdown=1,  # open pages must not keep a stopped server alive
    )


class FirstPaint:
    """ASGI layer: gives the page its name and ground, and night where it was asked."""

    def __init__(self, app: ASGIApp, theme: str) -> None:
        self._app, self._theme = app, theme
        paint = _FIRST_PAINT.replace("DAY", ground("light")).replace("NIGHT", ground("dark"))
        self._head = paint.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        if self._theme == "night" and b"embed_options" not in scope["query_string"]:
            await _redirect(send, b"/?embed_options=dark_theme")
            return
        plain = [h for h in scope["headers"] if h[0] not in _NOT_PASSED_ON]
        await self._painted({**scope, "headers": plain}, receive, send)

    async def _painted(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = bytes(body).replace(b"<title>Streamlit</title>", b"<title>Seastack</title>")
            page = page.replace(b"<head>", b"<head>" + self._head, 1)
            kept = [h for h in start["headers"] if h[0] not in (b"content-length", b"etag")]
            length, policy = str(len(page)).encode(), policy_of(page)
            added = [(b"content-length", length), (b"content-security-policy", policy)]
            start["headers"] = [*kept, *added]
            await send(start)
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, collect)


def policy_of(page: bytes) -> bytes:
    """Return the Content-Security-Policy of the page: its own scripts, nothing of another host.

    Streamlit loads a component's script from a blob and writes styles in line.
    """
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(text).digest()).decode() for text in scripts)
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return _POLICY.replace("HASHES", hashes).encode()


_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' blob: HASHES",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

# A compressed or a "not modified" answer could not be painted.
_NOT_PASSED_ON: Final = (b"accept-encoding", b"if-none-match", b"if-modified-since")


async def _redirect(send: Send, to: bytes) -> None:
    headers = [(b"location", to), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
