"""The PLC's water balance on a bucket: strength from an analyser, levels that only forbid."""

from dataclasses import dataclass

import numpy as np
import pytest

from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim.plc_water import WASH_HI_degC, WASH_LO_degC, WaterBalance
from tests.unit.test_plc_program import GOOD

SPEC = load_plant(locate("demo")).spec
HOUR = 360  # scans of 10 s
MEA_KG = 2900.0
NEUTRAL_degC = 41.3  # 0.8 K beside what the PLC believes
PER_K_KG_H = 50.0
CHARGE_KG = 10400.0


@dataclass
class Bucket:
    """All solvent as one mass: the gas carries water by wash temperature, level follows."""

    water_kg: float = MEA_KG * 70.0 / 30.0
    lie_wt: float = 0.0
    coldest: float = 24.0
    t_wash: float = 40.5
    made_up: float = 0.0

    def __post_init__(self) -> None:
        self.plc, self.random = WaterBalance(SPEC), np.random.default_rng(1)

    @property
    def strength(self) -> float:
        return 100.0 * MEA_KG / (MEA_KG + self.water_kg)

    def run(self, hours: float, gas: bool = True) -> None:
        for _ in range(round(hours * HOUR)):
            self.scan(gas)

    def scan(self, gas: bool) -> tuple[float, float]:
        # Without gas the columns drain: a good tonne more in the tank.
        lean = 24000.0 if gas else 8000.0
        surplus = (MEA_KG + self.water_kg) * 1.075 - CHARGE_KG
        level = 50.0 + 0.01 * (surplus - 0.064 * (lean - 24000.0))
        seen = self.strength + self.lie_wt + float(self.random.normal(0.0, 0.03))
        now = GOOD._replace(strength=seen, level_tank=level, t_wash=self.t_wash)
        makeup, wanted = self.plc.step(now, lean, gas, 10.0)
        self.t_wash = max(self.coldest, wanted)
        added = 15.0 * makeup / HOUR
        self.made_up += added
        out = PER_K_KG_H * (self.t_wash - NEUTRAL_degC) / HOUR if gas else 0.0
        self.water_kg += added - out
        return makeup, wanted


def port_days(bucket: Bucket, days: int) -> list[float]:
    """Sail with two port calls a day; return the strength every hour."""
    seen = []
    for _ in range(days):
        for gas in (True,) * 7 + (False,) * 2 + (True,) * 10 + (False,) * 5:
            bucket.run(1.0, gas)
            seen.append(bucket.strength)
    return seen


@pytest.mark.parametrize("start_wt", [28.0, 30.0, 32.0])
def test_strength_comes_to_its_target_and_stays_without_make_up(start_wt: float) -> None:
    bucket = Bucket(water_kg=MEA_KG * (100.0 / start_wt - 1.0))
    seen = port_days(bucket, 6)
    assert max(abs(s - 30.0) for s in seen[96:]) < 0.2
    # Water is kept, not bought: only solvent far too strong asks for some of the 600 kg.
    assert bucket.made_up < (400.0 if start_wt > 30.3 else 1e-9)


def test_noise_moves_nothing_within_the_deadband() -> None:
    bucket, wanted = Bucket(), []
    for _ in range(6 * HOUR):
        bucket.water_kg = MEA_KG * 70.0 / 30.0
        wanted.append(bucket.scan(True)[1])
    assert np.ptp(wanted) == 0.0
    assert bucket.made_up == 0.0


def test_no_water_for_a_tank_that_ran_into_the_columns() -> None:
    bucket = Bucket()
    for gas in (False, True) * 12:
        bucket.run(1.0, gas)
    assert bucket.made_up == 0.0


def test_a_wash_that_cannot_get_cold_enough_is_made_up_and_does_not_wind_up() -> None:
    bucket = Bucket(coldest=44.0)  # tropical sea: 130 kg/h of water more out than in
    bucket.run(72.0)
    assert 30.3 < bucket.strength < 31.0
    assert bucket.made_up > 3000.0
    bucket.coldest = 24.0
    bucket.run(8.0)
    assert bucket.made_up > 3000.0
    assert bucket.strength > 29.5


@pytest.mark.parametrize("lie_wt", [-4.0, 4.0])
def test_an_analyser_that_lies_cannot_dry_or_drown_the_rig(lie_wt: float) -> None:
    bucket = Bucket(lie_wt=lie_wt)
    bucket.run(200.0)
    assert 27.0 < bucket.strength < 33.5
    assert bucket.made_up == pytest.approx(0.0, abs=400.0)


@pytest.mark.parametrize("seen", [float("nan"), 15.0, 45.0])
def test_what_no_solvent_can_be_is_not_followed(seen: float) -> None:
    plc = WaterBalance(SPEC)
    now = GOOD._replace(level_tank=45.0)
    for _ in range(2 * HOUR):
        plc.step(now, 24000.0, True, 10.0)
    before = plc.step(now, 24000.0, True, 10.0)
    for _ in range(2 * HOUR):
        assert plc.step(now._replace(strength=seen), 24000.0, True, 10.0) == before


@pytest.mark.parametrize(("quench", "limit"), [(70.0, WASH_HI_degC), (5.0, WASH_LO_degC)])
def test_the_wash_keeps_its_limits(quench: float, limit: float) -> None:
    plc = WaterBalance(SPEC)
    for _ in range(HOUR):
        makeup, wanted = plc.step(GOOD._replace(t_quench=quench), 24000.0, True, 10.0)
    assert (makeup, wanted) == (0.0, limit)
