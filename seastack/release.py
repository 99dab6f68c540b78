"""What a release consists of: the digest of each of its files, signed.

`make release KEY=FILE` writes the manifest into the wheel; `seastack doctor` compares.  It says
that the program is the one that was released, not that the release is good: compare the key
with the one that was published.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from controller.historian.signing import NotSigned, Signer, read_signed

FORMAT: Final = "seastack release 1"
NAME: Final = "release.json"
PARTS: Final = ("controller", "dashboard", "models", "seastack", "sensors", "sim")
KNOWN_KEY: Final = Path("/etc/seastack/release.pub")  # 64 hexadecimal digits
_BUILT: Final = (".pyc", ".nbi", ".nbc")  # made on the machine itself


def root() -> Path:
    """Return the folder in which this program's packages are."""
    return Path(__file__).resolve().parents[1]


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of the program below a folder, in order."""
    for part in PARTS:
        for path in sorted((folder / part).rglob("*")):
            if path.is_file() and path.suffix not in _BUILT and path != folder / "seastack" / NAME:
                yield path


def manifest(folder: Path, version: str, signer: Signer) -> str:
    """Return the signed manifest of a release. Raises OSError."""
    files = {p.relative_to(folder).as_posix(): _digest(p) for p in files_of(folder)}
    statement = {"format": FORMAT, "version": version, "files": files, "key": signer.public}
    return signer.signed(statement)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest in a folder, None where there is none. Raises NotSigned, OSError."""
    path = folder / "seastack" / NAME
    if not path.exists():
        return None
    try:
        return read_signed(path.read_bytes(), FORMAT)
    except NotSigned as error:
        raise NotSigned(f"{path}: {error}") from error


def differences(folder: Path, statement: dict[str, Any]) -> list[str]:
    """Return which files are not those of the release, in words. Raises OSError."""
    wanted: dict[str, str] = dict(statement["files"])
    told = []
    for path in files_of(folder):
        name = path.relative_to(folder).as_posix()
        digest = wanted.pop(name, None)
        if digest is None:
            told.append(f"{name} is not of the release")
        elif digest != _digest(path):
            told.append(f"{name} was changed")
    return [*told, *(f"{name} is missing" for name in wanted)]


def known_key(path: Path = KNOWN_KEY) -> str:
    """Return the public key that releases must be of, "" where none was noted. Raises OSError."""
    return path.read_text("ascii", "replace").strip().lower() if path.exists() else ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
