"""`seastack steps`: step responses of the rate-based plant beside another rig's."""

from pathlib import Path
from typing import Annotated

import typer


def steps(
    plant: Annotated[
        str, typer.Option("--plant", help="Only this one: demo or pilot; default both.")
    ] = "",
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="DIR", help="Draw step_demo.svg and step_pilot.svg there."),
    ] = None,
) -> None:
    """Change one input of the plant at rest, print how capture, loadings and reboiler answer.

    Lean flow, duty, both, gas and CO2 fraction by +10 %, and half the gas; levels, pressure
    and water are held.  `seastack bench steps` holds the same responses to their bars.

    [bold]Examples[/bold]

        seastack steps

        seastack steps --plant demo --plot .
    """
    from seastack import warm
    from seastack.steps.run import run_steps

    warm.ensure()
    run_steps(plant, plot)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Measure")(steps)
