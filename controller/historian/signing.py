"""Statements signed with Ed25519 (RFC 8032), as JSON in which every byte counts."""

import json
import os
from collections.abc import Mapping
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

from controller.historian.errors import HistorianError
from sensors.errors import SensorsError
from sensors.secretfile import read_secret

_PARTS: Final = {"statement", "signature"}


class NotSigned(HistorianError):
    """A signed statement that is none: not readable, changed, or not signed by its key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """Return the public key, 64 hexadecimal digits."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def signed(self, statement: Mapping[str, Any]) -> str:
        """Return the text of a statement with its signature; its `key` must be `public`."""
        signature = self.key.sign(_plain(statement)).hex()
        return _text({"statement": dict(statement), "signature": signature})


def read_signer(path: Path, what: str, remedy: str) -> Signer:
    """Return the signer of a private key file. Raises HistorianError, `remedy` in its words."""
    try:
        key = load_pem_private_key(read_secret(path, what, remedy), None)
    except (SensorsError, ValueError, TypeError) as error:
        raise HistorianError(f"{path}: cannot be used as {what} ({error}); {remedy}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise HistorianError(f"{path}: is no Ed25519 key; {remedy}")
    return Signer(key)


def make_signer(path: Path) -> Signer:
    """Make a private key file, which must not exist, and return its signer. Raises OSError."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)
    return Signer(key)


def read_signed(text: bytes, form: str) -> dict[str, Any]:
    """Return the statement of a signed text of the format `form`. Raises NotSigned.

    A statement that it holds as `before` must be signed too.
    """
    try:
        document = json.loads(text.decode("ascii"))
        if text.decode("ascii") != _text(document):  # an upper-case digit reads the same
            raise ValueError("other bytes than were written")
        return _statement(document, form)
    except InvalidSignature:
        raise NotSigned("its signature is wrong, it was changed") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise NotSigned(f"is no signed statement as it was written ({error})") from error


def _statement(document: dict[str, Any], form: str) -> dict[str, Any]:
    statement: dict[str, Any] = document["statement"]
    if set(document) != _PARTS or statement["format"] != form:
        raise ValueError("another format")
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(statement["key"]))
    key.verify(bytes.fromhex(document["signature"]), _plain(statement))
    if (before := statement.get("before")) is not None:
        _statement(before, form)
    return statement


def _plain(statement: Mapping[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode("ascii")


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True)
