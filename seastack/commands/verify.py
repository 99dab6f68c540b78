"""`seastack verify` says whether the record is as it was written."""

from typing import Annotated

import typer

from seastack.commands.options import State
from seastack.problems import state_dir


def verify(
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="One run; without it, all of them.")
    ] = "",
    state: State = None,
    key: Annotated[
        str,
        typer.Option(
            "--key",
            metavar="KEY",
            help="Public key the seals must be of, or a file with it; default: the state's own.",
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Say whether the record is as it was written: checksums, chains, seals, digests.

    Every row has a checksum, every cycle and event a link of a SHA-256 chain that runs over
    the days, every closed day a seal (Ed25519). Nothing is changed; it may run while the
    controller does. Exit code 1 when anything is damaged, changed or missing.

    [bold]Examples[/bold]

        seastack verify --state state/demo

        seastack verify --state /mnt/ship --key 3f9a... --json
    """
    from seastack.verifying import verify_record

    raise typer.Exit(verify_record(state_dir(state), run, key, as_json=json))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Look back")(verify)
