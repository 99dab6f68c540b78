"""Records as InfluxDB line protocol: numbers only, gaps stay gaps.

Measurement `record`; tags plant, kind, run, and turn after the clock was set back;
one field per channel under its own name, always a float: the server refuses a line
of which one field is of another type than it was, and words for the numbers of a
channel come and go with plant folders.  A value that is BAD or not finite is left
out; its quality is there as `q_NAME` (0 BAD, 1 UNCERTAIN; absent means GOOD).
`seq` and `q` (the worst quality of all inputs) are in every line, so a line is
never empty.  What was shipped before is measurement `cycle`, where channels with
labels are integers; both are read back.
"""

import math
import re
from collections.abc import Sequence
from typing import Final

from controller.historian.record import Channel, Record, Run

MEASUREMENT: Final = "record"
MEASUREMENTS: Final = (MEASUREMENT, "cycle")  # as written now, and as it was before
NS_PER_MS: Final = 1_000_000
GOOD: Final = 2
RESERVED: Final = frozenset({"seq", "q", "time"})
_UNPRINTABLE: Final = re.compile(r"[\\\x00-\x1f\x7f]")
_SPECIAL: Final = re.compile(r"([,= ])")


def escaped(text: str) -> str:
    """Return text as a tag key, tag value or field key; what has no escape becomes "_"."""
    return _SPECIAL.sub(r"\\\1", _UNPRINTABLE.sub("_", text)) or "_"


class LineMaker:
    """Turns the records of one run into lines with millisecond time stamps.

    Raises ValueError when a channel has a name that the lines need themselves.
    """

    def __init__(self, run: Run, channels: Sequence[Channel]) -> None:
        clash = sorted(c.name for c in channels if c.name in RESERVED or c.name.startswith("q_"))
        if clash:
            raise ValueError(f"channel names {clash} are needed by the line format itself")
        tags = (("plant", run.plant), ("kind", run.kind), ("run", run.id))
        self._head = f"{MEASUREMENT}," + ",".join(f"{k}={escaped(v)}" for k, v in tags)
        self._names = [escaped(c.name) for c in channels]
        self._inputs = sum(c.kind == "in" for c in channels)

    def line(self, record: Record, turn: int = 0) -> str:
        """Return the line of one record, without a newline.

        `turn` counts how often the clock had been set back before: a tag, so that an
        hour lived twice is two series and overwrites nothing.
        """
        head = f"{self._head},turn={turn}" if turn else self._head
        quality = record.quality.tolist()
        fields = [f"seq={record.seq}i", f"q={min(quality[: self._inputs], default=GOOD)}i"]
        cells = zip(self._names, record.value.tolist(), quality, strict=True)
        for name, value, q in cells:
            if q and math.isfinite(value):
                fields.append(f"{name}={value!r}")
            if q != GOOD:
                fields.append(f"q_{name}={q}i")
        return f"{head} {','.join(fields)} {record.t_ns // NS_PER_MS}"
