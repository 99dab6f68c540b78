"""Print step responses beside the reference's, as a table."""

from rich.table import Table

from seastack.console import console
from seastack.steps.experiment import QUANTITIES
from seastack.steps.reference import INVENTORY_OVER_FLOW_MIN, KNOWN, Known
from seastack.steps.shape import Shape
from seastack.steps.study import WORDS, Study

HEADS = ("step", "of", "after 10 s", "peak (min)", "final", "63 %, min", "settled, min", "against")
DIGITS = {"capture": 1, "lean_loading": 3, "rich_loading": 3, "t_reboiler": 2}


def rows(found: Study) -> list[tuple[str, ...]]:
    """Return the cells of HEADS: ours, the reference's in brackets where it tells."""
    out = []
    for step, response in found.responses.items():
        for quantity in (q for q in QUANTITIES if (step, q) in KNOWN):
            s = response.shape(quantity)
            out.append(_row(response.step.title, quantity, s, KNOWN[step, quantity]))
    out.append(_row("lean flow, short", "capture", found.short.shape("capture"), None))
    return out


def _row(title: str, quantity: str, s: Shape, known: Known | None) -> tuple[str, ...]:
    digits = DIGITS[quantity]

    def change(value: float, theirs: float | None = None) -> str:
        ours = f"{round(value, digits) + 0.0:+.{digits}f}"  # no minus zero
        return ours if theirs is None else f"{ours} ({theirs:+g})"

    def minutes(value: float, theirs: float | None) -> str:
        return f"{value:.1f}" if theirs is None else f"{value:.1f} ({theirs:g})"

    first, top, final, t63, settled = (
        (known.first, known.peak, known.final, known.t63_min, known.settled_min)
        if known is not None
        else (None, None, None, None, None)
    )
    against = change(s.against) if abs(s.against) >= 0.5 * 10.0**-digits else ""
    if first is not None and final is not None and first * final < 0.0:
        against = f"{against or 'none'} ({first:+g})"
    return (
        title,
        WORDS[quantity][0],
        change(s.first, first),
        f"{change(s.peak, top)} at {s.t_peak_min:.0f}" if s.fades else "",
        change(s.final, final),
        minutes(s.t63_min, t63),
        minutes(s.settled_min, settled),
        against,
    )


def print_study(found: Study) -> None:
    """Print one plant's table for people."""
    start = dict(zip(QUANTITIES, found.responses["lean"].start.tolist(), strict=True))
    at = (
        f"{found.name}: capture {start['capture']:.1f} %, loadings {start['lean_loading']:.3f} "
        f"and {start['rich_loading']:.3f}, reboiler {start['t_reboiler']:.1f} degC; solvent goes "
        f"round in {found.inventory_over_flow_min:.0f} min (reference "
        f"{INVENTORY_OVER_FLOW_MIN:.0f}); reference in brackets"
    )
    table = Table(title=at, title_justify="left")
    for k, head in enumerate(HEADS):
        table.add_column(head, justify="left" if k < 2 else "right")
    for row in rows(found):
        table.add_row(*row)
    console().print(table)
