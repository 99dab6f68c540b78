"""An OPC UA server as the client library hands it on: right values, answers of every other kind.

Types, counts, missing parts, revised numbers, errors, silence.  A number that is said with a
good status is right, for no client could know better; everything around it may be wrong.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from asyncua import ua
from asyncua.ua.uaerrors import UaStatusCodeError

from sensors.driver import WriteResult
from sensors.opcua_client import Caller
from sensors.tag import Tag

SPACES: Final = ["http://opcfoundation.org/UA/", "urn:server", "urn:points"]
OWN: Final = 2  # the namespace of our points among them
GOOD: Final = ua.StatusCode(ua.UInt32(0))
ODD: Final[tuple[Any, ...]] = (
    None, True, 10**400, -(10**400), float("nan"), float("-inf"), "text", b"\xff", [], [1.0] * 3,
    {}, [None], (1, 2), object(), 1e308, -0.0, "\udcff\n\x1b[2J", 3 + 4j, "x" * 100_000, 2**63,
)  # fmt: skip
ERRORS: Final[tuple[type[BaseException], ...]] = (
    KeyError, TypeError, AttributeError, OverflowError, RecursionError, OSError, TimeoutError,
    AssertionError, asyncio.CancelledError, MemoryError, StopIteration, ValueError, IndexError,
    ConnectionResetError, UnicodeError, EOFError,
)  # fmt: skip
STAMPS: Final[tuple[Any, ...]] = (
    None, ua.DateTime(1601, 1, 1), ua.DateTime.max, ua.DateTime.min, "now", 7, float("nan"),
)  # fmt: skip
_NEWS: Final = 20  # of a point: news that never arrived leaves one before it in force
INTERVALS: Final[tuple[Any, ...]] = (0.0, -1.0, float("nan"), float("inf"), 1e300, None, "x", 2**64)


class Server:
    """What a device holds by node, and what it has said of it."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.told = rng, Counter[str]()
        self.lies = rng.choice((0.02, 0.1, 0.3))  # of the answers, and of their parts
        self._held: dict[str, float] = {}
        self._said: dict[str, list[float]] = {}
        self.news: dict[str, deque[float]] = {}  # no later news is no change

    def caller(self, url: str, timeout_s: float) -> Caller:
        """Return the library's client as it is when connected to this server."""
        return _Connected(self, url, timeout_s)

    def show(self, values: Mapping[Tag, float]) -> None:
        """Have these values from now on."""
        self._held = {tag.name: value for tag, value in values.items()}
        self._said = {}

    def right(self, tag: Tag) -> Sequence[float]:
        """Return all values of a tag that were said since `show`, or told by news before."""
        return (*self._said.get(tag.name, ()), *self.news.get(tag.name, ()))

    def has(self, done: WriteResult) -> bool:
        """Return whether the device holds what was written."""
        held = self._held.get(done.tag.name, float("nan"))
        return abs(held - done.sent) <= 1e-6 * abs(done.sent)

    def odd(self) -> bool:
        """Return whether now something is wrong."""
        return self.rng.random() < self.lies

    def value(self, name: str) -> Any:
        """Return a node's value as a server says it, now and then with something wrong."""
        rng, held = self.rng, self._held.get(name, float("nan"))
        said = SimpleNamespace(
            Value=SimpleNamespace(Value=held, VariantType=ua.VariantType.Double),
            StatusCode=GOOD,
            SourceTimestamp=None,
            ServerTimestamp=None,
        )
        if self.odd():
            kind = rng.choice(("value", "type", "status", "stamp", "part"))
            self.told[f"value: {kind}"] += 1
            match kind:
                case "value":
                    said.Value.Value = rng.choice(ODD)
                case "type":
                    said.Value.VariantType = rng.choice([*ODD, *ua.VariantType])
                case "status":
                    code = ua.StatusCode(ua.UInt32(rng.getrandbits(32)))
                    said.StatusCode = rng.choice([None, "x", 0, code, code])
                case "stamp":
                    said.SourceTimestamp = rng.choice(STAMPS)
                    said.ServerTimestamp = rng.choice(STAMPS)
                case "part":
                    delattr(said, rng.choice(list(vars(said))))
        self._remember(name, said)
        return said

    def _remember(self, name: str, said: Any) -> None:
        number = getattr(getattr(said, "Value", None), "Value", None)
        if isinstance(number, bool | int | float):
            with suppress(OverflowError):  # the checks behind every link find what is not finite
                self._said.setdefault(name, []).append(float(number))
                if name in self.news:  # a sweep reads what is told by news all the same
                    self.news[name].append(float(number))

    def store(self, name: str, value: float) -> None:
        """Take what was written."""
        self._held[name] = value

    async def answer(self, asked: int, one: Callable[[int], Any]) -> Any:
        """Return answers to so many questions, or whatever else an odd server makes of them."""
        rng = self.rng
        right = [one(i) for i in range(asked)]
        if not self.odd():
            return right
        kind = rng.choice(("nothing", "an error", "a fault", "other count", "others", "silence"))
        self.told[kind] += 1
        match kind:
            case "nothing":
                return rng.choice([None, [], {}, "answers", 5, object(), ()])
            case "an error":
                raise rng.choice(ERRORS)("odd\n\x1b[31m \udcff")
            case "a fault":
                raise UaStatusCodeError(rng.getrandbits(32))  # type: ignore[no-untyped-call]
            case "other count":
                return right[: rng.randrange(asked + 1)] + right[: rng.randrange(2)]
            case "others":
                return [rng.choice(ODD) for _ in range(asked)]
            case _:
                return await asyncio.sleep(10.0)


