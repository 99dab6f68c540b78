"""Where certificates and the OPC UA password live, and how a demo gets them.

    FOLDER/server/cert.der key.pem     the rig's server (simulator side)
    FOLDER/client/cert.der key.pem     ours
    FOLDER/trusted_servers/NAME.der    the pinned certificate of link NAME, else server.der
    FOLDER/trusted_clients/*.der       whom the server lets in
    FOLDER/password                    of the OPC UA user, mode 0600

On a ship a person puts these files there; `load_pki` only reads them.  The
password may also come from the environment (SEASTACK_OPCUA_PASSWORD), never
from a plant folder.
"""

import datetime as dt
import os
import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from sensors.errors import ConfigError

PASSWORD_VARIABLE: Final = "SEASTACK_OPCUA_PASSWORD"
CLIENT_URI: Final = "urn:seastack:controller"
SERVER_URI: Final = "urn:seastack:simulator"
_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class PkiPaths:
    """The files of one pki folder; which of them must exist depends on the side."""

    folder: Path

    @property
    def server_cert(self) -> Path:
        return self.folder / "server" / "cert.der"

    @property
    def server_key(self) -> Path:
        return self.folder / "server" / "key.pem"

    @property
    def client_cert(self) -> Path:
        return self.folder / "client" / "cert.der"

    @property
    def client_key(self) -> Path:
        return self.folder / "client" / "key.pem"

    @property
    def trusted_clients(self) -> Path:
        return self.folder / "trusted_clients"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    def pinned_server(self, link: str) -> Path:
        """Return the one certificate the server of a link must show."""
        own = self.folder / "trusted_servers" / f"{link}.der"
        return own if own.exists() else own.with_name("server.der")

    def password(self) -> str:
        """Return the OPC UA password; raise ConfigError when there is none."""
        given = os.environ.get(PASSWORD_VARIABLE)
        if given:
            return given
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError:
            raise ConfigError(
                str(self.password_file), "password", "not found", f"set {PASSWORD_VARIABLE}"
            ) from None


def load_pki(folder: Path, link: str = "server") -> PkiPaths:
    """Return a folder's paths; raise ConfigError when a client file is missing."""
    paths = PkiPaths(folder)
    for path, what in (
        (paths.client_cert, "our certificate"),
        (paths.client_key, "our private key"),
        (paths.pinned_server(link), "the server's pinned certificate"),
    ):
        if not path.is_file():
            raise ConfigError(str(path), what, "not found", "put it there, see docs/security.md")
    paths.password()
    return paths


def ensure_demo_pki(folder: Path) -> PkiPaths:
    """Return the folder's paths, making keys and password once for a demo.

    Safe when two processes do it at once: the folder appears whole or not at
    all.  An existing folder is taken as it is.  Raises ConfigError when the
    place cannot be written.
    """
    paths = PkiPaths(folder)
    if paths.password_file.exists():
        return paths
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".pki-", dir=folder.parent))
    except OSError as error:
        raise ConfigError(str(folder), "pki", f"cannot be written: {error.strerror}") from None
    try:
        _fill(PkiPaths(fresh))
        fresh.rename(folder)
    except OSError as error:
        if not paths.password_file.exists():  # else another process was faster: take its
            raise ConfigError(str(folder), "pki", f"cannot be made: {error.strerror}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return paths


def _fill(paths: PkiPaths) -> None:
    for part in ("server", "client", "trusted_servers", "trusted_clients"):
        (paths.folder / part).mkdir()
    server = self_signed(
        "Seastack simulator", SERVER_URI, ExtendedKeyUsageOID.SERVER_AUTH, paths.server_key
    )
    client = self_signed(
        "Seastack controller", CLIENT_URI, ExtendedKeyUsageOID.CLIENT_AUTH, paths.client_key
    )
    paths.server_cert.write_bytes(server)
    paths.client_cert.write_bytes(client)
    (paths.folder / "trusted_servers" / "server.der").write_bytes(server)
    (paths.trusted_clients / "controller.der").write_bytes(client)
    _private(paths.password_file, secrets.token_urlsafe(24).encode())


def _private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def self_signed(name: str, uri: str, usage: ObjectIdentifier, key_file: Path) -> bytes:
    """Make a key (written to `key_file`, mode 0600) and return its certificate, DER.

    An application instance certificate after OPC 10000-6, 6.2.2: RSA 2048,
    SHA-256, the application URI and host name as alternative names.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri)]
    names += [x509.DNSName(host) for host in sorted({socket.gethostname(), "localhost"})]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(key, hashes.SHA256())
    )
    _private(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate.public_bytes(Encoding.DER)


def _key_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
