"""`seastack check`: what a plant folder would do, and what every point says now."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seastack.console import console
from seastack.problems import state_dir
from sensors.ageing import StampAges, clock_words
from sensors.blocks import line_s, plan
from sensors.clock import SystemClock
from sensors.errors import ConfigError, LinkError, LinkRefused
from sensors.freeze import freeze_seen_by
from sensors.plantfile import Plant
from sensors.quality import Quality, Reason
from sensors.reading import Reading
from sensors.tag import Tag

PERIOD_S: Final = 1.0  # of the controller, as `seastack run` begins with


@dataclass(slots=True)
class Live:
    """What the links said: readings and complaints by tag name, and links in trouble."""

    readings: dict[str, Reading] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
    folder = state_dir(state)
    live = asyncio.run(read_everything(plant, folder))
    for problem in live.problems:
        out.print(f"[bold red]{escape(problem)}[/]", soft_wrap=True)
    if live.readings:
        _print_live(out, plant, live)
    for one in (*live.notes, *_ending(plant, folder)):
        out.print(f"[yellow]{escape(one)}[/]", soft_wrap=True)
    bad = sum(1 for r in live.readings.values() if r.quality != Quality.GOOD)
    lost = len(live.problems)
    out.print(f"{len(live.readings)} points read, {bad} not GOOD, {lost} links in trouble")
    return 1 if bad or lost else 0


def _ending(plant: Plant, state: Path) -> list[str]:
    from seastack.drivers import ending_soon

    secured = any(spec.security != "None" for spec in plant.links.values())
    return [f"{one}; see seastack pki" for one in ending_soon(state / "pki")] if secured else []


async def read_everything(plant: Plant, state: Path) -> Live:
    """Read every point of every link once; a link in trouble does not keep the others."""
    live = Live()
    for name in plant.links:
        try:
            await _read_link(plant, name, state, live)
        except ConfigError as problem:
            live.problems.append(f"link {name}: {problem}")
    return live


async def _read_link(plant: Plant, name: str, state: Path, live: Live) -> None:
    from seastack.drivers import driver_factory
    from sensors.diagnose import diagnose, remedy_for
    from sensors.driver import KnowsRanges
    from sensors.linkmemory import LinkMemory, Remembers, memory_file

    tags, spec = plant.tags_of(name), plant.links[name]
    driver = driver_factory(plant, name, state, SystemClock())()
    if isinstance(driver, Remembers):
        driver.recall(LinkMemory(memory_file(state, name), read_only=True))
    problem = cause = ""
    try:
        identity = await driver.connect()
        began_s = time.monotonic()
        readings, clock = doubted(name, await driver.read(tags))
        took_s = time.monotonic() - began_s
        live.readings.update(zip((t.name for t in tags), readings, strict=True))
        live.why.update({t.name: why for t, why in getattr(driver, "complaints", {}).items()})
        who = "SIMULATOR" if identity.simulator else "not a simulator"
        if pins := getattr(driver, "pin_line", ""):
            pins = f"link {name}: to pin what its node ids name by number alone, write: {pins}"
        slow = _slow_words(name, took_s)
        live.notes.extend(filter(None, [*identity.remarks, clock, pins, slow]))
        if isinstance(driver, KnowsRanges):
            live.notes.extend(f"link {name}: {one}" for one in await driver.ranges_beyond())
        said = " ".join(filter(None, [identity.vendor, identity.product, identity.version]))
        print(f"{name}: {said or 'a device without a name'}, {who}; a scan takes {took_s:.2f} s")
        if readings and all(r.reason & Reason.DEVICE for r in readings):
            problem, cause = f"{spec.url} refuses every point", await diagnose(spec, tags)
    except LinkRefused as refusal:
        problem, cause = str(refusal), remedy_for(str(refusal), name)
    except LinkError as lost:
        problem, cause = str(lost), await diagnose(spec, tags)
    finally:
        await driver.close()
    if problem:
        said = f"link {name}: {problem}"
        live.problems.append(f"{said}\n  {cause}" if cause else said)


def _slow_words(name: str, took_s: float) -> str:
    """Return what to do about a scan that is longer than the controller's period, else ""."""
    if took_s <= PERIOD_S:
        return ""
    return (
        f"link {name}: a scan takes {took_s:.1f} s, the controller looks every {PERIOD_S:g} s: "
        "give points that may be older a larger scan_s, or place the registers side by side"
    )


