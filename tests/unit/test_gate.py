"""Who may speak to the page: Host, Origin, path, method, number and rate."""

import asyncio
import socket
import time
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboard.gate import HEADERS, VIEWERS, Gate, allowed_names, refusal
from dashboard.server import policy_of
from tests.patience import until

NAMES = allowed_names(8501)
OWN = "127.0.0.1:8501"
Pairs = list[tuple[str, str]]


def scope(
    headers: Pairs, kind: str = "http", path: str = "/", method: str = "GET"
) -> dict[str, Any]:
    raw = [(k.encode(), v.encode("latin-1")) for k, v in headers]
    found: dict[str, Any] = {"type": kind, "path": path, "headers": raw, "query_string": b""}
    if kind == "http":
        found["method"] = method
    else:
        found.update(path="/_stcore/stream", extensions={"websocket.http.response": {}})
    return found


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.example:8501"], ["evil.example"], ["127.0.0.1"], ["127.0.0.1:8502"], [""], [],
        ["localhost.:8501"], ["127.0.0.1.:8501"], ["[::1]:8501"], ["[::ffff:127.0.0.1]:8501"],
        ["127.1:8501"], ["2130706433:8501"], ["0.0.0.0:8501"], ["127.0.0.1:08501"],
        ["127.0.0.1:8501:8501"], ["user@127.0.0.1:8501"], ["127.0.0.1:8501, evil.example"],
        ["127.0.0.1:8501 "], ["127.0.0.1.evil.example:8501"], [OWN, OWN], [OWN, "evil.example"],
    ],
)  # fmt: skip
def test_another_host_is_refused_by_name_of_the_option(kind: str, hosts: list[str]) -> None:
    pairs = [*(("host", h) for h in hosts), ("origin", f"http://{OWN}")]
    why = refusal(scope([*pairs, ("x-forwarded-host", OWN)], kind), NAMES)
    assert why is not None
    assert why.status == 421
    assert "--allow-host" in why.text


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.example"], ["null"], [""], ["file://"], ["http://127.0.0.1:9000"],
        ["http://127.0.0.1"], [f"http://{OWN}/"], [f"ftp://{OWN}"], ["http://localhost:8501"],
        [f"http://{OWN}.evil.example"], [f"http://{OWN}", "http://evil.example"],
        [f"http://{OWN}", f"http://{OWN}"], [f"http://evil.example http://{OWN}"],
    ],
)  # fmt: skip
def test_another_origin_is_refused(kind: str, origins: list[str]) -> None:
    pairs = [("host", OWN), *(("origin", o) for o in origins)]
    why = refusal(scope(pairs, kind), NAMES)
    assert why is not None
    assert why.status == 403


def test_a_websocket_must_say_where_it_comes_from() -> None:
    why = refusal(scope([("host", OWN)], "websocket"), NAMES)
    assert why is not None
    assert why.status == 403


@pytest.mark.parametrize("host", [OWN, "localhost:8501", "LocalHost:8501"])
def test_the_page_itself_is_let_in(host: str) -> None:
    pairs = [("host", host), ("origin", f"http://{host.lower()}")]
    assert refusal(scope(pairs, "websocket"), NAMES) is None
    assert refusal(scope(pairs), NAMES) is None
    assert refusal(scope([("host", host)]), NAMES) is None


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("http://evil.example/", "GET", 400),
        ("*", "OPTIONS", 400),
        ("/_stcore/upload_file/a/b", "PUT", 405),
        ("/", "POST", 405),
        ("/_stcore/metrics", "GET", 404),
        ("/_stcore/agent/openapi.json", "GET", 404),
        ("/_stcore/upload_file/a/b", "GET", 404),
        ("/media/x", "GET", 404),
        ("//evil.example", "GET", 404),
        ("/component/x", "GET", 404),
    ],
)
def test_what_the_page_does_not_need_is_closed(path: str, method: str, status: int) -> None:
    why = refusal(scope([("host", OWN)], path=path, method=method), NAMES)
    assert why is not None
    assert why.status == status


