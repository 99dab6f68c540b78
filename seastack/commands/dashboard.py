"""`seastack dashboard`: the page of a state directory."""

from typing import Annotated

import typer

from seastack.commands.options import LAST_PORT, ParentPipe, State
from seastack.problems import require_free_port, state_dir

AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="A name besides loopback, for a proxy or tunnel on this machine; repeatable.",
        show_default=False,
    ),
]


def dashboard(
    state: State = None,
    port: Annotated[
        int, typer.Option("--port", min=1, max=LAST_PORT, help="Port on this machine.")
    ] = 8501,
    replay: Annotated[
        str,
        typer.Option(
            "--replay",
            metavar="RUN",
            help="Show a recorded run instead: an id of `seastack voyages`, or last.",
            show_default=False,
        ),
    ] = "",
    speed: Annotated[
        float,
        typer.Option("--speed", min=1, max=1000, help="Of the replay; the page can change it."),
    ] = 1.0,
    allow_host: AllowHost = None,
    after_run: Annotated[str, typer.Option("--after-run", hidden=True)] = "",
    parent_pipe: ParentPipe = None,
) -> None:
    """Serve the engineer's page of a state directory on this machine.

    It reads the journal and posts requests; it never talks to the rig. Controller
    and page may start and stop in any order.

    With --replay it shows a recorded run as it was, with pause and seek, and no
    button that could ask the rig for anything.

    [bold]Examples[/bold]

        seastack dashboard --state state/demo

        seastack dashboard --port 8600

        seastack dashboard --replay last --speed 60 --state state/demo
    """
    from dashboard.gate import allowed_names
    from dashboard.server import serve
    from seastack.parent import end_with_parent
    from seastack.recorded import run_to_watch

    folder = state_dir(state)
    run = run_to_watch(folder, replay) if replay else ""
    try:
        allowed_names(port, allow_host or ())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    require_free_port(port, "--port")
    end_with_parent(parent_pipe)
    if run:
        print(f"replay of {run} at http://127.0.0.1:{port}", flush=True)
    serve(folder, port, replay=run, speed=speed, after=after_run, allow_hosts=allow_host or ())


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Run")(dashboard)
