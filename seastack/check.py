"""`seastack check`: what a plant folder would do, and what every point says now."""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from seastack.console import console
from seastack.problems import state_dir
from sensors.blocks import plan
from sensors.clock import SystemClock
from sensors.errors import LinkError
from sensors.plantfile import Plant
from sensors.quality import Quality, Reason
from sensors.reading import Reading
from sensors.tag import ModbusSource, Tag

Live = dict[str, Reading]


def check_plant(name: str, *, connect: bool, links: Sequence[str], state: Path | None) -> int:
    """Print what a plant would do; with `connect` read every point once.

    Return 0, or 1 when a point that was read is not GOOD or a link did not
    answer.  Raises ConfigError or UserError for anything wrong in the folder.
    """
    from seastack.plantargs import plant_of

    plant = plant_of(name, links)
    out = console()
    _print_plan(out, plant)
    _print_controller(out, plant)
    if not connect:
        return 0
    live, problems = asyncio.run(read_everything(plant, state_dir(state)))
    _print_live(out, plant, live)
    for problem in problems:
        out.print(f"[bold red]{problem}[/]")
    bad = sum(1 for r in live.values() if r.quality != Quality.GOOD)
    out.print(f"{len(live)} points read, {bad} not GOOD, {len(problems)} links without an answer")
    return 1 if bad or problems else 0


async def read_everything(plant: Plant, state: Path) -> tuple[Live, list[str]]:
    """Read every point of every link once; return readings by tag and what failed."""
    from seastack.drivers import driver_factories

    live: Live = {}
    problems: list[str] = []
    for name, make in driver_factories(plant, state, SystemClock()).items():
        tags, spec = plant.tags_of(name), plant.links[name]
        driver = make()
        try:
            identity = await driver.connect()
            live.update(zip((t.name for t in tags), await driver.read(tags), strict=True))
        except LinkError as problem:
            problems.append(f"link {name} at {spec.url}: {problem}")
        else:
            who = "SIMULATOR" if identity.simulator else "not a simulator"
            print(f"{name}: {identity.vendor} {identity.product} {identity.version}, {who}")
        finally:
            await driver.close()
    return live, problems


def _print_plan(out: Console, plant: Plant) -> None:
    spec = plant.spec.plant
    out.print(f"[bold]{spec.title}[/] ({plant.name}): {spec.text}")
    out.print(
        f"{spec.flow_scheme} scheme, {spec.solvent}, {len(plant.tags)} points, "
        f"configuration {plant.config_hash[:12]}"
    )
    table = Table()
    for column in ("link", "where", "security", "points", "set-points", "requests a scan"):
        table.add_column(column)
    for name, link in plant.links.items():
        tags = plant.tags_of(name)
        setpoints = sum(t.direction == "setpoint" for t in tags)
        requests = len(plan(tags)) if isinstance(tags[0].source, ModbusSource) else 1
        numbers = (str(len(tags)), str(setpoints), str(requests))
        table.add_row(name, link.url, link.security, *numbers)
    out.print(table)
    kinds = Counter(t.kind for t in plant.tags.tags)
    out.print("kinds: " + ", ".join(f"{n} {k}" for k, n in sorted(kinds.items())))
    names = (t.name for t in plant.tags.setpoints)
    out.print("Seastack would write, and nothing else: " + ", ".join(names))
    unbound = [t.name for t in plant.tags.tags if t.role is None]
    if unbound:
        out.print("read and recorded, but without a role: " + ", ".join(unbound))


def _print_controller(out: Console, plant: Plant) -> None:
    from controller.config import configure

    config = configure(plant)
    out.print(f"control.toml and alarms.toml are sound: {len(config.rules)} alarm rules")


def _print_live(out: Console, plant: Plant, live: Live) -> None:
    table = Table()
    for column in ("tag", "value", "unit", "quality", "why", "text"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for tag in plant.tags.tags:
        if tag.name in live:
            table.add_row(*_row(tag, live[tag.name]))
    out.print(table)


def _row(tag: Tag, reading: Reading) -> tuple[str, ...]:
    value = f"{reading.value:.6g}"
    if tag.labels and math.isfinite(reading.value):
        value = dict(tag.labels).get(int(reading.value), value)
    colour = {Quality.GOOD: "green", Quality.UNCERTAIN: "yellow", Quality.BAD: "red"}
    quality = Quality(reading.quality)
    why = ", ".join(r.name or "" for r in Reason(reading.reason))
    return tag.name, value, tag.unit, f"[{colour[quality]}]{quality.name}[/]", why, tag.text
