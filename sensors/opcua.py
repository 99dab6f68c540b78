"""OPC UA driver: one read call, one write call, signed, encrypted, pinned.

Values are polled: one `Read` of all nodes a period carries value, status and
source time together.  Slow points may be subscribed instead (`subscribe_s` of
the link): no news is no change, as long as the subscription shows signs of
life; without them the link is lost.  A sweep now and then reads them all the
same, because some servers measure a deadband from the last sample and so
never tell of a slow drift.

The library's reconnecting is off; after any failure the client is thrown away
and `connect` makes a new one (see `sensors.link`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaStatusCodeError

from sensors import opcua_limits as limits
from sensors.cancelling import cancelled_by_us_only
from sensors.clock import Clock, SystemClock
from sensors.driver import Identity, WriteResult
from sensors.errors import ConfigError, LinkError, LinkLost, SensorsError
from sensors.linkmemory import LinkMemory
from sensors.linkspec import LinkSpec
from sensors.namespaces import PointNames, uris_in
from sensors.opcua_client import CONNECT_TIMEOUT_S, Caller, lost_by, name_of
from sensors.opcua_limits import Portions
from sensors.opcua_ranges import beyond, eu_ranges
from sensors.opcua_security import refused_by, secure
from sensors.opcua_services import read_values, write_values
from sensors.opcua_status import reason_of
from sensors.opcua_types import misfit, variant
from sensors.opcua_values import ns_of, number_of, result_of, source_of
from sensors.opcua_watch import Watch
from sensors.pki import PkiPaths
from sensors.quality import Quality, Reason, quality_of
from sensors.reading import Reading
from sensors.tag import Tag

# The library logs tracebacks for every lost peer; the link logs one line.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

WITHOUT_SECURITY: Final = (
    "{} has no security: whoever is on this network can read and change what goes over it"
)
_BUILD_INFO: Final = (
    ObjectIds.Server_ServerStatus_BuildInfo_ManufacturerName,
    ObjectIds.Server_ServerStatus_BuildInfo_ProductName,
    ObjectIds.Server_ServerStatus_BuildInfo_SoftwareVersion,
)
_NAMESPACES: Final = ua.NodeId(ua.Int32(ObjectIds.Server_NamespaceArray))
_STATE_NODE: Final = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_State))

SLACK_REQUESTS: Final = 8  # beside those for values: namespaces, types, limits, who is there


class OpcuaDriver:
    """One OPC UA server; see `sensors.driver.Driver` for the contract."""

    def __init__(
        self,
        spec: LinkSpec,
        tags: Sequence[Tag],
        security: PkiPaths | None = None,
        timeout_s: float | None = None,
        clock: Clock | None = None,
        caller: Callable[[str, float], Caller] = Caller,
    ) -> None:
        if spec.security != "None" and security is None:
            raise ConfigError("tags.toml", f"link.{spec.name}.security", "needs a pki folder")
        self._spec, self._pki = spec, security if spec.security != "None" else None
        self._timeout_s = spec.timeout_s if timeout_s is None else timeout_s
        self._clock, self._caller = clock or SystemClock(), caller
        self._names = PointNames(spec, tags)
        self._nodes = {t: ua.NodeId.from_string(text) for t, text in self._names.place.items()}
        self._types: dict[Tag, ua.VariantType] = {}
        self.complaints: dict[Tag, str] = {}
        self._client: Caller | None = None
        self._watch: Watch | None = None
        self._reads, self._writes, self._items = Portions(), Portions(), Portions()

    def recall(self, memory: LinkMemory) -> None:
        """Use what is known of this server; see `sensors.namespaces`."""
        self._names.recall(memory)

    def limit_s(self, points: int) -> float:
        """Return how long a call about `points` may take while no answer is late, wall."""
        return (SLACK_REQUESTS + 2 * -(-points // self._reads.most)) * self._timeout_s

    def portions(self, tags: Sequence[Tag]) -> Sequence[Sequence[Tag]]:
        """Return `tags` as they are: a server answers for all of them at once."""
        return [tags]

    @property
    def pin_line(self) -> str:
        """Return the line for tags.toml that pins what node ids name by index alone, or ""."""
        return self._names.pin_line

    async def connect(self) -> Identity:
        """Open a new session; raise LinkLost or, when turned away, LinkRefused."""
        await self._begin()
        async with self._guarded():
            identity = await self._identify()
            await self._ask_limits()
            remarks = self._resolve(await self._namespaces())
            remarks += await self._subscribe(self._require())
        if self._pki is None:
            remarks = (WITHOUT_SECURITY.format(self._spec.url), *remarks)
        return replace(identity, remarks=remarks)

    async def attach(self, timeout_s: float) -> None:
        """Open a new session and ask only what nodes are called; raises what `connect` raises."""
        self._timeout_s = timeout_s
        await self._begin()
        async with self._guarded():
            self._resolve(await self._namespaces())

    async def _begin(self) -> None:
        await self.close()
        self._types.clear()
        client = self._caller(self._spec.url, CONNECT_TIMEOUT_S)
        try:
            with cancelled_by_us_only():
                if self._pki is not None:
                    await secure(client, self._spec, self._pki)
                await client.connect()
        except SensorsError:
            await client.leave(heard=False)
            raise
        except Exception as error:
            await client.leave(heard=False)
            raise await refused_by(self._spec, self._pki, error, client.complaint) from error
        except asyncio.CancelledError:
            await client.leave(heard=False)
            raise
        self._client = client

    async def _ask_limits(self) -> None:
        """Take the server's own limits; one that does not tell has none until it says so."""
        found = [limits.limit_in(a) for a in await self._read(list(limits.QUESTIONS))]
        self._reads, self._writes, self._items = map(Portions, found)

    async def _namespaces(self) -> list[str]:
        """Return the URIs of the server's namespaces in order, none if it does not tell."""
        return uris_in((await self._read([_NAMESPACES]))[0].Value)

    def _resolve(self, found: list[str]) -> tuple[str, ...]:
        remarks = self._names.take(found)
        self._nodes = {t: ua.NodeId.from_string(text) for t, text in self._names.place.items()}
        return remarks

    async def _require_same_namespaces(self) -> None:
        """Raise LinkLost when the server renumbered its namespaces under our session."""
        if self._names.depend:
            self._require_not_outdated(await self._namespaces())

    def _require_not_outdated(self, found: list[str]) -> None:
        if self._names.outdated(found):
            raise LinkLost(f"{self._spec.url} numbers its namespaces anew")

    async def _subscribe(self, client: Caller) -> tuple[str, ...]:
        """Subscribe what may be; what the server does not tell in time is polled, and said."""
        every_s, url = self._spec.subscribe_s, self._spec.url
        slow = [t for t in self._nodes if every_s is not None and t.scan_s >= every_s]
        if not slow:
            return ()
        watch = Watch(slow, by_time=self._spec.time == "source")
        try:
            async with self._guarded(CONNECT_TIMEOUT_S, spare=True):
                await watch.start(client.uaclient.session, self._nodes, self._items)
        except _NotTaken as error:  # the session still stands
            return (f"{url} gives no subscription ({error}): all is polled",)
        if watch.watched:
            self._watch = watch
        polled = len(slow) - len(watch.watched)
        if not polled:
            return ()
        return (f"{url} does not tell news of {polled} of {len(slow)} points in time: polled",)

    async def _identify(self) -> Identity:
        answers = await self._read([ua.NodeId(ua.Int32(i)) for i in _BUILD_INFO])
        vendor, product, version = (str(a.Value.Value or "") if a.Value else "" for a in answers)
        return Identity(vendor, product, version, simulator="SIMULATOR" in product)

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        """Return one reading a tag, same order, with the server's times."""
        async with self._guarded():
            return await self._readings(tags)

    async def _readings(self, tags: Sequence[Tag]) -> list[Reading]:
        watch = self._watch
        if watch is not None and watch.is_dead():
            raise LinkLost(f"{self._spec.url} stopped telling news")
        told: dict[Tag, ua.DataValue] = {}
        alive_ns: int | None = None
        if watch is not None and not watch.wants_sweep():
            told = watch.news_of(tags)
            alive_ns = self._clock.now_ns() - watch.silent_ns()
        asked = [t for t in tags if t not in told and t in self._nodes]
        nodes = list(dict.fromkeys(self._nodes[t] for t in asked))  # an array is read once
        depend = [_NAMESPACES] if self._names.depend else []  # in the same question: no more trips
        answers = await self._read([*(nodes or ([_STATE_NODE] if told else [])), *depend])
        if depend:
            self._require_not_outdated(uris_in(answers.pop().Value))
        if watch is not None and not told:
            watch.swept(asked, dict(zip(nodes, answers, strict=True)), self._nodes)
        of = dict(zip(nodes, answers, strict=False))
        now = self._clock.now_ns()
        self.complaints = {}
        return [
            self._refusal(t, now)
            if t in self._names.refused
            else self._judged(t, told[t], now, alive_ns)
            if t in told
            else self._judged(t, of[self._nodes[t]], now, None)
            for t in tags
        ]

    def _refusal(self, tag: Tag, now_ns: int) -> Reading:
        return self._bad(tag, self._names.refused[tag], now_ns)

    def _judged(self, tag: Tag, answer: ua.DataValue, now_ns: int, alive_ns: int | None) -> Reading:
        """Return a reading, BAD where the answer is nothing that can be one."""
        try:
            return self._reading(tag, answer, now_ns, alive_ns)
        except Exception as error:  # noqa: BLE001 - of a peer's making: this point's loss only
            return self._bad(tag, f"cannot be understood ({type(error).__name__})", now_ns)

    def _bad(self, tag: Tag, why: str, now_ns: int) -> Reading:
        self.complaints[tag] = f"node {source_of(tag).node}: {why}"
        return Reading(float("nan"), Quality.BAD, Reason.DEVICE, now_ns, now_ns)

    def _reading(
        self, tag: Tag, answer: ua.DataValue, now_ns: int, alive_ns: int | None
    ) -> Reading:
        """Return a reading; `alive_ns` is the last sign of life of what was subscribed."""
        status = answer.StatusCode or ua.StatusCode()
        reason, value = reason_of(status.value), float("nan")
        if answer.Value is not None and answer.Value.Value is not None:
            value, problem = number_of(tag, answer.Value.Value)
            self._types.setdefault(tag, answer.Value.VariantType)
        else:
            problem = "has no value"
        if problem and quality_of(reason):
            reason |= Reason.DEVICE  # it claims to be fine, but it is not a number
        stamp_ns, doubt = self._stamp_ns(answer, now_ns)
        if doubt:
            reason |= Reason.DOUBTFUL
        if problem or doubt or not status.is_good():
            why = problem or doubt if status.is_good() else status.name
            self.complaints[tag] = f"node {source_of(tag).node}: {why}"
        if alive_ns is not None and (
            self._spec.time != "source" or source_of(tag).deadband is not None
        ):
            believed = self._spec.time == "source" and stamp_ns <= now_ns
            stamp_ns = max(stamp_ns if believed else 0, alive_ns)
        return Reading(value, quality_of(reason), reason, stamp_ns, now_ns)

    def _stamp_ns(self, answer: ua.DataValue, now_ns: int) -> tuple[int, str]:
        """Return the time that counts and, when the server's own is nonsense, what it is."""
        own, server = answer.SourceTimestamp, answer.ServerTimestamp
        meant = {"source": own or server, "server": server, "received": None}[self._spec.time]
        stamp_ns = ns_of(meant)
        if meant is None or stamp_ns is not None:
            return (now_ns if stamp_ns is None else stamp_ns), ""
        return ns_of(server) or now_ns, f"its time stamp {meant:%Y-%m-%d} is none"

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Write all values in one call and read them back; raise LinkLost.

        A value that is not a number or outside its tag's range refuses the
        whole write before anything is sent.
        """
        bad = [t.name for t, v in values.items() if not t.lo <= v <= t.hi]
        if bad:
            why = f"not sent: {', '.join(bad)} outside the range"
            return [WriteResult(t, v, float("nan"), False, why) for t, v in values.items()]
        refused = {t: why for t, why in self._names.refused.items() if t in values}
        if refused:
            sent = await self.write({t: v for t, v in values.items() if t not in refused})
            done = {r.tag: r for r in sent}
            for t, why in refused.items():
                done[t] = WriteResult(t, values[t], float("nan"), False, f"not sent: {why}")
            return [done[t] for t in values]
        if not values:
            return []
        async with self._guarded():
            return await self._write_fitting(values)

    async def _write_fitting(self, values: Mapping[Tag, float]) -> list[WriteResult]:
        await self._require_same_namespaces()
        unknown = [t for t in values if t not in self._types]
        if unknown:
            await self._readings(unknown)  # the server insists on its own data type
        kinds = {t: self._types.get(t, ua.VariantType.Double) for t in values}
        if misfits := {t: why for t, k in kinds.items() if (why := misfit(values[t], k))}:
            others = {t: v for t, v in values.items() if t not in misfits}
            done = {r.tag: r for r in await self._write_fitting(others)} if others else {}
            for t, why in misfits.items():
                done[t] = WriteResult(t, values[t], float("nan"), False, f"not sent: {why}")
            return [done[t] for t in values]
        nodes = [self._nodes[t] for t in values]
        wire = [ua.DataValue(variant(v, kinds[t])) for t, v in values.items()]
        refusals = await self._write(list(zip(nodes, wire, strict=True)))
        back = await self._readings(list(values))
        return [
            result_of(tag, sent, read.value, refusal)
            for (tag, sent), read, refusal in zip(values.items(), back, refusals, strict=True)
        ]

    async def _write(self, values: Sequence[tuple[ua.NodeId, ua.DataValue]]) -> list[str]:
        return await write_values(self._require(), values, self._writes, self._timeout_s)

    async def _read(self, nodes: Sequence[ua.NodeId]) -> list[ua.DataValue]:
        return await read_values(self._require(), nodes, self._reads, self._timeout_s)

    async def ranges_beyond(self) -> list[str]:
        """Return how set-points' ranges go beyond the server's types and EURanges; LinkLost.

        For commissioning, after a `read`: it asks what control does not need to know.
        """
        setpoints = {t: n for t, n in self._nodes.items() if t.direction == "setpoint"}
        held: dict[Tag, object] = {}
        async with self._guarded():
            client = self._require()
            try:
                async with self._guarded(CONNECT_TIMEOUT_S, spare=True):
                    session, most = client.uaclient.session, self._reads.most
                    properties = await eu_ranges(session, setpoints, most)
                    answers = await self._read(list(properties.values()))
                    held = {
                        t: getattr(a.Value, "Value", None)
                        for t, a in zip(properties, answers, strict=True)
                    }
            except _NotTaken:  # a server need not look up names
                pass
        said = (beyond(t, self._types.get(t), held.get(t)) for t in setpoints)
        return [why for why in said if why]

    def _require(self) -> Caller:
        if self._client is None:
            raise LinkLost(f"not connected to {self._spec.url}")
        return self._client

    async def close(self) -> None:
        """Say goodbye while the peer listens, drop the socket in any case."""
        client, self._client, self._watch = self._client, None, None
        if client is not None:
            await client.leave()

    @asynccontextmanager
    async def _guarded(
        self, timeout_s: float | None = None, *, spare: bool = False
    ) -> AsyncIterator[None]:
        """Turn any failure into LinkLost and throw the client away.

        Each request has its own time-out; `timeout_s` is for all of the block.
        Also when cancelled: the answer to what was cancelled must have nowhere to arrive.
        With `spare` what the server refuses, or says wrongly, costs the question only.
        """
        try:
            async with asyncio.timeout(timeout_s):
                with cancelled_by_us_only():
                    yield
        except LinkError:
            await self._abandon(heard=True)
            raise
        except asyncio.CancelledError:
            await self._abandon(heard=False)
            raise
        except Exception as error:
            silent = isinstance(error, TimeoutError | OSError)
            client = self._client
            if spare and not silent and client is not None and not client.complaint:
                raise _NotTaken(_short(error)) from error
            complaint = client.complaint if client is not None else ""
            await self._abandon(heard=not silent)
            raise lost_by(self._spec.url, error, timeout_s or self._timeout_s, complaint) from error

    async def _abandon(self, *, heard: bool) -> None:
        client, self._client, self._watch = self._client, None, None
        if client is not None:
            await client.leave(heard=heard)


class _NotTaken(Exception):
    """The server does not do what is not needed."""


def _short(error: Exception) -> str:
    return name_of(error) if isinstance(error, UaStatusCodeError) else type(error).__name__
