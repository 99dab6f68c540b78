"""`seastack sim`: the rig that is not there, on real sockets."""

from pathlib import Path
from typing import Annotated

import typer

from seastack.commands.options import (
    ControlPort,
    ParentPipe,
    PlantEpoch,
    PlantName,
    ServedPort,
    Speed,
    State,
    WallEpoch,
)
from seastack.problems import state_dir


def sim(
    plant: PlantName = "demo",
    voyage: Annotated[
        str, typer.Option("--voyage", metavar="FILE.csv", help="Ship power to sail; default birka.")
    ] = "birka",
    start: Annotated[
        str, typer.Option("--start", metavar="TIME", help="Voyage time to begin at.")
    ] = "",
    speed: Speed = 1.0,
    modbus_port: ServedPort = None,
    opcua_port: ServedPort = None,
    control_port: ControlPort = 0,
    serial: Annotated[
        list[str] | None,
        typer.Option("--serial", metavar="NAME=/dev/LINE", help="Where a serial link is served."),
    ] = None,
    state: State = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the rig's hidden truth.")] = 1,
    witness: Annotated[Path | None, typer.Option("--witness", hidden=True)] = None,
    parent_pipe: ParentPipe = None,
    wall_epoch: WallEpoch = None,
    plant_epoch: PlantEpoch = None,
) -> None:
    """Serve a simulated rig over Modbus TCP and secured OPC UA on this machine.

    It says SIMULATOR in its identity tag and is warm, steady and in CAPTURE under
    its own PLC when it reports ready. Faults are injected through a back-channel
    that is not the protocol under test.

    [bold]Examples[/bold]

        seastack sim demo

        seastack sim demo --start 2014-01-12T05:00 --speed 5 --modbus-port 1502
    """
    from seastack.rig import SimOptions, run_simulator

    options = SimOptions(
        plant=plant,
        voyage=voyage,
        start=start,
        speed=speed,
        modbus_port=modbus_port,
        opcua_port=opcua_port,
        control_port=control_port,
        serial=tuple(serial or ()),
        state=state_dir(state),
        seed=seed,
        witness=witness,
        parent_pipe=parent_pipe,
        wall_epoch_ns=wall_epoch,
        plant_epoch_ns=plant_epoch,
    )
    raise typer.Exit(run_simulator(options))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Run")(sim)
