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
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from cryptography.exceptions import InvalidSignature

from sensors.certificates import application_uri
from sensors.clock import Clock, SystemClock
from sensors.driver import Identity, WriteResult
from sensors.errors import ConfigError, LinkLost, LinkRefused
from sensors.linkmemory import LinkMemory
from sensors.linkspec import LinkSpec
from sensors.namespaces import PointNames
from sensors.opcua_refusal import refusal_of
from sensors.opcua_status import reason_of
from sensors.opcua_values import ns_of, number_of, result_of, source_of
from sensors.opcua_watch import Watch, value_of
from sensors.pki import PkiPaths
from sensors.quality import Quality, Reason, quality_of
from sensors.reading import Reading
from sensors.tag import Tag

# The library logs tracebacks for every lost peer; the link logs one line.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

CONNECT_TIMEOUT_S: Final = 3.0  # several round trips and RSA
_CLOSE_TIMEOUT_S: Final = 1.0
_NEVER_S: Final = 1e6  # our own polling tells whether the peer lives
# AssertionError: what the library makes of a secure channel refused in the middle.
_LOST: Final = (UaError, OSError, TimeoutError, InvalidSignature, ValueError, AssertionError)
_BUILD_INFO: Final = (
    ObjectIds.Server_ServerStatus_BuildInfo_ManufacturerName,
    ObjectIds.Server_ServerStatus_BuildInfo_ProductName,
    ObjectIds.Server_ServerStatus_BuildInfo_SoftwareVersion,
)
_NAMESPACES: Final = ua.NodeId(ua.Int32(ObjectIds.Server_NamespaceArray))
_STATE_NODE: Final = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_State))


