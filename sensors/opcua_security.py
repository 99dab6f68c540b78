"""Keys and logins of an OPC UA link, and in words why a server turned us away."""

from pathlib import Path

from asyncua import ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.uaerrors import UaStatusCodeError

from sensors.certificates import application_uri
from sensors.errors import LinkLost, LinkRefused
from sensors.linkspec import LinkSpec
from sensors.opcua_client import CONNECT_TIMEOUT_S, Caller, lost_by, name_of
from sensors.opcua_refusal import refusal_of
from sensors.pki import PkiPaths


async def secure(client: Caller, spec: LinkSpec, pki: PkiPaths) -> None:
    """Give a client its keys, its login and the certificate the server must show."""
    client.application_uri = application_uri(pki.client_cert)
    if spec.signs_in_with == "password":
        client.set_user(spec.user)
        client.set_password(pki.password())
    elif spec.signs_in_with == "certificate":
        await client.load_client_certificate(str(pki.user_cert))
        await client.load_private_key(pki.user_key)
    await client.set_security(
        SecurityPolicyBasic256Sha256,
        str(pki.client_cert),
        str(pki.client_key),
        server_certificate=str(await _server_certificate(spec, pki)),
        mode=ua.MessageSecurityMode.SignAndEncrypt,
    )


async def _server_certificate(spec: LinkSpec, pki: PkiPaths) -> Path:
    """Return the trusted certificate the server shows, the first when it shows none."""
    trusted = pki.trusted_for(spec.name)
    shown = await _shown_certificate(spec) if len(trusted) > 1 else None
    return next((p for p in trusted if p.read_bytes() == shown), trusted[0])


async def refused_by(
    spec: LinkSpec, pki: PkiPaths | None, error: Exception, complaint: str
) -> LinkLost | LinkRefused:
    """Tell a person's mistake from a dead peer; `complaint` is why we hung up, if we did."""
    url = spec.url
    name = name_of(error) if isinstance(error, UaStatusCodeError) else ""
    told = refusal_of(spec, name, str(error))
    if told is not None:
        return told
    if pki is not None and not complaint and not isinstance(error, ConnectionRefusedError):
        shown = await _shown_certificate(spec)
        trusted = pki.trusted_for(spec.name)
        if shown is not None and shown not in [p.read_bytes() for p in trusted]:
            pinned = ", ".join(p.name for p in trusted)
            return LinkRefused(f"{url} shows another certificate than the pinned {pinned}")
        if shown is not None and not isinstance(error, TimeoutError):
            return LinkRefused(f"{url} refuses our certificate, it answers without security")
    if isinstance(error, OSError) and not complaint:
        return LinkLost(f"no connection to {url}")
    return lost_by(url, error, CONNECT_TIMEOUT_S, complaint)


async def _shown_certificate(spec: LinkSpec) -> bytes | None:
    """Return the certificate the server offers to anybody, None if unknown."""
    probe = Caller(spec.url, CONNECT_TIMEOUT_S)
    try:
        endpoints = await probe.connect_and_get_server_endpoints()
        return next((bytes(e.ServerCertificate) for e in endpoints if e.ServerCertificate), None)
    except Exception:  # noqa: BLE001 - whatever it says, its certificate is not known
        return None
