"""`seastack run`: put the controller together and run it until told to stop."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from controller.app import ServiceOptions, serve
from controller.config import PlantConfig
from controller.historian.capping import Limits
from controller.historian.record import Run
from controller.historian.runid import new_run_id
from controller.historian.statedir import StateDir
from controller.installation import owner_id_of
from seastack.clocks import clock_of
from seastack.drivers import CertificateWatch, driver_factories
from seastack.heap import settle
from seastack.logline import log_to_console
from seastack.parent import end_with_parent
from seastack.plantargs import configured, plant_of
from seastack.preflight import let_in
from seastack.problems import UserError, require_free_port, writable
from seastack.shipping import shipper_of
from sensors.clock import Clock, ScaledClock

FRESH = (
    "--fresh: the rig does not say that it is a simulator. Aboard, a controller takes over what "
    "the run before left (standing alarms, a bypass not proven): leave out --fresh"
)


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What the command line asked for; epochs only inside a demo."""

    plant: str
    state: Path
    links: tuple[str, ...] = ()
    period_s: float = 1.0
    speed: float = 1.0
    parent_pipe: int | None = None
    wall_epoch_ns: int | None = None
    plant_epoch_ns: int | None = None
    journal_gb: float = 40.0
    journal_days: int | None = None
    health_port: int | None = None
    fresh: bool = False


def run_controller(options: ControllerOptions) -> int:
    """Run the controller until SIGTERM or Ctrl-C; then hand the rig back; return 0.

    Raises ConfigError, UserError, StateDirUnusable or StateDirInUse before
    anything is started; UserError also when a device is there and refuses us.
    """
    _log_to_console()
    config = configured(plant_of(options.plant, options.links))
    require_short_period(options.period_s, config)
    clock = clock_of(options.wall_epoch_ns, options.plant_epoch_ns, options.speed)
    state = writable(options.state)
    require_free_port(options.health_port or 0, "--health-port")
    with StateDir(state):  # a second controller must not even knock, nor ship
        return _controlled(options, config, clock, state)


def _controlled(options: ControllerOptions, config: PlantConfig, clock: Clock, state: Path) -> int:
    drivers = driver_factories(config.plant, state, clock)
    simulators = asyncio.run(let_in(drivers))
    run = Run(
        id=new_run_id("live", time.time_ns(), state),
        kind="live",
        plant=config.plant.name,
        config_hash=config.config_hash,
        version=version("seastack"),
        seed=None,
        started_ns=clock.now_ns(),
        # What the devices say; where none answers yet, only a demo has given epochs.
        simulator=any(simulators) if simulators else options.plant_epoch_ns is not None,
        title=config.spec.plant.title,
        speed=clock.rate if isinstance(clock, ScaledClock) else 1.0,
        wall_ns=time.time_ns(),
    )
    if options.fresh and not run.simulator:
        raise UserError(FRESH)
    shipper = shipper_of(state)
    end_with_parent(options.parent_pipe)
    if shipper is not None:
        shipper.start()
    try:
        limits = Limits(int(options.journal_gb * 1e9), options.journal_days)
        service = ServiceOptions(
            config,
            state,
            run,
            clock,
            drivers,
            options.period_s,
            limits=limits,
            owner_id=owner_id_of(state),
            certificate_ending=CertificateWatch(state / "pki", time.monotonic),
            health_port=options.health_port,
            fresh=options.fresh,
        )
        if shipper is not None:
            service = replace(service, copy_refused=shipper.refused)
        settle()
        serve(service, _on_signals)
    finally:
        if shipper is not None:
            shipper.stop()
    return 0


def require_short_period(period_s: float, config: PlantConfig) -> None:
    """Raise UserError unless the PLC sees two heartbeats within its lease time-out."""
    timeout_s = config.spec.lease.timeout_s
    # One beat may come a whole scan late: with half the time-out the next still counts.
    if period_s >= timeout_s / 2:
        raise UserError(
            f"--period {period_s:g}: must be below {timeout_s / 2:g}, half of lease.timeout_s "
            f"= {timeout_s:g} in {config.plant.folder / 'plant.toml'}; give a shorter --period"
        )


def _log_to_console() -> None:
    """Show on standard error what links and journal have to say, good news too."""
    log_to_console()
    logging.getLogger("seastack").setLevel(logging.INFO)


def _on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop())
