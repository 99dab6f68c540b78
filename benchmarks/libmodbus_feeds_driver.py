"""Read a libmodbus server with Seastack's driver: every point, set-points, what it must refuse.

The server is `libmodbus_server.c`, compiled here; libmodbus shares no code with
Seastack or pymodbus.  Registers are made from engineering values here, by
struct and the plain formulas, not by Seastack's codec.

    .venv/bin/python benchmarks/libmodbus_feeds_driver.py

Exit code 0: all points are equal on both sides and refusals are refusals; 1: not
so; 77: a C compiler or libmodbus (Debian libmodbus-dev) is not installed.
"""

import asyncio
import shutil
import struct
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from onelink import ABSENT, LINK, differing, on_modbus, own_values

from sensors.blocks import source_of
from sensors.modbus_driver import ModbusDriver
from sensors.plantfile import Plant
from sensors.quality import Quality
from sensors.tag import ModbusSource, Tag

SOURCE = Path(__file__).with_name("libmodbus_server.c")
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f",
           "float64": ">d"}  # fmt: skip
NUMBERS = {"coil": 0, "discrete": 1, "input": 3, "holding": 4}
UNIT = 17
FIXED_FROM = 40  # holding registers from here on refuse writes


def compiled(folder: Path) -> Path | None:
    """Compile the server; None when compiler or library is missing."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        print("a C compiler is not installed", file=sys.stderr)
        return None
    program = folder / "libmodbus_server"
    command = [compiler, "-O1", "-Wall", "-I/usr/include/modbus", str(SOURCE), "-o", str(program)]
    out = subprocess.run([*command, "-lmodbus"], capture_output=True, text=True)
    if out.returncode:
        missing = "modbus.h" in out.stderr or "-lmodbus" in out.stderr
        print("libmodbus is not installed" if missing else out.stderr, file=sys.stderr)
        return None
    return program


def words(tag: Tag, value: float) -> list[int]:
    """Return the registers (or the bit) that carry a value, by the plain formulas."""
    source = source_of(tag)
    if source.type == "bool":
        return [int(value)]
    if source.ne43:
        return [round(4000 + (value - tag.lo) / (tag.hi - tag.lo) * 16000)]
    raw = (value - source.offset) / source.scale
    if not source.type.startswith("float"):
        raw = round(raw)
    packed = struct.pack(FORMATS[source.type], raw)
    found = [int.from_bytes(packed[i : i + 2], "big") for i in range(0, len(packed), 2)]
    return found if source.words == "big" else found[::-1]


def memory(plant: Plant, own: dict[str, float]) -> str:
    """Return what the server is told to hold, one word a line."""
    lines = []
    for tag in plant.tags.tags:
        source = source_of(tag)
        for i, word in enumerate(words(tag, own[tag.name])):
            lines.append(f"{NUMBERS[source.table]} {source.address + i} {word}")
    return "\n".join(lines) + "\n\n"


async def holding(process: Process) -> tuple[list[int], list[int]]:
    """Return the first holding registers and coils the server has now."""
    if process.stdin is None or process.stdout is None:
        raise SystemExit("the libmodbus server has no pipes")
    process.stdin.write(b"?\n")
    told = [int(word) for word in (await process.stdout.readline()).split()]
    return told[: len(told) // 2], told[len(told) // 2 :]


async def writes(driver: ModbusDriver, plant: Plant, process: Process, how: str) -> list[str]:
    """Write every set-point; return what did not arrive, or what should not have."""
    share = 0.25 if how == "auto" else 0.5
    goal = {}
    for tag in plant.tags.setpoints:
        if how != "single" or source_of(tag).type in ("uint16", "bool"):
            value = tag.lo + share * (tag.hi - tag.lo)
            goal[tag] = value if tag.kind == "float" else float(round(value))
    wrong = [f"{r.tag.name}: {r.problem}" for r in await driver.write(goal) if not r.ok]
    registers, coils = await holding(process)
    for tag, value in goal.items():
        source = source_of(tag)
        sent, at = words(tag, value), source.address
        arrived = (coils if source.table == "coil" else registers)[at : at + len(sent)]
        if arrived != sent:
            wrong.append(f"{tag.name}: sent {sent}, the server has {arrived}")
    print(f"writes = {how}: {len(goal)} set-points, {len(wrong)} wrong")
    return wrong


async def refusals(driver: ModbusDriver, plant: Plant) -> list[str]:
    """Write where the server refuses and read what it does not have; return what is wrong."""
    setpoint = plant.tags["FIC-401.SP"]
    fixed = replace(setpoint, source=ModbusSource(LINK, "holding", FIXED_FROM, "float32"))
    ghost = replace(setpoint, source=ModbusSource(LINK, "holding", 5000, "float32"))
    refused = (await driver.write({fixed: setpoint.lo}))[0]
    print(f"write to a fixed register: {refused.problem}")
    reading = (await driver.read([ghost]))[0]
    print(f"read of register 5000: {driver.complaints[ghost]}")
    wrong = ["a fixed register let itself be written"] if refused.ok else []
    return wrong + (["a missing register was GOOD"] if reading.quality != Quality.BAD else [])


async def compare(program: Path) -> int:
    """Run the server, read and write it in every way; return how much is wrong."""
    plant = on_modbus()
    own = own_values(plant)
    process = await asyncio.create_subprocess_exec(
        str(program), str(UNIT), str(FIXED_FROM), stdin=PIPE, stdout=PIPE
    )
    if process.stdin is None or process.stdout is None:
        return 1
    wrong: list[str] = []
    try:
        process.stdin.write(memory(plant, own).encode())
        port = int(await process.stdout.readline())
        spec = plant.links[LINK].at("127.0.0.1", port).model_copy(update={"unit_id": UNIT})
        for how in ("auto", "multiple", "single"):
            driver = ModbusDriver(spec.model_copy(update={"writes": how}), plant.tags.tags)
            await driver.connect()
            if how == "auto":
                began = perf_counter()
                readings = await driver.read(plant.tags.tags)
                took_ms = (perf_counter() - began) * 1e3
                values = {t: r.value for t, r in zip(plant.tags.tags, readings, strict=True)}
                wrong += differing(values, own)
                wrong += [f"{t.name} is not GOOD" for t, r in
                          zip(plant.tags.tags, readings, strict=True)
                          if r.quality != Quality.GOOD]  # fmt: skip
                print(f"{len(values)} points of a libmodbus server in {took_ms:.1f} ms")
                wrong += await refusals(driver, plant)
            wrong += await writes(driver, plant, process, how)
            await driver.close()
    finally:
        process.stdin.close()
        await process.wait()
    print("\n".join(wrong))
    print(f"{len(plant.tags)} points of a libmodbus server, {len(wrong)} complaints")
    return len(wrong)


def main() -> int:
    """Compile the server, run the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(Path(folder))
        if program is None:
            return ABSENT
        return 1 if asyncio.run(compare(program)) else 0


if __name__ == "__main__":
    sys.exit(main())
