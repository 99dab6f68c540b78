"""`seastack pki`: make keys, show them, trust a peer, hand ours out."""

import datetime as dt
import re
import secrets
import shutil
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rich.table import Table

from controller.historian.privatestate import make_private
from seastack.console import console
from seastack.problems import UserError, nearest, writable
from sensors.certificates import (
    CertificateOf,
    certificate_of,
    certificates_in,
    read_certificate,
    self_signed,
    write_private,
)
from sensors.errors import ConfigError
from sensors.pki import CLIENT_URI, PASSWORD_VARIABLE, USER_URI, PkiPaths


def _place(state: Path) -> Path:
    """Return the folder of the keys, it and the state directory nobody else's.

    Who may write beside a key may put a certificate there that is trusted.  Raises UserError
    when it cannot be written, StateDirUnusable for another user's and for symbolic links.
    """
    make_private(writable(state))
    return writable(state / "pki")


def make(state: Path, what: str, days: int) -> int:
    """Make our certificate ("client") or a login ("user") with a fresh key.

    An old one is set aside beside the new, never overwritten.  Raises
    UserError when the place cannot be written.
    """
    paths = PkiPaths(_place(state))
    key, certificate = {
        "client": (paths.client_key, paths.client_cert),
        "user": (paths.user_key, paths.user_cert),
    }[what]
    name, uri = {"client": ("Seastack controller", CLIENT_URI), "user": ("Seastack", USER_URI)}[
        what
    ]
    key.parent.mkdir(mode=0o700, exist_ok=True)
    stamp = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
    for old in (key, certificate):
        if old.exists():
            old.rename(old.with_name(f"{old.stem}.{stamp}{old.suffix}.old"))
            print(f"{old} was there; kept as {old.stem}.{stamp}{old.suffix}.old")
    certificate.write_bytes(self_signed(name, uri, ExtendedKeyUsageOID.CLIENT_AUTH, key, days))
    print(f"made {certificate}, good for {days} days; its key stays in {key}")
    where = "trusted client" if what == "client" else "trusted user"
    print(f"next: seastack pki export {what}, and let the server's owner add it as a {where}")
    return 0


def password(state: Path, given: str) -> int:
    """Keep the OPC UA password; make one up when none is given."""
    paths = PkiPaths(_place(state))
    paths.password_file.unlink(missing_ok=True)
    write_private(paths.password_file, (given or secrets.token_urlsafe(24)).encode())
    print(f"password kept in {paths.password_file}; {PASSWORD_VARIABLE} comes before it")
    return 0


def show(state: Path) -> int:
    """Print every certificate with its days; return 1 when one ends soon."""
    folder = state / "pki"
    found = certificates_in(folder, dt.datetime.now(dt.UTC)) if folder.is_dir() else []
    if not found:
        print(f"no certificates in {folder}; begin with: seastack pki make")
        return 0
    table = Table()
    for column in ("file", "whose", "until", "days", "SHA-256, first half"):
        table.add_column(column, overflow="fold")
    for one in found:
        colour = "red" if one.days_left < 0 else "yellow" if one.ends_soon else "green"
        days = f"[{colour}]{one.days_left}[/]"
        name = str(one.path.relative_to(folder))
        table.add_row(name, one.subject, f"{one.not_after:%Y-%m-%d}", days, one.fingerprint[:32])
    out = console()
    out.print(table)
    return say_what_ends(found)


def say_what_ends(found: list[CertificateOf]) -> int:
    """Print a line for each certificate in its last 30 days; return 1 when there is one."""
    ending = [str(one) for one in found if one.ends_soon]
    for line in ending:
        print(f"warning: {line}")
    return 1 if ending else 0


def trust(state: Path, file: Path, link: str, *, plant: str, also: bool) -> int:
    """Trust a server's certificate on a link, in place of the old one or beside it.

    Raises UserError or ConfigError when the file is no certificate, or the plant has no
    such link.
    """
    if not re.fullmatch(r"[\w-]+", link):
        raise UserError(f"--link {link}: give a link's name as tags.toml has it, such as analysers")
    _require_link(plant, link)
    paths = PkiPaths(_place(state))
    certificate = read_certificate(file)
    known = certificate_of(file, dt.datetime.now(dt.UTC))
    if known.days_left < 0:
        raise UserError(f"{known}; ask the server's owner for a new one")
    paths.trusted_servers.mkdir(exist_ok=True)
    target = paths.trusted_servers / (f"{link}.next.der" if also else f"{link}.der")
    if target.exists():
        print(f"{target.name} is replaced: it was {_subject(target)}")
    target.write_bytes(certificate.public_bytes(Encoding.DER))
    print(f"{known.subject} is trusted on link {link} until {known.not_after:%Y-%m-%d}")
    print(f"compare its SHA-256 with its owner by telephone:\n{_in_groups(known.fingerprint)}")
    return 0


def _require_link(plant: str, link: str) -> None:
    from seastack.plantargs import plant_of

    secured = [name for name, spec in plant_of(plant).links.items() if spec.protocol == "opcua"]
    if link not in secured:
        known = ", ".join(secured) or "none"
        raise UserError(
            f"--link {link}: plant {plant} has no such OPC UA link; known are {known}"
            f"{nearest(link, secured)}; give another folder with --plant DIR"
        )


def _subject(path: Path) -> str:
    try:
        return certificate_of(path, dt.datetime.now(dt.UTC)).subject
    except ConfigError:
        return "no certificate"


def export(state: Path, what: str, to: Path) -> int:
    """Copy our public certificate for a server's owner.

    Raises UserError when there is none, or it cannot be written there.
    """
    paths = PkiPaths(state / "pki")
    source = {"client": paths.client_cert, "user": paths.user_cert}[what]
    if not source.is_file():
        raise UserError(f"{source} is not there; make it: seastack pki make {what}")
    target = to / f"seastack-{what}.der" if to.is_dir() else to
    try:
        if target.suffix == ".pem":
            target.write_bytes(read_certificate(source).public_bytes(Encoding.PEM))
        else:
            shutil.copyfile(source, target)
    except OSError as problem:
        why = problem.strerror or "it is that file itself"
        raise UserError(f"{target}: cannot be written ({why}); give another place") from None
    one = certificate_of(target, dt.datetime.now(dt.UTC))
    print(f"{target}: {one.subject}, {one.uri}, until {one.not_after:%Y-%m-%d}")
    print(f"its SHA-256 to compare by telephone:\n{_in_groups(one.fingerprint)}")
    return 0


def _in_groups(digits: str) -> str:
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
