"""Find a plant folder by the name of one we carry, or by its path."""

from importlib import resources
from pathlib import Path

from seastack.problems import UserError, nearest


def known_plants() -> list[str]:
    """Return the names of the plants that come with Seastack, sorted."""
    root = resources.files("seastack.plants")
    return sorted(e.name for e in root.iterdir() if e.is_dir() and (e / "plant.toml").is_file())


def locate(name: str) -> Path:
    """Return the folder of a plant, given a known name or the path of a folder.

    Raises UserError listing the known plants when neither is there.
    """
    folder = Path(name)
    if folder.is_dir():
        if (folder / "plant.toml").is_file():
            return folder
        raise UserError(f"{folder}: no plant.toml in this folder; see docs/plant-folder.md")
    plants = known_plants()
    if name in plants:
        return Path(str(resources.files("seastack.plants") / name))
    raise UserError(
        f"no plant called {name!r}: known are {', '.join(plants)}, "
        f"or give the path of a plant folder{nearest(name, plants)}"
    )
