"""The demo plant with every point on one link, and what the interop scripts share."""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
from nodemodules import node_packages

from seastack.plants.locate import locate
from sensors.blocks import source_of
from sensors.codec import WIDTH
from sensors.linkspec import LinkSpec
from sensors.pki import PkiPaths
from sensors.plantfile import Plant, load_plant
from sensors.tag import ModbusSource, OpcuaSource, Tag, TagTable
from sim import voyages
from sim.rig import Rig

HOST = "127.0.0.1"
LINK = "dev"
ABSENT = 77


def on_modbus() -> Plant:
    """Return the demo with all its points on one Modbus link."""
    plant = load_plant(locate("demo"))
    free = {"input": 1000, "discrete": 1000}
    tags: list[Tag] = []
    for tag in plant.tags.tags:
        if isinstance(tag.source, ModbusSource):
            tags.append(replace(tag, source=replace(tag.source, link=LINK)))
            continue
        table, wire = ("discrete", "bool") if tag.kind == "bool" else ("input", "float32")
        source = ModbusSource(LINK, table, free[table], wire)  # type: ignore[arg-type]
        free[table] += WIDTH[wire]
        tags.append(replace(tag, source=source))
    spec = LinkSpec.model_validate({"name": LINK, "protocol": "modbus-tcp", "port": 0})
    return replace(plant, tags=TagTable(tags), links={LINK: spec})


def on_opcua() -> Plant:
    """Return the demo with all its points on one secured OPC UA link."""
    plant = load_plant(locate("demo"))
    tags = [replace(t, source=OpcuaSource(LINK, f"ns=2;s={t.name}")) for t in plant.tags.tags]
    link = {"name": LINK, "protocol": "opcua", "port": 0, "path": "/seastack/",
            "security": "Basic256Sha256", "timeout_s": 2.0}  # fmt: skip
    return replace(plant, tags=TagTable(tags), links={LINK: LinkSpec.model_validate(link)})


def rig_at_sea(plant: Plant) -> Rig:
    """Return a rig that has run for half a minute at sea."""
    rig = Rig(plant, voyages.load("birka"), seed=1, start_ns=1_389_517_200_000_000_000)
    rig.warm()
    for _ in range(30):
        rig.step()
    return rig


def tolerance(tag: Tag) -> float:
    """Return the rounding of a tag's wire type, in its unit."""
    if not isinstance(tag.source, ModbusSource):
        return 1e-12
    source = source_of(tag)
    if source.ne43:
        return (tag.hi - tag.lo) / 16000.0
    return 1e-6 if source.type.startswith("float") else abs(source.scale) * 0.51


def differing(tags: Mapping[Tag, float], want: Mapping[str, float]) -> list[str]:
    """Return, in words, the points whose two values differ by more than the wire explains."""
    wrong = []
    for tag, got in tags.items():
        right = want[tag.name]
        same = math.isclose(got, right, rel_tol=2e-7, abs_tol=tolerance(tag))
        if not same and not (math.isnan(got) and math.isnan(right)):
            wrong.append(f"{tag.name}: {got:g} {tag.unit} on the wire, {right:g} on the other side")
    return wrong


def own_values(plant: Plant) -> dict[str, float]:
    """Return one value a tag, none like another where its kind allows."""
    rng = np.random.default_rng(5)
    values = {}
    for tag in plant.tags.tags:
        if tag.kind == "float":
            values[tag.name] = float(np.float32(rng.uniform(tag.lo, tag.hi)))
        else:
            values[tag.name] = float(rng.integers(int(tag.lo), int(min(tag.hi, 30000)) + 1))
    return values


def pem(paths: PkiPaths, certificate: Path) -> Path:
    """Write a DER certificate as PEM beside it; return the new file."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from sensors.certificates import read_certificate

    made = certificate.with_suffix(".pem")
    made.write_bytes(read_certificate(certificate).public_bytes(Encoding.PEM))
    return made


def node_opcua() -> AbstractContextManager[Path | None]:
    """Return the folder where Node finds node-opcua's client and server; see `node_packages`."""
    return node_packages("node-opcua-client@2", "node-opcua-server@2")
