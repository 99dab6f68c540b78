"""X.509 certificates of OPC UA applications and users: made, read, judged by their dates."""

import datetime as dt
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

from sensors.errors import ConfigError
from sensors.outsidefile import KEY_BYTES, read_bytes
from sensors.secretfile import read_secret

WARN_DAYS: Final = 30
_DAYS: Final = 3650


def application_uri(certificate: Path) -> str:
    """Return the URI a certificate names; servers insist that its owner uses it.

    Raises ConfigError for a file that is no certificate or names none.
    """
    try:
        names = read_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        return str(names.value.get_values_for_type(x509.UniformResourceIdentifier)[0])
    except (x509.ExtensionNotFound, IndexError):
        raise ConfigError(str(certificate), "certificate", "names no application URI") from None


def read_certificate(path: Path) -> x509.Certificate:
    """Return the certificate in a DER or PEM file; raise ConfigError when it is none."""
    try:
        data = read_bytes(path, KEY_BYTES)
        if data.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise ConfigError(str(path), "certificate", "is none, neither DER nor PEM") from None


def read_der(path: Path, remedy: str) -> x509.Certificate:
    """Return the certificate in a DER file, which is what goes over the wire.

    Raises ConfigError with this remedy when it is none, or PEM under another name.
    """
    try:
        certificate = read_certificate(path)
    except ConfigError as wrong:
        raise ConfigError(wrong.file, wrong.key, wrong.problem, remedy) from None
    if read_bytes(path, KEY_BYTES).lstrip().startswith(b"-----BEGIN"):
        raise ConfigError(str(path), "certificate", "is PEM, where DER is needed", remedy)
    return certificate


def check_pair(certificate: Path, key: Path, remedy: str) -> None:
    """Raise ConfigError, naming both files, unless the private key is the certificate's own."""
    public = read_der(certificate, remedy).public_key()
    secret = read_secret(key, "private key", remedy)
    try:
        own = load_pem_private_key(secret, password=None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a pass phrase
        problem = "is no PEM private key without a pass phrase"
        raise ConfigError(str(key), "private key", problem, remedy) from None
    shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own.public_bytes(*shape) != public.public_bytes(*shape):
        raise ConfigError(str(key), "private key", f"does not belong to {certificate}", remedy)


@dataclass(frozen=True, slots=True)
class CertificateOf:
    """A certificate of a pki folder and the days it still lives."""

    path: Path
    subject: str
    uri: str
    fingerprint: str
    not_after: dt.datetime
    days_left: int

    @property
    def ends_soon(self) -> bool:
        """Return True in its last 30 days, and after them."""
        return self.days_left < WARN_DAYS

    def __str__(self) -> str:
        until = f"{self.not_after:%d %b %Y}"
        if self.days_left < 0:
            return f"certificate {self.path} expired on {until}; peers refuse it now"
        return f"certificate {self.path} expires on {until}, in {self.days_left} days"


def certificates_in(folder: Path, now: dt.datetime) -> list[CertificateOf]:
    """Return all certificates of a pki folder, own ones first.

    Raises ConfigError for a file there that is none.
    """
    paths = [p for p in sorted(folder.rglob("*.der")) if p.is_file()]
    own = ("client", "user", "server")
    paths.sort(key=lambda p: (p.parent.name not in own, p))
    try:
        return [certificate_of(path, now) for path in paths]
    except ConfigError as wrong:
        remedy = "put a whole one there, or remove the file"
        raise ConfigError(wrong.file, wrong.key, wrong.problem, remedy) from None


def certificate_of(path: Path, now: dt.datetime) -> CertificateOf:
    """Return what a certificate file says; raise ConfigError when it is none."""
    certificate = read_certificate(path)
    try:
        uri = application_uri(path)
    except ConfigError:
        uri = ""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    end = certificate.not_valid_after_utc
    return CertificateOf(
        path=path,
        subject=str(names[0].value) if names else certificate.subject.rfc4514_string(),
        uri=uri,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_after=end,
        days_left=(end - now) // dt.timedelta(days=1),
    )


def write_private(path: Path, content: bytes) -> None:
    """Write a new file only its owner may read; raise FileExistsError for an old one."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def self_signed(
    name: str, uri: str, usage: ObjectIdentifier, key_file: Path, days: int = _DAYS
) -> bytes:
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
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
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
