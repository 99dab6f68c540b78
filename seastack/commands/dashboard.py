"""`seastack dashboard`: the page of a state directory."""

from typing import Annotated

import typer

from seastack.commands.options import ParentPipe, State
from seastack.problems import require_free_port, state_dir


def dashboard(
    state: State = None,
    port: Annotated[int, typer.Option("--port", help="Port on this machine.")] = 8501,
    parent_pipe: ParentPipe = None,
) -> None:
    """Serve the engineer's page of a state directory on this machine.

    It reads the journal and posts requests; it never talks to the rig. Controller
    and page may start and stop in any order.

    [bold]Examples[/bold]

        seastack dashboard --state state/demo

        seastack dashboard --port 8600
    """
    from dashboard.server import serve
    from seastack.parent import end_with_parent

    require_free_port(port, "--port")
    end_with_parent(parent_pipe)
    serve(state_dir(state), port)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Run")(dashboard)
