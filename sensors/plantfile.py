"""Load a plant folder strictly: plant.toml and tags.toml become one Plant.

Every mistake is a ConfigError that names file, key and remedy; nothing is
guessed and nothing unknown is passed over.  control.toml and alarms.toml in
the same folder belong to the controller; they only enter the hash here.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensors.errors import ConfigError
from sensors.linkspec import LinkSpec
from sensors.plantrules import check_on_link, check_plant, check_tag
from sensors.plantspec import PlantSpec, SourceSpec, TagSpec
from sensors.strictfile import nearest, parse, read_toml
from sensors.tag import ModbusSource, OpcuaSource, Tag, TagTable

__all__ = ["LinkSpec", "Plant", "PlantSpec", "load_plant"]

_TAGS = "tags.toml"
MOST_DIGITS = 9  # of a number that is a key
_SECURITY = (
    "write security = 'Basic256Sha256', or 'None' where the server has none: "
    "then whoever is on its network can read and change what goes over it"
)
_OPCUA_KEYS = {"node", "element", "deadband"}


@dataclass(frozen=True, slots=True)
class Plant:
    """A rig as its folder describes it.

    `spec` is plant.toml with attributes named like its keys; `config_hash` the
    SHA-256 over names and bytes of all .toml files of the folder.
    """

    name: str
    folder: Path
    spec: PlantSpec
    tags: TagTable
    links: dict[str, LinkSpec]
    config_hash: str

    def tags_of(self, link: str) -> tuple[Tag, ...]:
        """Return the tags that live on a link, in table order."""
        return tuple(t for t in self.tags.tags if t.source.link == link)

    def with_link(self, name: str, host: str, port: int) -> "Plant":
        """Return the plant with one link at another address.

        Raises ConfigError for a link the plant does not have.
        """
        if name not in self.links:
            raise ConfigError(_TAGS, f"link.{name}", "no such link", nearest(name, self.links))
        return replace(self, links={**self.links, name: self.links[name].at(host, port)})

    def on_line(self, name: str, device: str) -> "Plant":
        """Return the plant with one serial link on another line; raise ConfigError for others."""
        if name not in self.links:
            raise ConfigError(_TAGS, f"link.{name}", "no such link", nearest(name, self.links))
        if self.links[name].protocol != "modbus-rtu":
            raise ConfigError(_TAGS, f"link.{name}", "is not on a serial line", "give HOST:PORT")
        return replace(self, links={**self.links, name: self.links[name].on_line(device)})


def load_plant(folder: Path) -> Plant:
    """Return the plant in `folder`; raise ConfigError for anything wrong in it."""
    if not folder.is_dir():
        raise ConfigError(str(folder), "plant", "there is no such plant folder")
    spec = parse(PlantSpec, read_toml(folder / "plant.toml"), "plant.toml")
    document = read_toml(folder / _TAGS)
    for key in document.keys() - {"link", "tag"}:
        raise ConfigError(_TAGS, key, "unknown key", nearest(key, ["link", "tag"]))
    links = _links(document.get("link", {}))
    tags = tuple(_tag(table, number, links) for number, table in _entries(document.get("tag", [])))
    check_plant(spec, tags)
    return Plant(spec.plant.name, folder, spec, TagTable(tags), links, _hash(folder))


def _links(tables: object) -> dict[str, LinkSpec]:
    if not isinstance(tables, dict) or not tables:
        raise ConfigError(_TAGS, "link", "no link is described", "add a [link.NAME] table")
    links: dict[str, LinkSpec] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigError(_TAGS, f"link.{name}", "must be a table")
        if "name" in table:
            raise ConfigError(_TAGS, f"link.{name}.name", "unknown key", "the table names the link")
        spec = parse(LinkSpec, {"name": name, **table}, _TAGS, f"link.{name}")
        if spec.protocol == "opcua" and "security" not in spec.model_fields_set:
            raise ConfigError(_TAGS, f"link.{name}.security", "is missing", _SECURITY)
        links[name] = spec
    return links


def _entries(tables: object) -> list[tuple[int, Mapping[str, Any]]]:
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise ConfigError(_TAGS, "tag", "must be an array of tables", "write [[tag]]")
    return list(enumerate(tables, start=1))


def _tag(table: Mapping[str, Any], number: int, links: Mapping[str, LinkSpec]) -> Tag:
    name = table.get("name")
    where = f"tag {name}" if isinstance(name, str) else f"tag no. {number}"
    spec = parse(TagSpec, table, _TAGS, where)
    link = links.get(spec.source.link)
    if link is None:
        remedy = nearest(spec.source.link, links)
        raise ConfigError(
            _TAGS, f"{where}.source.link", f"no such link '{spec.source.link}'", remedy
        )
    labels = _labels(spec, where)
    lo, hi = _range(spec, labels, where)
    tag = Tag(
        name=spec.name,
        text=spec.text,
        unit=spec.unit,
        kind=spec.kind,
        lo=lo,
        hi=hi,
        source=_source(spec.source, link, where),
        direction=spec.direction,
        labels=labels,
        accuracy_rel=spec.accuracy.rel,
        accuracy_abs=spec.accuracy.abs,
        scan_s=spec.scan_s,
        dead_time_s=spec.dead_time_s,
        flatline_s=spec.flatline_s,
        rate_max=spec.rate_max,
        readback_of=spec.readback_of,
        role=spec.role,
        index=spec.index,
        witness=spec.witness,
        normal=(spec.normal[0], spec.normal[1]) if spec.normal else None,
    )
    check_tag(tag, where)
    check_on_link(tag, link, where)
    return tag


def _labels(spec: TagSpec, where: str) -> tuple[tuple[int, str], ...]:
    for key in spec.labels:
        if not key.isdecimal() or len(key) > MOST_DIGITS:
            raise ConfigError(_TAGS, f"{where}.labels.{key}", "a label's key must be a number")
    # A server's text is matched without regard to case: see sensors.opcua_values.
    for what, seen in (
        ("number", Counter(str(int(k)) for k in spec.labels)),
        ("text", Counter(v.strip().lower() for v in spec.labels.values())),
    ):
        twice, times = max(seen.items(), key=lambda item: item[1], default=("", 0))
        if times > 1:
            problem = f"two labels have the {what} '{twice}'"
            raise ConfigError(_TAGS, f"{where}.labels", problem, "give each its own")
    return tuple(sorted((int(k), v) for k, v in spec.labels.items()))


def _range(spec: TagSpec, labels: tuple[tuple[int, str], ...], where: str) -> tuple[float, float]:
    if spec.range:
        return float(spec.range[0]), float(spec.range[1])
    if spec.kind == "bool":
        return 0.0, 1.0
    if spec.kind == "enum" and labels:
        return float(labels[0][0]), float(labels[-1][0])
    missing = "labels" if spec.kind == "enum" else "range"
    raise ConfigError(_TAGS, f"{where}.{missing}", f"is missing for a tag of kind {spec.kind}")


def _source(spec: SourceSpec, link: LinkSpec, where: str) -> ModbusSource | OpcuaSource:
    given = spec.model_fields_set - {"link"}
    own = _OPCUA_KEYS if link.protocol == "opcua" else SourceSpec.model_fields.keys() - _OPCUA_KEYS
    wanted = {"node"} if link.protocol == "opcua" else {"table", "address", "type"}
    for key in sorted(given - own):
        raise ConfigError(_TAGS, f"{where}.source.{key}", f"not a key of {link.protocol} links")
    for key in sorted(wanted - given):
        raise ConfigError(_TAGS, f"{where}.source.{key}", f"is missing on a {link.protocol} link")
    if spec.node is not None:
        return OpcuaSource(spec.link, spec.node, spec.element, spec.deadband)
    if spec.table is None or spec.address is None or spec.type is None:
        raise ConfigError(_TAGS, f"{where}.source", "is incomplete")
    return ModbusSource(
        link=spec.link,
        table=spec.table,
        address=spec.address,
        type=spec.type,
        words=spec.words or "big",
        scale=1.0 if spec.scale is None else spec.scale,
        offset=spec.offset or 0.0,
        ne43=spec.ne43,
    )


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
