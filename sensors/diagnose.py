"""What is wrong with a device that does not answer, in words a person can act on.

Only for commissioning: it knocks by hand, byte by byte, and reads one
register at most.  Never part of the control loop.
"""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sensors.linkspec import LinkSpec
from sensors.modbus_codes import DEVICE_FAILURE, GATEWAY_NO_PATH, GATEWAY_NO_RESPONSE
from sensors.modbus_dialogue import crc

_KNOCK_S: Final = 2.0
_ANSWER_S: Final = 0.6
_USUAL_UNITS: Final = (1, 255, 0, 2, 3, 17, 247)
_NOT_THERE: Final = (GATEWAY_NO_PATH, GATEWAY_NO_RESPONSE, DEVICE_FAILURE)
_HELLO: Final = b"HELF\x20\x00\x00\x00" + bytes(24)
_READ_ONE: Final = b"\x03\x00\x00\x00\x01"  # FC 3, one register at 0


async def diagnose(spec: LinkSpec) -> str:
    """Return one sentence on why `spec`'s device does not answer, or "" if nothing was found."""
    if spec.protocol == "modbus-rtu":
        return _line_trouble(spec)
    where = f"{spec.host}:{spec.port}"
    try:
        async with _knock(spec):
            pass
    except socket.gaierror:
        return f"there is no host called {spec.host}: misspelt, or nobody here resolves names"
    except ConnectionRefusedError:
        usual = 4840 if spec.protocol == "opcua" else 502
        return (
            f"{spec.host} is there, but nothing listens on port {spec.port}: "
            f"wrong port (usual is {usual}), or its server does not run"
        )
    except TimeoutError:
        return f"nobody answers at {where}: wrong address, a cable, or a firewall in between"
    except OSError as error:
        return f"no way to {where}: {(error.strerror or str(error)).lower()}"
    if spec.protocol == "opcua":
        return await _opcua_trouble(spec)
    return await _modbus_trouble(spec)


@asynccontextmanager
async def _knock(
    spec: LinkSpec,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(_KNOCK_S):
        reader, writer = await asyncio.open_connection(spec.host, spec.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _said(spec: LinkSpec, words: bytes) -> bytes:
    """Return the first bytes a device says to `words`, b"" for silence."""
    try:
        async with _knock(spec) as (reader, writer):
            writer.write(words)
            async with asyncio.timeout(_ANSWER_S):
                return await reader.read(260)
    except OSError:
        return b""


async def _opcua_trouble(spec: LinkSpec) -> str:
    url = spec.url.encode()
    body = struct.pack("<5I", 0, 65536, 65536, 0, 0) + struct.pack("<I", len(url)) + url
    said = await _said(spec, b"HELF" + struct.pack("<I", 8 + len(body)) + body)
    if said.startswith(b"ACK"):
        return ""
    if said.startswith(b"ERR"):
        return f"an OPC UA server answers, but not for this address: is path '{spec.path}' right?"
    where = f"{spec.host}:{spec.port}"
    if await _modbus_code(spec, 1, rtu=False) is not None:
        return f"a Modbus device listens at {where}, not an OPC UA server: wrong port or protocol"
    return f"something listens at {where}, but it is not an OPC UA server: wrong port"


async def _modbus_trouble(spec: LinkSpec) -> str:
    where, unit, rtu = f"{spec.host}:{spec.port}", spec.unit_id, spec.is_rtu
    code = await _modbus_code(spec, unit, rtu=rtu)
    if code is not None and code not in _NOT_THERE:
        return ""
    if code is None and await _modbus_code(spec, unit, rtu=not rtu) is not None:
        other = "modbus-tcp" if rtu else "modbus-rtu-tcp"
        return f"{where} answers to the other framing: write protocol = '{other}'"
    if code is None and (await _said(spec, _HELLO))[:3] in (b"ACK", b"ERR"):
        return f"an OPC UA server listens at {where}, not a Modbus device: wrong port or protocol"
    others = [u for u in _USUAL_UNITS if u != unit and (u or not rtu)]
    found = [u for u in others if await _modbus_code(spec, u, rtu=rtu) not in (None, *_NOT_THERE)]
    if found:
        units = ", ".join(map(str, found))
        return f"unit {unit} does not answer at {where}, but unit {units} does: wrong unit_id?"
    if code is not None:
        return (
            f"a gateway or device answers at {where}, but has no unit {unit}: "
            "wrong unit_id, or that device is off"
        )
    return (
        f"something listens at {where}, but unit {unit} does not answer Modbus: "
        "wrong port, wrong unit_id, or it serves another client only"
    )


async def _modbus_code(spec: LinkSpec, unit: int, *, rtu: bool) -> int | None:
    """Return 0 for data, the exception code for a refusal, None for no Modbus answer."""
    frame = bytes((unit,)) + _READ_ONE
    if rtu:
        said = await _said(spec, frame + crc(frame))
        valid = len(said) >= 5 and said[0] == unit and crc(said[:-2]) == said[-2:]
        pdu = said[1:-2]
    else:
        said = await _said(spec, struct.pack(">HHH", 0x5EA5, 0, len(frame)) + frame)
        valid = len(said) >= 9 and said[:4] == b"\x5e\xa5\x00\x00"
        pdu = said[7:]
    if not valid or pdu[0] & 0x7F != _READ_ONE[0]:
        return None
    return pdu[1] if pdu[0] & 0x80 else 0


def _line_trouble(spec: LinkSpec) -> str:
    path = Path(spec.device)
    if not path.exists():
        lines = sorted(str(p) for p in Path("/dev").glob("tty[UA][SCM]*"))
        there = f"these exist: {', '.join(lines)}" if lines else "no serial adapter is plugged in"
        return f"there is no line {spec.device}: {there}"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"this user may not use {spec.device}: add it to the line's group (often dialout)"
    return (
        f"the line {spec.device} opens, but unit {spec.unit_id} is silent at {spec.baud} baud, "
        f"parity {spec.parity}: wrong unit_id, baud or parity, or wires A and B swapped"
    )


_REMEDIES: Final = (
    ("or its password", "set it: seastack pki password; the name is `user` of the link"),
    ("the user certificate", "its owner must trust what `seastack pki export user` gives"),
    ("callers without a login", "set login = 'password' or 'certificate' on the link"),
    ("refuses our certificate (BadCertificateTime", "ours has ended: seastack pki make"),
    ("refuses our certificate", "its owner must trust what `seastack pki export` gives"),
    ("another certificate", "ask its owner; if it was changed: seastack pki trust FILE --link"),
    ("does not offer security", "change `security` of the link, or the server's"),
)


def remedy_for(refusal: str, link: str) -> str:
    """Return what a person can do about a LinkRefused message, "" when nothing is known."""
    found = next((remedy for words, remedy in _REMEDIES if words in refusal), "")
    return f"{found} {link}" if found.endswith("--link") else found
