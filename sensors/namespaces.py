"""Which node a point is, after its server was restarted and counted its namespaces anew.

A server may number its namespaces differently in every session (OPC 10000-3,
8.2.2), so an index alone is no identity: the same ``ns=2;s=T`` may be another
analyser tomorrow.  ``nsu=URI;...`` is looked up at every connect.  For
``ns=N;...`` the URI is what the link's `namespaces` say, or what the index
meant when it was seen first; when it means another now, the point is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sensors.linkmemory import LinkMemory
from sensors.linkspec import LinkSpec
from sensors.opcua_values import source_of
from sensors.tag import NodeAddress, Tag, address_of

ANY: Final = "*"  # a person trusts the number alone, as with a URI that changes at every start


@dataclass(frozen=True, slots=True)
class Resolved:
    """Namespace index of each node address, or why there is none; `used` is index -> URI."""

    index: Mapping[NodeAddress, int]
    refused: Mapping[NodeAddress, str]
    used: Mapping[int, str] = field(default_factory=dict)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return every refusal once, with how many points it costs."""
        times: dict[str, int] = {}
        for why in self.refused.values():
            times[why] = times.get(why, 0) + 1
        return tuple(
            f"{why} ({n} {'point' if n == 1 else 'points'} refused)" for why, n in times.items()
        )


def resolve(
    nodes: Sequence[NodeAddress], meant: Mapping[int, str], found: Sequence[str]
) -> Resolved:
    """Return which index every node has on a server with the namespaces `found`.

    `meant` is what an index must stand for, as far as that is known.  A server that
    tells no namespaces (`found` empty) is believed only where nothing is known.
    """
    index: dict[NodeAddress, int] = {}
    refused: dict[NodeAddress, str] = {}
    used: dict[int, str] = {}
    for address in nodes:
        at, why = _place(address, meant, found)
        if why:
            refused[address] = why
            continue
        index[address] = at
        if at < len(found) and at:
            used[at] = found[at]
    return Resolved(index, refused, used)


def _place(address: NodeAddress, meant: Mapping[int, str], found: Sequence[str]) -> tuple[int, str]:
    if address.uri is not None:
        if address.uri in found:
            return found.index(address.uri), ""
        return 0, f"the server has no namespace '{address.uri}'"
    at = address.index
    wanted = meant.get(at)
    if at == 0 or wanted is None or wanted == ANY:
        return at, ""
    now = found[at] if at < len(found) else None
    if now == wanted:
        return at, ""
    is_now = f"it is '{now}' now" if now is not None else "the server has none such now"
    return at, (
        f"namespace {at} was '{wanted}' and {is_now}: write nsu={wanted};... at the points, or "
        f'namespaces = {{ {at} = "{now or wanted}" }} at the link if that is right'
    )


def pin_line(link_pins: Mapping[int, str], used: Mapping[int, str], by_index: set[int]) -> str:
    """Return the line for tags.toml that pins what is still an index alone, "" for none."""
    loose = {i: uri for i, uri in used.items() if i in by_index and i not in link_pins}
    if not loose:
        return ""
    every = {**link_pins, **loose}
    return "namespaces = { " + ", ".join(f'{i} = "{u}"' for i, u in sorted(every.items())) + " }"


class PointNames:
    """Which node each point of a link is, in the session under way.

    `place` gives the node id with today's index, `refused` why a point has none;
    `pin_line` is the line for tags.toml that would pin what is named by index alone.
    """

    def __init__(self, spec: LinkSpec, tags: Sequence[Tag]) -> None:
        self._pinned, self._url = spec.pinned, spec.url
        self._addresses = {tag: address_of(source_of(tag).node) for tag in tags}
        self.place = {t: f"ns={a.index};{a.rest}" for t, a in self._addresses.items()}
        self.refused: dict[Tag, str] = {}
        self.pin_line = ""
        self._found: Sequence[str] = ()
        self._used: Mapping[int, str] = {}
        self._memory = LinkMemory()

    def recall(self, memory: LinkMemory) -> None:
        """Use what is known of this server, and add to it."""
        memory.at(self._url)
        self._memory = memory

    def take(self, found: Sequence[str]) -> tuple[str, ...]:
        """Resolve all points on a server with these namespaces; return the remarks."""
        all_of = self._addresses.items()
        meant = {**self._memory.namespaces, **self._pinned}
        done = resolve([a for _, a in all_of], meant, found)
        self.place = {t: f"ns={done.index[a]};{a.rest}" for t, a in all_of if a in done.index}
        self.refused = {t: done.refused[a] for t, a in all_of if a in done.refused}
        self._found, self._used = found, done.used
        by_index = {a.index for _, a in all_of if a.uri is None}
        self._memory.learn(namespaces={i: u for i, u in done.used.items() if i in by_index})
        self.pin_line = pin_line(self._pinned, done.used, by_index)
        return done.remarks

    @property
    def depend(self) -> bool:
        """Return whether any point depends on what the server numbers."""
        return bool(self._used or self.refused)

    def outdated(self, found: Sequence[str]) -> bool:
        """Return whether these namespaces ask for resolving anew."""
        renumbered = any(list(found[i : i + 1]) != [uri] for i, uri in self._used.items())
        return renumbered or (bool(self.refused) and list(found) != list(self._found))


def uris_in(variant: object) -> list[str]:
    """Return the namespace URIs a server holds, none if it does not tell."""
    held = getattr(variant, "Value", None)
    return [str(uri) for uri in held] if isinstance(held, list) else []
