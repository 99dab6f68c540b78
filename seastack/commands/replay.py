"""`seastack voyages | replay | export | archive`: what was recorded, as a document."""

from pathlib import Path
from typing import Annotated

import typer

from seastack.commands.options import State
from seastack.problems import state_dir

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run id from `seastack voyages`.")]


def voyages(state: State = None) -> None:
    """List the recorded runs with their length, plant and gaps.

    [bold]Example[/bold]

        seastack voyages --state state/demo
    """
    from seastack.recorded import list_runs

    raise typer.Exit(list_runs(state_dir(state)))


def replay(
    run: RunId,
    state: State = None,
    plant: Annotated[
        str,
        typer.Option("--plant", help="Another plant folder than the run's own: to compare."),
    ] = "",
    save: Annotated[
        bool, typer.Option("--save", help="Keep the replay as a run of its own in the journal.")
    ] = False,
) -> None:
    """Run recorded inputs through the same control step and compare decisions.

    With the software and configuration that recorded them, nothing differs (exit
    code 0); otherwise the first differences are listed (exit code 1). A replay
    has no driver: it cannot reach a rig.

    [bold]Examples[/bold]

        seastack replay last --state state/demo

        seastack replay last --plant ./retuned --save
    """
    from seastack.recorded import replay_run

    raise typer.Exit(replay_run(state_dir(state), run, plant=plant, save=save))


def export(
    run: RunId,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="FILE.parquet or FILE.csv.")],
    state: State = None,
) -> None:
    """Write a run as one table, units in the column names, quality beside values.

    [bold]Examples[/bold]

        seastack export last --to voyage.parquet --state state/demo

        seastack export last --to voyage.csv
    """
    from seastack.recorded import export_run

    raise typer.Exit(export_run(state_dir(state), run, to))


def archive(state: State = None) -> None:
    """Turn closed days of the journal into Parquet files, a third smaller.

    A day is closed when nobody writes it any more; this is safe while the controller
    runs. Trends, replay and export read archived days as before. A day's segment is
    deleted only when every cycle has been read back from the Parquet file.

    [bold]Example[/bold]

        seastack archive --state /var/lib/seastack
    """
    from seastack.recorded import archive_days

    raise typer.Exit(archive_days(state_dir(state)))


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (voyages, replay, export, archive):
        app.command(rich_help_panel="Look back")(command)
