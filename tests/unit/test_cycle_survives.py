"""Whatever instruments say, the cycle goes on: it decides, or freezes, and never raises."""

import numpy as np
import pytest

from tests.unit.bench_rig import BenchRig, demo

ROLES = (
    *("treated_flow", "co2_in", "co2_out", "lean_flow", "mea_strength", "lean_loading"),
    *("rich_loading", "product_flow", "product_purity", "vent_flow", "steam_flow"),
)
TAGS = {tag.role: tag for tag in demo().table.tags}


def odd_values(rng: np.random.Generator, lo: float, hi: float) -> list[float]:
    """Return what a meter may say: its ends, nothing, next to nothing, nonsense, a whole number."""
    span = hi - lo
    some = rng.uniform(lo, hi)
    return [
        0.0,
        -0.0,
        lo,
        hi,
        1e-300,
        lo + 1e-9 * span,
        np.nan,
        np.inf,
        1e30,
        -1.0,
        round(some),
        some,
    ]


@pytest.mark.parametrize("role", ROLES)
def test_a_meter_that_stands_at_zero_or_an_end_for_twenty_minutes(role: str) -> None:
    rig, tag = BenchRig(), TAGS[role]
    rig.armed()
    for value in {0.0, tag.lo, tag.hi}:
        rig.value[rig.plant.table.index[tag.name]] = value
        rig.run(1200.0, dt_s=2.0)
        best, u = rig.calc("capture_best_pct"), rig.calc("capture_best_u_pct")
        assert best != best or u > 0.0, "no figure is certain"


@pytest.mark.parametrize("seed", range(30))
def test_nonsense_at_any_point_for_any_time(seed: int) -> None:
    rng, rig = np.random.default_rng(seed), BenchRig()
    rig.armed()
    for _ in range(12):
        share = rng.choice([0.02, 0.1, 0.5, 1.0])
        for i, tag in enumerate(rig.plant.table.tags):
            if rng.random() < share:
                rig.value[i], rig.reason[i] = rng.choice(odd_values(rng, tag.lo, tag.hi)), 0
            elif rng.random() < 0.02:
                rig.reason[i] = 1 << int(rng.integers(0, 10))
        dt_s = float(rng.choice([1.0, 0.1, 0.001, 600.0]))
        outputs = rig.run(dt_s * int(rng.integers(1, 40)), dt_s)
        assert all(value == value for value in outputs.write.values()), "nothing unknown is written"
        if rng.random() < 0.3:
            rig.mend()
