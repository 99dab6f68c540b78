"""Compile every kernel of the models ahead of time, so that nobody waits at sea."""

from collections.abc import Callable

import numpy as np

from models.absorber import Absorber, absorb
from models.flowsheet import FlowsheetPlant
from models.steady import inputs, steady_held
from models.streams import Solvent, flue_gas
from models.stripper import Stripper, strip

DESIGN_D = (0.063, 40.0, 103.0, 35.0, 25.0, 0.0)
"""Design disturbances in d_names order: 6.3 vol% dry CO2 at 40 degC and 103 kPa."""


def warm(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile (or load from the cache) all kernels; progress(what, done, of) before each."""
    plants: list[FlowsheetPlant] = []
    d, u = np.array(DESIGN_D), inputs(24.0 / 3.6, 20.0 / 3.6, 1200.0)
    gas, lean = flue_gas(2250.0, 43.0, 109.0, 0.10), Solvent(6800.0, 41.0, 0.2, 0.3)
    rich = Solvent(7200.0, 104.8, 0.4, 0.3)

    def build() -> None:
        plants.append(FlowsheetPlant())

    def outputs() -> None:
        p = plants[0].default_p()
        plants[0].outputs(plants[0].guess(p), u, d, p)

    def advance() -> None:
        p = plants[0].default_p()
        plants[0].step(plants[0].guess(p), u, d, p, 1.0)

    steps: list[tuple[str, Callable[[], object]]] = [
        ("plant: structure", build),
        ("plant: right-hand side", outputs),
        ("plant: Jacobian and integrator", advance),
        ("plant: steady state", lambda: steady_held(plants[0], u, d, plants[0].default_p())),
        ("columns: absorber", lambda: absorb(Absorber(0.64, 6.0), gas, lean)),
        ("columns: stripper", lambda: strip(Stripper(0.59, 12.0), rich, 184.0, 430.0)),
    ]
    for done, (what, compile_it) in enumerate(steps):
        if progress is not None:
            progress(what, done, len(steps))
        compile_it()
    if progress is not None:
        progress("done", len(steps), len(steps))
