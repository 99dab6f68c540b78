"""`seastack pki`: the certificates of secured links."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from seastack.commands.options import State
from seastack.problems import state_dir


class Own(StrEnum):
    """What can be made and handed out: both are ours."""

    CLIENT = "client"
    USER = "user"


What = Annotated[
    Own, typer.Argument(help="client: the controller itself; user: a login by certificate.")
]

pki = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make, show, trust and hand out the certificates of secured OPC UA links.\n\n"
    "Two sides must know each other: the server trusts our certificate, we trust the server's. "
    "Keys never leave STATE/pki.\n\n"
    "[bold]Examples[/bold], a link from nothing\n\n"
    "    seastack pki make\n\n"
    "    seastack pki export client seastack.der\n\n"
    "    seastack pki trust server.der --link analysers --plant ./my-ship\n\n"
    "    seastack pki password\n\n"
    "    seastack check ./my-ship --connect",
)


@pki.command()
def make(
    what: What = Own.CLIENT,
    days: Annotated[
        int, typer.Option("--days", min=1, max=7300, help="How long it is good.")
    ] = 1825,
    state: State = None,
) -> None:
    """Make our certificate and key; an old pair is set aside.

    [bold]Examples[/bold]

        seastack pki make

        seastack pki make user --days 365
    """
    from seastack import pki as work

    raise typer.Exit(work.make(state_dir(state), what.value, days))


@pki.command()
def show(state: State = None) -> None:
    """List every certificate: whose, until when, its fingerprint.

    Exit code 1 when one ends within 30 days.

    [bold]Example[/bold]

        seastack pki show --state state/demo
    """
    from seastack import pki as work

    raise typer.Exit(work.show(state_dir(state)))


@pki.command()
def trust(
    file: Annotated[Path, typer.Argument(help="The server's certificate, DER or PEM.")],
    link: Annotated[str, typer.Option("--link", help="The link in tags.toml it is of.")],
    also: Annotated[
        bool,
        typer.Option("--also", help="Beside the present one, for a server that will change."),
    ] = False,
    plant: Annotated[
        str, typer.Option("--plant", help="The plant whose link it is: demo or a folder.")
    ] = "demo",
    state: State = None,
) -> None:
    """Trust a server's certificate on one link, and print its fingerprint to compare.

    [bold]Examples[/bold]

        seastack pki trust server.der --link analysers --plant ./my-ship

        seastack pki trust next-year.der --link analysers --plant ./my-ship --also
    """
    from seastack import pki as work

    raise typer.Exit(work.trust(state_dir(state), file, link, plant=plant, also=also))


@pki.command()
def export(
    what: What = Own.CLIENT,
    to: Annotated[Path, typer.Argument(help="A folder or file; .pem writes PEM.")] = Path(),
    state: State = None,
) -> None:
    """Copy our public certificate for the owner of a server; never a key.

    [bold]Examples[/bold]

        seastack pki export

        seastack pki export user /media/stick/seastack-user.pem
    """
    from seastack import pki as work

    raise typer.Exit(work.export(state_dir(state), what.value, to))


@pki.command()
def password(state: State = None) -> None:
    """Keep the OPC UA password, asked for twice; an empty one is made up.

    [bold]Example[/bold]

        seastack pki password
    """
    from seastack import pki as work

    given = typer.prompt(
        "Password", default="", hide_input=True, confirmation_prompt=True, show_default=False
    )
    raise typer.Exit(work.password(state_dir(state), given))


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(pki, name="pki", rich_help_panel="Set up")
