"""Whatever stands behind the library - types, counts, errors - costs points or one link at most."""

import asyncio
import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.uaerrors import UaStatusCodeError

from sensors.clock import ManualClock
from sensors.driver import Identity
from sensors.errors import LinkError
from sensors.link import Link
from sensors.linkspec import LinkSpec
from sensors.memory import MemoryDriver
from sensors.opcua import OpcuaDriver
from sensors.opcua_client import MOST_CHUNK, MOST_CHUNKS_A_SECOND, MOST_MESSAGE, Caller, Framing
from sensors.opcua_watch import Watch
from sensors.quality import Quality, Reason, quality_of
from sensors.tag import OpcuaSource, Tag, TagTable

START_NS = 1_700_000_000_000_000_000
POINTS = [
    Tag(
        f"P-{i}", "", "", "float", 0.0, 100.0, OpcuaSource("odd", f"ns=2;s=P-{i}"),
        "setpoint" if i == 0 else "in", scan_s=10.0 if i == 1 else 1.0,
    )
    for i in range(4)
]  # fmt: skip
ODD: list[Any] = [None, True, 10**400, -(10**400), float("nan"), "text", b"\xff", [], [1.0] * 3, {},
                  [None], (1, 2), object(), 1e308, "\udcff\n", 3 + 4j, 5.0, 5.0, 5.0]  # fmt: skip
ERRORS = (
    KeyError, TypeError, AttributeError, OverflowError, RecursionError, OSError, TimeoutError,
    AssertionError, asyncio.CancelledError, MemoryError, StopIteration, ValueError, IndexError,
)  # fmt: skip
STAMPS: list[Any] = [None, ua.DateTime(1601, 1, 1), ua.DateTime.max, ua.DateTime.min, "now", 7]


class Sound:
    """A device in memory with which nothing is wrong."""

    alive, identity = True, Identity("Maker", "Sound", "1", False)

    def get(self, _name: str) -> tuple[float, Reason, int]:
        return 1.0, Reason.NONE, START_NS

    def put(self, _values: object) -> None:
        pass


