"""The clock of a process: the machine's, or one shared by the processes of a demo."""

from sensors.clock import Clock, ScaledClock, SystemClock


def clock_of(wall_epoch_ns: int | None, plant_epoch_ns: int | None, speed: float) -> Clock:
    """Return the shared clock of a demo when both epochs are given, else the machine's."""
    if wall_epoch_ns is None or plant_epoch_ns is None:
        return SystemClock()
    return ScaledClock(wall_epoch_ns, plant_epoch_ns, speed)
