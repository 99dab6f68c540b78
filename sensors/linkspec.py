"""[link.NAME] of tags.toml: where a device is and how it wants to be talked to."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from sensors.strictfile import Strict

Protocol = Literal["modbus-tcp", "modbus-rtu", "modbus-rtu-tcp", "opcua"]

OPCUA_TIMEOUT_S: Final = 1.0
MODBUS: Final = ("modbus-tcp", "modbus-rtu", "modbus-rtu-tcp")
_ONLY: Final[dict[str, tuple[str, ...]]] = {
    "device": ("modbus-rtu",),
    "baud": ("modbus-rtu",),
    "parity": ("modbus-rtu",),
    "stop_bits": ("modbus-rtu",),
    "host": ("modbus-tcp", "modbus-rtu-tcp", "opcua"),
    "port": ("modbus-tcp", "modbus-rtu-tcp", "opcua"),
    "unit_id": MODBUS,
    "writes": MODBUS,
    "gap_s": MODBUS,
    "max_registers": MODBUS,
    "identify": MODBUS,
    "path": ("opcua",),
    "security": ("opcua",),
    "login": ("opcua",),
    "user": ("opcua",),
    "time": ("opcua",),
    "subscribe_s": ("opcua",),
    "namespaces": ("opcua",),
}
_NEEDED: Final = {"modbus-rtu": "device"}
_NO_HOST: Final = re.compile(r"[^\w.:%\[\]-]")  # in a name or address; "@" would hide a password


def host_problem(host: str) -> str:
    """Return what is wrong with the name or address of a device, "" when nothing is."""
    if found := _NO_HOST.search(host):
        return (
            f"'{found[0]}' cannot stand in a host's name or address, a user and a password neither"
        )
    return ""


class LinkSpec(Strict):
    """[link.NAME]: one device. Secrets never stand here.

    `gap_s` is the least silence between two Modbus requests, `writes` whether
    single (FC 5, 6) or multiple writes (FC 15, 16) are used; `identify` whether a
    Modbus device is asked for its name (FC 43), None: until it is silent; `subscribe_s`:
    OPC UA points scanned at least this slowly are subscribed, not polled;
    `time` is whose time stamp says how old an OPC UA value is; `namespaces`
    what the indices of node ids (``ns=2;``) must stand for; `bypass` whether a
    bypass may go over a connection of its own beside the link's (`bypass_line`).
    """

    name: str
    protocol: Protocol
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    device: str = ""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 19200
    parity: Literal["none", "even", "odd"] = "even"
    stop_bits: Literal[1, 2] = 1
    unit_id: Annotated[int, Field(ge=0, le=255)] = 1
    writes: Literal["auto", "single", "multiple"] = "auto"
    gap_s: Annotated[float, Field(ge=0, le=1)] = 0.0
    max_registers: Annotated[int, Field(ge=4, le=125)] = 125
    identify: bool | None = None
    path: Annotated[str, Field(pattern=r"^/.*$")] = "/"
    security: Literal["None", "Basic256Sha256"] = "None"
    login: Literal["anonymous", "password", "certificate"] | None = None
    user: str = "seastack"
    time: Literal["source", "server", "received"] = "source"
    subscribe_s: Annotated[float, Field(gt=0)] | None = None
    timeout_s: Annotated[float, Field(gt=0, le=5)] = 0.5
    bypass: Literal["own", "shared"] | None = None
    namespaces: dict[str, str] = Field(default_factory=dict)

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, host: str) -> str:
        if problem := host_problem(host):
            raise ValueError(problem)
        return host

    @model_validator(mode="before")
    @classmethod
    def _slower_by_nature(cls, data: object) -> object:
        """Give OPC UA a second to answer: it is encrypted, and its servers serve many."""
        if isinstance(data, dict) and data.get("protocol") == "opcua":
            return {"timeout_s": OPCUA_TIMEOUT_S, **data}
        return data

    @field_validator("user")
    @classmethod
    def _is_somebody(cls, user: str) -> str:
        if not user.strip():
            raise ValueError("is empty: write the name the server knows, or leave the key out")
        return user

    @field_validator("namespaces")
    @classmethod
    def _are_indices(cls, namespaces: dict[str, str]) -> dict[str, str]:
        for index, uri in namespaces.items():
            if not index.isdecimal() or not 0 < int(index) <= 65535:
                raise ValueError(f"'{index}' is no namespace index from 1 to 65535")
            if not uri or uri != uri.strip():
                raise ValueError(f"of index {index} is no namespace URI: '{uri}'")
        named = [uri for uri in namespaces.values() if uri != "*"]
        if len(set(named)) < len(named):
            raise ValueError("names one URI twice: a server has each once")
        return namespaces

    @model_validator(mode="after")
    def _fits_the_protocol(self) -> Self:
        for key in sorted(self.model_fields_set & _ONLY.keys()):
            if self.protocol not in _ONLY[key]:
                raise ValueError(f"{key} is not a key of {self.protocol} links")
        needed = _NEEDED.get(self.protocol, "port")
        if needed not in self.model_fields_set:
            raise ValueError(f"{needed} is missing on a {self.protocol} link")
        if self.protocol.startswith("modbus-rtu") and not 1 <= self.unit_id <= 247:
            raise ValueError(f"unit_id {self.unit_id} is not between 1 and 247 on an RTU line")
        if self.protocol == "modbus-rtu" and self.bypass == "own":
            raise ValueError("bypass 'own' is not possible on a serial line: write 'shared'")
        if self.protocol == "opcua" and self.security == "None" and self.login == "password":
            raise ValueError("login 'password' needs security: it would cross the wire in the open")
        if self.protocol == "opcua" and self.security == "None" and self.login == "certificate":
            raise ValueError("login 'certificate' needs security 'Basic256Sha256'")
        return self

    def at(self, host: str, port: int) -> "LinkSpec":
        """Return the same link at another address."""
        return self.model_copy(update={"host": host, "port": port})

    def on_line(self, device: str) -> "LinkSpec":
        """Return the same link on another serial line."""
        return self.model_copy(update={"device": device})

    @property
    def is_modbus(self) -> bool:
        """Return True for Modbus on any wire."""
        return self.protocol in MODBUS

    @property
    def is_rtu(self) -> bool:
        """Return True for RTU framing: answers carry no number of their question."""
        return self.protocol in ("modbus-rtu", "modbus-rtu-tcp")

    @property
    def bypass_line(self) -> Literal["own", "shared"]:
        """Return how a bypass travels: as said, else by itself where there can be two.

        A serial line is one wire, also behind a gateway.
        """
        return self.bypass or ("shared" if self.is_rtu else "own")

    @property
    def signs_in_with(self) -> str:
        """Return the kind of login: as said, else a password where there is security."""
        return self.login or ("anonymous" if self.security == "None" else "password")

    @property
    def pinned(self) -> dict[int, str]:
        """Return the namespace URI that each index must stand for, where the file says so."""
        return {int(index): uri for index, uri in self.namespaces.items()}

    @property
    def url(self) -> str:
        """Return the address as people and clients write it."""
        if self.protocol == "opcua":
            return f"opc.tcp://{self.host}:{self.port}{self.path}"
        if self.protocol == "modbus-rtu":
            return f"modbus-rtu:{self.device}@{self.baud}/{self.unit_id}"
        return f"{self.protocol}://{self.host}:{self.port}/{self.unit_id}"
