"""`seastack validate voyage`, `fuel` and `exhaust`: engines beside logs, shop tests, tables."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print cases and summary as JSON.")]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw measured against predicted.")
]


def fuel(
    log: Annotated[
        Path | None,
        typer.Argument(metavar="LOG.csv", help="The crew's daily fuel; default MS Birka's."),
    ] = None,
    voyage: Annotated[
        str, typer.Option("--voyage", metavar="FILE.csv", help="Ship power; default birka.")
    ] = "birka",
    ae3_unmetered: Annotated[
        bool,
        typer.Option("--ae3-unmetered", help="The meters do not see AE3, as on MS Birka."),
    ] = False,
    json: Json = False,
    plot: Plot = None,
) -> None:
    """Compare the fuel of every day of a log with what the simulated ship burnt.

    Needs the columns date and Total_day_FO_meters (t); docs/exhaust.md has the rest.

    [bold]Examples[/bold]

        seastack validate fuel

        seastack validate fuel my-log.csv --voyage my-power.csv --plot fuel.svg
    """
    from seastack.validation import fuel as fuels
    from seastack.validation.report import draw, drawable, report

    drawable(plot)
    check, finding = fuels.validate(log, voyage, ae3_unmetered=ae3_unmetered)
    if check.days:
        draw(fuels.picture(check), plot)
    report(log.name if log else "MS Birka, daily fuel", finding, quiet=json)


def exhaust(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE.csv", help="A shop test or exhaust table; default the 6L46B's test."
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="6L46B or 6S65ME-C8.2-GI; default as the file says.")
    ] = "",
    fuel: Annotated[str, typer.Option("--fuel", help="Fuel instead of the file's.")] = "",
    json: Json = False,
    plot: Plot = None,
) -> None:
    """Compare an engine's fuel, temperature, flow and gas at every load of a file.

    Needs load_frac (or Power, load_pct, power_kW) and one quantity; inner points are also
    predicted from their neighbours, for any engine.

    [bold]Examples[/bold]

        seastack validate exhaust

        seastack validate exhaust shop-test.csv --engine 6L46B --json
    """
    from seastack.validation import exhaust as exhausts
    from seastack.validation.report import draw, drawable, report

    drawable(plot)
    run = exhausts.validate(file, engine, fuel)
    draw(exhausts.picture(run), plot)
    report(file.name if file else "6L46B, shop test", run.finding, quiet=json)


def voyage(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A voyage: .csv, .csv.gz or .xlsx.")],
    gaps: Annotated[
        str,
        typer.Option("--gaps", help="Empty cells: refuse, line (between neighbours) or hold."),
    ] = "refuse",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE.csv", help="Write what was read: UTC, kW, degC, whole."
        ),
    ] = None,
    json: Json = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw power and engines.")
    ] = None,
) -> None:
    """Read a voyage as the other commands will, and say what was taken for granted.

    [bold]Examples[/bold]

        seastack validate voyage my-ship.xlsx

        seastack validate voyage my-ship.csv --gaps line --out whole.csv --plot power.svg
    """
    from seastack.validation import voyage as voyages
    from seastack.validation.report import draw, drawable, report

    drawable(plot)
    sailed, finding = voyages.validate(file, gaps)
    draw(voyages.picture(sailed), plot)
    if out is not None:
        voyages.write(sailed, out)
    report(file.name, finding, quiet=json)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `seastack validate`."""
    app.command()(voyage)
    app.command()(fuel)
    app.command()(exhaust)
