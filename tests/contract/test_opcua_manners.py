"""What a server cannot do is split, left out or said; nothing it says is more than a lost link."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from asyncua import ua
from asyncua.client.ua_client import UaClient
from asyncua.client.ua_session import UaSession
from asyncua.server.internal_session import InternalSession
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from sensors.errors import LinkFault, LinkLost
from sensors.linkspec import LinkSpec
from sensors.opcua import WITHOUT_SECURITY, OpcuaDriver
from sensors.opcua_client import SESSION_S, Caller
from sensors.opcua_limits import Portions
from sensors.quality import Quality
from tests.opcuapeer import Peer, tag
from tests.patience import PATIENCE_S, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


POINTS = [tag(f"BED-{i}", node="BEDS", element=i) for i in range(3)]
WIDE = [*POINTS, tag("MODE", "enum"), tag("STATE", "enum"), tag("PLACE", "enum"), tag("FAST")]
REAL_READ = InternalSession.read


def fails_above(most: int, code: int) -> Any:
    async def read(self: InternalSession, params: Any) -> Any:
        if len(params.NodesToRead) > most:
            raise UaStatusCodeError(code)  # type: ignore[no-untyped-call]
        return await REAL_READ(self, params)

    return read


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("code", ["BadTooManyOperations", "BadResponseTooLarge"])
async def test_a_server_that_takes_few_points_at_once_gets_few(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, most: int, code: str
) -> None:
    driver = peer.driver(WIDE)
    await driver.connect()
    monkeypatch.setattr(InternalSession, "read", fails_above(most, getattr(StatusCodes, code)))
    for _ in range(2):
        readings = await driver.read(WIDE)
        assert [r.value for r in readings[:3]] == [41.0, 52.5, 63.0]
        assert {r.quality for r in readings} == {Quality.GOOD}
    await driver.close()


async def test_portions_give_up_on_a_single_question() -> None:
    asked: list[int] = []

    async def ask(some: Any) -> Any:
        asked.append(len(some))
        raise UaStatusCodeError(StatusCodes.BadTooManyOperations)  # type: ignore[no-untyped-call]

    with pytest.raises(UaStatusCodeError):
        await Portions().each(list(range(8)), ask)
    assert asked == [8, 4, 2, 1]


async def test_a_service_fault_is_called_by_its_name_and_closes_its_session(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = peer.driver(POINTS)
    await driver.connect()
    assert driver._client is not None
    sent = requests_of(driver._client, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(InternalSession, "read", fails_above(0, StatusCodes.BadServiceUnsupported))
        with pytest.raises(LinkFault, match="answers BadServiceUnsupported"):
            await driver.read(POINTS)
    assert sent[-1] == "CloseSessionRequest"
    assert SESSION_S <= 30.0


def requests_of(client: Caller, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the kinds of request that a client sends from now on."""
    session, sent = client.uaclient.session, list[str]()
    send = session._send_request

    async def noted(request: Any, *args: Any, **keys: Any) -> Any:
        sent.append(type(request).__name__)
        return await send(request, *args, **keys)

    monkeypatch.setattr(session, "_send_request", noted)
    return sent


