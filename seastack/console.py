"""Where tables are printed: as wide as the terminal, wide enough in a pipe."""

import sys

from rich.console import Console

PIPE_COLUMNS = 160


def console() -> Console:
    """Return a console for standard output."""
    return Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)
