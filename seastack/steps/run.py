"""What `seastack steps` does: run, print, draw."""

from pathlib import Path

from rich.console import Console

from seastack.problems import UserError, nearest
from seastack.steps.experiment import BASES
from seastack.steps.picture import picture
from seastack.steps.report import print_study
from seastack.steps.study import study
from seastack.validation.report import draw


def run_steps(plant: str, plot: Path | None) -> None:
    """Run the steps of one plant, or of all with ""; draw them in the folder `plot`.

    Raises UserError for a plant or a folder that is not there.
    """
    if plant and plant not in BASES:
        raise UserError(f"no plant called {plant!r}: {', '.join(BASES)}{nearest(plant, BASES)}")
    if plot is not None and not plot.is_dir():
        raise UserError(f"{plot}: pictures cannot be written (no such folder)")
    for name in [plant] if plant else list(BASES):
        with Console(stderr=True).status(name) as status:
            found = study(name, status.update)
        print_study(found)
        if plot is not None:
            draw(picture(list(found.responses.values())), plot / f"step_{name}.svg")
