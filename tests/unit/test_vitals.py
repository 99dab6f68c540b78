"""The health endpoint: what it says, to whom, and that nobody can hold it up."""

import asyncio
import json

import pytest

from controller import vitals
from controller.vitals import VitalsServer, link_vitals
from sensors.link import LinkState

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
    head, body = await ask(server.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
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
