"""Real OPC UA servers that register their namespaces in another order after a restart."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from asyncua import ua
from asyncua.server.server import Server

from sensors.clock import SystemClock
from sensors.driver import Identity
from sensors.errors import LinkLost
from sensors.link import Link
from sensors.linkmemory import LinkMemory
from sensors.linkspec import LinkSpec
from sensors.opcua import OpcuaDriver
from sensors.quality import Quality, Reason, quality_of
from sensors.tag import OpcuaSource, Tag, TagTable

A, B = "urn:quirk:a", "urn:quirk:b"
VALUES = {A: 100.0, B: 200.0}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(port: int, uris: Sequence[str]) -> AsyncIterator[Server]:
    """Serve s=T in every namespace, the value telling which it is."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    for uri in uris:
        index = await server.register_namespace(uri)
        node = await server.nodes.objects.add_variable(
            ua.NodeId.from_string(f"ns={index};s=T"), "T", VALUES[uri]
        )
        await node.set_writable()
    async with server:
        yield server


def point(node: str, direction: str = "in") -> Tag:
    source = OpcuaSource("dev", node)
    return Tag("T", "", "", "float", 0.0, 1000.0, source, direction)  # type: ignore[arg-type]


def driver_of(port: int, tag: Tag, memory: LinkMemory, **keys: object) -> OpcuaDriver:
    link = {
        "name": "dev",
        "protocol": "opcua",
        "port": port,
        "time": "received",
        "timeout_s": 5.0,
        **keys,
    }
    driver = OpcuaDriver(LinkSpec.model_validate(link), [tag])
    driver.recall(memory)
    return driver


def remarks_of(identity: Identity) -> tuple[str, ...]:
    return tuple(r for r in identity.remarks if "has no security" not in r)


async def test_a_uri_is_the_same_point_in_whatever_order() -> None:
    port, tag, memory = free_port(), point(f"nsu={B};s=T"), LinkMemory()
    for uris in ([A, B], [B, A], [B]):
        async with serving(port, uris):
            driver = driver_of(port, tag, memory)
            identity = await driver.connect()
            (reading,) = await driver.read([tag])
            assert (reading.value, reading.quality) == (200.0, Quality.GOOD)
            assert remarks_of(identity) == ()
            await driver.close()


async def test_a_uri_the_server_lacks_is_a_bad_point_in_words() -> None:
    port, tag = free_port(), point("nsu=urn:other;s=T")
    async with serving(port, [A, B]):
        driver = driver_of(port, tag, LinkMemory())
        identity = await driver.connect()
        (reading,) = await driver.read([tag])
        assert (reading.quality, reading.reason) == (Quality.BAD, Reason.DEVICE)
        assert "has no namespace 'urn:other'" in driver.complaints[tag]
        assert remarks_of(identity) == (
            "the server has no namespace 'urn:other' (1 point refused)",
        )
        await driver.close()


@pytest.mark.parametrize("pinned", [False, True])
async def test_an_index_that_changed_its_meaning_is_refused_and_never_written(
    pinned: bool,
) -> None:
    port, tag, memory = free_port(), point("ns=2;s=T", "setpoint"), LinkMemory()
    keys: dict[str, object] = {"namespaces": {"2": A}} if pinned else {}
    async with serving(port, [A, B]):
        driver = driver_of(port, tag, memory, **keys)
        await driver.connect()
        assert [r.value for r in await driver.read([tag])] == [100.0]
        assert driver.pin_line == ("" if pinned else f'namespaces = {{ 2 = "{A}" }}')
        await driver.close()
    async with serving(port, [B, A]) as server:
        driver = driver_of(port, tag, memory, **keys)
        identity = await driver.connect()
        (reading,) = await driver.read([tag])
        assert (reading.quality, reading.reason) == (Quality.BAD, Reason.DEVICE)
        assert f"namespace 2 was '{A}' and it is '{B}' now" in driver.complaints[tag]
        assert len(remarks_of(identity)) == 1
        (result,) = await driver.write({tag: 5.0})
        assert not result.ok
        assert "namespace 2" in result.problem
        held = [await server.get_node(f"ns={i};s=T").read_value() for i in (2, 3)]
        assert held == [200.0, 100.0]
        await driver.close()


async def test_a_server_that_renumbers_under_our_session_is_a_lost_link() -> None:
    port, tag = free_port(), point("ns=2;s=T", "setpoint")
    async with serving(port, [A, B]) as server:
        driver = driver_of(port, tag, LinkMemory())
        await driver.connect()
        await driver.read([tag])
        spaces = server.get_node("i=2255")
        found = await spaces.read_value()
        await spaces.write_value([*found[:2], B, A])
        with pytest.raises(LinkLost, match="numbers its namespaces anew"):
            await driver.read([tag])
        await spaces.write_value(found)
        await driver.connect()
        await spaces.write_value([*found[:2], B, A])
        with pytest.raises(LinkLost, match="numbers its namespaces anew"):
            await driver.write({tag: 5.0})
        assert await server.get_node("ns=2;s=T").read_value() == 100.0
        await driver.close()


async def test_a_link_keeps_refusing_after_its_server_came_back_otherwise() -> None:
    """Through the link that reconnects by itself, as the controller runs it."""
    port, tag, news = free_port(), point("ns=2;s=T"), list[str]()
    spec = LinkSpec.model_validate(
        {"name": "dev", "protocol": "opcua", "port": port, "time": "received", "timeout_s": 2.0}
    )
    link = Link(
        "dev", lambda: OpcuaDriver(spec, [tag]), [tag], SystemClock(), period_s=0.1,
        table=TagTable([tag]), on_news=news.append,
    )  # fmt: skip
    value, reason, age = np.zeros(1), np.zeros(1, np.uint32), np.zeros(1, np.int32)

    async def until(wanted: Reason) -> None:
        async with asyncio.timeout(60):
            while True:
                link.snapshot(value, reason, age, SystemClock().now_ns())
                if quality_of(int(reason[0])) == Quality.GOOD:
                    assert value[0] == 100.0
                if int(reason[0]) == wanted:
                    return
                await asyncio.sleep(0.02)

    task = asyncio.create_task(link.run())
    async with serving(port, [A, B]):
        await until(Reason.NONE)
    await until(Reason.LINK)
    async with serving(port, [B, A]):
        await until(Reason.DEVICE)
        assert "namespace 2 was" in news[-1]
    async with serving(port, [A, B]):
        await until(Reason.NONE)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