class _Connected(Caller):
    """The library's client whose session is one of ours."""

    def __init__(self, server: Server, url: str, timeout_s: float) -> None:
        super().__init__(url, timeout_s)
        self._server = server

    async def connect(self, *_: Any, **__: Any) -> None:
        """Have a session, or what a server does instead."""
        await self._server.answer(1, lambda _: None)
        self.uaclient.session = Session(self._server)  # type: ignore[assignment]


class Session:
    """What the library would hand on, had its server said anything at all."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._publish: Callable[[Any], Any] | None = None
        self._watched: dict[int, str] = {}

    async def read(self, wish: Any) -> Any:
        server = self._server
        spaces = SimpleNamespace(Value=SimpleNamespace(Value=list(SPACES)))
        nodes = [item.NodeId for item in wish.NodesToRead]

        def one(i: int) -> Any:
            if nodes[i].NamespaceIndex == OWN:
                return server.value(str(nodes[i].Identifier))
            return spaces if server.rng.random() > server.lies / 10 else server.rng.choice(ODD)

        answers = await server.answer(len(nodes), one)
        await self._news()
        return answers

    async def _news(self) -> None:
        """Tell news of what is watched, right and wrong."""
        if self._publish is None or not self._watched:
            return
        server, rng = self._server, self._server.rng
        items = [
            SimpleNamespace(
                ClientHandle=handle
                if not server.odd()
                else rng.choice([-1, 2**40, None, "x", 1.5]),
                Value=self._told(name) if not server.odd() else rng.choice(ODD),
            )
            for handle, name in self._watched.items()
            if rng.random() < 0.2
        ]
        notice = ua.DataChangeNotification()
        wrong: list[Any] = [None, [], [None]]
        notice.MonitoredItems = items if not server.odd() else rng.choice(wrong)
        kinds = [notice, ua.StatusChangeNotification(), ua.EventNotificationList(), None]
        data = [notice] if not server.odd() else [rng.choice(kinds)]
        message = SimpleNamespace(NotificationMessage=SimpleNamespace(NotificationData=data))
        try:
            await self._publish(message)
        except Exception:  # noqa: BLE001 - as the library does: it drops what this raises
            server.told["news dropped"] += 1

    def _told(self, name: str) -> ua.DataValue:
        said = self._server.value(name)
        value = getattr(getattr(said, "Value", None), "Value", None)
        if not isinstance(value, float):
            return ua.DataValue(None)
        return ua.DataValue(ua.Variant(value))

    async def write_attributes(self, nodes: list[Any], values: list[Any], *_: Any) -> Any:
        server = self._server

        def one(i: int) -> Any:
            if server.odd():
                server.told["write refused"] += 1
                return ua.StatusCode(ua.UInt32(0x80000000 | server.rng.getrandbits(30)))
            server.store(str(nodes[i].Identifier), float(values[i].Value.Value))
            return GOOD

        return await server.answer(len(nodes), one)

    async def create_subscription(self, _wish: Any, publish: Callable[[Any], Any]) -> Any:
        rng, server = self._server.rng, self._server
        granted = SimpleNamespace(
            RevisedPublishingInterval=500.0 if not server.odd() else rng.choice(INTERVALS),
            RevisedMaxKeepAliveCount=4 if not server.odd() else rng.choice([0, -1, 2**32, None]),
            SubscriptionId=1,
        )
        self._publish = publish
        return (await server.answer(1, lambda _: granted))[0]

    async def create_monitored_items(self, wish: Any) -> Any:
        rng, server = self._server.rng, self._server

        def one(i: int) -> Any:
            item = wish.ItemsToCreate[i]
            handle = int(item.RequestedParameters.ClientHandle)
            name = self._watched[handle] = str(item.ItemToMonitor.NodeId.Identifier)
            server.news.setdefault(name, deque(maxlen=_NEWS))
            sampled = 500.0 if not server.odd() else rng.choice(INTERVALS)
            return SimpleNamespace(StatusCode=GOOD, RevisedSamplingInterval=sampled)

        return await server.answer(len(wish.ItemsToCreate), one)

    async def delete_subscriptions(self, ids: Any) -> Any:
        return await self._server.answer(len(ids), lambda _: GOOD)

    async def close_session(self, *_: Any) -> Any:
        return await self._server.answer(1, lambda _: None)
