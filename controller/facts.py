"""What a cycle knows, once it has read, checked and estimated."""

from dataclasses import dataclass

from controller.estimate import Capture
from controller.inlet import Inlet
from controller.points import View


@dataclass(frozen=True, slots=True)
class Facts:
    """Good values, the gas side and the capture figures of this cycle."""

    view: View
    inlet: Inlet
    capture: Capture
    steam_expected_kg_h: float = float("nan")
