"""`seastack check`: read a plant folder strictly, and every point live if asked."""

from typing import Annotated

import typer

from seastack.commands.options import Links, PlantName, State


def check(
    plant: PlantName = "demo",
    connect: Annotated[
        bool, typer.Option("--connect", help="Also read every point once from the real links.")
    ] = False,
    link: Links = None,
    state: State = None,
) -> None:
    """Say what a plant folder would do: points, links, reads, loops, alarms.

    Nothing is written. With --connect it is the commissioning tool: every point is
    read live and shown with value, quality and the reason it is not GOOD.

    [bold]Examples[/bold]

        seastack check demo

        seastack check demo --connect --state state/demo

        seastack check ./my-ship --connect --link plc=10.0.3.7:502
    """
    from seastack.check import check_plant

    raise typer.Exit(check_plant(plant, connect=connect, links=link or [], state=state))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Set up")(check)
