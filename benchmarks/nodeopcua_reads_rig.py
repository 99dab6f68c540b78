"""Read every point of the simulated rig with node-opcua and compare; try what must be refused.

node-opcua (npm) shares no code with Seastack or asyncua.  npm installs it
into a temporary folder, or into $SEASTACK_NODE_FOLDER to keep it.

    .venv/bin/python benchmarks/nodeopcua_reads_rig.py

Exit code 0: every point agrees and everything else is refused; 1: not so;
77: Node is not installed or npm could not install node-opcua.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from nodemodules import environment_with
from onelink import ABSENT, HOST, LINK, differing, node_opcua, on_opcua, pem, rig_at_sea

from sensors.pki import CLIENT_URI, ensure_demo_pki
from sim.opcua_server import OpcuaRig

SCRIPT = Path(__file__).parent / "nodeopcua" / "client.js"
SETPOINT, VALUE = "FIC-401.SP", 21000.5


async def compare(modules: Path, folder: Path) -> int:
    """Serve the rig, let node-opcua read it; print and return how much is wrong."""
    plant, pki = on_opcua(), ensure_demo_pki(folder / "pki")
    rig = rig_at_sea(plant)
    server = OpcuaRig(rig, plant, HOST, 0, pki)
    await server.start()
    nodes = {f"ns=2;s={t.name}": t for t in plant.tags.tags}
    job = {
        "url": f"opc.tcp://{HOST}:{server.port}/seastack/",
        "folder": str(folder / "node"),
        "certificate": str(pem(pki, pki.client_cert)),
        "key": str(pki.client_key),
        "uri": CLIENT_URI,
        "user": plant.links[LINK].user,
        "password": pki.password(),
        "nodes": list(nodes),
        "input": "ns=2;s=FT-401",
        "setpoint": f"ns=2;s={SETPOINT}",
        "value": VALUE,
    }
    (folder / "job.json").write_text(json.dumps(job))
    before = {t.name: float(rig.value[i]) for i, t in enumerate(rig.table.tags)}
    try:
        process = await asyncio.create_subprocess_exec(
            *("node", str(SCRIPT), str(folder / "job.json")),
            env=environment_with(modules),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complaint = await process.communicate()
        rig.step()
    finally:
        await server.stop()
    if process.returncode:
        print(complaint.decode())
        return 1
    told = json.loads(printed.decode().splitlines()[-1])
    got = {nodes[n]: float(v["value"]) for n, v in told["values"].items()}
    wrong = differing(got, before)
    for what, answer in told["refused"].items():
        print(f"{what}: {answer}")
        if answer in ("let in", "Good"):
            wrong.append(f"{what} must be refused")
    arrived = float(rig.value[rig.table.index[SETPOINT]])
    if told["written"] != "Good" or arrived != VALUE:
        wrong.append(f"{SETPOINT}: written {VALUE}, the rig has {arrived} ({told['written']})")
    print("\n".join(wrong))
    print(f"node-opcua read {len(got)} points in {told['read_ms']:.1f} ms, {len(wrong)} wrong")
    return len(wrong) + (len(got) != len(plant.tags))


def main() -> int:
    """Install node-opcua, run the comparison."""
    with node_opcua() as modules, tempfile.TemporaryDirectory() as folder:
        if modules is None:
            return ABSENT
        return 1 if asyncio.run(compare(modules, Path(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
