"""`seastack warm`: compile the numeric kernels once, so that starts are quick."""

import typer


def warm() -> None:
    """Compile the numeric kernels of the plant once; later starts take them from the cache.

    Two processes share the work. The cache is the user's (~/.cache/seastack) and serves every
    copy of this version; an update that changes the kernels needs it again. A start that
    finds nothing compiled does the same by itself.

    [bold]Example[/bold]

        seastack warm
    """
    from models.kernelcache import folder, is_ready
    from seastack.warm import warm_up

    if is_ready():
        typer.echo(f"kernels are compiled already, in {folder()}")
    else:
        typer.echo(f"kernels ready in {warm_up():.1f} s")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Set up")(warm)
