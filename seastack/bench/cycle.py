"""`bench cycle`: what one control cycle costs, with image and record, without I/O."""

import time
from typing import Final

import numpy as np

from controller.config import PlantConfig, configure
from controller.cycle import step
from controller.recording import record_of, sent_values
from controller.types import Inputs
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.sail import Sailing
from seastack.departure import load_voyage, start_time_s
from seastack.plantargs import plant_of
from sensors.image import Image
from sim.rig import Rig

SETTLE: Final = 300  # cycles until loops steer and everything is compiled
CYCLES: Final = 3000
BAR_MS: Final = 0.8


def run(options: BenchOptions) -> list[Figure]:
    """Steer a rig for a while, then time cycles on what its instruments say."""
    config = configure(plant_of("demo"))
    voyage = load_voyage(options.voyage, config.plant)
    start_ns = int(start_time_s(voyage, options.start) * 1e9)
    rig = Rig(config.plant, voyage, options.seed, start_ns)
    rig.warm()
    sailing = Sailing(rig, config)
    sailing.ask("arm")
    for _ in range(SETTLE):
        sailing.cycle()
    cost_ms = _time_cycles(sailing, config)
    return [
        Figure("points", len(config.read)),
        Figure("channels recorded", len(config.layout)),
        Figure("one cycle, median", float(np.median(cost_ms)), "ms", "<=", BAR_MS),
        Figure("one cycle, p99", float(np.percentile(cost_ms, 99)), "ms"),
    ]


def _time_cycles(sailing: Sailing, config: PlantConfig) -> np.ndarray:
    """Return the duration of each of CYCLES cycles, ms; the rig's own step is not in it."""
    rig, state = sailing.rig, sailing.state
    cost_ms = np.empty(CYCLES)
    no_age = np.zeros(len(rig.table), dtype=np.int32)
    for k in range(CYCLES):
        rig.step()
        began = time.perf_counter_ns()
        raw = Image.of(rig.table, rig.t_ns, rig.value.copy(), rig.reason.copy(), no_age.copy())
        inputs = Inputs(SETTLE + k, rig.t_ns, 1_000_000_000, raw)
        state, outputs = step(state, inputs, config)
        sent = sent_values(config, outputs)
        record_of(config, inputs, outputs, sent, k * 1_000_000_000, True)
        cost_ms[k] = (time.perf_counter_ns() - began) / 1e6
        rig.write(sent)
    return cost_ms
