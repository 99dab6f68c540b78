"""The loading bias of a case: what its analyser reads too little, and how well that is known.

A row's own columns win (`loading_bias_mol_mol`, with `loading_bias_sd_mol_mol`), then what was
asked for on the command line, then the campaign's, else none.
"""

from typing import TYPE_CHECKING, Final

from seastack.validation.campaign import Origin
from seastack.validation.table import Row, number

if TYPE_CHECKING:
    from seastack.validation.absorber import Settings

BIAS: Final = "loading_bias_mol_mol"
BIAS_SD: Final = "loading_bias_sd_mol_mol"
MOST: Final = 0.1
"""mol/mol beyond which a bias is no analyser's."""


def of_case(row: Row, settings: "Settings", where: Origin) -> tuple[float, float]:
    """Return (bias, its standard deviation), mol/mol; raise ValueError for what cannot be meant."""
    own, own_sd = number(row, BIAS), number(row, BIAS_SD)
    bias = settings.bias_of(where) if own is None else own
    sd = settings.bias_sd_of(where) if own_sd is None else own_sd
    if abs(bias) > MOST:
        raise ValueError(f"{BIAS} {bias:g}: must be mol/mol, -{MOST:g} to {MOST:g}")
    if not 0.0 <= sd <= MOST:
        raise ValueError(f"{BIAS_SD} {sd:g}: must be mol/mol, 0 to {MOST:g}")
    return bias, sd
