"""An OPC UA server with a few variables, and tags of it."""

import asyncio
import datetime as dt

from asyncua import ua
from asyncua.server.server import Server

from sensors.linkspec import LinkSpec
from sensors.opcua import OpcuaDriver
from sensors.tag import Direction, Kind, OpcuaSource, Tag

LABELS = ((0, "OFF"), (2, "CAPTURE"))


def tag(
    name: str,
    kind: Kind = "float",
    *,
    node: str = "",
    element: int | None = None,
    deadband: float | None = None,
    scan_s: float = 1.0,
    direction: Direction = "in",
) -> Tag:
    source = OpcuaSource("dev", f"ns=2;s={node or name}", element, deadband)
    labels = LABELS if kind == "enum" else ()
    return Tag(name, "", "", kind, 0.0, 100.0, source, direction, labels, scan_s=scan_s)


class Peer:
    """An open server with a few variables; `show` gives one a value and a source time."""

    def __init__(self) -> None:
        self.server = Server()
        self.port = 0

    async def start(self) -> None:
        await self.server.init()
        self.server.set_endpoint("opc.tcp://127.0.0.1:0/")
        self.server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        await self.server.register_namespace("urn:peer")
        folder = self.server.nodes.objects
        for name, value, kind in (
            ("BEDS", [41.0, 52.5, 63.0], ua.VariantType.Float),
            ("MODE", 2, ua.VariantType.Int32),
            ("STATE", "capture", ua.VariantType.String),
            ("PLACE", ua.LocalizedText("OFF"), ua.VariantType.LocalizedText),
            ("ODD", "never heard", ua.VariantType.String),
            ("SLOW", 10.0, ua.VariantType.Double),
            ("SLACK", 10.0, ua.VariantType.Double),
            ("FAST", 1.0, ua.VariantType.Double),
            ("SET", 5, ua.VariantType.Int16),
        ):
            node = ua.NodeId.from_string(f"ns=2;s={name}")
            variable = await folder.add_variable(node, name, value, kind)
            if name == "SET":
                await variable.set_writable()
        await self.server.start()
        listening = self.server.bserver._server  # type: ignore[union-attr]
        assert isinstance(listening, asyncio.Server)
        self.port = listening.sockets[0].getsockname()[1]

    async def show(self, name: str, value: float, at: dt.datetime | None = None) -> None:
        now = at or dt.datetime.now(dt.UTC)
        data = ua.DataValue(
            ua.Variant(value, ua.VariantType.Double),
            SourceTimestamp=ua.DateTime.fromtimestamp(now.timestamp(), dt.UTC),
        )
        await self.server.write_attribute_value(ua.NodeId.from_string(f"ns=2;s={name}"), data)

    def driver(self, tags: list[Tag], **keys: object) -> OpcuaDriver:
        link = {"name": "dev", "protocol": "opcua", "port": self.port, **keys}
        return OpcuaDriver(LinkSpec.model_validate(link), tags)