def doubted(name: str, readings: Sequence[Reading]) -> tuple[list[Reading], str]:
    """Return the readings, those stamped ahead of us as doubtful, and words on the clock."""
    judged = StampAges(len(readings), 0).judged(
        readings, max((r.t_received_ns for r in readings), default=0), 0
    )
    leads = [r.t_source_ns - r.t_received_ns for r in readings]
    return judged, clock_words(name, max(leads)) if leads else ""


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
    slow = []
    for name, link in plant.links.items():
        tags = plant.tags_of(name)
        setpoints = sum(t.direction == "setpoint" for t in tags)
        polled = [t for t in tags if t.direction != "setpoint"]
        blocks = plan(polled, link.max_registers) if link.is_modbus else ()
        if link.protocol == "modbus-rtu" and (least_s := line_s(blocks, link.baud)) > 0.5:
            slow.append(f"{name}: at {link.baud} baud a scan takes {least_s:.1f} s at least")
        numbers = (str(len(tags)), str(setpoints), str(len(blocks) or 1))
        table.add_row(name, link.url, link.security, *numbers)
    out.print(table)
    for one in slow:
        out.print(f"[yellow]{escape(one)}[/]", soft_wrap=True)
    for name in plant.links:
        out.print(f"what would notice that {name} stands still: {freeze_seen_by(plant, name)}")
    kinds = Counter(t.kind for t in plant.tags.tags)
    out.print("kinds: " + ", ".join(f"{n} {k}" for k, n in sorted(kinds.items())))
    names = (t.name for t in plant.tags.setpoints)
    out.print("Seastack would write, and nothing else: " + ", ".join(names))
    unbound = [t.name for t in plant.tags.tags if t.role is None]
    if unbound:
        out.print("read and recorded, but without a role: " + ", ".join(unbound))


def _print_controller(out: Console, plant: Plant) -> None:
    from controller.rolecosts import costs_of
    from seastack.plantargs import configured

    config = configured(plant)
    out.print(f"control.toml and alarms.toml are sound: {len(config.rules)} alarm rules")
    _print_costs(out, costs_of(plant.tags))


def _print_costs(out: Console, missing: dict[str, str]) -> None:
    """Say what each role without a point costs; those only recorded and shown in one line."""
    for cost in dict.fromkeys(filter(None, missing.values())):
        roles = ", ".join(role for role, what in missing.items() if what == cost)
        out.print(f"[yellow]no point for {roles}[/]: {cost}", soft_wrap=True)
    shown = [role for role, cost in missing.items() if not cost]
    if shown:
        out.print(f"no point for {', '.join(shown)}: only recorded and shown", soft_wrap=True)


def _print_live(out: Console, plant: Plant, live: Live) -> None:
    table = Table()
    for column in ("tag", "value", "unit", "quality", "why", "text"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for tag in plant.tags.tags:
        if tag.name in live.readings:
            table.add_row(*_row(tag, live.readings[tag.name], live.why.get(tag.name, "")))
    out.print(table)


def _row(tag: Tag, reading: Reading, complaint: str) -> tuple[str, ...]:
    value = f"{reading.value:.6g}"
    if tag.labels and math.isfinite(reading.value):
        value = dict(tag.labels).get(int(reading.value), value)
    colour = {Quality.GOOD: "green", Quality.UNCERTAIN: "yellow", Quality.BAD: "red"}
    quality = Quality(reading.quality)
    why = escape(complaint) or ", ".join(r.name or "" for r in Reason(reading.reason))
    return tag.name, value, tag.unit, f"[{colour[quality]}]{quality.name}[/]", why, tag.text
