"""Read a node-opcua server with Seastack's driver: every point, set-points, what it must refuse.

The server is node-opcua (npm), which shares no code with Seastack or asyncua.
npm installs it into a temporary folder, or into $SEASTACK_NODE_FOLDER to keep
it.  Polled and subscribed, by password and by user certificate.

    .venv/bin/python benchmarks/nodeopcua_feeds_driver.py

Exit code 0: all points are equal on both sides and refusals are refusals; 1: not
so; 77: Node is not installed or npm could not install node-opcua.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from nodemodules import environment_with
from onelink import ABSENT, LINK, differing, node_opcua, on_opcua, own_values, pem

from sensors.errors import LinkRefused
from sensors.linkspec import LinkSpec
from sensors.opcua import OpcuaDriver
from sensors.pki import SERVER_URI, PkiPaths, ensure_demo_pki
from sensors.plantfile import Plant
from sensors.quality import Quality
from sensors.tag import OpcuaSource, Tag

SCRIPT = Path(__file__).parent / "nodeopcua" / "server.js"
Values = dict[str, float]


async def start(modules: Path, folder: Path, plant: Plant, pki: PkiPaths, own: Values) -> Process:
    """Start the server; the caller reads its first line."""
    points = [
        {
            "name": t.name,
            "kind": t.kind,
            "value": own[t.name],
            "writable": t.direction == "setpoint",
        }
        for t in plant.tags.tags
    ]
    job = {
        "folder": str(folder / "node"),
        "certificate": str(pem(pki, pki.server_cert)),
        "key": str(pki.server_key),
        "client_der": str(pki.client_cert),
        "user_der": str(pki.user_cert),
        "uri": SERVER_URI,
        "user": "seastack",
        "password": pki.password(),
        "points": points,
    }
    (folder / "job.json").write_text(json.dumps(job))
    return await asyncio.create_subprocess_exec(
        "node",
        str(SCRIPT),
        str(folder / "job.json"),
        env=environment_with(modules),
        stdin=PIPE,
        stdout=PIPE,
    )


async def line_of(process: Process) -> Values:
    """Return the next JSON line the server prints."""
    out = process.stdout or asyncio.StreamReader()
    while line := await out.readline():
        if line.startswith(b"{"):
            told: Values = json.loads(line)
            return told
    raise SystemExit("the node-opcua server ended")


async def held(process: Process) -> Values:
    """Return what the server holds now."""
    if process.stdin is not None:
        process.stdin.write(b"\n")
    return {name: float(value) for name, value in (await line_of(process)).items()}


async def read_all(driver: OpcuaDriver, tags: Sequence[Tag], own: Values, how: str) -> list[str]:
    """Read every point once; return what is wrong."""
    began = perf_counter()
    readings = await driver.read(tags)
    took_ms = (perf_counter() - began) * 1e3
    values = {t: r.value for t, r in zip(tags, readings, strict=True)}
    bad = [t.name for t, r in zip(tags, readings, strict=True) if r.quality != Quality.GOOD]
    wrong = differing(values, own) + [f"{name} is not GOOD" for name in bad]
    print(f"{how}: {len(tags)} points in {took_ms:.1f} ms, {len(wrong)} wrong")
    return wrong


async def turned_away(spec: LinkSpec, tags: Sequence[Tag], pki: PkiPaths, what: str) -> list[str]:
    """Try to come in a wrong way; return what is wrong about the answer."""
    driver = OpcuaDriver(spec, tags, pki)
    try:
        await driver.connect()
    except LinkRefused as refusal:
        print(f"{what}: {refusal}")
        return []
    finally:
        await driver.close()
    return [f"{what} was let in"]


async def wrong_ways(spec: LinkSpec, tags: Sequence[Tag], pki: PkiPaths) -> list[str]:
    """Try a wrong password, no security, and a certificate nobody trusts."""
    other = PkiPaths(pki.folder.with_name("guess"))
    shutil.copytree(pki.folder, other.folder)
    other.password_file.write_text("guess")
    wrong = await turned_away(spec, tags, other, "wrong password")
    plain = spec.model_copy(update={"security": "None"})
    wrong += await turned_away(plain, tags, pki, "no security")
    stranger = ensure_demo_pki(pki.folder.with_name("stranger"))
    shutil.copy(pki.server_cert, stranger.trusted_servers / "server.der")
    return wrong + await turned_away(spec, tags, stranger, "unknown certificate")


async def writes(driver: OpcuaDriver, tags: Sequence[Tag], process: Process) -> list[str]:
    """Write every set-point and one input; return what is wrong."""
    goal = {t: t.lo + 0.25 * (t.hi - t.lo) for t in tags if t.direction == "setpoint"}
    goal = {t: float(round(v)) if t.kind != "float" else v for t, v in goal.items()}
    wrong = [f"{r.tag.name}: {r.problem}" for r in await driver.write(goal) if not r.ok]
    wrong += differing(goal, await held(process))
    inlet = next(t for t in tags if t.direction == "in" and t.kind == "float")
    refused = (await driver.write({inlet: inlet.lo}))[0]
    print(f"{len(goal)} set-points written; write to {inlet.name}: {refused.problem}")
    return wrong + ([f"{inlet.name} let itself be written"] if refused.ok else [])


async def compare(modules: Path, folder: Path) -> int:
    """Run the server and every way of reading it; return how much is wrong."""
    plant, pki = on_opcua(), ensure_demo_pki(folder / "pki")
    own = own_values(plant)
    process = await start(modules, folder, plant, pki, own)
    try:
        ready = await line_of(process)
        spec = plant.links[LINK].model_copy(update={"port": int(ready["port"]), "path": "/peer"})
        tags = [
            replace(t, source=OpcuaSource(LINK, f"ns={ready['namespace']};s={t.name}"), scan_s=10.0)
            for t in plant.tags.tags
        ]
        wrong: list[str] = []
        for how, keys in (
            ("polled, by password", {}),
            ("polled, by user certificate", {"login": "certificate"}),
            ("subscribed", {"subscribe_s": 5.0}),
        ):
            driver = OpcuaDriver(spec.model_copy(update=keys), tags, pki)
            identity = await driver.connect()
            await asyncio.sleep(1.5 if "subscribe_s" in keys else 0.0)
            wrong += await read_all(driver, tags, own, f"{identity.product} {how}")
            if not keys:
                wrong += await writes(driver, tags, process)
                own = await held(process)
            await driver.close()
        wrong += await wrong_ways(spec, tags, pki)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
    print("\n".join(wrong))
    print(f"{len(tags)} points of a node-opcua server, {len(wrong)} complaints")
    return len(wrong)


def main() -> int:
    """Install node-opcua, run the comparison."""
    with node_opcua() as modules, tempfile.TemporaryDirectory() as folder:
        if modules is None:
            return ABSENT
        return 1 if asyncio.run(compare(modules, Path(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
