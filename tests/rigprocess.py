"""A table rig over Modbus TCP in a process of its own, to be stopped and killed."""

import asyncio
import sys
from pathlib import Path

from sensors.plantfile import load_plant
from sim.modbus_server import ModbusRig
from tests.tablerig import TableRig


async def serve(folder: Path, port: int) -> None:
    plant = load_plant(folder)
    rig = TableRig(plant)
    server = ModbusRig(rig, plant, "127.0.0.1", port)
    await server.start()
    print(server.port, flush=True)
    while True:
        await asyncio.sleep(0.1)
        rig.advance(0.1)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
