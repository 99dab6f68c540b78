"""The rig over OPC UA, generated from the same tags.toml the controller reads.

Basic256Sha256 SignAndEncrypt only, trusted client certificates only; one user,
by password, or whoever has a trusted user certificate.
Every variable carries the instrument's status and its source time.  A write
call reaches `rig.write` as one mapping.
"""

import datetime as dt
import hmac
import logging
import socket
from typing import Final

from asyncua import ua
from asyncua.common.callback import Callback, CallbackService, CallbackType, ServerItemCallback
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.internal_server import InternalServer
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager

from sensors.opcua_status import status_of
from sensors.pki import SERVER_URI, PkiPaths
from sensors.plantfile import Plant
from sensors.tag import OpcuaSource, Tag, address_of
from sim.served import Served, ServeError

for _name in ("asyncua", "asyncuagds"):  # they log a traceback for every caller turned away
    logging.getLogger(_name).setLevel(logging.CRITICAL)

NAMESPACE: Final = "urn:seastack:rig"


class OpcuaRig:
    """Serves one OPC UA link of a plant from a rig. Port 0 picks a free one.

    Without `pki` the server is open: only for a link with security "None".
    """

    def __init__(
        self,
        rig: Served,
        plant: Plant,
        host: str,
        port: int,
        pki: PkiPaths | None = None,
        link: str | None = None,
    ) -> None:
        self._rig, self._host, self._pki = rig, host, pki
        self._spec = next(
            s for s in plant.links.values() if s.protocol == "opcua" and link in (None, s.name)
        )
        self.port = port
        self._tags = plant.tags_of(self._spec.name)
        self._channels = [rig.table.index[t.name] for t in self._tags]
        self._nodes: list[ua.NodeId] = []
        self._by_node: dict[ua.NodeId, Tag] = {}
        self._server: Server | None = None
        self._closing = False

    async def start(self) -> None:
        """Listen; raise ServeError when the port is taken. Takes about 3 s."""
        if self.port == 0:
            self.port = _free_port(self._host)
        server = Server(user_manager=_OneUser(self._spec.user, self._pki) if self._pki else None)
        await server.init()
        server.set_server_name("Seastack rig")
        server.set_endpoint(f"opc.tcp://{self._host}:{self.port}{self._spec.path}")
        await server.set_build_info(
            NAMESPACE, "Seastack", "Seastack SIMULATOR", "1.0", "1", dt.datetime.now(dt.UTC)
        )
        if self._pki is not None:
            await self._secure(server, self._pki)
        await self._add_variables(server)
        server.subscribe_server_callback(CallbackType.PreRead, self._gate)
        server.subscribe_server_callback(CallbackType.PostWrite, self._written)
        self._closing = False
        try:
            await server.start()
        except OSError as error:
            raise ServeError.busy("OPC UA", self._host, self.port) from error
        self._server = server

    async def _secure(self, server: Server, pki: PkiPaths) -> None:
        await server.set_application_uri(SERVER_URI)
        await server.load_certificate(str(pki.server_cert))
        await server.load_private_key(pki.server_key)
        server.set_security_policy(
            [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt],
            permission_ruleset=SimpleRoleRuleset(),  # type: ignore[no-untyped-call]
        )
        server.set_identity_tokens([ua.UserNameIdentityToken, ua.X509IdentityToken])
        trusted = TrustStore([pki.trusted_clients], [])
        await trusted.load()
        options = (
            CertificateValidatorOptions.TRUSTED_VALIDATION | CertificateValidatorOptions.PEER_CLIENT
        )
        server.set_certificate_validator(CertificateValidator(options, trusted))

    async def _add_variables(self, server: Server) -> None:
        self._nodes, self._by_node = [], {}
        index = await server.register_namespace(NAMESPACE)
        named = {a.uri for t in self._tags if (a := address_of(_source(t).node)).uri is not None}
        spaces = {uri: await server.register_namespace(uri) for uri in sorted(named)}
        folder = await server.nodes.objects.add_folder(index, "Rig")
        for tag, channel in zip(self._tags, self._channels, strict=True):
            place = address_of(_source(tag).node)
            number = place.index if place.uri is None else spaces[place.uri]
            node_id = ua.NodeId.from_string(f"ns={number};{place.rest}")
            first = self._data_value(tag, channel)
            node = await folder.add_variable(
                node_id, ua.QualifiedName(tag.name, index), first.Value, datatype=None
            )
            if tag.direction == "setpoint":
                await node.set_writable()
            self._nodes.append(node_id)
            self._by_node[node_id] = tag
            await server.write_attribute_value(node_id, first)

    async def push(self) -> None:
        """Show the rig's present values; call it after every step of the rig."""
        server = self._server
        if server is None:
            return
        for tag, channel, node in zip(self._tags, self._channels, self._nodes, strict=True):
            await server.write_attribute_value(node, self._data_value(tag, channel))

    def _data_value(self, tag: Tag, channel: int) -> ua.DataValue:
        rig = self._rig
        source = _stamp(int(rig.source_ns[channel]))
        return ua.DataValue(
            _variant(tag, float(rig.value[channel])),
            StatusCode=ua.StatusCode(ua.UInt32(status_of(int(rig.reason[channel])))),
            SourceTimestamp=source,
            ServerTimestamp=source,
        )

    async def stop(self) -> None:
        """Stop listening and drop every session; idempotent."""
        self._closing = True
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def _gate(self, event: Callback, _service: CallbackService) -> None:
        """Hold an answer back while the rig's transport is late or hung."""
        if not isinstance(event, ServerItemCallback) or not event.is_external:
            return
        await self._rig.transport.hold(lambda: self._closing)

    async def _written(self, event: Callback, _service: CallbackService) -> None:
        if not isinstance(event, ServerItemCallback) or not event.is_external:
            return
        values: dict[str, float] = {}
        for item, verdict in zip(
            event.request_params.NodesToWrite, event.response_params, strict=True
        ):
            tag = self._by_node.get(item.NodeId)
            if tag is not None and verdict.is_good():
                values[tag.name] = float(item.Value.Value.Value)
        if values:
            self._rig.write(values)


class _OneUser(UserManager):
    """Lets in one user with one password, and the trusted user certificates."""

    def __init__(self, user: str, pki: PkiPaths) -> None:
        self._user, self._pki = user, pki

    def get_user(
        self,
        iserver: InternalServer,
        username: str | None = None,
        password: str | None = None,
        certificate: bytes | None = None,
    ) -> User | None:
        if username is None:
            known = [p.read_bytes() for p in self._pki.trusted_users.glob("*.der")]
            return User(role=UserRole.User, name="certificate") if certificate in known else None
        expected = self._pki.password()
        right = hmac.compare_digest((password or "").encode(), expected.encode())
        if username == self._user and right:
            return User(role=UserRole.User, name=username)
        return None


def _source(tag: Tag) -> OpcuaSource:
    if not isinstance(tag.source, OpcuaSource):
        raise ValueError(f"{tag.name} is not an OPC UA tag")
    return tag.source


def _variant(tag: Tag, value: float) -> ua.Variant:
    if tag.kind == "float":
        return ua.Variant(value, ua.VariantType.Double)
    number = round(value) if value == value else 0
    if tag.kind == "bool":
        return ua.Variant(number != 0, ua.VariantType.Boolean)
    return ua.Variant(number, ua.VariantType.Int64)


def _stamp(t_ns: int) -> ua.DateTime:
    return ua.DateTime.fromtimestamp(t_ns * 1e-9, dt.UTC)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
