"""Which campaign a file is of: it decides the CO2 basis and the analyser's loading bias."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import UnknownPacking
from models.fitted import Campaign, fitted
from models.packing import packing
from seastack.problems import UserError, nearest
from seastack.validation.table import Row, number

ABSORBER = frozenset(
    {
        "lean_flow_kg_h", "lean_T_C", "lean_loading_mol_mol", "lean_mea_wtfrac_co2free",
        "gas_flow_kg_h", "gas_T_C", "n_beds", "n_intercoolers", "packing_height_m",
        "column_diameter_m", "packing",
    }
)  # fmt: skip
STRIPPER = frozenset(
    {
        "rich_flow_kg_h", "rich_loading_mol_mol", "rich_mea_wtfrac_co2free", "stripper_in_T_C",
        "reboiler_duty_kW", "stripper_packing_height_m", "stripper_diameter_m", "packing",
    }
)  # fmt: skip
SIGNATURES = {
    "nccc2014": (
        ABSORBER | {"gas_in_co2_molpct_wet", "column_P_kPa"},
        STRIPPER | {"stripper_P_kPa"},
    ),
    "nccc2017": (
        ABSORBER | {"gas_in_co2_molfrac_dry", "absorber_top_P_kPa", "gas_in_P_kPa"},
        STRIPPER | {"stripper_top_P_kPa"},
    ),
}
"""Columns of a campaign's absorber and stripper files that say how the plant was run.

What the model predicts is never among them: a measurement must not choose its own correction.
"""
DIAMETERS_M = {"column_diameter_m": (0.64, 0.641), "stripper_diameter_m": (0.59, 0.591)}
"""The pilot plant's, as either campaign states them."""
PACKING = "mellapakplus-252y"


@dataclass(frozen=True)
class Origin:
    """The campaign of a file (None: unknown plant) and how it was recognised."""

    campaign: Campaign | None
    why: str

    @property
    def bias(self) -> float:
        """What to add to a loading as read to get the true one, mol/mol."""
        return self.campaign.lean_loading_bias if self.campaign else 0.0

    @property
    def bias_sd(self) -> float:
        """How well that is known, mol/mol, one standard deviation."""
        return self.campaign.lean_loading_bias_sd if self.campaign else 0.0

    @property
    def of_2014(self) -> bool:
        """Whether the CO2 fractions are the 2014 campaign's."""
        return self.campaign is not None and self.campaign.name == "nccc2014"


def _pilot(row: Row, diameter: str) -> bool:
    """Whether a row names the pilot plant's packing and one of its diameters."""
    size = number(row, diameter)
    name = row.get("packing", "")
    if size is None or not name:
        return False
    try:
        key = packing(name).key
    except UnknownPacking:
        return False
    return key == PACKING and any(abs(size - d) < 1e-6 for d in DIAMETERS_M[diameter])


def signed(rows: Sequence[Row]) -> list[str]:
    """Return the campaigns whose files look like this one in every row."""
    have = rows[0].keys()
    found = []
    for name, files in SIGNATURES.items():
        for columns in files:
            diameter = next(d for d in DIAMETERS_M if d in columns)
            if columns <= have and all(_pilot(row, diameter) for row in rows):
                found.append(name)
    return list(dict.fromkeys(found))


def origin(path: Path, rows: Sequence[Row], asked: str = "") -> Origin:
    """Return the campaign: as asked, else by file name, else by columns, diameter and packing.

    A file that looks like both campaigns is of neither.
    """
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
    names = signed(rows)
    if len(names) == 1:
        return Origin(known[names[0]], "by its columns, diameter and packing in every row")
    return Origin(None, "another plant: no campaign of ours")