class OddSession:
    """What the library would hand on, had its server said anything at all."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.answered = 0

    def _odd(self) -> bool:
        return self._rng.random() < 0.15

    def _value(self) -> Any:
        rng = self._rng
        value = SimpleNamespace(
            Value=SimpleNamespace(Value=5.0, VariantType=ua.VariantType.Double),
            StatusCode=ua.StatusCode(ua.UInt32(0)),
            SourceTimestamp=None,
            ServerTimestamp=None,
        )
        if self._odd():
            value.Value.Value = rng.choice(ODD)
        if self._odd():
            value.Value.VariantType = rng.choice([*ODD, *ua.VariantType])
        if self._odd():
            value.StatusCode = rng.choice(
                [None, "x", ua.StatusCode(ua.UInt32(rng.getrandbits(32)))]
            )
        if self._odd():
            value.SourceTimestamp, value.ServerTimestamp = rng.choice(STAMPS), rng.choice(STAMPS)
        for name in list(vars(value)):
            if rng.random() < 0.02:
                delattr(value, name)
        return value

    def _answers(self, asked: int, one: Any) -> Any:
        rng = self._rng
        self.answered += 1
        match rng.randrange(40):
            case 0:
                return rng.choice([None, [], {}, "answers", 5, object()])
            case 1:
                raise rng.choice(ERRORS)("odd\n\x1b[31m \udcff")
            case 2:
                raise UaStatusCodeError(rng.getrandbits(32))  # type: ignore[no-untyped-call]
            case 3:
                return [one() for _ in range(rng.randrange(2 * asked + 2))]
            case 4:
                return [rng.choice(ODD) for _ in range(asked)]
        return [one() for _ in range(asked)]

    async def read(self, wish: ua.ReadParameters) -> Any:
        spaces = SimpleNamespace(Value=SimpleNamespace(Value=["", "urn:a", "urn:b"]))
        own = [n.NodeId.NamespaceIndex == 0 for n in wish.NodesToRead]
        if own[0] and self._rng.random() < 0.9:
            return [spaces for _ in own]
        answers = self._answers(len(own), self._value)
        if own[-1] and isinstance(answers, list) and answers and self._rng.random() < 0.9:
            answers[-1] = spaces
        return answers

    async def write_attributes(self, nodes: list[Any], *_: Any) -> Any:
        code = ua.StatusCode(ua.UInt32(0 if not self._odd() else self._rng.getrandbits(32)))
        return self._answers(len(nodes), lambda: code)

    async def create_subscription(self, *_: Any, **__: Any) -> Any:
        ms = self._rng.choice([500.0, 0.0, -1.0, float("nan"), float("inf"), 1e300, None, "x"])
        keep = self._rng.choice([4, 0, -1, 2**32, None, 1.5])
        granted = SimpleNamespace(
            RevisedPublishingInterval=ms, RevisedMaxKeepAliveCount=keep, SubscriptionId=1
        )
        return self._answers(1, lambda: granted)[0]

    async def create_monitored_items(self, wish: Any) -> Any:
        sampled = self._rng.choice([500.0, float("nan"), -1.0, 1e12, None])
        one = SimpleNamespace(
            StatusCode=ua.StatusCode(ua.UInt32(0)), RevisedSamplingInterval=sampled
        )
        return self._answers(len(wish.ItemsToCreate), lambda: one)

    async def delete_subscriptions(self, ids: Any) -> Any:
        return self._answers(len(ids), lambda: ua.StatusCode(ua.UInt32(0)))

    async def close_session(self, *_: Any) -> Any:
        return self._answers(1, object)


@pytest.mark.parametrize("seed", range(6))
async def test_odd_answers_cost_points_or_this_link_and_never_another(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, sessions = ManualClock(START_NS), list[OddSession]()
    rng = random.Random(seed)

    async def connected(self: Caller, *_: Any, **__: Any) -> None:
        sessions.append(OddSession(rng))
        self.uaclient.session = sessions[-1]  # type: ignore[assignment]

    monkeypatch.setattr(Caller, "connect", connected)
    spec = LinkSpec.model_validate(
        {"name": "odd", "protocol": "opcua", "port": 1, "security": "None", "subscribe_s": 5.0}
    )
    odd = Link(
        "odd", lambda: OpcuaDriver(spec, POINTS, clock=clock), POINTS, clock,
        table=TagTable(POINTS), wall=clock, rng=random.Random(seed),
    )  # fmt: skip
    other_tags = [Tag("OK", "", "", "float", 0.0, 9.0, OpcuaSource("other", "ns=2;s=OK"))]
    other = Link(
        "other", lambda: MemoryDriver(Sound(), clock), other_tags, clock,
        table=TagTable(other_tags), wall=clock, rng=random.Random(seed),
    )  # fmt: skip
    tasks = [asyncio.create_task(link.run()) for link in (odd, other)]
    value, reason, age = np.zeros(4), np.zeros(4, np.uint32), np.zeros(4, np.int32)
    good = bad = ups = 0
    for step in range(400):
        clock.advance(0.25)
        for _ in range(40):
            await asyncio.sleep(0)
        assert not any(t.done() for t in tasks), [t.exception() for t in tasks if t.done()]
        assert other.state.up or step < 8
        odd.snapshot(value, reason, age, clock.now_ns())
        for one, why in zip(value, reason, strict=True):
            if quality_of(Reason(int(why))) == Quality.GOOD:
                # What is not finite is found by the checks behind every link.
                assert not np.isfinite(one) or one in (5.0, 0.0, 1.0, 1e308)
                good += 1
            else:
                bad += 1
        ups += odd.state.up
        assert odd.state.last_error.isprintable()
        if step % 3 == 0:
            for result in await odd.write({POINTS[0]: 5.0}):
                assert result.problem.isprintable()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert other.state.reconnects == 0
    assert min(good, bad, ups) > 20
    assert sum(s.answered for s in sessions) > 100


def chunk(size: int, kind: bytes = b"F", body: int | None = None) -> bytes:
    return b"MSG" + kind + size.to_bytes(4, "little") + bytes(size - 8 if body is None else body)


@pytest.mark.parametrize("step", [1, 7, 8, 9, 1000])
def test_ordinary_chunks_pass_however_they_are_cut(step: int) -> None:
    framing, stream = Framing(), (chunk(100, b"C") + chunk(40)) * 20 + chunk(8)
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    assert {framing.take(piece, 5.0) for piece in pieces} == {""}


def test_a_chunk_a_message_and_a_flood_beyond_reason_are_told() -> None:
    assert "a chunk of 4294967295 bytes" in Framing().take(chunk(2**32 - 1, body=10), 0.0)
    assert "a chunk of 7 bytes" in Framing().take(chunk(7, body=0), 0.0)
    framing = Framing()
    said = [framing.take(chunk(MOST_CHUNK, b"C"), float(t)) for t in range(5)]
    assert said[:4] == [""] * 4
    assert f"a message of more than {MOST_MESSAGE} bytes" in said[4]
    flood = chunk(8, b"A") * (MOST_CHUNKS_A_SECOND + 1)
    assert "chunks a second" in Framing().take(flood, 0.0)
    calm = Framing()
    assert not any(calm.take(chunk(8, b"A") * 2500, float(t)) for t in range(4))


async def test_news_that_is_none_costs_itself_and_reaches_no_other_point() -> None:
    watch = Watch(POINTS, by_time=True)
    right = ua.DataValue(ua.Variant(7.0))
    items = [SimpleNamespace(ClientHandle=h, Value=right) for h in (1.5, None, "x", -1, 2**40, 2)]
    notice = ua.DataChangeNotification()
    notice.MonitoredItems = [None, SimpleNamespace(ClientHandle=1), *items]
    message = SimpleNamespace(NotificationData=[notice])
    await watch.published(SimpleNamespace(NotificationMessage=message))  # type: ignore[arg-type]
    assert watch.told == {POINTS[2]: right}


async def test_a_library_that_cancels_itself_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises CancelledError in a task that nobody cancelled."""

    async def cancelled(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    for name in ("connect", "disconnect"):
        monkeypatch.setattr(Client, name, cancelled)
    caller = Caller("opc.tcp://127.0.0.1:1", 1.0)
    await caller.leave()
    spec = LinkSpec.model_validate(
        {"name": "odd", "protocol": "opcua", "port": 1, "security": "None"}
    )
    with pytest.raises(LinkError):
        await OpcuaDriver(spec, POINTS).connect()


def test_the_library_does_not_look_after_subscriptions_that_are_not_its_own() -> None:
    caller = Caller("opc.tcp://127.0.0.1:1", 1.0)
    name = "_stale_check_interval"
    assert getattr(Client("opc.tcp://127.0.0.1:1"), name) < 1.0, "gone: the setting, or the name"
    assert getattr(caller, name) > 1e5
