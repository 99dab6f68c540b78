"""The demo: check everything, start the fleet, arm it, say once a minute how it goes."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from seastack import warm
from seastack.ask import ask, controller_pid
from seastack.attendance import Attendance
from seastack.departure import load_voyage, start_time_s
from seastack.fleet import ChildFailed, Fleet, Plan
from seastack.plants.locate import locate
from seastack.problems import UserError, pick_port, require_free_port, writable
from seastack.words import Cycle, sentence

PAGE_PORT: Final = 8501
MINUTE_S: Final = 60.0
RIG_S: Final = 10  # what starting a rig takes on a quiet machine
LOOK_S: Final = 0.5  # how often the children are looked at
ARM_S: Final = 60.0  # for the rig to say who it is, and for the controller to arm
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for; `port` None: the usual one, or a free one."""

    speed: float = 1.0
    voyage: str = "birka"
    start: str = ""
    minutes: float | None = None
    dashboard: bool = True
    port: int | None = None
    state: Path = Path("state/demo")
    seed: int = 1
    plant: str = "demo"


def run_demo(options: DemoOptions, say: Say = print) -> int:
    """Run the demo until Ctrl-C, SIGTERM or `minutes`; return the exit code.

    Raises UserError or ConfigError before anything is started.
    """
    plan = prepare(options, say)
    warm.ensure()
    # Both by name: started in the background of a script, SIGINT comes ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with Fleet(plan, say) as fleet:
            try:
                launch(fleet, dashboard=options.dashboard, say=say)
                _watch(fleet, options.minutes, say)
            except KeyboardInterrupt:
                say("ending: controller, dashboard, simulator")
                # A second Ctrl-C must not leave a child behind.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ChildFailed as failed:
        raise UserError(str(failed)) from failed
    say(f"journal kept in {plan.state}; look back with: seastack voyages --state {plan.state}")
    return 0


def prepare(options: DemoOptions, say: Say = print) -> Plan:
    """Check everything a demo needs and settle ports; start nothing, write nothing but state."""
    from sensors.plantfile import load_plant

    plant = load_plant(locate(options.plant))
    start_s = start_time_s(load_voyage(options.voyage, plant), options.start)
    page = PAGE_PORT if options.port is None else require_free_port(options.port, "--port")
    holder = controller_pid(options.state)
    if holder is not None:
        raise UserError(
            f"state directory {options.state} is in use by process {holder or 'unknown'}; "
            "end that demo or give another --state DIR"
        )
    by_protocol = {spec.protocol: spec for spec in reversed(plant.links.values())}
    modbus, opcua = by_protocol["modbus-tcp"], by_protocol["opcua"]
    ports: list[int] = []
    for what, wanted in (("Modbus", modbus.port), ("OPC UA", opcua.port), ("page", page)):
        ports.append(pick_port(wanted, ports))
        if ports[-1] != wanted:
            say(f"port {wanted} is busy: {what} is on port {ports[-1]}")
    ports.append(pick_port(ports[0] + 1, ports))
    return Plan(
        plant=options.plant,
        links=(modbus.name, opcua.name),
        voyage=options.voyage,
        start_s=start_s,
        speed=options.speed,
        seed=options.seed,
        state=writable(options.state),
        modbus_port=ports[0],
        opcua_port=ports[1],
        page_port=ports[2],
        control_port=ports[3],
    )


def launch(fleet: Fleet, *, dashboard: bool, say: Say = print) -> None:
    """Start the children, then arm the controller as `demo`.

    The rig is a new one, so the controller takes nothing over, and the page shows nothing
    of what was before. Raises ChildFailed, or UserError when the rig does not say SIMULATOR.
    """
    begun = time.monotonic()
    if dashboard:
        fleet.begin_dashboard()  # it loads while the rig settles
    plan = fleet.plan
    say(f"starting the rig: plant {plan.plant}, voyage {plan.voyage} (about {RIG_S:g} s)")
    _start_rig(fleet, say)
    say(f"the rig is hot and settled after {time.monotonic() - begun:.0f} s")
    fleet.start_controller(fresh=True)
    say(f"the controller runs after {time.monotonic() - begun:.0f} s")
    if dashboard:
        fleet.start_dashboard()
        took_s = time.monotonic() - begun
        say(f"\n  look at {fleet.plan.url}   (live after {took_s:.0f} s)\n")
    arm(fleet)
    say("SIMULATOR: no ship is connected. Ctrl-C ends everything.")


def _start_rig(fleet: Fleet, say: Say) -> None:
    """Start the rig; once more on other ports when a free one was taken meanwhile."""
    try:
        fleet.start_simulator()
    except ChildFailed:
        moved = elsewhere(fleet.plan)
        if moved == fleet.plan:
            raise
        say("another program took a port meanwhile: starting the rig on others")
        fleet.plan = moved
        fleet.start_simulator()


def elsewhere(plan: Plan) -> Plan:
    """Return the plan with every port of the rig that is busy now replaced by a free one."""
    taken = [plan.page_port]
    for wanted in (plan.modbus_port, plan.opcua_port, plan.control_port):
        taken.append(pick_port(wanted, taken))
    return replace(plan, modbus_port=taken[1], opcua_port=taken[2], control_port=taken[3])


def arm(fleet: Fleet) -> None:
    """Arm the controller, if what it is connected to says it is a simulator."""
    rig, owner = "unknown", 0.0
    deadline = time.monotonic() + ARM_S
    # The lease of a controller that was killed a moment ago runs out first.
    while (rig == "unknown" or (rig == "SIMULATOR" and owner != 0)) and time.monotonic() < deadline:
        cycle = latest_cycle(fleet.plan.state)
        rig = cycle.word("identity") if cycle else "unknown"
        owner = cycle.good("lease_owner") if cycle else 0.0
        fleet.check()
        time.sleep(0.1)
    if rig != "SIMULATOR":
        raise UserError(f"the rig says {rig}, not SIMULATOR: the demo does not arm it")
    while not (verdict := ask(fleet.plan.state, "arm", {}, "demo")).accepted:
        fleet.check()
        if time.monotonic() > deadline:
            raise UserError(f"the controller did not arm: {verdict.text}")
        time.sleep(1.0)  # it may not have heard yet: the machine is busy


def latest_cycle(state: Path) -> Cycle | None:
    """Return the newest recorded cycle of a state directory, or None."""
    from controller.historian.reader import JournalReader

    with JournalReader(state) as reader:
        frame = reader.latest()
    if frame is None:
        return None
    return Cycle.of(frame.t_ns, frame.channels, frame.value.tolist(), frame.quality.tolist())


def _watch(fleet: Fleet, minutes: float | None, say: Say) -> None:
    begun = time.monotonic()
    end = begun + minutes * 60 if minutes is not None else float("inf")
    # The first line comes soon: nobody waits a minute to see that it works.
    spoken = begun - MINUTE_S + 5.0
    attendance = Attendance(fleet, say)
    while time.monotonic() < end:
        attendance.look()
        if time.monotonic() - spoken >= MINUTE_S:
            spoken = time.monotonic()
            cycle = latest_cycle(fleet.plan.state)
            if cycle is not None:
                say(sentence(cycle))
        time.sleep(LOOK_S)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt
