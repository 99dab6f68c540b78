"""`seastack run`: the controller, headless."""

from typing import Annotated

import typer

from seastack.commands.options import (
    HealthPort,
    Links,
    ParentPipe,
    PlantEpoch,
    PlantName,
    Speed,
    State,
    WallEpoch,
)
from seastack.problems import state_dir


def run(
    plant: PlantName,
    state: State = None,
    link: Links = None,
    period: Annotated[
        float,
        typer.Option(
            "--period",
            min=0.1,
            max=10.0,
            help="Cycle period, plant seconds; below half of the lease time-out.",
        ),
    ] = 1.0,
    speed: Speed = 1.0,
    journal_gb: Annotated[
        float, typer.Option("--journal-gb", min=0.1, help="Most the journal may take, GB.")
    ] = 40.0,
    journal_days: Annotated[
        int | None,
        typer.Option("--journal-days", min=1, help="Oldest day the journal keeps; default any."),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Take nothing over from the run before; simulators only."),
    ] = False,
    health_port: HealthPort = None,
    parent_pipe: ParentPipe = None,
    wall_epoch: WallEpoch = None,
    plant_epoch: PlantEpoch = None,
) -> None:
    """Run the controller of a plant until SIGTERM or Ctrl-C.

    It starts in MONITOR and writes alarm outputs only until armed. Ended in order, it hands
    the rig back to local control; killed, the PLC takes over within 5 seconds. A device
    that is absent is waited for; one that refuses us at the start ends it, exit code 2.

    [bold]Examples[/bold]

        seastack run demo

        seastack run ./my-ship --state /var/lib/seastack --link plc=10.0.3.7:502
    """
    from seastack.control import ControllerOptions, run_controller

    options = ControllerOptions(
        plant=plant,
        state=state_dir(state),
        links=tuple(link or ()),
        period_s=period,
        speed=speed,
        parent_pipe=parent_pipe,
        wall_epoch_ns=wall_epoch,
        plant_epoch_ns=plant_epoch,
        health_port=health_port,
        fresh=fresh,
        journal_gb=journal_gb,
        journal_days=journal_days,
    )
    raise typer.Exit(run_controller(options))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Run")(run)
