"""Is the inlet CO2 analyser to be believed? The oxygen beside it knows.

What burns turns oxygen into CO2 in a fixed proportion, so dry O2 and the fuel give
dry CO2: complete combustion, air with 20.95 % O2 and 0.04 % CO2.  Neither analyser
is the better one; only where the ways of measuring capture contradict the gas side as
well is the CO2 analyser the one that lies: it bends all three of them.
"""

from math import hypot
from typing import Final

from controller.config import PlantConfig
from controller.points import NAN, View
from controller.ratio import smoothed
from models.combustion import M_C, M_H2, M_O2, M_S, Y_CO2_AIR, Y_O2_AIR, Fuel

CLEARS: Final = 0.8  # of the tolerance: so near again, it is believed as before
ALLOWANCE: Final = 0.005  # beside the analysers' own uncertainties: fuel and air


def co2_of_o2_pct(o2_pct: float, fuel: Fuel) -> float:
    """Return the dry CO2 (vol%) of exhaust with so much dry O2 (vol%)."""
    carbon = fuel.burnt_carbon / M_C
    used = carbon + 0.5 * fuel.burnt_hydrogen / M_H2 + fuel.sulphur / M_S - fuel.oxygen / M_O2
    made, left = carbon / used, 0.01 * o2_pct
    burnt = (Y_O2_AIR - left) / (1.0 - left * (1.0 - made))
    return 100.0 * (Y_CO2_AIR + made * burnt) / (1.0 - burnt * (1.0 - made))


def off(before: float, view: View, plant: PlantConfig, dt_s: float) -> float:
    """Return the mean share by which the CO2 analyser reads above what the oxygen tells."""
    measured, o2 = view.of("co2_in"), view.of("o2_in")
    told = co2_of_o2_pct(o2, plant.fuel)
    now = measured / told - 1.0 if told > 1.0 else NAN
    return smoothed(before, now, plant.control.estimate.compare_s, dt_s)


def lies(share: float, before: bool, contradicted: bool, view: View, plant: PlantConfig) -> bool:
    """Return whether the analyser is off by more than both instruments explain."""
    if not contradicted or share != share:
        return False
    measured, o2 = view.of("co2_in"), view.of("o2_in")
    if measured != measured or o2 != o2:
        return before
    step = co2_of_o2_pct(o2 + plant.accuracy_of("o2_in").of(o2), plant.fuel)
    told = co2_of_o2_pct(o2, plant.fuel)
    u = hypot(plant.accuracy_of("co2_in").of(measured) / measured, (told - step) / told)
    tolerance = plant.control.estimate.compare_doubt * u + ALLOWANCE
    return abs(share) > (CLEARS if before else 1.0) * tolerance
