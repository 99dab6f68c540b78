"""What the journal stores: runs, layouts, one record a cycle, events, snapshots."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

ChannelKind = Literal["in", "calc", "out"]
RunKind = Literal["live", "bench", "replay", "import"]
EventKind = Literal["mode", "alarm", "command", "link", "write", "system"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a layout, with all a reader needs to show it alone.

    `text`, `lo`, `hi`, `normal` (lo, hi), `labels` ({number: word}) and `role`
    come from the tag; calculated channels fill what they have.
    """

    name: str
    unit: str
    kind: ChannelKind
    text: str = ""
    lo: float | None = None
    hi: float | None = None
    normal: tuple[float, float] | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    role: str | None = None
    index: int = 0
    witness: str = ""


_RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def is_run_name(name: str) -> bool:
    """Return whether a name can be that of a run, and so of a folder: nothing else than that."""
    return _RUN_NAME.fullmatch(name) is not None and ".." not in name


@dataclass(frozen=True, slots=True)
class Run:
    """One life of a controller (or of a bench, or of a replay).

    `plant` names the plant folder, `title` is the ship as people call it.
    `speed` is how many seconds of the records' time pass in one of the wall's,
    `wall_ns` the wall's time at `started_ns`: with both a reader knows how old a
    record is.  None where that time does not follow the wall, or nobody said.
    """

    id: str
    kind: RunKind
    plant: str
    config_hash: str
    version: str
    seed: int | None
    started_ns: int
    simulator: bool = True
    title: str = ""
    speed: float | None = None
    wall_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Everything of one cycle, arrays in layout order (in, then calc, then out).

    value float64[n], quality uint8[n], reason uint32[n], age_ms int32[n].
    `t_ns` is UTC on the cycle grid in whole milliseconds; `mono_ns` plant
    monotonic time; `clock_ok` 1 while UTC and monotonic time agree.
    """

    seq: int
    t_ns: int
    mono_ns: int
    clock_ok: int
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint32]
    age_ms: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changed or was asked: the audit trail and the alarm list.

    `source` is the tag, loop, link or alarm id; `state` e.g. ACTIVE, CLEARED,
    ACKNOWLEDGED, UP, DOWN, ACCEPTED, REFUSED; `by` who asked ("" = the system);
    `old`, `new` what changed; `text` one plain sentence; `data` the rest.
    """

    seq: int
    t_ns: int
    kind: EventKind
    source: str
    state: str
    text: str
    priority: int = 0
    by: str = ""
    old: str = ""
    new: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
