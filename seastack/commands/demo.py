"""`seastack demo`: simulator, controller and dashboard with one command."""

from pathlib import Path
from typing import Annotated

import typer

from seastack.commands.options import PagePort, Speed


def demo(
    speed: Speed = 1.0,
    voyage: Annotated[
        str, typer.Option("--voyage", metavar="FILE.csv", help="Ship power to sail; default birka.")
    ] = "birka",
    start: Annotated[
        str,
        typer.Option(
            "--start",
            metavar="TIME",
            help="Voyage time to begin at; default: half an hour before a load change at sea.",
        ),
    ] = "",
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.05, help="End after this many wall minutes."),
    ] = None,
    dashboard: Annotated[
        bool, typer.Option("--dashboard/--no-dashboard", help="Without it: headless.")
    ] = True,
    port: PagePort = None,
    state: Annotated[
        Path, typer.Option("--state", metavar="DIR", help="Where journal and keys are kept.")
    ] = Path("state/demo"),
    seed: Annotated[int, typer.Option("--seed", help="Seed of the rig's hidden truth.")] = 1,
) -> None:
    """Show the whole product: a simulated rig on a measured voyage, under control.

    Starts the simulator, the controller and the dashboard on this machine only, arms
    the controller as user [italic]demo[/italic] (refused unless the rig says SIMULATOR),
    prints the address of the page and one line a minute of plain words. Ctrl-C ends
    all three; the journal stays.

    [bold]Examples[/bold]

        seastack demo

        seastack demo --speed 5 --start 2014-01-12T05:00

        seastack demo --no-dashboard --minutes 10 --voyage my-ship.csv
    """
    from seastack.demo import DemoOptions, run_demo

    options = DemoOptions(
        speed=speed,
        voyage=voyage,
        start=start,
        minutes=minutes,
        dashboard=dashboard,
        port=port,
        state=state,
        seed=seed,
    )
    raise typer.Exit(run_demo(options))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Run")(demo)
