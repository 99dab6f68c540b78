"""A day of the rig by itself, with its port calls: the solvent stays what it was."""

from datetime import UTC, datetime

import numpy as np
import pytest

from models.plant_names import BOUNDARY
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.plc_states import CAPTURING
from sim.rig import Rig

IN_PORT_NS = int(datetime(2014, 2, 1, 4, 0, tzinfo=UTC).timestamp() * 1e9)
SCAN_S = 3.0  # a third of the work; strengths agree with 1 s to 0.01 wt%


def test_a_day_with_port_calls_leaves_strength_and_inventory_alone() -> None:
    rig = Rig(load_plant(locate("demo")), voyages.load("birka"), 1, IN_PORT_NS)
    rig.warm()
    names = rig.truth.model.y_names
    wt, tank = names.index("mea_wt_frac"), names.index("m_tank_kg")
    before = rig.truth.model.inventory(rig.truth.x, rig.truth.p)
    strength, capturing, held = [], [], []
    for _ in range(24 * 60):
        for _ in range(20):
            rig.step(SCAN_S)
        strength.append(100.0 * rig.truth.y[wt])
        held.append(rig.truth.y[tank])
        capturing.append(rig.plc.unit.state in CAPTURING)
    after = rig.truth.model.inventory(rig.truth.x, rig.truth.p)
    starts = np.flatnonzero(np.diff(np.array(capturing, dtype=int)) == 1)
    assert len(starts) >= 3
    assert np.ptp(held) > 1000.0, "the columns drained into the tank"
    assert min(strength) > 29.4
    assert max(strength) < 30.6
    water, amine = (after / before)[1:3]
    assert water == pytest.approx(1.0, abs=0.02)
    assert amine == pytest.approx(1.0, abs=0.001)
    made_up = rig.truth.acc[list(BOUNDARY).index("makeup_water_kmol_s")]
    came = rig.truth.acc[list(BOUNDARY).index("gas_in_water_kmol_s")]
    assert came > 500.0
    assert made_up < 1.0
    assert rig.truth.counters.trips == 0
    assert rig.truth.counters.limit_violations == {}
