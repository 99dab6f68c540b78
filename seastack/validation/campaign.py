"""Which campaign a file is of: it decides the CO2 basis and the analyser's loading bias."""

from dataclasses import dataclass
from pathlib import Path

from models.fitted import Campaign, fitted
from seastack.problems import UserError, nearest
from seastack.validation.table import Row, number

OF_2014 = frozenset({"gas_in_co2_molpct_wet", "column_P_kPa", "lean_loading_data"})
OF_2017 = frozenset({"absorber_top_P_kPa", "stripper_top_P_kPa", "srd_data_MJ_kgCO2"})
NCCC_DIAMETERS_M = (0.58, 0.65)


@dataclass(frozen=True)
class Origin:
    """The campaign of a file (None: unknown plant) and how it was recognised."""

    campaign: Campaign | None
    why: str

    @property
    def bias(self) -> float:
        """What to add to a loading as read to get the true one, mol/mol."""
        return self.campaign.lean_loading_bias if self.campaign else 0.0


def origin(path: Path, rows: list[Row], asked: str = "") -> Origin:
    """Return the campaign: as asked, else by file name, else by columns, diameter and packing."""
    known = fitted().campaigns
    if asked == "none":
        return Origin(None, "asked for")
    if asked:
        if asked not in known:
            raise UserError(
                f"no campaign {asked!r}; known: none, {', '.join(known)}{nearest(asked, known)}"
            )
        return Origin(known[asked], "asked for")
    for name, one in known.items():
        if name in path.stem.lower():
            return Origin(one, "by the file's name")
    diameter = number(rows[0], "column_diameter_m", "stripper_diameter_m")
    same = "252Y" in rows[0].get("packing", "252Y").upper().replace(" ", "")
    if same and (diameter is None or NCCC_DIAMETERS_M[0] <= diameter <= NCCC_DIAMETERS_M[1]):
        have = rows[0].keys()
        for name, columns in (("nccc2014", OF_2014), ("nccc2017", OF_2017)):
            if columns & have:
                return Origin(known[name], "by its columns, diameter and packing")
    return Origin(None, "another plant: no campaign of ours")
