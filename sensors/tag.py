"""A tag is data: name, meaning, limits and where to find it. No IO here."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal
from urllib.parse import unquote

Table = Literal["coil", "discrete", "holding", "input"]
WireType = Literal["bool", "int16", "uint16", "int32", "uint32", "float32", "float64"]
Kind = Literal["float", "int", "bool", "enum"]
Direction = Literal["in", "setpoint", "readback"]


@dataclass(frozen=True, slots=True)
class ModbusSource:
    """Where a tag lives in a Modbus device; engineering = raw * scale + offset.

    With `ne43` the raw value is a loop current in microampere (uint16) and
    engineering = lo + (mA - 4) / 16 * (hi - lo) over the tag's range.
    `words` is the order of the 16-bit words of a 32 or 64 bit value.
    """

    link: str
    table: Table
    address: int
    type: WireType
    words: Literal["big", "little"] = "big"
    scale: float = 1.0
    offset: float = 0.0
    ne43: bool = False


_NODE: Final = re.compile(r"(?:ns=([0-9]+);|nsu=([^;]*);)?([sigb])=(.+)")
_GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LAST_NAMESPACE: Final = 0xFFFF
_LAST_NUMBER: Final = 0xFFFF_FFFF


def node_problem(node: str) -> str:
    """Return what is wrong with an OPC UA node id and how to write it, "" when nothing is.

    The text form of OPC 10000-6, 5.3.1.10: ``ns=N;`` or ``nsu=URI;``, and ``i=``, ``s=``,
    ``g=`` or ``b=``.  In the URI ``;`` is written %3B and ``%`` %25.
    """
    parts = _NODE.fullmatch(node)
    if parts is None:
        return (
            "is no node id; write it like ns=2;s=AT-101, or with i=, g= or b=, "
            "or nsu= and a namespace URI for ns="
        )
    namespace, uri, kind, identifier = parts.groups()
    if namespace is not None and int(namespace) > _LAST_NAMESPACE:
        return f"namespace {namespace} is above {_LAST_NAMESPACE}"
    if uri is not None and (not uri or uri != uri.strip() or not uri.isprintable()):
        return f"nsu= takes a namespace URI such as urn:maker:device, not '{uri}'"
    if kind == "i" and not re.fullmatch("[0-9]+", identifier):
        return f"i= takes a number, not '{identifier}'; a name is s={identifier}"
    if kind == "i" and int(identifier) > _LAST_NUMBER:
        return f"i={identifier} is above {_LAST_NUMBER}"
    if kind == "g" and not _GUID.fullmatch(identifier):
        return "g= takes a GUID like 09087e75-8e5e-499b-954f-f2a9603db28a"
    if kind == "b":
        try:
            base64.b64decode(identifier, validate=True)
        except (binascii.Error, ValueError):
            return f"b= takes base64 such as b=QUJD, not '{identifier}'"
    return ""


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A node id taken apart: `index` or, from ``nsu=``, `uri` of its namespace, and the rest."""

    index: int
    uri: str | None
    rest: str


def address_of(node: str) -> NodeAddress:
    """Return a node id taken apart; raise ValueError for what `node_problem` complains of."""
    parts = _NODE.fullmatch(node)
    if parts is None:
        raise ValueError(node)
    namespace, uri, kind, identifier = parts.groups()
    plain = None if uri is None else re.sub("%(3B|3b|25)", lambda m: unquote(m[0]), uri)
    return NodeAddress(int(namespace or 0), plain, f"{kind}={identifier}")


@dataclass(frozen=True, slots=True)
class OpcuaSource:
    """Where a tag lives in an OPC UA server: ``ns=2;s=AT-101`` or ``nsu=URI;s=AT-101``.

    `element` picks one of an array.  `deadband`, in the tag's unit: where the
    tag is subscribed, changes up to this are not told.
    """

    link: str
    node: str
    element: int | None = None
    deadband: float | None = None


@dataclass(frozen=True, eq=False)
class Tag:
    """One point of the rig. Identity is the object; names are unique in a table.

    `lo`, `hi` are the instrument's range in `unit`; `accuracy_rel` and
    `accuracy_abs` its expanded uncertainty (k=2) as rel * value + abs;
    `rate_max` the fastest credible change per second (None: not checked).
    """

    name: str
    text: str
    unit: str
    kind: Kind
    lo: float
    hi: float
    source: ModbusSource | OpcuaSource
    direction: Direction = "in"
    labels: tuple[tuple[int, str], ...] = ()
    accuracy_rel: float = 0.0
    accuracy_abs: float = 0.0
    scan_s: float = 1.0
    dead_time_s: float = 0.0
    flatline_s: float | None = None
    rate_max: float | None = None
    readback_of: str | None = None
    role: str | None = None
    index: int = 0
    witness: str = ""
    normal: tuple[float, float] | None = field(default=None)


class TagTable:
    """An ordered set of tags, found by name or by (role, index, witness).

    The position of a tag in `tags` is its channel number everywhere: in an
    image, in a journal record, in the simulator.
    """

    def __init__(self, tags: Iterable[Tag]) -> None:
        self.tags: tuple[Tag, ...] = tuple(tags)
        self.index: dict[str, int] = {t.name: i for i, t in enumerate(self.tags)}
        self._roles = {(t.role, t.index, t.witness): i for i, t in enumerate(self.tags) if t.role}

    def __len__(self) -> int:
        return len(self.tags)

    def __getitem__(self, name: str) -> Tag:
        return self.tags[self.index[name]]

    def find(self, role: str, index: int = 0, witness: str = "") -> int | None:
        """Return the channel bound to a role, or None when nothing is bound."""
        return self._roles.get((role, index, witness))

    def indices(self, role: str) -> list[int]:
        """Return the bound indices of a role with an empty witness, ascending."""
        return sorted(i for (r, i, w) in self._roles if r == role and not w)

    @cached_property
    def setpoints(self) -> tuple[Tag, ...]:
        """Return the tags that may be written, in table order."""
        return tuple(t for t in self.tags if t.direction == "setpoint")
