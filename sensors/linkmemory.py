"""What a link knew of its device before: who it was, what its namespaces meant, what is no use.

Kept in the state directory, so that a device exchanged or renumbered while
nobody was connected is noticed too.  It only ever makes the link more careful:
a file that cannot be read or written costs that care, never the link.
"""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final, Protocol, runtime_checkable
from urllib.parse import quote

from sensors.driver import Identity

_LOG: Final = logging.getLogger("seastack.link")
_LONGEST: Final = 1_000_000  # bytes; more is not ours
_TEXTS: Final = ("vendor", "product", "version")
_NOTHING: Final[Mapping[int, str]] = {}


def memory_file(state: Path, link: str) -> Path:
    """Return where a state directory keeps what is known of a link's device."""
    return state / "links" / f"{quote(link, safe='')}.json"


class LinkMemory:
    """What one link remembers; without a `path`, or `read_only`, only as long as it lives."""

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        self._path, self._writes = path, not read_only
        self.where = ""
        self.identity: Identity | None = None
        self.namespaces: dict[int, str] = {}
        self.nameless = False  # it is silent when asked for its name
        if path is not None:
            with suppress(OSError, ValueError, TypeError, LookupError, RecursionError):
                self._load(path)

    def _load(self, path: Path) -> None:
        with path.open("rb") as file:
            found = json.loads(file.read(_LONGEST))
        who, spaces = found["identity"], {int(k): str(v) for k, v in found["namespaces"].items()}
        if who is not None:
            vendor, product, version = (str(who[k]) for k in _TEXTS)
            self.identity = Identity(vendor, product, version, bool(who["simulator"]))
        self.where, self.namespaces = str(found["where"]), spaces
        self.nameless = found.get("nameless") is True

    def at(self, where: str) -> None:
        """Forget everything if the device was meant to be at another address before."""
        if where != self.where:
            self.where, self.identity, self.namespaces = where, None, {}
            self.nameless = False

    def learn(
        self,
        identity: Identity | None = None,
        namespaces: Mapping[int, str] = _NOTHING,
        *,
        nameless: bool = False,
    ) -> None:
        """Keep who answered, the meaning of namespaces not known yet, and who has no name."""
        who, spaces = _joined(self.identity, identity), {**namespaces, **self.namespaces}
        silent = self.nameless or nameless
        if (who, spaces, silent) == (self.identity, self.namespaces, self.nameless):
            return
        self.identity, self.namespaces, self.nameless = who, spaces, silent
        if self._path is not None and self._writes:
            self._save(self._path)

    def _save(self, path: Path) -> None:
        known = {
            "where": self.where,
            "identity": asdict(self.identity) if self.identity else None,
            "namespaces": {str(k): v for k, v in self.namespaces.items()},
            "nameless": self.nameless,
        }
        fresh = path.with_suffix(".new")
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(known, indent=1), encoding="utf-8")
            fresh.rename(path)
        except (OSError, ValueError) as error:
            _LOG.warning("%s cannot be written (%s): a restart will not know it", path, error)


def _joined(was: Identity | None, now: Identity | None) -> Identity | None:
    """Return who answers now; what it does not say this time is as it was."""
    if was is None or now is None:
        return replace(now, remarks=()) if now else was
    vendor, product, version = (getattr(now, k) or getattr(was, k) for k in _TEXTS)
    return Identity(vendor, product, version, now.simulator)


@runtime_checkable
class Remembers(Protocol):
    """A driver that needs to know what was known of its device before."""

    def recall(self, memory: LinkMemory) -> None: ...
