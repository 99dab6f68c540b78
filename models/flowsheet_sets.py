"""Plants as data: what the flowsheet is built of."""

from dataclasses import dataclass, field

from models.coefficients import LUO_AMINE, PUTTA, Kinetics


@dataclass(frozen=True)
class PlantSet:
    """Packings, kinetics, gas film and the parameters that differ from the defaults.

    Nothing here is read from `fitted.toml`: a plant that has been built does not change
    because other columns were measured.
    """

    name: str
    absorber: str = "Mellapak 250Y"
    stripper: str = "Mellapak 250Y"
    kinetics: Kinetics = LUO_AMINE
    gas_film_factor: float = 0.42
    p: dict[str, float] = field(default_factory=dict)


_DEMO_P = {"area_factor": 0.55}
"""What brings the demo rig to its datasheet point; all other numbers are the defaults.

Gas film 0.42: a value once found for a real column, kept here as a number so that a refit of
the pilot columns never moves the demo plant.  Area 0.55: uneven flow in a 1.7 m column that
moves with a ship (a guess: no open numbers).  Stripper 1: it is close to equilibrium, so a
factor hardly counts.  Exchanger 300 kW/K: 12 transfer units, 5-6 K approach at 24 t/h, a plate
exchanger of 100-120 m2 at 2.5-3 kW/(m2 K).  Losses 1: 33 kW of an insulated plant at 25 degC
outside.  That gives 62.0 % capture, 1.11 t/h at 1.2 MW (3.90 GJ/t), loadings 0.243 and 0.468.
"""

DEMO = PlantSet("demo", p=_DEMO_P)
"""The demo rig: 20 t/h slip stream, datasheet of the demo plant folder."""

DEMO_TRUTH = PlantSet("demo truth", kinetics=PUTTA, p=_DEMO_P | {"area_factor": 0.45})
"""What the simulated rig really is: other kinetics, so another response in structure.

They are faster, so a little less area makes much the same design point (62.6 % capture).
"""

PILOT = PlantSet(
    "pilot",
    absorber="MellapakPlus 252Y",
    stripper="MellapakPlus 252Y",
    p={
        "abs_diameter_m": 0.641,
        "abs_height_m": 18.0,
        "str_diameter_m": 0.59,
        "str_height_m": 12.0,
        "design_flow_kg_s": 1.9,
        "absorber_holdup_kg": 400.0,
        "stripper_holdup_kg": 220.0,
        "sump_kg_nominal": 450.0,
        "reboiler_kg_nominal": 500.0,
        "tank_kg_nominal": 1500.0,
        "reflux_kg_nominal": 40.0,
        "gas_space_m3": 3.0,
        "line_kg": 90.0,
        "hx_ua_kW_K": 88.0,
        "area_factor": 1.0,
    },
)
"""Geometry of the NCCC pilot (0.64 m x 3 x 6 m, three beds taken as two halves)."""
