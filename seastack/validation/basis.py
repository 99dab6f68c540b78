"""The CO2 fraction of the inlet gas: which column, and whether it counts water."""

from collections.abc import Sequence

from seastack.validation.campaign import Origin
from seastack.validation.table import Row, number

CO2 = ("gas_in_co2_molfrac_dry", "gas_in_co2_molfrac_wet", "gas_in_co2_molfrac",
       "gas_in_co2_molpct_wet", "gas_in_co2_molpct_dry", "gas_in_co2_molpct")  # fmt: skip
MISNAMED = "gas_in_co2_molpct_wet"
"""The one column of the 2014 files that is dry: no other is doubted, in no other file."""


def column(row: Row) -> str:
    """Return the first column of a row that holds its CO2 fraction."""
    return next((n for n in CO2 if number(row, n) is not None), CO2[0])


def basis_of(row: Row, where: Origin, asked: str) -> tuple[str, str]:
    """Return (dry | wet, why) of one case."""
    name = column(row)
    if asked:
        return asked, "asked for"
    if where.of_2014 and name == MISNAMED:
        return "dry", "the 2014 carbon balance closes on dry gas, in spite of the column's name"
    if name.endswith(("_dry", "_wet")):
        return name[-3:], f"by the column {name}"
    return "dry", f"default: {name} does not say"


def basis_note(rows: Sequence[Row], where: Origin, asked: str) -> str:
    """Return the line that says how the CO2 fractions of a file were taken."""
    ways = dict.fromkeys(basis_of(row, where, asked) for row in rows)
    return "CO2 fraction taken as " + ", ".join(f"{basis} ({why})" for basis, why in ways)
