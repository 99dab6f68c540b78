"""A rig that is only a table: what it is told to show, it shows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sensors.driver import Identity
from sensors.image import F64
from sensors.linkspec import LinkSpec
from sensors.plantfile import Plant
from sensors.quality import Reason
from sensors.tag import TagTable
from sim.served import Transport

START_NS = 1_700_000_000_000_000_000


def own_values(table: TagTable) -> F64:
    """Return one value a tag that no other tag of the table has, where its kind allows."""
    values = np.zeros(len(table))
    for i, tag in enumerate(table.tags):
        share = 0.1 + 0.8 * (i + 0.37) / len(table)
        values[i] = tag.lo + share * (tag.hi - tag.lo) if tag.kind == "float" else float(i % 2)
    return values


class TableRig:
    """Serves a table; `advance` makes a new sample of the same values."""

    def __init__(self, plant: Plant) -> None:
        self.table = plant.tags
        self.t_ns = START_NS
        self.value: F64 = own_values(self.table)
        self.reason: NDArray[np.uint32] = np.zeros(len(self.table), dtype=np.uint32)
        self.source_ns: NDArray[np.int64] = np.full(len(self.table), START_NS, dtype=np.int64)
        self.transport = Transport()
        self.written: list[dict[str, float]] = []

    def advance(self, seconds: float = 1.0) -> None:
        self.t_ns += int(seconds * 1e9)
        self.source_ns = np.full(len(self.table), self.t_ns, dtype=np.int64)

    def show(self, name: str, value: float, reason: Reason = Reason.NONE) -> None:
        i = self.table.index[name]
        self.value, self.reason = self.value.copy(), self.reason.copy()
        self.value[i], self.reason[i] = value, int(reason)
        self.advance()

    def write(self, values: Mapping[str, float]) -> None:
        self.written.append(dict(values))
        self.value = self.value.copy()
        for name, value in values.items():
            self.value[self.table.index[name]] = value


class TableBackend:
    """The same rig behind a memory driver."""

    def __init__(self, rig: TableRig, hidden: frozenset[str] = frozenset()) -> None:
        self.rig, self.hidden, self.alive = rig, hidden, True
        self.identity = Identity("Seastack", "SIMULATOR", "1.0", True)

    def get(self, name: str) -> tuple[float, Reason, int] | None:
        if name in self.hidden:
            return None
        i = self.rig.table.index[name]
        return float(self.rig.value[i]), Reason(int(self.rig.reason[i])), int(self.rig.source_ns[i])

    def put(self, values: Mapping[str, float]) -> None:
        self.rig.write(values)


def with_tags(plant: Plant, table: TagTable, protocol: str, **keys: object) -> Plant:
    """Return a plant of one link "dev" and these tags, for servers and drivers."""
    link: dict[str, object] = {"name": "dev", "protocol": protocol, **keys}
    if protocol == "modbus-rtu":
        link.setdefault("device", "/dev/null")
    else:
        link.setdefault("port", 0)
    if protocol == "opcua":
        link = {"path": "/seastack/", "security": "Basic256Sha256", **link}
    return replace(plant, tags=table, links={"dev": LinkSpec.model_validate(link)})
