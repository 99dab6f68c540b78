"""A day's seal: its files, its cycles and events and the ends of their chains, signed.

Signed with Ed25519 (RFC 8032) by a key of the state directory, made when first needed.  Who has
that key can seal anything anew: so each seal is also told as an event, which is copied to
shore with the others, and `verify --key` compares with a public key that was noted elsewhere.
"""

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from controller.historian import schema
from controller.historian.errors import HistorianError
from controller.historian.segment import last_links
from controller.historian.segmentfiles import files_of, seal_of, segment_files
from controller.historian.signing import NotSigned, Signer, make_signer, read_signed, read_signer

KEY: Final = "seal.key"
FORMAT: Final = "seastack day seal 1"
_CHUNK: Final = 1 << 20
_LONGEST: Final = 1_000_000  # bytes of a seal
_REMEDY: Final = "move it away: a new key is made, and seals so far are of the old one"


class SealBroken(NotSigned):
    """A seal that is none: not readable, changed, or not signed by the key it names."""


def signer_of(state_dir: Path) -> Signer:
    """Return the signer of a state directory, made when there is none.

    Raises HistorianError for a key that cannot be used, OSError.
    """
    path = state_dir / KEY
    return read_signer(path, "the key of seals", _REMEDY) if path.exists() else make_signer(path)


def own_key(state_dir: Path) -> str:
    """Return the public key of a state directory, "" where there is none. Raises as `signer_of`."""
    return signer_of(state_dir).public if (state_dir / KEY).exists() else ""


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
    fresh = before.with_suffix(".sealing")
    fresh.touch(mode=0o600)
    with fresh.open("w", encoding="ascii") as file:
        file.write(signer.signed(statement))
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


def read_seal(path: Path) -> dict[str, Any]:
    """Return the statement of a seal whose signature is right. Raises SealBroken, OSError."""
    try:
        return read_signed(path.read_bytes()[:_LONGEST], FORMAT)
    except NotSigned as error:
        raise SealBroken(f"{path.name}: {error}") from error


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
