"""Mesh, names and places of the rate-based flowsheet's vectors.

Packed cells and exchanger cells hold CO2, water and enthalpy; the MEA in them
follows from the hydraulics (one hold-up per bed) or is fixed (full pipes).
Cell 1 is the bottom of a column and the inlet end of an exchanger side.
"""

from typing import Final, NamedTuple

from models import plant_names as ix

BEDS: Final = 2


class Mesh(NamedTuple):
    """Cells of the absorber (even: two beds), the stripper and each exchanger side."""

    absorber: int = 12
    stripper: int = 18
    line: int = 4


SHIPPED: Final = Mesh()
"""Mesh of the controller's model."""
FINE: Final = Mesh(14, 20, 4)
"""Mesh of the simulator's truth."""

# order of the lumps that follow the cells
BED_MEA: Final = 0
"""Lower and upper absorber bed, stripper: kmol MEA held in the packing."""
SUMP: Final = BED_MEA + BEDS + 1
REBOILER: Final = SUMP + 4
TANK: Final = REBOILER + 4
DRUM: Final = TANK + 4
GAS: Final = DRUM + 2
LCO2: Final = GAS + 1
DEGRADED: Final = LCO2 + 1
N_LUMPS: Final = DEGRADED + 1
_LUMP_NAMES: Final = (
    "abs_lower_mea_kmol",
    "abs_upper_mea_kmol",
    "str_mea_kmol",
    *(
        f"{b}_{k}"
        for b in ("sump", "reboiler", "tank")
        for k in ("co2_kmol", "water_kmol", "mea_kmol", "energy_kJ")
    ),
    "reflux_water_kmol",
    "reflux_energy_kJ",
    "gas_space_co2_kmol",
    "lco2_tank_co2_kmol",
    "degraded_mea_kmol",
)

# streams between marched gas and everything else
Z_TREATED: Final = 0
Z_BOILUP: Final = 3
Z_OVERHEAD: Final = 6
N_Z: Final = 9
"""Each stream: CO2 and water in kmol/s, temperature in degC."""


def first_lump(mesh: Mesh) -> int:
    """Return the place of the first lump in the state vector."""
    return 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)


def n_states(mesh: Mesh) -> int:
    """Return the number of states."""
    return first_lump(mesh) + N_LUMPS


def state_names(mesh: Mesh) -> tuple[str, ...]:
    """Return the name of every state, with its unit."""
    blocks = (
        *(f"abs{i + 1}" for i in range(mesh.absorber)),
        *(f"str{i + 1}" for i in range(mesh.stripper)),
        *(f"rich{i + 1}" for i in range(mesh.line)),
        *(f"lean{i + 1}" for i in range(mesh.line)),
    )
    cells = (f"{b}_{k}" for b in blocks for k in ("co2_kmol", "water_kmol", "energy_kJ"))
    return (*cells, *_LUMP_NAMES)


DEFAULT_P: Final = {
    "area_factor": 1.0,
    "kinetics_factor": 1.0,
    "stripper_factor": 1.0,
    "hx_ua_kW_K": 300.0,
    "heat_loss_factor": 1.0,
    "absorber_holdup_kg": 1400.0,
    "stripper_holdup_kg": 600.0,
    "sump_kg_nominal": 1600.0,
    "reboiler_kg_nominal": 1800.0,
    "tank_kg_nominal": 5000.0,
    "reflux_kg_nominal": 150.0,
    "gas_space_m3": 10.0,
    "line_kg": 300.0,
    "degradation_factor": 1.0,
    "design_flow_kg_s": 6.67,
    "abs_diameter_m": 1.7,
    "abs_height_m": 12.0,
    "str_diameter_m": 0.9,
    "str_height_m": 10.0,
    "mea_slip_ppm": 1.0,
}
"""Parameters of the demo rig; `line_kg` is what one exchanger side with its pipe holds."""
P_NAMES: Final = tuple(DEFAULT_P)
AREA: Final = 0
KINETICS: Final = 1
STRIPPER: Final = 2
HX_UA: Final = 3
HEAT_LOSS: Final = 4
ABS_HOLDUP: Final = 5
STR_HOLDUP: Final = 6
SUMP_NOM: Final = 7
REB_NOM: Final = 8
TANK_NOM: Final = 9
DRUM_NOM: Final = 10
GAS_SPACE: Final = 11
LINE: Final = 12
DEGRADATION: Final = 13
DESIGN_FLOW: Final = 14
ABS_D: Final = 15
ABS_H: Final = 16
STR_D: Final = 17
STR_H: Final = 18
SLIP_PPM: Final = 19

Y_EXTRA: Final = ix.N_Y
Y_NAMES: Final = (
    *ix.Y_NAMES,
    "compressor_kW",
    "liquefier_kW",
    "degraded_mea_kg",
    "boilup_kg_s",
)
N_Y: Final = len(Y_NAMES)