@pytest.mark.parametrize(
    ("mode", "dest", "let_in"),
    [
        ("navigate", "document", True),
        ("navigate", "iframe", False),
        ("no-cors", "script", False),
        ("cors", "empty", False),
    ],
)
def test_another_page_may_only_link_here(mode: str, dest: str, let_in: bool) -> None:
    fetch = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)]
    assert (refusal(scope([("host", OWN), *fetch]), NAMES) is None) is let_in


def test_a_name_of_the_ship_is_allowed_when_said() -> None:
    names = allowed_names(8501, ["Bridge.ship", "ecr.ship:9000"])
    for host in ("bridge.ship", "bridge.ship:8501", "ecr.ship:9000"):
        pairs = [("host", host), ("origin", f"https://{host}")]
        assert refusal(scope(pairs, "websocket"), names) is None
    assert "ecr.ship" not in names


@pytest.mark.parametrize(
    "name", ["", "*", "*.ship", "http://a", "a/b", "a:0", "a:x", "a:", "a:70000"]
)
def test_a_name_that_is_none_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="--allow-host"):
        allowed_names(8501, [name])


class Behind:
    """Stands where Streamlit does: keeps what reaches it and answers with little."""

    def __init__(self) -> None:
        self.seen: list[Scope] = []
        self.messages: list[Message] = []
        self.stay = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)
        if scope["type"] == "websocket":
            await self.stay.wait()
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(gate: Gate, asked: Scope) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(dict(message))

    await gate(asked, receive, send)
    return sent


@pytest.mark.parametrize("host", [OWN, "evil.example"])
async def test_every_answer_carries_the_headers(host: str) -> None:
    sent = await ask(Gate(Behind(), 8501), scope([("host", host)]))
    headers = dict(sent[0]["headers"])
    assert set(HEADERS) <= set(sent[0]["headers"])
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]


async def test_behind_the_gate_nothing_is_left_to_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **_: asked.append(a))
    behind = Behind()
    gate = Gate(behind, 8501, ["bridge.ship"])
    pairs = [
        ("host", "bridge.ship"),
        ("origin", "https://bridge.ship"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ]
    behind.stay.set()
    await ask(gate, scope(pairs, "websocket"))
    headers = dict(behind.seen[0]["headers"])
    assert headers == {b"host": OWN.encode(), b"origin": f"http://{OWN}".encode()}
    from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

    assert _is_origin_allowed(headers[b"origin"].decode(), headers[b"host"].decode())
    assert asked == []


async def test_a_forged_websocket_reaches_nothing() -> None:
    behind = Behind()
    pairs = [("host", OWN), ("origin", "http://evil.example")]
    sent = await ask(Gate(behind, 8501), scope(pairs, "websocket"))
    assert [m["type"] for m in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert behind.seen == []


async def test_open_pages_are_counted_and_counted_off() -> None:
    behind = Behind()
    gate = Gate(behind, 8501)
    own = scope([("host", OWN), ("origin", f"http://{OWN}")], "websocket")
    open_pages = [asyncio.create_task(ask(gate, own)) for _ in range(VIEWERS)]
    await until(lambda: len(behind.seen) == VIEWERS)
    sent = await ask(gate, own)
    assert sent[0]["status"] == 503
    behind.stay.set()
    await asyncio.gather(*open_pages)
    assert await ask(gate, own) == []


async def test_a_flood_of_messages_is_slowed_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dashboard import gate as subject

    waited: list[float] = []

    async def sleep(delay_s: float) -> None:
        waited.append(delay_s)

    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    monkeypatch.setattr("dashboard.gate.asyncio.sleep", sleep)
    given = iter({"type": "websocket.receive", "bytes": bytes([n])} for n in range(60))

    async def receive() -> Message:
        return next(given)

    slowly = subject.paced(receive)
    heard = [(await slowly())["bytes"][0] for _ in range(60)]
    assert heard == list(range(60))
    assert len(waited) == 60 - subject.BURST


def test_the_policy_knows_only_the_scripts_of_the_page() -> None:
    policy = policy_of(b"<script>one()</script><script>two()</script>").decode()
    assert policy.count("'sha256-") == 2
    assert "unsafe-eval" not in policy
    assert "http" not in policy
