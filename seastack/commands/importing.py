"""`seastack import`: runs from a bucket into the journal."""

from typing import Annotated

import typer

from seastack.commands.options import State
from seastack.problems import state_dir


def import_(
    run: Annotated[
        str,
        typer.Argument(metavar="[RUN]", help="A run in the bucket; without it they are listed."),
    ] = "",
    state: State = None,
    plant: Annotated[
        str, typer.Option("--plant", help="Plant whose channels the run has: units and texts.")
    ] = "",
    influxql: Annotated[
        bool, typer.Option("--influxql", help="Ask in InfluxQL: InfluxDB 3 has no Flux.")
    ] = False,
) -> None:
    """Read a run back from an InfluxDB bucket into the journal.

    The server is named by the same four INFLUXDB_V2 variables as for shipping. The run
    keeps its name and becomes of kind import: trends and export work, replay does not.

    [bold]Examples[/bold]

        seastack import

        seastack import 20261122T063000-live-000012-9f3c1a2b --plant demo --state ashore
    """
    from seastack.importing import import_from_bucket, list_bucket

    if not run:
        raise typer.Exit(list_bucket(influxql=influxql))
    raise typer.Exit(import_from_bucket(state_dir(state), run, plant, influxql=influxql))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("import", rich_help_panel="Look back")(import_)
