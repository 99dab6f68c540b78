"""A plant by name or folder, with its links where the command line says they are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seastack.plants.locate import locate
from seastack.problems import UserError
from sensors.errors import ConfigError
from sensors.linkspec import host_problem
from sensors.plantfile import Plant, load_plant

if TYPE_CHECKING:
    from controller.config import PlantConfig


def plant_of(name: str, links: Sequence[str] = ()) -> Plant:
    """Load a plant and move its links; each of `links` is NAME=HOST:PORT or
    NAME=/dev/LINE.

    Raises UserError for a link that cannot be read that way, ConfigError for
    anything wrong in the folder.
    """
    folder = locate(name)
    with told_with(folder):
        return _moved(load_plant(folder), links)


def configured(plant: Plant) -> "PlantConfig":
    """Return the control configuration of a plant's folder; raise ConfigError."""
    from controller.config import configure

    with told_with(plant.folder):
        return configure(plant)


@contextmanager
def told_with(folder: Path) -> Iterator[None]:
    """Let a ConfigError about a file of a plant folder name the folder too."""
    try:
        yield
    except ConfigError as wrong:
        if not (folder / wrong.file).is_file():
            raise
        path = str(folder / wrong.file)
        raise ConfigError(path, wrong.key, wrong.problem, wrong.remedy) from None


def _moved(plant: Plant, links: Sequence[str]) -> Plant:
    for link in links:
        who, _, where = link.partition("=")
        if who and where.startswith("/"):
            plant = plant.on_line(who, where)
            continue
        host, _, port = where.rpartition(":")
        if not (who and host and port.isdecimal() and len(port) <= 5 and int(port) <= 65535):
            raise UserError(f"--link {link}: write NAME=HOST:PORT, such as plc=10.0.3.7:502")
        if problem := host_problem(host):
            raise UserError(f"--link {who}=...: {problem}")
        plant = plant.with_link(who, host, int(port))
    return plant
