"""`seastack ship`: the copy at a time-series server, by hand."""

from typing import Annotated

import typer

from seastack.commands.options import State
from seastack.problems import UserError, state_dir


def ship(
    again: Annotated[
        str,
        typer.Option(
            "--again", metavar="RUN|all", help="Send all cycles of a run, or of all, again."
        ),
    ] = "",
    compare: Annotated[
        str,
        typer.Option(
            "--compare",
            metavar="RUN|all",
            help="Print which cycles of the journal the bucket lacks.",
        ),
    ] = "",
    influxql: Annotated[
        bool, typer.Option("--influxql", help="Compare in InfluxQL: InfluxDB 3 has no Flux.")
    ] = False,
    state: State = None,
) -> None:
    """Send the journal to the time-series server by hand, again, or compare the two.

    The server is named by the four INFLUXDB_V2 variables. A running controller ships by
    itself; without one, what waits is sent now. After a bucket was made anew or restored from
    an older backup --again sends what it lost; rows that are there already stay one row each.
    Exit code 1: not everything is there.

    [bold]Examples[/bold]

        seastack ship --state /mnt/ship

        seastack ship --compare all --state /var/lib/seastack

        seastack ship --again all --state /var/lib/seastack
    """
    from seastack import copying

    if again and compare:
        raise UserError("give either --again or --compare")
    where = state_dir(state)
    if compare:
        raise typer.Exit(copying.compare(where, compare, influxql=influxql))
    raise typer.Exit(copying.send_again(where, again) if again else copying.send(where))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Look back")(ship)