class OpcuaDriver:
    """One OPC UA server; see `sensors.driver.Driver` for the contract."""

    def __init__(
        self,
        spec: LinkSpec,
        tags: Sequence[Tag],
        security: PkiPaths | None = None,
        timeout_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        if spec.security != "None" and security is None:
            raise ConfigError("tags.toml", f"link.{spec.name}.security", "needs a pki folder")
        self._spec, self._pki = spec, security if spec.security != "None" else None
        self._timeout_s = spec.timeout_s if timeout_s is None else timeout_s
        self._clock = clock or SystemClock()
        self._names = PointNames(spec, tags)
        self._nodes = {t: ua.NodeId.from_string(text) for t, text in self._names.place.items()}
        self._types: dict[Tag, ua.VariantType] = {}
        self.complaints: dict[Tag, str] = {}
        self._client: Client | None = None
        self._watch: Watch | None = None

    def recall(self, memory: LinkMemory) -> None:
        """Use what is known of this server; see `sensors.namespaces`."""
        self._names.recall(memory)

    @property
    def pin_line(self) -> str:
        """Return the line for tags.toml that pins what node ids name by index alone, or ""."""
        return self._names.pin_line

    async def connect(self) -> Identity:
        """Open a new session; raise LinkLost or, when turned away, LinkRefused."""
        await self._begin()
        identity = await self._identify()
        remarks = self._resolve(await self._namespaces())
        await self._subscribe(self._require())
        return replace(identity, remarks=remarks)

    async def attach(self, timeout_s: float) -> None:
        """Open a new session and ask only what nodes are called; raises what `connect` raises."""
        self._timeout_s = timeout_s
        await self._begin()
        self._resolve(await self._namespaces())

    async def _begin(self) -> None:
        await self.close()
        self._types.clear()
        client = Client(self._spec.url, timeout=CONNECT_TIMEOUT_S, watchdog_intervall=_NEVER_S)
        client.name = client.description = "Seastack"
        try:
            if self._pki is not None:
                await self._secure(client, self._pki)
            await client.connect()
        except _LOST as error:
            raise await self._why(error) from error
        except asyncio.CancelledError:
            client.disconnect_socket()
            raise
        self._client = client

    async def _namespaces(self) -> list[str]:
        """Return the URIs of the server's namespaces in order, none if it does not tell."""
        (answer,) = await self._read([_NAMESPACES])
        held = answer.Value.Value if answer.Value is not None else None
        return [str(uri) for uri in held] if isinstance(held, list) else []

    def _resolve(self, found: list[str]) -> tuple[str, ...]:
        remarks = self._names.take(found)
        self._nodes = {t: ua.NodeId.from_string(text) for t, text in self._names.place.items()}
        return remarks

    async def _require_same_namespaces(self) -> None:
        """Raise LinkLost when the server renumbered its namespaces under our session."""
        if self._names.depend and self._names.outdated(await self._namespaces()):
            await self._abandon()
            raise LinkLost(f"{self._spec.url} numbers its namespaces anew")

    async def _subscribe(self, client: Client) -> None:
        every_s = self._spec.subscribe_s
        slow = [t for t in self._nodes if every_s is not None and t.scan_s >= every_s]
        if not slow:
            return
        watch = Watch(slow, by_time=self._spec.time == "source")
        async with self._guarded(CONNECT_TIMEOUT_S):
            await watch.start(client, self._nodes)
        self._watch = watch

    async def _secure(self, client: Client, pki: PkiPaths) -> None:
        client.application_uri = application_uri(pki.client_cert)
        if self._spec.signs_in_with == "password":
            client.set_user(self._spec.user)
            client.set_password(pki.password())
        elif self._spec.signs_in_with == "certificate":
            await client.load_client_certificate(str(pki.user_cert))
            await client.load_private_key(pki.user_key)
        await client.set_security(
            SecurityPolicyBasic256Sha256,
            str(pki.client_cert),
            str(pki.client_key),
            server_certificate=str(await self._server_certificate(pki)),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )

    async def _server_certificate(self, pki: PkiPaths) -> Path:
        """Return the trusted certificate the server shows, the first when it shows none."""
        trusted = pki.trusted_for(self._spec.name)
        shown = await self._shown_certificate() if len(trusted) > 1 else None
        return next((p for p in trusted if p.read_bytes() == shown), trusted[0])

    async def _why(self, error: Exception) -> LinkLost | LinkRefused:
        """Tell a person's mistake from a dead peer."""
        url = self._spec.url
        name = ua.StatusCode(error.code).name if isinstance(error, UaStatusCodeError) else ""
        told = refusal_of(self._spec, name, str(error))
        if told is not None:
            return told
        if self._pki is not None and not isinstance(error, ConnectionRefusedError):
            shown = await self._shown_certificate()
            trusted = self._pki.trusted_for(self._spec.name)
            if shown is not None and shown not in [p.read_bytes() for p in trusted]:
                pinned = ", ".join(p.name for p in trusted)
                return LinkRefused(f"{url} shows another certificate than the pinned {pinned}")
            if shown is not None and not isinstance(error, TimeoutError):
                return LinkRefused(f"{url} refuses our certificate, it answers without security")
        return LinkLost(f"no connection to {url}")

    async def _shown_certificate(self) -> bytes | None:
        """Return the certificate the server offers to anybody, None if unknown."""
        probe = Client(self._spec.url, timeout=CONNECT_TIMEOUT_S)
        try:
            endpoints = await probe.connect_and_get_server_endpoints()
        except _LOST:
            return None
        return next((bytes(e.ServerCertificate) for e in endpoints if e.ServerCertificate), None)

    async def _identify(self) -> Identity:
        answers = await self._read([ua.NodeId(ua.Int32(i)) for i in _BUILD_INFO])
        vendor, product, version = (str(a.Value.Value or "") if a.Value else "" for a in answers)
        return Identity(vendor, product, version, simulator="SIMULATOR" in product)

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        """Return one reading a tag, same order, with the server's times."""
        watch = self._watch
        if watch is not None and watch.is_dead():
            await self._abandon()
            raise LinkLost(f"{self._spec.url} stopped telling news")
        told: dict[Tag, ua.DataValue] = {}
        alive_ns: int | None = None
        if watch is not None and not watch.wants_sweep():
            told = {t: watch.told[t] for t in tags if t in watch.told}
            alive_ns = self._clock.now_ns() - watch.silent_ns()
        asked = [t for t in tags if t not in told and t in self._nodes]
        nodes = list(dict.fromkeys(self._nodes[t] for t in asked))  # an array is read once
        answers = await self._read(nodes or ([_STATE_NODE] if told else []))
        if watch is not None and not told:
            watch.swept(asked, dict(zip(nodes, answers, strict=True)), self._nodes)
        of = dict(zip(nodes, answers, strict=False))
        await self._require_same_namespaces()
        now = self._clock.now_ns()
        self.complaints = {}
        return [
            self._refusal(t, now)
            if t in self._names.refused
            else self._reading(t, told[t], now, alive_ns)
            if t in told
            else self._reading(t, of[self._nodes[t]], now, None)
            for t in tags
        ]

    def _refusal(self, tag: Tag, now_ns: int) -> Reading:
        self.complaints[tag] = f"node {source_of(tag).node}: {self._names.refused[tag]}"
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
        await self._require_same_namespaces()
        unknown = [t for t in values if t not in self._types]
        if unknown:
            await self.read(unknown)  # the server insists on its own data type
        nodes = [self._nodes[t] for t in values]
        wire = [_variant(v, self._types.get(t, ua.VariantType.Double)) for t, v in values.items()]
        client = self._require()
        async with self._guarded():
            session = client.uaclient
            verdicts = await session.write_attributes(
                nodes, [ua.DataValue(v) for v in wire], AttributeIds.Value
            )
        if len(verdicts) != len(nodes):
            await self._abandon()
            raise LinkLost(f"{self._spec.url} confirmed {len(verdicts)} of {len(nodes)} writes")
        back = await self.read(list(values))
        return [
            result_of(tag, sent, read.value, "" if verdict.is_good() else verdict.name)
            for (tag, sent), read, verdict in zip(values.items(), back, verdicts, strict=True)
        ]

    async def _read(self, nodes: list[ua.NodeId]) -> list[ua.DataValue]:
        client = self._require()
        if not nodes:
            return []
        wanted = ua.ReadParameters()
        wanted.TimestampsToReturn = ua.TimestampsToReturn.Both
        wanted.NodesToRead = [value_of(node) for node in nodes]
        async with self._guarded():
            answers: list[ua.DataValue] = list(await client.uaclient.read(wanted) or [])
        if len(answers) != len(nodes):
            await self._abandon()
            raise LinkLost(
                f"{self._spec.url} answered {len(answers)} of {len(nodes)} points it was asked for"
            )
        return answers

    def _require(self) -> Client:
        if self._client is None:
            raise LinkLost(f"not connected to {self._spec.url}")
        return self._client

    async def close(self) -> None:
        """Say goodbye while the peer listens, drop the socket in any case."""
        client, self._client, self._watch = self._client, None, None
        if client is not None:
            await _drop(client, polite=True)

    @asynccontextmanager
    async def _guarded(self, timeout_s: float | None = None) -> AsyncIterator[None]:
        """Turn any failure into LinkLost and throw the client away.

        Also when cancelled: the answer to what was cancelled must have nowhere
        to arrive.
        """
        try:
            async with asyncio.timeout(timeout_s or self._timeout_s):
                yield
        except _LOST as error:
            await self._abandon()
            raise LinkLost(f"no answer from {self._spec.url}") from error
        except asyncio.CancelledError:
            await self._abandon()
            raise

    async def _abandon(self) -> None:
        client, self._client, self._watch = self._client, None, None
        if client is not None:
            await _drop(client, polite=False)


async def _drop(client: Client, polite: bool) -> None:
    if not polite:
        client.disconnect_socket()
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await client.disconnect()
    except _LOST:
        client.disconnect_socket()


def _variant(value: float, kind: ua.VariantType) -> ua.Variant:
    if kind is ua.VariantType.Boolean:
        return ua.Variant(value != 0.0, kind)
    if kind in (ua.VariantType.Double, ua.VariantType.Float):
        return ua.Variant(value, kind)
    return ua.Variant(round(value), kind)
