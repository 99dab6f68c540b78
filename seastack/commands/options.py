"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        help="State directory; default $STATE_DIRECTORY or ./state. The demo uses ./state/demo.",
        show_default=False,
    ),
]
PlantName = Annotated[
    str, typer.Argument(metavar="PLANT", help="A plant we carry (demo) or the path of a folder.")
]
Links = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        metavar="NAME=HOST:PORT",
        help="Where a link of the plant really is (a serial one: NAME=/dev/LINE); once per link.",
        show_default=False,
    ),
]
ParentPipe = Annotated[int | None, typer.Option("--parent-pipe", hidden=True)]
WallEpoch = Annotated[int | None, typer.Option("--wall-epoch", hidden=True)]
PlantEpoch = Annotated[int | None, typer.Option("--plant-epoch", hidden=True)]
Speed = Annotated[
    float, typer.Option("--speed", min=0.1, max=10.0, help="Plant seconds per wall second.")
]
