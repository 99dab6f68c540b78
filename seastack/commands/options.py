"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated, Final

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
LAST_PORT: Final = 65535
HealthPort = Annotated[
    int | None,
    typer.Option(
        "--health-port",
        min=1,
        max=LAST_PORT,
        help="Serve how it is, as JSON, on 127.0.0.1:PORT.",
    ),
]
PagePort = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=LAST_PORT, help="Port of the page; default 8501, or a free one."
    ),
]
# Named by its parameter, for there are two: --modbus-port and --opcua-port.
ServedPort = Annotated[
    int | None, typer.Option(min=0, max=LAST_PORT, help="Default: as the plant folder says.")
]
ControlPort = Annotated[
    int,
    typer.Option(
        "--control-port",
        min=0,
        max=LAST_PORT,
        help="Back-channel for faults; 0: any free port.",
    ),
]
ParentPipe = Annotated[int | None, typer.Option("--parent-pipe", hidden=True)]
WallEpoch = Annotated[int | None, typer.Option("--wall-epoch", hidden=True)]
PlantEpoch = Annotated[int | None, typer.Option("--plant-epoch", hidden=True)]
Speed = Annotated[
    float, typer.Option("--speed", min=0.1, max=10.0, help="Plant seconds per wall second.")
]
