"""The step responses that ours stand beside: those of another rig, a model of pilot size.

Twenty states, 1.4 kg/s of solvent, 1.1 t of it, 37 mol/s of gas and 300 kW: 82 % capture,
loadings 0.235 and 0.455, reboiler 123 degC, 4.5 GJ/t where a better lean flow gave 4.1.
A throw-away model, not a measurement: signs and shapes count, numbers do not.
"""

from dataclasses import dataclass
from typing import Final

INVENTORY_OVER_FLOW_MIN: Final = 1100.0 / 1.4 / 60.0
"""Minutes in which its solvent goes round once."""


@dataclass(frozen=True, slots=True)
class Known:
    """One response: at once, largest, final; minutes to 63 % and to within 5 %. None: not told."""

    final: float
    t63_min: float
    settled_min: float
    first: float | None = None
    peak: float | None = None


KNOWN: Final[dict[tuple[str, str], Known]] = {
    ("lean", "capture"): Known(2.1, 0.3, 30.0, 0.7, 5.4),
    ("duty", "capture"): Known(4.2, 10.8, 27.0),
    ("both", "capture"): Known(6.7, 1.0, 12.0),
    ("gas", "capture"): Known(-6.3, 0.7, 8.0, -1.4),
    ("co2", "capture"): Known(-5.8, 1.2, 11.0, 1.5),
    ("duty", "t_reboiler"): Known(0.85, 1.7, 11.0),
    ("duty", "lean_loading"): Known(-0.017, 10.2, 26.0),
    ("lean", "t_reboiler"): Known(-0.52, 2.5, 16.0),
    ("lean", "lean_loading"): Known(0.015, 9.2, 25.0),
    ("half", "rich_loading"): Known(-0.13, 5.0, 35.0),
}
"""By step and quantity; capture in points, loadings in mol/mol, temperature in K."""
