"""Where certificates and the OPC UA password live, and how a demo gets them.

    FOLDER/server/cert.der key.pem     the rig's server (simulator side)
    FOLDER/client/cert.der key.pem     ours
    FOLDER/user/cert.der key.pem       our login where a link says login = "certificate"
    FOLDER/trusted_servers/NAME.der    the pinned certificate of link NAME, else server.der
    FOLDER/trusted_servers/NAME.*.der  others it may show, such as its next one
    FOLDER/trusted_clients/*.der       whom the server lets in
    FOLDER/trusted_users/*.der         who may log in there by certificate
    FOLDER/password                    of the OPC UA user, mode 0600

On a ship a person puts these files there; `load_pki` only reads them.  The
password may also come from the environment (SEASTACK_OPCUA_PASSWORD), never
from a plant folder.
"""

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID

from sensors.certificates import check_pair, read_der, self_signed, write_private
from sensors.errors import ConfigError
from sensors.secretfile import read_secret

PASSWORD_VARIABLE: Final = "SEASTACK_OPCUA_PASSWORD"
CLIENT_URI: Final = "urn:seastack:controller"
SERVER_URI: Final = "urn:seastack:simulator"
USER_URI: Final = "urn:seastack:user"


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
    def user_cert(self) -> Path:
        return self.folder / "user" / "cert.der"

    @property
    def user_key(self) -> Path:
        return self.folder / "user" / "key.pem"

    @property
    def trusted_clients(self) -> Path:
        return self.folder / "trusted_clients"

    @property
    def trusted_users(self) -> Path:
        return self.folder / "trusted_users"

    @property
    def trusted_servers(self) -> Path:
        return self.folder / "trusted_servers"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    def pinned_server(self, link: str) -> Path:
        """Return the one certificate the server of a link must show."""
        own = self.folder / "trusted_servers" / f"{link}.der"
        return own if own.exists() else own.with_name("server.der")

    def trusted_for(self, link: str) -> list[Path]:
        """Return all certificates the server of a link may show: the pinned one, then
        LINK.NAME.der, which a server that changes its certificate may show from now on.
        """
        return [self.pinned_server(link), *sorted(self.trusted_servers.glob(f"{link}.*.der"))]

    def password(self) -> str:
        """Return the OPC UA password; raise ConfigError when there is none."""
        given = os.environ.get(PASSWORD_VARIABLE)
        if given:
            return given
        remedy = f"set {PASSWORD_VARIABLE} or run `seastack pki password`"
        try:
            kept = read_secret(self.password_file, "password", remedy).decode("utf-8").strip()
        except UnicodeDecodeError:
            raise ConfigError(
                str(self.password_file), "password", "cannot be read", remedy
            ) from None
        if not kept:
            raise ConfigError(str(self.password_file), "password", "is empty", remedy)
        return kept


def load_pki(folder: Path, link: str = "server", login: str = "password") -> PkiPaths:
    """Return a folder's paths, every file a link needs having been read.

    Raises ConfigError when one is missing or unreadable, and for a private key that is
    not its certificate's own: the library would only say that nobody answers.
    """
    paths = PkiPaths(folder)
    needed = [
        (paths.client_cert, "our certificate"),
        (paths.client_key, "our private key"),
        (paths.pinned_server(link), "the server's pinned certificate"),
    ]
    if login == "certificate":
        needed += [(paths.user_cert, "the user's certificate"), (paths.user_key, "the user's key")]
    for path, what in needed:
        if not path.is_file():
            raise ConfigError(str(path), what, "not found", "make it with `seastack pki`")
    check_pair(paths.client_cert, paths.client_key, "make both anew: `seastack pki make client`")
    if login == "certificate":
        check_pair(paths.user_cert, paths.user_key, "make both anew: `seastack pki make user`")
    for pin in paths.trusted_for(link):
        read_der(pin, f"take the server's in: `seastack pki trust FILE --link {link}`")
    if login == "password":
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
    for part in ("server", "client", "user", "trusted_servers", "trusted_clients", "trusted_users"):
        (paths.folder / part).mkdir()
    server, client = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    for name, uri, usage, key, certificate, trusted in (
        ("Seastack simulator", SERVER_URI, server, paths.server_key, paths.server_cert,
         paths.trusted_servers / "server.der"),
        ("Seastack controller", CLIENT_URI, client, paths.client_key, paths.client_cert,
         paths.trusted_clients / "controller.der"),
        ("Seastack", USER_URI, client, paths.user_key, paths.user_cert,
         paths.trusted_users / "controller.der"),
    ):  # fmt: skip
        made = self_signed(name, uri, usage, key)
        certificate.write_bytes(made)
        trusted.write_bytes(made)
    write_private(paths.password_file, secrets.token_urlsafe(24).encode())
