"""A plant by name or folder, with its links where the command line says they are."""

from collections.abc import Sequence

from seastack.plants.locate import locate
from seastack.problems import UserError
from sensors.plantfile import Plant, load_plant


def plant_of(name: str, links: Sequence[str] = ()) -> Plant:
    """Load a plant and move its links; each of `links` is NAME=HOST:PORT or
    NAME=/dev/LINE.

    Raises UserError for a link that cannot be read that way, ConfigError for
    anything wrong in the folder.
    """
    plant = load_plant(locate(name))
    for link in links:
        who, _, where = link.partition("=")
        if who and where.startswith("/"):
            plant = plant.on_line(who, where)
            continue
        host, _, port = where.rpartition(":")
        if not (who and host and port.isdigit() and int(port) <= 65535):
            raise UserError(f"--link {link}: write NAME=HOST:PORT, such as plc=10.0.3.7:502")
        plant = plant.with_link(who, host, int(port))
    return plant
