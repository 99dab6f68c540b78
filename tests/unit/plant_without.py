"""A copy of the demo plant without some roles: their tags, read-backs and alarms left out."""

import re
import shutil
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from seastack.plants.locate import locate

_TABLE: Final = re.compile(r"(?m)^(?=\[\[(?:tag|alarm)\]\])")
Entry = dict[str, Any]


def plant_without(folder: Path, roles: Collection[str], alarms_too: bool = True) -> Path:
    """Return `folder` as a copy of the demo plant in which no tag has one of `roles`."""
    shutil.copytree(locate("demo"), folder)
    tags, alarms = folder / "tags.toml", folder / "alarms.toml"
    table = tomllib.loads(tags.read_text())["tag"]
    gone = {tag["name"] for tag in table if tag.get("role") in roles}
    _drop(tags, "tag", lambda tag: tag["name"] in gone or tag.get("readback_of") in gone)
    if alarms_too:
        _drop(alarms, "alarm", lambda alarm: alarm.get("role") in roles)
        _forget_causes(alarms)
    return folder


def _drop(file: Path, table: str, gone: Callable[[Entry], bool]) -> None:
    parts = _TABLE.split(file.read_text())
    head = f"[[{table}]]"
    kept = [p for p in parts if not (p.startswith(head) and gone(tomllib.loads(p)[table][0]))]
    file.write_text("".join(kept))


def _forget_causes(file: Path) -> None:
    """Take alarms that are gone out of `follows`."""
    known = {alarm["id"] for alarm in tomllib.loads(file.read_text())["alarm"]}

    def kept(found: re.Match[str]) -> str:
        names = [n for n in re.findall(r'"(\w+)"', found[1]) if n in known]
        return "follows = [" + ", ".join(f'"{n}"' for n in names) + "]"

    file.write_text(re.sub(r"follows = \[([^\]]*)\]", kept, file.read_text()))
