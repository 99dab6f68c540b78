"""Which tags a plant must have to be simulated.

The rig that is not there is one certain rig: its points, its PLC and its instruments go
by the demo's tag names.  A plant with other names can be controlled, but not simulated.
"""

from typing import Final

from sensors.errors import ConfigError
from sensors.plantfile import Plant
from sim.plc import STATUS_TAGS
from sim.plc_io import PC_TAGS, SENSED_TAGS
from sim.points import point_tags

TOLD: Final = 8


def require_tags(plant: Plant) -> None:
    """Raise ConfigError naming the tags that the simulated rig needs and the plant lacks."""
    table = plant.tags
    writable = {t.name for t in table.setpoints}
    needed = [*point_tags(plant.spec.ship.engines), *SENSED_TAGS, *STATUS_TAGS]
    missing = [t for t in dict.fromkeys(needed) if t not in table.index]
    missing += [t for t in PC_TAGS if t not in writable]
    if not missing:
        return
    names = ", ".join(missing[:TOLD])
    more = f" and {len(missing) - TOLD} more" if len(missing) > TOLD else ""
    raise ConfigError(
        "tags.toml",
        "tag",
        f"the simulated rig knows only the demo's names and misses {names}{more}",
        "a plant with other names is controlled, but cannot be simulated",
    )
