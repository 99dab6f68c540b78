"""`seastack bench`: measure the bars, print a table or JSON."""

from pathlib import Path
from typing import Annotated

import typer

Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes",
        min=0,
        help="Length of io (10), load (5.5), soak (36), ship (10), outage (780).",
    ),
]
Days = Annotated[
    float | None,
    typer.Option("--days", min=0, help="Length of loop (7), replay (1), history (30)."),
]
Kills = Annotated[
    int | None, typer.Option("--kills", min=0, help="Kills of lease (20) and power (100).")
]
Only = Annotated[
    str, typer.Option("--only", metavar="WHAT", help="Kind of fault in storm, point in watch.")
]
Cycles = Annotated[
    int | None, typer.Option("--cycles", min=1, help="Random cycles of cycles (100000).")
]
Inputs = Annotated[
    int | None, typer.Option("--inputs", min=1, help="Of torture (1000000), of flips (10000).")
]
Faults = Annotated[int | None, typer.Option("--faults", min=0, help="Faults of storm (1000).")]

Quick = Annotated[bool, typer.Option("--quick", help="watch without drifts.")]
NamedFaults = Annotated[
    bool, typer.Option("--named", help="watch of the named faults of docs/faults.md.")
]
State = Annotated[
    Path | None,
    typer.Option("--state", metavar="DIR", help="Keep the state here; default: a temporary."),
]

Log = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE.csv", help="Daily fuel log of fuel; default birka's."),
]


def bench(
    name: Annotated[str, typer.Argument(help="Which one; see the list below.")],
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything random.")] = 1,
    minutes: Minutes = None,
    days: Days = None,
    voyage: Annotated[
        str, typer.Option("--voyage", metavar="FILE.csv", help="Ship power to sail; default birka.")
    ] = "birka",
    start: Annotated[
        str, typer.Option("--start", metavar="TIME", help="Voyage time, such as 2014-01-12T09:00.")
    ] = "",
    kills: Kills = None,
    faults: Faults = None,
    cycles: Cycles = None,
    inputs: Inputs = None,
    only: Only = "",
    quick: Quick = False,
    named: NamedFaults = False,
    state: State = None,
    log: Log = None,
) -> None:
    """Measure one set of figures against its bars on this machine.

    Exit code 0: every bar met; 1: one missed; 77: a needed program is absent.

    cycle   cost of one control cycle, without input and output
    cycles  random rigs and requests through the pure step: rules that must hold
    replay  a recorded day replayed twice: bit-identical, and how fast
    loop    days of a measured voyage, in-process: capture, balances, trips
    io      the demo on real sockets: overruns, gaps, loop modes, CPU
    lease   kills and hangs of controller and rig: who owns it, what is lost
    bypass  presses on a healthy rig, and on a PLC that answers late: seconds, alarms
    storm   random faults of every kind on both protocols: alarms, log, freshness
    soak    hours of plant time at 10 x: memory, file handles, overruns
    power   kill -9 of the controller, power cuts: what is lost, what is said
    ship    a time-series server away for minutes: nothing missing afterwards
    load    processor time and memory of the controller while it ships
    outage  13 hours of 80 tags while that server is away: lost, twice, how fast caught up
    history a month of 150 tags: trends of the voyage and of a day, archiving
    plant   the rate-based plant alone: speed, error, balances, Jacobian
    steps   step responses of that plant: signs, fades, inverse responses
    fuel    simulated daily fuel of MS Birka against its crew's meters
    exhaust engine models against shop test, maker's examples and rules
    start   the first and the second demo, stage by stage, to a live page
    watch   every analogue input broken in turn: what is said, how fast
    torture wrong answers, texts, requests, journals, plant folders by the million
    flips   one bit of a sealed, an archived, a killed record changed: what is told

    [bold]Example[/bold]

        seastack bench loop --days 1 --json
    """
    from seastack.bench.figure import BenchOptions
    from seastack.bench.runner import run_bench

    numbers = (seed, minutes, days, voyage, start, kills, state, log, faults)
    options = BenchOptions(*numbers, only, cycles, quick, named, inputs)
    raise typer.Exit(run_bench(name, options, as_json=json))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(rich_help_panel="Measure")(bench)