async def test_a_server_that_hangs_is_left_with_a_goodbye(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, held = peer.driver(POINTS, timeout_s=0.05), asyncio.Event()

    async def hang(self: InternalSession, params: Any) -> Any:
        await held.wait()
        return await REAL_READ(self, params)

    await driver.connect()
    assert driver._client is not None
    sent = requests_of(driver._client, monkeypatch)
    monkeypatch.setattr(InternalSession, "read", hang)
    with pytest.raises(LinkLost, match=r"no answer from .* in 0\.05 s"):
        await driver.read(POINTS)
    assert sent[-1] == "CloseSessionRequest"
    held.set()


async def test_a_connect_that_is_cancelled_leaves_no_session(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, began = asyncio.Event(), asyncio.Event()
    close = InternalSession.close_session

    async def close_session(self: InternalSession, *args: Any) -> Any:
        closed.set()
        return await close(self, *args)

    async def slowly(self: Caller, *_: Any, **__: Any) -> Any:
        began.set()
        await asyncio.sleep(PATIENCE_S)

    monkeypatch.setattr(InternalSession, "close_session", close_session)
    monkeypatch.setattr(Caller, "activate_session", slowly)
    task = asyncio.create_task(peer.driver(POINTS).connect())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(PATIENCE_S):
        await closed.wait()


async def test_a_very_short_session_is_kept_alive(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = UaSession.create_session

    async def short(self: UaSession, wish: Any) -> Any:
        assert wish.RequestedSessionTimeout == SESSION_S * 1000
        granted = await create(self, wish)
        granted.RevisedSessionTimeout = 300.0
        return granted

    monkeypatch.setattr(UaSession, "create_session", short)
    driver = peer.driver(POINTS)
    await driver.connect()
    assert driver._client is not None
    sent = requests_of(driver._client, monkeypatch)
    await until(lambda: sent.count("ReadRequest") >= 2, "reads nobody asked for")
    await driver.close()


async def test_a_channel_granted_for_no_time_is_refused_in_words(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = UaClient.open_secure_channel

    async def for_no_time(self: UaClient, wish: Any) -> Any:
        granted = await opened(self, wish)
        granted.SecurityToken.RevisedLifetime = 0
        return granted

    monkeypatch.setattr(UaClient, "open_secure_channel", for_no_time)
    with pytest.raises(LinkLost, match="grants a secure channel for 0 ms"):
        await peer.driver(POINTS).connect()


@pytest.mark.parametrize("code", ["BadTooManySubscriptions", "BadServiceUnsupported"])
async def test_without_subscriptions_all_is_polled_and_that_is_said(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    async def refuse(self: InternalSession, *_: Any, **__: Any) -> Any:
        raise UaStatusCodeError(getattr(StatusCodes, code))  # type: ignore[no-untyped-call]

    monkeypatch.setattr(InternalSession, "create_subscription", refuse)
    driver = peer.driver(POINTS, subscribe_s=0.5)
    said = (await driver.connect()).remarks
    assert any(f"gives no subscription ({code}): all is polled" in one for one in said)
    assert [r.value for r in await driver.read(POINTS)] == [41.0, 52.5, 63.0]
    await driver.close()


@pytest.mark.parametrize(
    ("granted", "polled"),
    [({"RevisedPublishingInterval": 60_000.0}, 1), ({"RevisedMaxKeepAliveCount": 1000}, 1),
     ({"RevisedPublishingInterval": float("nan")}, 1), ({"RevisedPublishingInterval": 1000.0}, 0),
     ({"RevisedPublishingInterval": 0.0}, 1), ({"RevisedPublishingInterval": -5.0}, 1)],
)  # fmt: skip
async def test_a_subscription_revised_too_far_is_polled_and_that_is_said(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, granted: dict[str, float], polled: int
) -> None:
    create, slow = UaSession.create_subscription, tag("SLOW", scan_s=10.0)

    async def revised(self: UaSession, *args: Any, **keys: Any) -> Any:
        result = await create(self, *args, **keys)
        for name, value in granted.items():
            setattr(result, name, value)
        return result

    monkeypatch.setattr(UaSession, "create_subscription", revised)
    driver = peer.driver([slow], subscribe_s=5.0)
    said = [r for r in (await driver.connect()).remarks if "in time: polled" in r]
    assert len(said) == polled
    assert (driver._watch is None) == bool(polled)
    assert [r.value for r in await driver.read([slow])] == [10.0]
    await driver.close()


async def test_a_point_the_server_looks_at_too_seldom_is_polled(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = UaSession.create_monitored_items
    slow, slack = tag("SLOW", scan_s=10.0), tag("SLACK", scan_s=10.0)

    async def seldom(self: UaSession, wish: Any) -> Any:
        results = await create(self, wish)
        results[0].RevisedSamplingInterval = 3_600_000.0
        return results

    monkeypatch.setattr(UaSession, "create_monitored_items", seldom)
    driver = peer.driver([slow, slack], subscribe_s=5.0)
    said = (await driver.connect()).remarks
    assert any("does not tell news of 1 of 2 points in time: polled" in r for r in said)
    watch = driver._watch
    assert watch is not None
    assert watch.watched == {slack}
    await driver.close()


async def test_a_server_that_takes_few_items_at_once_gets_few(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = UaSession.create_monitored_items
    slow, slack = tag("SLOW", scan_s=10.0), tag("SLACK", scan_s=10.0)

    async def one(self: UaSession, wish: Any) -> Any:
        if len(wish.ItemsToCreate) > 1:
            raise UaStatusCodeError(StatusCodes.BadTooManyOperations)  # type: ignore[no-untyped-call]
        return await create(self, wish)

    monkeypatch.setattr(UaSession, "create_monitored_items", one)
    driver = peer.driver([slow, slack], subscribe_s=5.0)
    await driver.connect()
    watch = driver._watch
    assert watch is not None
    assert watch.watched == {slow, slack}
    await driver.close()


async def test_a_number_that_does_not_fit_costs_its_own_write_only(peer: Peer) -> None:
    small = tag("SET", "int", direction="setpoint")
    wide = replace(small, hi=1e6)
    text = tag("PLACE", "enum", direction="setpoint")
    driver = peer.driver([wide, text, *POINTS])
    await driver.connect()
    done = {r.tag: r for r in await driver.write({wide: 40_000.0, text: 1.0})}
    assert done[wide].problem == "not sent: 40000 does not fit Int16"
    assert "takes no number" in done[text].problem
    assert [r.value for r in await driver.read(POINTS)] == [41.0, 52.5, 63.0]
    (kept,) = await driver.write({wide: 7.0})
    assert kept.ok
    await driver.close()


async def test_a_server_without_security_is_said(peer: Peer) -> None:
    driver = peer.driver(POINTS)
    url = f"opc.tcp://127.0.0.1:{peer.port}/"
    assert WITHOUT_SECURITY.format(url) in (await driver.connect()).remarks
    await driver.close()


async def test_ranges_beyond_the_servers_are_told(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = replace(tag("SET", "int", direction="setpoint"), hi=40_000.0)
    fixed = tag("LIMITED", direction="setpoint")
    text = replace(tag("ODD", direction="setpoint"), name="TEXT")
    node = ua.NodeId.from_string("ns=2;s=LIMITED")
    variable = await peer.server.nodes.objects.add_variable(node, "LIMITED", 5.0)
    await variable.add_property(0, "EURange", ua.Range(0.0, 50.0))
    driver = peer.driver([wide, fixed, text])
    await driver.connect()
    await driver.read([wide, fixed, text])
    assert await driver.ranges_beyond() == [
        "SET: its range of 0 to 40000 goes beyond the server's type: 40000 does not fit Int16",
        "LIMITED: its range of 0 to 100 goes beyond the server's EURange of 0 to 50",
        "TEXT: its range of 0 to 100 goes beyond the server's type: String takes no number",
    ]

    async def refuse(*_: Any) -> Any:
        raise UaStatusCodeError(StatusCodes.BadServiceUnsupported)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(UaSession, "translate_browsepaths_to_nodeids", refuse)
    assert len(await driver.ranges_beyond()) == 2
    assert [r.value for r in await driver.read([fixed])] == [5.0]
    await driver.close()


async def test_a_server_that_sends_beyond_reason_is_hung_up_on() -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        with suppress(ConnectionError):
            writer.write(b"ACKF" + b"\xff" * 4 + bytes(1 << 16))
            await writer.drain()
            await reader.read()
        writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = {"name": "dev", "protocol": "opcua", "port": port, "security": "None"}
    driver = OpcuaDriver(LinkSpec.model_validate(link), POINTS)
    with pytest.raises(LinkFault, match=r"sends a chunk of 4294967295 bytes, .*: hung up"):
        await driver.connect()
    server.close()
