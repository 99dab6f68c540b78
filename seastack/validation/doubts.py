"""What to doubt about a case that was solved: extrapolation, flooding, values nobody gave."""

from collections.abc import Callable, Sequence

from models.absorber import Absorbed, Absorber, Column
from models.hydraulics import hydraulics
from models.ranges import outside
from models.stripper import Stripped
from seastack.validation.table import Row, number

NEAR_FLOODING = 0.9
MOST_NAMED = 4
Rule = tuple[Sequence[str], str]
"""Columns of which a case needs one, and what is taken where it has none."""


def extrapolated(out: Absorbed | Stripped, mea: float) -> list[str]:
    """Return what of a solved column lies outside the data behind the properties."""
    loadings = out.liquid_co2 / out.amine
    t = [float(out.t_liquid_degC.min()), float(out.t_liquid_degC.max())]
    a = [float(loadings.min()), float(loadings.max())]
    if isinstance(out, Stripped):
        t.append(out.t_reboiler_degC)
        a.append(out.lean_loading)
    found = outside(min(t), min(a), mea) + outside(max(t), max(a), mea)
    return list(dict.fromkeys(found))


def flooding(column: Column, out: Absorbed | Stripped, p_kPa: float) -> list[str]:
    """Return a line for a column above nine tenths of its flooding velocity."""
    inert = out.inert if isinstance(out, Absorbed) else 0.0
    bed = Absorbed(
        out.z_m, out.gas_co2, out.gas_water, out.t_gas_degC, out.liquid_co2, out.liquid_water,
        out.t_liquid_degC, out.amine, inert, out.steps, out.x,
    )  # fmt: skip
    shell = Absorber(column.diameter_m, column.height_m, column.packing)
    found = hydraulics(shell, bed, 1e3 * p_kPa)
    if found.flooding <= NEAR_FLOODING:
        return []
    beyond = "beyond" if found.flooding > 1.0 else "near"
    return [
        f"{beyond} flooding: {found.flooding:.2f} of its velocity, "
        f"{found.pressure_drop_kPa:.3g} kPa over the bed; the model runs on as if it were not"
    ]


def listed(names: Sequence[str], of: int) -> str:
    """Return the cases by name, or their number, or that it is all of them."""
    if len(names) == of:
        return "all cases"
    few = ", ".join(names[:MOST_NAMED])
    return few if len(names) <= MOST_NAMED else f"{few} and {len(names) - MOST_NAMED} more"


def defaults(
    rows: Sequence[Row],
    cases: Sequence[str],
    rules: Sequence[Rule],
    needs: Callable[[Row], bool] = lambda _: True,
) -> list[str]:
    """Return what was taken for values the file does not give, and for which cases."""
    parts = []
    for columns, taken in rules:
        lack = [
            case
            for case, row in zip(cases, rows, strict=True)
            if needs(row) and number(row, *columns) is None
        ]
        if lack:
            parts.append(f"{taken} ({listed(lack, len(rows))})")
    return parts
