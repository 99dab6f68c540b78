"""The process image: one immutable snapshot of every tag, taken per cycle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.errors import NotGood
from sensors.quality import Quality, Reason, qualities_of
from sensors.reading import Reading
from sensors.tag import TagTable

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Image:
    """Values of all tags at one instant, as arrays in table order.

    value float64[n] in each tag's unit (bool and enum as numbers);
    reason uint32[n] (`Reason` bits), quality uint8[n] derived from it;
    age_ms int32[n]: cycle time minus source time, clipped to [0, 2**31-1].
    The arrays are read-only: a cycle cannot change what it saw.
    """

    table: TagTable
    t_ns: int
    value: F64
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint32]
    age_ms: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        table: TagTable,
        t_ns: int,
        value: F64,
        reason: NDArray[np.uint32],
        age_ms: NDArray[np.int32],
    ) -> "Image":
        """Build an image that owns read-only arrays; quality follows from reason."""
        quality = qualities_of(reason)
        for array in (value, quality, reason, age_ms):
            array.flags.writeable = False
        return cls(table, t_ns, value, quality, reason, age_ms)

    def reading(self, name: str) -> Reading:
        """Return one tag's value with quality, reason and times.

        Raises KeyError for an unknown tag.
        """
        i = self.table.index[name]
        t_source = self.t_ns - int(self.age_ms[i]) * 1_000_000
        quality, reason = Quality(self.quality[i]), Reason(int(self.reason[i]))
        return Reading(float(self.value[i]), quality, reason, t_source, self.t_ns)

    def good(self, role: str, index: int = 0, witness: str = "") -> float:
        """Return a role's value; raise NotGood unless it is bound and GOOD."""
        i = self.table.find(role, index, witness)
        if i is None:
            raise NotGood(role, int(Reason.UNSET))
        if self.quality[i] != Quality.GOOD:
            raise NotGood(self.table.tags[i].name, int(self.reason[i]))
        return float(self.value[i])
