"""`seastack sim`: a simulated rig on real sockets until told to stop."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seastack import warm
from seastack.clocks import clock_of
from seastack.departure import load_voyage, start_time_s
from seastack.parent import end_with_parent
from seastack.plantargs import plant_of
from seastack.problems import UserError, require_free_port, writable
from seastack.served import WitnessedRig
from sensors.clock import Clock
from sensors.pki import PkiPaths, ensure_demo_pki
from sensors.plantfile import Plant
from sim.service import CONTROL, RigService


@dataclass(frozen=True, slots=True)
class SimOptions:
    """What the command line asked for; epochs only inside a demo."""

    plant: str
    state: Path
    voyage: str = "birka"
    start: str = ""
    speed: float = 1.0
    modbus_port: int | None = None
    opcua_port: int | None = None
    control_port: int = 0
    serial: tuple[str, ...] = ()
    seed: int = 1
    witness: Path | None = None
    parent_pipe: int | None = None
    wall_epoch_ns: int | None = None
    plant_epoch_ns: int | None = None


def run_simulator(options: SimOptions) -> int:
    """Serve the rig until SIGTERM or Ctrl-C; return 0.

    Raises ConfigError, UserError or ServeError before anything is served.
    """
    plant = plant_of(options.plant)
    voyage = load_voyage(options.voyage, plant)
    start_s = start_time_s(voyage, options.start)
    ports = link_ports(plant, options.modbus_port, options.opcua_port)
    for name, port in ports.items():
        require_free_port(port, f"--{'opcua' if _is_opcua(plant, name) else 'modbus'}-port")
    lines = serial_lines(plant, options.serial)
    pki = ensure_demo_pki(writable(options.state) / "pki")
    now_ns = time.time_ns()
    wall, epoch = options.wall_epoch_ns or now_ns, options.plant_epoch_ns or now_ns
    clock = clock_of(wall, epoch, options.speed)
    warm.ensure()
    end_with_parent(options.parent_pipe)
    rig = WitnessedRig(plant, voyage, options.seed, clock.now_ns(), voyage_start_s=start_s)
    print("the plant comes to rest", flush=True)
    rig.warm()
    rig.write_down(options.witness)
    ports[CONTROL] = options.control_port
    asyncio.run(_serve(rig, plant, clock, ports, pki, lines))
    return 0


def link_ports(plant: Plant, modbus: int | None, opcua: int | None) -> dict[str, int]:
    """Return the port of each link: the asked one of its protocol, else the folder's."""
    ports = {}
    for name, spec in plant.links.items():
        asked = modbus if spec.is_modbus else opcua
        ports[name] = spec.port if asked is None else asked
    return ports


def serial_lines(plant: Plant, asked: Sequence[str]) -> dict[str, str]:
    """Return the device each serial link is served on, from NAME=/dev/LINE.

    Raises UserError for a link that is not serial, or a serial one without a line.
    """
    lines = dict(entry.partition("=")[::2] for entry in asked)
    serial = {name for name, spec in plant.links.items() if spec.protocol == "modbus-rtu"}
    for name in sorted(lines.keys() - serial):
        raise UserError(f"--serial {name}=...: the plant has no serial link {name}")
    for name in sorted(serial - lines.keys()):
        raise UserError(
            f"link {name} is on a serial line: say which line's other end to serve it on, "
            f"--serial {name}=/dev/LINE"
        )
    return lines


def _is_opcua(plant: Plant, link: str) -> bool:
    return plant.links[link].protocol == "opcua"


async def _serve(
    rig: WitnessedRig,
    plant: Plant,
    clock: Clock,
    ports: Mapping[str, int],
    pki: PkiPaths,
    lines: Mapping[str, str],
) -> None:
    service = RigService(rig, plant, clock, ports=ports, pki=pki, lines=lines)
    # The rig lives before anybody can ask it: what it serves first is not old.
    running = asyncio.create_task(service.run(), name="rig")
    stopped = asyncio.Event()
    try:
        await service.start()
        served = ", ".join(f"{name} {port}" for name, port in service.ports.items())
        print(f"SIMULATOR ready on 127.0.0.1: {served}", flush=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        running.add_done_callback(lambda _: stopped.set())
        await stopped.wait()
    finally:
        running.cancel()
        await service.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await running  # a rig that failed says why
