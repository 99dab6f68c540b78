"""`seastack validate`: the columns beside measured pilot-plant cases, never fitting."""

from pathlib import Path
from typing import Annotated

import typer

from seastack.commands import validate_engines

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.csv", help="Measured cases, in the columns docs/physics.md names."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print cases and summary as JSON.")]
Packing = Annotated[
    str,
    typer.Option(
        "--packing",
        help="Packing instead of the file's: a name (mellapak-250y), or a FILE.toml of your own.",
    ),
]
LeanBias = Annotated[
    float | None,
    typer.Option(
        "--lean-bias", help="What your analyser reads too little, mol/mol (such as 0.018)."
    ),
]
LeanBiasSd = Annotated[
    float | None,
    typer.Option("--lean-bias-sd", help="Standard deviation of that bias; its effect is reported."),
]
Campaign = Annotated[
    str,
    typer.Option("--campaign", help="Whose analyser read the loadings: none, nccc2014, nccc2017."),
]
Bias = Annotated[
    bool,
    typer.Option("--bias/--no-bias", help="Correct loadings by the campaign's analyser bias."),
]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw measured against predicted.")
]

app = typer.Typer(
    name="validate",
    no_args_is_help=True,
    help="Run columns and engines on measured cases and print predicted beside measured; "
    "never fits.\n\n"
    "[bold]Examples[/bold]\n\n    seastack validate absorber nccc2014_absorber.csv\n\n"
    "    seastack validate stripper nccc2017_stripper.csv --json\n\n"
    "    seastack validate fuel --plot fuel.svg",
)


@app.command()
def absorber(
    file: File,
    basis: Annotated[
        str, typer.Option("--basis", help="CO2 fraction of the inlet gas: dry or wet.")
    ] = "",
    json: Json = False,
    plot: Plot = None,
    packing: Packing = "",
    campaign: Campaign = "",
    bias: Bias = True,
    lean_bias: LeanBias = None,
    lean_bias_sd: LeanBiasSd = None,
) -> None:
    """Predict capture, rich loading and bed temperatures of every case of a file.

    [bold]Examples[/bold]

        seastack validate absorber nccc2017_absorber.csv

        seastack validate absorber my-cases.csv --packing mellapak-250y --basis wet --json

        seastack validate absorber my-cases.csv --lean-bias 0.01 --lean-bias-sd 0.005

        seastack validate absorber nccc2014_absorber.csv --plot parity.svg
    """
    from seastack.validation.absorber import Settings
    from seastack.validation.run import run_absorber

    settings = Settings(
        basis=basis, packing=packing, campaign=campaign, bias=bias,
        lean_bias=lean_bias, lean_bias_sd=lean_bias_sd,
    )  # fmt: skip
    run_absorber(file, settings, as_json=json, plot=plot)


@app.command()
def stripper(
    file: File,
    json: Json = False,
    plot: Plot = None,
    packing: Packing = "",
    campaign: Campaign = "",
    bias: Bias = True,
    lean_bias: LeanBias = None,
    rich: Annotated[
        str,
        typer.Option("--rich", help="Rich loading behind the specific duty: best or read."),
    ] = "best",
) -> None:
    """Predict lean loading and specific reboiler duty of every case of a file.

    [bold]Examples[/bold]

        seastack validate stripper nccc2014_stripper.csv

        seastack validate stripper nccc2017_stripper.csv --json
    """
    from seastack.validation.absorber import Settings
    from seastack.validation.run import run_stripper

    settings = Settings(
        packing=packing, campaign=campaign, bias=bias, rich=rich, lean_bias=lean_bias
    )
    run_stripper(file, settings, as_json=json, plot=plot)


def register(parent: typer.Typer) -> None:
    """Add this command to the command line."""
    validate_engines.add_to(app)
    parent.add_typer(app, rich_help_panel="Measure")
