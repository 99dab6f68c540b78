"""A sailing whose rig can lose the wire as well: what the servers make of transport faults.

In one process there are no sockets: an answer later than a link's time-out is none, words go
out swapped, the heartbeat stands still, as `sim`'s servers would have it.
"""

import numpy as np
from numpy.typing import NDArray

from seastack.bench.sail import Sailing
from sensors.image import F64
from sensors.quality import Reason
from sensors.tag import ModbusSource


class WiredSailing(Sailing):
    """Rig and controller of one process, with the faults of `sim.served.Transport`."""

    _beat = float("nan")

    def seen(self) -> tuple[F64, NDArray[np.uint32]]:
        """Return what arrives of the rig's values, and why it is not to be believed."""
        value, reason = super().seen()
        faults, table = self.rig.transport, self.rig.table
        beat = table.find("plc_heartbeat")
        if beat is not None:
            if faults.frozen_heartbeat and self._beat == self._beat:
                value[beat] = self._beat
            self._beat = float(value[beat])
        links = self.config.plant.links
        lost = {n for n, s in links.items() if faults.hung or faults.late_s > s.timeout_s}
        for i, tag in enumerate(table.tags):
            wide = isinstance(tag.source, ModbusSource) and tag.source.type == "float32"
            if faults.swapped_words and wide:
                value[i] = _swapped(float(value[i]))
            if tag.source.link in lost:
                value[i], reason[i] = float("nan"), int(Reason.LINK)
        return value, reason


def _swapped(value: float) -> float:
    words = np.array([value], dtype=np.float32).view(np.uint16)
    return float(words[::-1].copy().view(np.float32)[0])
