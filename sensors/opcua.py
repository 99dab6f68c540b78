"""OPC UA driver: one read call, one write call, signed, encrypted, pinned.

Values are polled: one `Read` of all nodes a period carries value, status and
source time together.  The library's reconnecting is off; after any failure
the client is thrown away and `connect` makes a new one (see `sensors.link`).
"""

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from sensors.clock import Clock, SystemClock
from sensors.driver import Identity, WriteResult
from sensors.errors import ConfigError, LinkLost, LinkRefused
from sensors.linkspec import LinkSpec
from sensors.opcua_status import reason_of
from sensors.pki import PkiPaths
from sensors.quality import Reason, quality_of
from sensors.reading import Reading
from sensors.tag import OpcuaSource, Tag

# The library logs tracebacks for every lost peer; the link logs one line.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

CONNECT_TIMEOUT_S: Final = 3.0  # several round trips and RSA
_CLOSE_TIMEOUT_S: Final = 1.0
_NEVER_S: Final = 1e6  # our own polling tells whether the peer lives
_REFUSED: Final = (
    "BadCertificate",
    "BadSecurity",
    "BadIdentity",
    "BadUserAccessDenied",
    "BadNoValidCertificates",
)
_LOST: Final = (UaError, OSError, TimeoutError, InvalidSignature, ValueError)
_BUILD_INFO: Final = (
    ObjectIds.Server_ServerStatus_BuildInfo_ManufacturerName,
    ObjectIds.Server_ServerStatus_BuildInfo_ProductName,
    ObjectIds.Server_ServerStatus_BuildInfo_SoftwareVersion,
)


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
        self._nodes = {tag: ua.NodeId.from_string(_node(tag)) for tag in tags}
        self._types: dict[Tag, ua.VariantType] = {}
        self._client: Client | None = None

    async def connect(self) -> Identity:
        """Open a new session; raise LinkLost or, when turned away, LinkRefused."""
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
        return await self._identify()

    async def _secure(self, client: Client, pki: PkiPaths) -> None:
        client.application_uri = _application_uri(pki)
        client.set_user(self._spec.user)
        client.set_password(pki.password())
        await client.set_security(
            SecurityPolicyBasic256Sha256,
            str(pki.client_cert),
            str(pki.client_key),
            server_certificate=str(pki.pinned_server(self._spec.name)),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )

    async def _why(self, error: Exception) -> LinkLost | LinkRefused:
        """Tell a person's mistake from a dead peer."""
        url = self._spec.url
        name = ua.StatusCode(error.code).name if isinstance(error, UaStatusCodeError) else ""
        if name == "BadUserAccessDenied" or name.startswith("BadIdentity"):
            return LinkRefused(f"{url} refuses user '{self._spec.user}' or its password")
        if name.startswith(_REFUSED):
            return LinkRefused(f"{url} refuses our certificate ({name})")
        if self._pki is not None and not isinstance(error, ConnectionRefusedError):
            shown = await self._shown_certificate()
            pinned = self._pki.pinned_server(self._spec.name)
            if shown is not None and shown != pinned.read_bytes():
                return LinkRefused(f"{url} shows another certificate than the pinned {pinned.name}")
        if "No matching endpoints" in str(error):
            return LinkRefused(f"{url} does not offer security '{self._spec.security}'")
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
        """Return one reading a tag, same order, with the server's source times."""
        answers = await self._read([self._nodes[tag] for tag in tags])
        now = self._clock.now_ns()
        return [self._reading(tag, a, now) for tag, a in zip(tags, answers, strict=True)]

    def _reading(self, tag: Tag, answer: ua.DataValue, now_ns: int) -> Reading:
        reason = reason_of(answer.StatusCode.value if answer.StatusCode else 0)
        value = float("nan")
        if answer.Value is not None and isinstance(answer.Value.Value, bool | int | float):
            value = float(answer.Value.Value)
            self._types.setdefault(tag, answer.Value.VariantType)
        elif quality_of(reason):
            reason |= Reason.DEVICE  # it claims to be fine, but it is not a number
        stamp = answer.SourceTimestamp or answer.ServerTimestamp
        source = _ns(stamp) if stamp is not None else now_ns
        return Reading(value, quality_of(reason), reason, source, now_ns)

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Write all values in one call and read them back; raise LinkLost.

        A value that is not a number or outside its tag's range refuses the
        whole write before anything is sent.
        """
        bad = [t.name for t, v in values.items() if not t.lo <= v <= t.hi]
        if bad:
            why = f"not sent: {', '.join(bad)} outside the range"
            return [WriteResult(t, v, float("nan"), False, why) for t, v in values.items()]
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
        back = await self.read(list(values))
        return [
            _result(tag, sent, read.value, verdict)
            for (tag, sent), read, verdict in zip(values.items(), back, verdicts, strict=True)
        ]

    async def _read(self, nodes: list[ua.NodeId]) -> list[ua.DataValue]:
        client = self._require()
        async with self._guarded():
            answers: list[ua.DataValue] = await client.uaclient.read_attributes(
                nodes, AttributeIds.Value
            )
        return answers

    def _require(self) -> Client:
        if self._client is None:
            raise LinkLost(f"not connected to {self._spec.url}")
        return self._client

    async def close(self) -> None:
        """Say goodbye while the peer listens, drop the socket in any case."""
        client, self._client = self._client, None
        if client is not None:
            await _drop(client, polite=True)

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """Turn any failure into LinkLost and throw the client away.

        Also when cancelled: the answer to what was cancelled must have nowhere
        to arrive.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except _LOST as error:
            await self._abandon()
            raise LinkLost(f"no answer from {self._spec.url}") from error
        except asyncio.CancelledError:
            await self._abandon()
            raise

    async def _abandon(self) -> None:
        client, self._client = self._client, None
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


def _node(tag: Tag) -> str:
    if not isinstance(tag.source, OpcuaSource):
        raise ValueError(f"{tag.name} is not an OPC UA tag")
    return tag.source.node


def _variant(value: float, kind: ua.VariantType) -> ua.Variant:
    if kind is ua.VariantType.Boolean:
        return ua.Variant(value != 0.0, kind)
    if kind in (ua.VariantType.Double, ua.VariantType.Float):
        return ua.Variant(value, kind)
    return ua.Variant(round(value), kind)


def _result(tag: Tag, sent: float, read: float, verdict: ua.StatusCode) -> WriteResult:
    if not verdict.is_good():
        return WriteResult(tag, sent, read, False, f"refused by the device: {verdict.name}")
    close = abs(read - sent) <= max(1e-6 * abs(sent), 0.5 if tag.kind != "float" else 0.0)
    return WriteResult(tag, sent, read, close, "" if close else f"read back {read:g}")


def _ns(stamp: dt.datetime) -> int:
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=dt.UTC)
    since = stamp - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return ((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _application_uri(pki: PkiPaths) -> str:
    """Return the URI our own certificate names; servers insist that we use it."""
    try:
        certificate = x509.load_der_x509_certificate(pki.client_cert.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise ConfigError(str(pki.client_cert), "certificate", f"cannot be used: {error}") from None
    return str(names.value.get_values_for_type(x509.UniformResourceIdentifier)[0])
