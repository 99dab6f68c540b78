"""Pictures of step responses: two hours of four quantities, the first minutes, half the gas."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from seastack.steps.experiment import QUANTITIES, Response
from seastack.validation.chart import Panel, Series, chart

LONG_MIN: Final = 120.0
"""What is shown: by then all but the last few per cent has happened."""
EARLY_MIN: Final = 5.0
DENSE_MIN: Final = 15.0
"""Until here every value is drawn, then one a minute."""
LABELS: Final = {
    "capture": "capture from {:.1f} %: change, points",
    "lean_loading": "lean loading from {:.3f}: change, mol/mol",
    "rich_loading": "rich loading from {:.3f}: change, mol/mol",
    "t_reboiler": "reboiler from {:.1f} degC: change, K",
}


def _series(response: Response, quantity: str, until_min: float, scale: float) -> Series:
    """Return one line, with a little of the rest before the step."""
    t, y = response.t_min, response.change[:, QUANTITIES.index(quantity)]
    drawn = (t <= until_min) & ((t <= DENSE_MIN) | (np.arange(t.size) % 6 == 0))
    times = np.concatenate([[-until_min / 20.0, 0.0], t[drawn]]) / scale
    return response.step.title, times.tolist(), [0.0, 0.0, *y[drawn].tolist()]


def _panel(
    responses: Sequence[Response],
    quantity: str,
    *,
    colour: int = 0,
    before: str = "",
    until_min: float = LONG_MIN,
) -> Panel:
    at_rest = responses[0].start[QUANTITIES.index(quantity)]
    scale, unit = (60.0, "hours") if until_min > 60.0 else (1.0, "minutes")
    lines = [_series(r, quantity, until_min, scale) for r in responses]
    zero: Series = ("", [-until_min / 20.0 / scale, until_min / scale], [0.0, 0.0])
    return Panel(
        title=f"{before}{LABELS[quantity].format(at_rest)}",
        x_name=f"{unit} after the step",
        y_name="",
        lines=[*lines, zero],
        width=380.0,
        height=190.0,
        legend=False,
        colour=colour,
        thick=1.8,
    )


def picture(responses: Sequence[Response]) -> str:
    """Return the SVG of one plant's responses."""
    tenths = [r for r in responses if r.step.factor > 1.0]
    halves = [r for r in responses if r.step.factor < 1.0]
    panels = [_panel(tenths, q) for q in QUANTITIES]
    early = "the first minutes: "
    panels.append(_panel(tenths, "capture", until_min=EARLY_MIN, before=early))
    for half in halves:
        before = f"{half.step.title}: "
        panels.append(_panel([half], "rich_loading", colour=len(tenths), before=before))
    return chart(panels, across=2, key=[r.step.title for r in (*tenths, *halves)])
