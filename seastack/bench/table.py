"""A recorded run as arrays, for scoring."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.historian.reader import JournalReader
from controller.historian.record import Channel
from sensors.quality import Quality

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RunTable:
    """All n cycles of a run: t_ns, seq shape (n,); value, quality shape (n, channels)."""

    run: str
    channels: tuple[Channel, ...]
    t_ns: NDArray[np.int64]
    seq: NDArray[np.int64]
    value: F64
    quality: NDArray[np.uint8]

    @classmethod
    def load(cls, state: Path, run: str = "") -> "RunTable":
        """Read a run, or the newest, from a state directory; raise UnknownRun."""
        with JournalReader(state) as reader:
            name = run or reader.newest_run() or ""
            channels = reader.channels(name)
            records = list(reader.records(name))
        shape = (len(records), len(channels))
        return cls(
            name,
            channels,
            np.array([r.t_ns for r in records], dtype=np.int64),
            np.array([r.seq for r in records], dtype=np.int64),
            np.array([r.value for r in records], dtype=np.float64).reshape(shape),
            np.array([r.quality for r in records], dtype=np.uint8).reshape(shape),
        )

    def column(self, name: str) -> F64:
        """Return the values of a channel, shape (n,); raise KeyError for an unknown one."""
        return self.value[:, self.position(name)]

    def position(self, name: str) -> int:
        """Return the column number of a channel; raise KeyError for an unknown one."""
        for i, channel in enumerate(self.channels):
            if channel.name == name:
                return i
        raise KeyError(name)

    def inputs(self) -> list[int]:
        """Return the column numbers of what is read from the rig."""
        return [i for i, c in enumerate(self.channels) if c.kind == "in"]

    def all_bad(self) -> NDArray[np.bool_]:
        """Return in which cycles every input is BAD, shape (n,)."""
        worst: NDArray[np.bool_] = (self.quality[:, self.inputs()] == Quality.BAD).all(axis=1)
        return worst

    def good_share(self) -> F64:
        """Return the share of inputs that are GOOD in each cycle, shape (n,)."""
        share: F64 = (self.quality[:, self.inputs()] == Quality.GOOD).mean(axis=1)
        return share


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, user and system; NaN when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return math.nan
    # Fields 14 and 15 of proc(5); the name in brackets may hold spaces.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
