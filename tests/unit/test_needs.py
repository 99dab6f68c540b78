"""A plant with names of its own is controlled; the simulator says which names it misses."""

import shutil
from pathlib import Path

import pytest

from seastack.plantargs import configured
from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.plantfile import Plant, load_plant
from sim.needs import require_tags
from sim.plc_setpoints import TAGS as SETPOINTS


def renamed(tmp_path: Path, *names: str) -> Plant:
    folder = Path(shutil.copytree(locate("demo"), tmp_path / "plant"))
    tags = folder / "tags.toml"
    text = tags.read_text()
    for number, name in enumerate(names):
        text = text.replace(f'"{name}"', f'"ZZ-{number}"')
    tags.write_text(text)
    return load_plant(folder)


def test_the_demo_has_all_it_needs() -> None:
    require_tags(load_plant(locate("demo")))


@pytest.mark.parametrize("name", ["AT-345", "LT-361", "PT-104", "HS-IDENT", "HS-PC-BEAT"])
def test_a_tag_of_another_name_is_named(tmp_path: Path, name: str) -> None:
    plant = renamed(tmp_path, name)
    configured(plant)  # control goes by role
    with pytest.raises(ConfigError, match=f"misses {name}; a plant with other names"):
        require_tags(plant)


def test_many_are_counted(tmp_path: Path) -> None:
    plant = renamed(tmp_path, *(f"TT-31{i}" for i in range(1, 9)), *SETPOINTS)
    with pytest.raises(ConfigError, match="TT-318 and 5 more;"):
        require_tags(plant)
