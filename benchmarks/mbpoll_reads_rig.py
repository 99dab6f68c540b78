"""Read every Modbus point of the simulated rig with mbpoll and compare; try writes.

mbpoll (Debian package of that name, built on libmodbus) shares no code with
Seastack or pymodbus.  Registers are turned into engineering values here, by
the plain formulas, not by Seastack's codec.

    .venv/bin/python benchmarks/mbpoll_reads_rig.py

Exit code 0: every point agrees, a set-point arrives, a write elsewhere is
refused; 1: not so; 77: mbpoll is not installed.
"""

import asyncio
import math
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise

from seastack.plants.locate import locate
from sensors.blocks import source_of
from sensors.plantfile import Plant, load_plant
from sensors.tag import ModbusSource, Tag
from sim import voyages
from sim.modbus_server import ModbusRig
from sim.rig import Rig

HOST = "127.0.0.1"
TABLES = {"coil": "0", "discrete": "1", "input": "3", "holding": "4"}
MOST = 60  # values a request: 120 registers of float32
LINE = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)


def width(tag: Tag) -> int:
    """Return how many registers (or bits) a tag takes."""
    return {"float32": 2, "int32": 2, "uint32": 2, "float64": 4}.get(source_of(tag).type, 1)


def runs(plant: Plant) -> Iterator[list[Tag]]:
    """Yield neighbours of one table, type and word order, at most MOST at a time."""
    tags = [t for t in plant.tags.tags if isinstance(t.source, ModbusSource)]
    tags.sort(key=lambda t: (source_of(t).table, source_of(t).address))
    run: list[Tag] = tags[:1]
    for before, tag in pairwise(tags):
        a, b = source_of(before), source_of(tag)
        alike = (a.table, a.type, a.words) == (b.table, b.type, b.words)
        touches = alike and b.address == a.address + width(before)
        if not touches or len(run) == MOST:
            yield run
            run = []
        run.append(tag)
    yield run


def engineering(tag: Tag, raw: float) -> float:
    """Return the engineering value of what mbpoll printed, by the plain formulas."""
    src = source_of(tag)
    if src.ne43:
        return tag.lo + (raw / 1000.0 - 4.0) / 16.0 * (tag.hi - tag.lo)
    if src.type == "int16" and raw >= 32768:
        raw -= 65536
    return raw * src.scale + src.offset


def tolerance(tag: Tag, value: float) -> float:
    """Return the rounding of the wire type and of mbpoll's six printed digits."""
    src = source_of(tag)
    if src.ne43:
        return (tag.hi - tag.lo) / 16000.0
    if src.type == "float32":
        return 1e-5 * abs(value) + 1e-6
    return abs(src.scale) * 0.51


async def poll(port: int, unit_id: int, run: list[Tag]) -> list[float]:
    """Return what mbpoll prints for a run of neighbours."""
    first = source_of(run[0])
    kind = TABLES[first.table] + (":float" if first.type == "float32" else "")
    order = ["-B"] if first.words == "big" else []
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-a", str(unit_id), "-0", "-1", "-q"]
    command += ["-t", kind, "-r", str(first.address), "-c", str(len(run)), *order, HOST]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed = (await process.communicate())[0].decode()
    values = [float(value) for _, value in LINE.findall(printed)]
    if len(values) != len(run):
        raise SystemExit(f"mbpoll gave {len(values)} of {len(run)} values:\n{printed}")
    return values


async def write(port: int, unit_id: int, kind: str, address: int, value: float) -> bool:
    """Write one value with mbpoll; return whether the rig took it."""
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-a", str(unit_id), "-0", "-1", "-q", "-B"]
    command += ["-t", kind, "-r", str(address), HOST, f"{value:g}"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed = (await process.communicate())[0].decode()
    return process.returncode == 0 and "fail" not in printed.lower()


async def writes(port: int, unit_id: int, rig: Rig) -> int:
    """Write a set-point, and where nothing can be written; return how much is wrong."""
    tag, value = rig.table["FIC-401.SP"], 21000.5
    taken = await write(port, unit_id, "4:float", source_of(tag).address, value)
    rig.step()
    arrived = float(rig.value[rig.table.index[tag.name]]) == value
    refused = not await write(port, unit_id, "4:float", 5000, value)
    print(f"set-point {'arrived' if taken and arrived else 'LOST'}; "
          f"write to register 5000 {'refused' if refused else 'TAKEN'}")  # fmt: skip
    return (not (taken and arrived)) + (not refused)


async def compare(plant: Plant, rig: Rig) -> int:
    """Serve the rig, read it with mbpoll, print what differs; return how many do."""
    server = ModbusRig(rig, plant, HOST, 0)
    unit_id = next(s.unit_id for s in plant.links.values() if s.is_modbus)
    await server.start()
    read = wrong = 0
    kinds: dict[str, int] = {}
    try:
        for run in runs(plant):
            for tag, raw in zip(run, await poll(server.port, unit_id, run), strict=True):
                got, want = engineering(tag, raw), float(rig.value[rig.table.index[tag.name]])
                read += 1
                kind = (
                    f"{source_of(tag).table} {source_of(tag).type}"
                    + " 4-20 mA" * source_of(tag).ne43
                )
                kinds[kind] = kinds.get(kind, 0) + 1
                if not math.isclose(got, want, rel_tol=0.0, abs_tol=tolerance(tag, want)):
                    wrong += 1
                    print(f"{tag.name}: mbpoll reads {got:g} {tag.unit}, the rig has {want:g}")
        wrong_writes = await writes(server.port, unit_id, rig)
    finally:
        await server.stop()
    print("; ".join(f"{n} x {kind}" for kind, n in sorted(kinds.items())))
    print(f"mbpoll read {read} points of the rig, {wrong} differ")
    return wrong + wrong_writes


def main() -> int:
    """Build a rig at sea, let it run half a minute, read it."""
    if shutil.which("mbpoll") is None:
        print("mbpoll is not installed", file=sys.stderr)
        return 77
    plant = load_plant(locate("demo"))
    rig = Rig(plant, voyages.load("birka"), seed=1, start_ns=1_389_517_200_000_000_000)
    rig.warm()
    for _ in range(30):
        rig.step()
    return 1 if asyncio.run(compare(plant, rig)) else 0


if __name__ == "__main__":
    sys.exit(main())
