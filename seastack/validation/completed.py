"""Empty cells of a stripper row, filled from the lines beside it: each filling is told.

Amine is conserved between lean and rich line and its strength, CO2-free, is the same in both;
so one line's flow and strength give the other's.  What the row lacks altogether may stand in
the row of the same case of an absorber or exchanger file beside.
"""

from typing import Final

from models.streams import Solvent
from seastack.validation.table import Row, number

FLOW, LOADING, MEA = "_flow_kg_h", "_loading_mol_mol", "_mea_wtfrac_co2free"
HOT: Final = "hx_rich_out_T_C"
FEED: Final = "stripper_in_T_C"
PREHEATED: Final = "preheater_in_T_C"
"""Tells the feed's temperature with its preheater's heat: see `stripper.preheated`."""


def completed(row: Row, absorber: Row, exchanger: Row) -> tuple[Row, list[str]]:
    """Return the row with what its neighbours' lines tell, and a line for each cell filled."""
    found, told = dict(row), list[str]()

    def fill(name: str, value: float | None, source: str) -> None:
        if value is not None and not found.get(name, "").strip():
            found[name] = repr(value)
            told.append(f"{name} empty: {value:.4g} taken from {source}")

    fill(f"rich{LOADING}", number(absorber, f"rich{LOADING}"), "the absorber's row")
    begun = any(number(row, f"lean{cell}") is not None for cell in (FLOW, LOADING, MEA))
    # the lean line tells what the rich one lacks, and the specific duty where it is begun
    if begun or any(number(found, f"rich{cell}") is None for cell in (FLOW, MEA)):
        fill(f"lean{MEA}", number(found, f"rich{MEA}"), "the rich line")
        for cell in (LOADING, MEA):
            fill(f"lean{cell}", number(absorber, f"lean{cell}"), "the absorber's row")
        if number(found, f"rich{FLOW}") is None:
            fill(f"lean{FLOW}", number(absorber, f"lean{FLOW}"), "the absorber's row")
    fill(f"rich{MEA}", number(found, f"lean{MEA}"), "the lean line")
    fill(f"rich{FLOW}", _same_amine(found, "lean", "rich"), "the lean line's amine")
    if number(found, PREHEATED) is None:
        fill(FEED, number(exchanger, HOT), f"{HOT} of the exchanger's row")
    return found, told


def _same_amine(row: Row, known: str, wanted: str) -> float | None:
    """Return the mass flow of a line that carries the amine of the other, kg/h."""
    flow = number(row, f"{known}{FLOW}")
    strength = number(row, f"{known}{MEA}")
    loading, other = number(row, f"{known}{LOADING}"), number(row, f"{wanted}{LOADING}")
    if flow is None or not strength or loading is None or other is None:
        return None
    amine = Solvent(flow, 40.0, loading, strength).amine
    return flow * amine / Solvent(flow, 40.0, other, strength).amine
