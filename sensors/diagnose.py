"""What is wrong with a device that does not answer, in words a person can act on.

Only for commissioning: it knocks by hand, byte by byte, and reads only what
the plant folder would read.  Never part of the control loop.
"""

import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sensors.diagnose_modbus import modbus_answers, modbus_trouble
from sensors.knock import knock, said_to
from sensors.linkspec import LinkSpec
from sensors.tag import Tag


async def diagnose(spec: LinkSpec, tags: Sequence[Tag] = ()) -> str:
    """Return one sentence on why `spec`'s device does not answer, or "" if nothing was found.

    With the `tags` of the link a Modbus device is asked what it would be asked for them.
    """
    if spec.protocol == "modbus-rtu":
        return _line_trouble(spec)
    where = f"{spec.host}:{spec.port}"
    try:
        async with knock(spec):
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
    return await modbus_trouble(spec, tags)


async def _opcua_trouble(spec: LinkSpec) -> str:
    url = spec.url.encode()
    body = struct.pack("<5I", 0, 65536, 65536, 0, 0) + struct.pack("<I", len(url)) + url
    said = await said_to(spec, b"HELF" + struct.pack("<I", 8 + len(body)) + body)
    if said.startswith(b"ACK"):
        return ""
    if said.startswith(b"ERR"):
        return f"an OPC UA server answers, but not for this address: is path '{spec.path}' right?"
    where = f"{spec.host}:{spec.port}"
    if await modbus_answers(spec):
        return f"a Modbus device listens at {where}, not an OPC UA server: wrong port or protocol"
    return f"something listens at {where}, but it is not an OPC UA server: wrong port"


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
