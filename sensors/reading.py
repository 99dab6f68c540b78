"""One value with everything needed to judge it."""

from dataclasses import dataclass

from sensors.quality import Quality, Reason


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in the tag's engineering unit, its quality and its two times.

    `t_source_ns` is when the device measured it (the device's own time stamp
    where there is one), `t_received_ns` when this process got it; both in ns
    since the Unix epoch, plant time.
    """

    value: float
    quality: Quality
    reason: Reason
    t_source_ns: int
    t_received_ns: int
