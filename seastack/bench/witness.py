"""Whether the journal holds, as GOOD, only what the rig really served."""

from typing import Final

import numpy as np

from seastack.bench.table import RunTable
from seastack.served import Served
from sensors.image import F64
from sensors.quality import Quality
from sensors.tag import ModbusSource, Tag, TagTable

BACK_NS: Final = 3_000_000_000  # a value read may have been served for so long
AHEAD_NS: Final = 200_000_000


def rounding(tag: Tag) -> float:
    """Return what the wire may round off a value of this tag, in its unit."""
    source = tag.source
    if not isinstance(source, ModbusSource):
        return 0.0
    if source.ne43:
        return (tag.hi - tag.lo) / 16000.0
    if source.type == "float32":
        return 1e-6 * max(abs(tag.lo), abs(tag.hi), 1.0)
    return 0.51 * abs(source.scale)


def wrong_good(
    run: RunTable, served: Served, tags: TagTable, back_ns: int = BACK_NS
) -> tuple[int, int]:
    """Return (GOOD values the rig never served around their time, GOOD values).

    A GOOD value must equal, to the rounding of the wire, what the rig served in the
    `back_ns` before the cycle, plant time: more at a higher speed, where a
    time-out of the wire is more plant time.
    """
    inputs = run.inputs()
    position = np.array([tags.index[run.channels[i].name] for i in inputs])
    slack = np.array([rounding(tags.tags[k]) for k in position]) + 1e-9
    wrong = total = 0
    for i, t_ns in enumerate(run.t_ns):
        good = run.quality[i, inputs] == Quality.GOOD
        total += int(good.sum())
        first = np.searchsorted(served.t_ns, t_ns - back_ns)
        last = np.searchsorted(served.t_ns, t_ns + AHEAD_NS)
        shown: F64 = served.value[first:last][:, position]
        seen = (np.abs(shown - run.value[i, inputs]) <= slack).any(axis=0)
        wrong += int((good & ~seen).sum())
    return wrong, total
