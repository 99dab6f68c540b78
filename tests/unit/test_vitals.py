"""The health endpoint: what it says, to whom, and that nobody can hold it up."""

import asyncio
import contextlib
import json

import pytest

from controller import vitals
from controller.vitals import VitalsServer, link_vitals
from sensors.link import LinkState
from tests.patience import until

pytestmark = pytest.mark.usefixtures("task_watch")


async def ask(port: int, question: bytes) -> tuple[str, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0].decode(), body


@pytest.mark.parametrize(("ok", "status"), [(True, "200 OK"), (False, "503 Service Unavailable")])
async def test_it_says_how_the_controller_is(ok: bool, status: str) -> None:
    server = VitalsServer(lambda: {"ok": ok, "links": {"plc": link_vitals(LinkState())}}, 0)
    await server.start()
    head, body = await ask(server.port, b"GET / HTTP/1.1\r\nHost: LOCALHOST:80\r\n\r\n")
    assert head == f"HTTP/1.1 {status}"
    assert json.loads(body)["links"]["plc"]["up"] is False
    await server.stop()


async def test_it_takes_nothing_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vitals, "ASK_S", 0.1)
    server = VitalsServer(lambda: {"ok": True}, 0)
    await server.start()
    head, _ = await ask(server.port, b"POST / HTTP/1.1\r\n\r\n")
    assert head == "HTTP/1.1 405 Method Not Allowed"
    assert await ask(server.port, b"GET /") == ("", b"")
    assert await ask(server.port, b"x" * 10_000 + b"\r\n\r\n") == ("", b"")
    head, _ = await ask(server.port, b"GET / HTTP/1.1\r\n\r\n")
    assert head == "HTTP/1.1 200 OK"
    await server.stop()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "127.0.0.2", ""])
async def test_a_question_for_another_host_is_not_answered(host: str) -> None:
    server = VitalsServer(lambda: {"ok": True}, 0)
    await server.start()
    head, body = await ask(server.port, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert head.split()[1] == "421"
    assert b"ok" not in body
    lines = b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n"
    head, _ = await ask(server.port, lines)
    assert head.split()[1] == "431"
    await server.stop()


async def test_half_open_questions_take_no_more_than_their_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vitals, "ASK_S", 60.0)
    server = VitalsServer(lambda: {"ok": True}, 0)
    await server.start()
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(200)]
    for reader, _ in opened[: -vitals.MOST_AT_ONCE]:
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    assert len(server._callers) == vitals.MOST_AT_ONCE
    for _ in range(3):  # those who hold a place keep nobody out
        head, _ = await ask(server.port, b"GET / HTTP/1.1\r\n\r\n")
        assert head == "HTTP/1.1 200 OK"
    for _, writer in opened:
        writer.close()
    await until(lambda: not server._callers)
    await server.stop()
