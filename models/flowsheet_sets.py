"""Plants as data: what the flowsheet is built of."""

from dataclasses import dataclass, field

from models.coefficients import LUO, PUTTA, Kinetics


@dataclass(frozen=True)
class PlantSet:
    """Packings, kinetics and the parameters that differ from the defaults."""

    name: str
    absorber: str = "Mellapak 250Y"
    stripper: str = "Mellapak 250Y"
    kinetics: Kinetics = LUO
    p: dict[str, float] = field(default_factory=dict)


_DEMO_P = {
    "area_factor": 0.45,
    "stripper_factor": 2.0,
    "hx_ua_kW_K": 800.0,
    "heat_loss_factor": 0.5,
}
"""Maldistribution in a moving 1.7 m column and a generous exchanger: the datasheet point."""

DEMO = PlantSet("demo", p=_DEMO_P)
"""The demo rig: 20 t/h slip stream, datasheet of the demo plant folder."""

DEMO_TRUTH = PlantSet("demo truth", kinetics=PUTTA, p=_DEMO_P)
"""What the simulated rig really is: other kinetics, so another response in structure."""

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
    },
)
"""Geometry of the NCCC pilot (0.64 m x 3 x 6 m, three beds taken as two halves)."""
