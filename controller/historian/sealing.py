"""A day's seal: its files, its cycles and events and the ends of their chains, signed.

Signed with Ed25519 (RFC 8032) by a key of the state directory, made when first needed.  Who has
that key can seal anything anew: so each seal is also told as an event, which is copied to
shore with the others, and `verify --key` compares with a public key that was noted elsewhere.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from controller.historian import schema
from controller.historian.errors import HistorianError
from controller.historian.segment import last_links
from controller.historian.segmentfiles import files_of, seal_of, segment_files
from sensors.errors import SensorsError
from sensors.outsidefile import KEY_BYTES
from sensors.secretfile import read_secret

KEY: Final = "seal.key"
FORMAT: Final = "seastack day seal 1"
_CHUNK: Final = 1 << 20
_REMEDY: Final = "move it away: a new key is made, and seals so far are of the old one"


class SealBroken(HistorianError):
    """A seal that is none: not readable, or not signed by the key it names."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The rig's own key."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """Return the public key, 64 hexadecimal digits."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, data: bytes) -> str:
        """Return the signature of data, 128 hexadecimal digits."""
        return self.key.sign(data).hex()


def signer_of(state_dir: Path) -> Signer:
    """Return the signer of a state directory, made when there is none.

    Raises HistorianError for a key that cannot be used, OSError.
    """
    path = state_dir / KEY
    if not path.exists():
        return _made(path)
    try:
        key = load_pem_private_key(read_secret(path, "the key of seals", _REMEDY), None)
    except (SensorsError, ValueError, TypeError) as error:
        raise HistorianError(f"{path}: cannot be used to seal ({error}); {_REMEDY}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise HistorianError(f"{path}: is no Ed25519 key; {_REMEDY}")
    return Signer(key)


def own_key(state_dir: Path) -> str:
    """Return the public key of a state directory, "" where there is none. Raises as `signer_of`."""
    return signer_of(state_dir).public if (state_dir / KEY).exists() else ""


def _made(path: Path) -> Signer:
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)
    return Signer(key)


def digest_of(path: Path) -> dict[str, int | str]:
    """Return size and SHA-256 of a file. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            digest.update(data)
            size += len(data)
    return {"bytes": size, "sha256": digest.hexdigest()}


def seal_day(main: Path, signer: Signer, how: str, wall_ns: int) -> dict[str, Any]:
    """Seal a closed day; return the statement. `main` is its SQLite file.

    The seal before, if any, is kept inside the new one.  Raises HistorianError while its log
    is not folded in, sqlite3.Error, OSError.
    """
    log = Path(f"{main}-wal")
    if log.exists() and log.stat().st_size:
        raise HistorianError(f"{main}: its log is not folded in yet")
    before = seal_of(main)
    statement = {
        "format": FORMAT,
        "run": main.parent.name,
        "day": main.name.split(".")[0],
        "files": {p.name: digest_of(p) for p in files_of(main)},
        **_ends(main),
        "how": how,
        "sealed_ns": wall_ns,
        "key": signer.public,
        "before": json.loads(before.read_text("ascii")) if before.exists() else None,
    }
    text = {"statement": statement, "signature": signer.sign(_plain(statement))}
    fresh = before.with_suffix(".sealing")
    fresh.touch(mode=0o600)
    with fresh.open("w", encoding="ascii") as file:
        file.write(_file_text(text))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(before)
    return statement


def _ends(main: Path) -> dict[str, Any]:
    with closing(schema.open_to_read(main)) as db:
        links = last_links(db)
        moved = schema.read_archive(db)
        first, last, cycles = db.execute(
            "SELECT min(seq), max(seq), count(*) FROM cycle"
        ).fetchone()
        if moved:
            _, cycles, first, last, *_ = moved
        least, most, events = db.execute("SELECT min(id), max(id), count(*) FROM event").fetchone()
        _, _, ended_ns = schema.read_run(db)
    cycle, event = (link.hex() for link in links) if links else ("", "")
    return {
        "cycles": {"first": first, "last": last, "count": cycles, "link": cycle},
        "events": {"first": least, "last": most, "count": events, "link": event},
        "ended_ns": ended_ns,
    }


def _plain(statement: Mapping[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode("ascii")


def _file_text(seal: Mapping[str, Any]) -> str:
    return json.dumps(seal, indent=1, sort_keys=True)


def read_seal(path: Path) -> dict[str, Any]:
    """Return the statement of a seal whose signature is right. Raises SealBroken, OSError."""
    try:
        text = path.read_bytes()[: 16 * KEY_BYTES].decode("ascii")
        seal = json.loads(text)
        if text != _file_text(seal):  # an upper-case digit reads the same and is another byte
            raise ValueError("not as it was written")
        return _signed(seal)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise SealBroken(f"{path.name}: is no seal as it was written ({error})") from error
    except InvalidSignature:
        raise SealBroken(f"{path.name}: its signature is wrong, it was changed") from None


def _signed(text: dict[str, Any]) -> dict[str, Any]:
    """Return the statement of a seal, and see that those before it are signed too."""
    statement: dict[str, Any] = text["statement"]
    if set(text) != {"statement", "signature"} or statement["format"] != FORMAT:
        raise ValueError("another format")
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(statement["key"]))
    key.verify(bytes.fromhex(text["signature"]), _plain(statement))
    if statement["before"] is not None:
        _signed(statement["before"])
    return statement


def unsealed(root: Path, but: str) -> list[Path]:
    """Return the closed days without a seal, of runs other than `but`; earlier versions left out.

    Closed are the days of live runs, for the state directory has one controller, and those of
    others that ended in order.
    """
    found = []
    for folder in sorted(p for p in root.glob("*") if p.is_dir() and p.name != but):
        for main in segment_files(folder):
            if not seal_of(main).exists() and _is_closed(main):
                found.append(main)
    return found


def _is_closed(main: Path) -> bool:
    try:
        with closing(schema.open_to_read(main)) as db:
            run, _, ended_ns = schema.read_run(db)
            return last_links(db) is not None and (run.kind == "live" or ended_ns is not None)
    except (sqlite3.Error, HistorianError):
        return False
