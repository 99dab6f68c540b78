"""`seastack doctor`: what is wrong with this installation, in plain words."""

import typer

from seastack.commands.options import Links, PlantName, State
from seastack.problems import state_dir


def doctor(plant: PlantName = "demo", link: Links = None, state: State = None) -> None:
    """Say what is wrong with this installation, and what to do about it.

    Looks at Python, packages, compiled kernels, state directory, disk, the copy to
    a time-series server, clock, the plant folder, certificates and whether each link's
    port answers. Changes nothing.
    Exit code 0: nothing is wrong; 1: something is.

    [bold]Examples[/bold]

        seastack doctor --state state/demo

        seastack doctor ./my-ship --state /var/lib/seastack --link plc=10.0.3.7:502
    """
    from seastack.doctor import examine

    raise typer.Exit(examine(plant, tuple(link or ()), state_dir(state)))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Set up")(doctor)
