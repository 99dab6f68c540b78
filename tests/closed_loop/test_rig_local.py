"""The rig by itself, under the local control of its PLC, on the measured voyage."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime

import numpy as np
import pytest

from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.plantfile import Plant, load_plant
from sim import voyages
from sim.faults import FAULTS, Fault
from sim.plc_states import CAPTURING, Unit
from sim.plc_trips import NUMBER
from sim.rig import Rig
from sim.voyages import Voyage

AT_SEA = datetime(2014, 2, 1, 10, 0, tzinfo=UTC)
BEFORE_PORT = datetime(2014, 2, 1, 7, 0, tzinfo=UTC)
IN_PORT = datetime(2014, 2, 1, 4, 0, tzinfo=UTC)

Make = Callable[..., Rig]


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_plant(locate("demo"))


@pytest.fixture(scope="module")
def voyage() -> Voyage:
    return voyages.load("birka")


@pytest.fixture(scope="module")
def make(plant: Plant, voyage: Voyage) -> Make:
    warmed: dict[tuple[datetime, int], Rig] = {}
    shared = {id(part): part for part in (plant, voyage, plant.spec, plant.tags)}

    def warm_rig(moment: datetime = AT_SEA, seed: int = 1) -> Rig:
        """Return a rig of its own, warmed once for all tests that start there."""
        if (moment, seed) not in warmed:
            rig = warmed[moment, seed] = Rig(plant, voyage, seed, int(moment.timestamp() * 1e9))
            rig.warm()
        return deepcopy(warmed[moment, seed], dict(shared))

    return warm_rig


def sail(rig: Rig, minutes: float) -> None:
    for _ in range(round(60 * minutes)):
        rig.step()


def said(rig: Rig, name: str) -> float:
    return float(rig.value[rig.table.index[name]])


def test_it_captures_steadily_without_anybody(make: Make) -> None:
    rig = make()
    assert rig.plc.unit.state is Unit.CAPTURE
    assert rig.t_ns == int(AT_SEA.timestamp() * 1e9)
    capture = []
    for _ in range(40):
        sail(rig, 1)
        capture.append(rig.truth.capture_pct)
    assert 45.0 < np.mean(capture) < 75.0
    assert np.ptp(capture) < 6.0
    assert np.mean(capture) < rig.optimum()
    assert 116.0 < said(rig, "TT-521") < 122.0
    assert 180.0 < said(rig, "PT-501") < 200.0
    for level in ("LT-361", "LT-521", "LT-561", "LT-451"):
        assert 35.0 < said(rig, level) < 70.0
    assert rig.truth.counters.trips == 0
    assert rig.truth.counters.limit_violations == {}
    assert said(rig, "HS-IDENT") == 1.0  # SIMULATOR


def test_the_books_close(make: Make) -> None:
    rig = make()
    sail(rig, 20)
    errors = rig.truth.balance_errors()
    assert errors.keys() == {"co2_kmol", "water_kmol", "amine_kmol", "energy_kJ"}
    assert max(errors.values()) < 1e-9


def test_the_books_see_what_is_not_booked(make: Make) -> None:
    rig = make()
    sail(rig, 5)
    rig.truth.x[rig.truth.model.x_names.index("tank_water_kmol")] -= 1e-3  # 18 g of 12 t
    assert rig.truth.balance_errors()["water_kmol"] > 1e-7


def test_port_call_hold_and_re_entry(make: Make) -> None:
    rig = make(BEFORE_PORT)
    unit, engines = [], []
    for _ in range(150):
        sail(rig, 1)
        unit.append(rig.plc.unit.state)
        engines.append(sum(rig.ship.running))
        if not engines[-1]:
            assert rig.truth.treated_kg_h < 50.0
            assert max(rig.ship.damper) < 1.0
    stop = engines.index(0)
    start = next(k for k in range(stop, 150) if engines[k])
    assert unit[stop - 5] is Unit.CAPTURE
    assert set(unit[stop + 5 : start]) == {Unit.HOLD}
    again = next(k for k in range(start, 150) if unit[k] is Unit.CAPTURE)
    assert again - start <= 30
    assert rig.truth.counters.trips == 0
    assert rig.truth.counters.limit_violations == {}


def test_dampers_shut_before_an_engine_stops_and_engines_stop_after_notice(make: Make) -> None:
    rig = make(BEFORE_PORT)
    before = list(rig.ship.running)
    for _ in range(3600):
        rig.step()
        for i, was in enumerate(before):
            if was and not rig.ship.running[i]:
                assert rig.ship.damper[i] < 0.03
        before = list(rig.ship.running)
    assert not any(before)


def test_a_start_in_port_is_a_hot_hold(make: Make) -> None:
    rig = make(IN_PORT)
    assert rig.plc.unit.state is Unit.HOLD
    assert rig.plc.unit.asked is Unit.CAPTURE
    assert said(rig, "TT-521") > 95.0
    assert rig.optimum() == 0.0


def test_the_same_seed_is_the_same_rig_and_another_is_not(plant: Plant, voyage: Voyage) -> None:
    rigs = [Rig(plant, voyage, seed, int(AT_SEA.timestamp() * 1e9)) for seed in (1, 1, 2)]
    for rig in rigs:
        sail(rig, 2)
    assert np.array_equal(rigs[0].value, rigs[1].value)
    assert rigs[0].truth.x.tolist() == rigs[1].truth.x.tolist()
    assert rigs[0].truth.p.tolist() != rigs[2].truth.p.tolist()


def test_every_point_is_finite_and_inside_its_range(make: Make) -> None:
    rig = make()
    sail(rig, 2)
    for tag, value in zip(rig.table.tags, rig.value.tolist(), strict=True):
        assert np.isfinite(value), tag.name
        assert tag.lo - 1e-9 <= value <= tag.hi, tag.name
        if tag.normal and tag.direction == "in":
            low, high = tag.normal
            slack = 0.1 * (high - low)
            assert low - slack <= value <= high + slack, tag.name


def test_step_replaces_its_arrays(make: Make) -> None:
    rig = make()
    value, reason, source = rig.value, rig.reason, rig.source_ns
    kept = value.copy()
    value.flags.writeable = False
    rig.step()
    assert rig.value is not value
    assert rig.reason is not reason
    assert rig.source_ns is not source
    assert np.array_equal(value, kept)


def test_a_tenth_of_a_second_works_too(make: Make) -> None:
    rig = make()
    start = rig.t_ns
    for _ in range(1200):
        rig.step(0.1)
    assert rig.t_ns - start == 120_000_000_000
    assert rig.plc.unit.state is Unit.CAPTURE
    assert max(rig.truth.balance_errors().values()) < 1e-9


@pytest.mark.parametrize("dt_s", [0.1, 0.5, 2.0])
def test_exhaust_warms_at_its_own_pace_whatever_the_step(
    voyage: Voyage, plant: Plant, dt_s: float
) -> None:
    temperatures = []
    for step_s in (1.0, dt_s):
        rig = Rig(plant, voyage, 1, int(AT_SEA.timestamp() * 1e9))
        for _ in range(round(20.0 / step_s)):
            rig.step(step_s)
        temperatures.append(said(rig, "TT-101"))
    at_1_s, other = temperatures
    assert 80.0 < at_1_s < 250.0  # on its way
    assert other == pytest.approx(at_1_s, abs=8.0)


def test_writing_what_cannot_be_written_is_an_error(make: Make) -> None:
    rig = make()
    with pytest.raises(KeyError):
        rig.write({"TT-521": 1.0})


def test_bypass_stops_the_gas_within_seconds_and_stays(make: Make) -> None:
    rig = make()
    rig.write({"HS-BYPASS-REQ": 1.0})
    assert said(rig, "HS-BYPASS-REQ") == 0.0  # seen at the next step
    sail(rig, 0.25)
    assert rig.truth.treated_kg_h < 500.0
    sail(rig, 0.25)  # until switches prove it
    assert said(rig, "HS-BYPASS") == 1.0
    assert said(rig, "HS-BYPASS-REQ") == 0.0
    sail(rig, 30)
    assert rig.plc.unit.state is Unit.HOLD
    assert rig.plc.unit.bypassed


def test_the_shore_takes_the_liquid_in_port(make: Make) -> None:
    rig = make(IN_PORT)
    x = rig.truth.x
    x[rig.truth.model.x_names.index("lco2_tank_co2_kmol")] = 62000.0 / 44.01
    rig.truth.start(x)
    sail(rig, 20)
    assert rig.truth.tank_pct < 27.0
    assert max(rig.truth.balance_errors().values()) < 1e-9


# ---- faults ----------------------------------------------------------------------------------


def test_an_engine_that_stops_without_notice_costs_a_hold_not_a_trip(make: Make) -> None:
    rig = make()
    rig.inject(Fault("engine_stop", "1", duration_s=120.0))
    seen, replaced = set(), False
    for _ in range(600):
        rig.step()
        seen.add(rig.plc.unit.state)
        replaced = replaced or rig.ship.running[2]
    assert Unit.HOLD in seen
    assert replaced
    assert rig.plc.unit.state is Unit.CAPTURE
    assert rig.truth.counters.trips == 0


def test_steam_loss_lets_the_ship_win(make: Make) -> None:
    rig = make()
    rig.inject(Fault("steam_loss", value=0.6))
    sail(rig, 30)
    assert rig.truth.steam_kg_h <= 1.05 * rig.ship.steam_kg_h
    assert rig.ship.header_barg > 2.5
    assert rig.truth.counters.trips == 0


def test_a_dead_level_transmitter_does_not_trip_the_rig(make: Make) -> None:
    rig = make()
    rig.inject(Fault("ma_3_5", "LT-361"))
    sail(rig, 5)
    assert said(rig, "LT-361") == pytest.approx(-3.125)
    assert rig.plc.unit.state is Unit.CAPTURE


def test_a_plc_restart_wakes_in_hold_without_an_owner(make: Make) -> None:
    rig = make()
    rig.inject(Fault("plc_restart"))
    beats = []
    for _ in range(30):
        rig.step()
        beats.append(said(rig, "HS-PLC-BEAT"))
    assert len(set(beats[1:6])) == 1
    assert beats[-1] < 30
    assert rig.plc.unit.state is Unit.HOLD
    assert rig.plc.lease.owner == 0
    assert rig.truth.treated_kg_h < 500.0


def test_back_pressure_trips_and_the_panel_resets(make: Make) -> None:
    rig = make()
    rig.inject(Fault("back_pressure", value=28.0, duration_s=30.0))
    sail(rig, 1)
    assert said(rig, "HS-UNIT") == Unit.TRIP
    assert said(rig, "HS-FIRST-OUT") == NUMBER["back_pressure"]
    assert rig.truth.counters.trips == 1
    assert rig.press(Unit.READY)
    sail(rig, 0.1)
    assert rig.plc.unit.state is Unit.READY


def test_faults_come_and_go_by_schedule(make: Make) -> None:
    rig = make()
    rig.inject(Fault("sea_water_plus_8", start_s=30.0, duration_s=30.0))
    sea = []
    for _ in range(90):
        rig.step()
        sea.append(rig.climate.sea_offset_K)
    assert (sea[20], sea[45], sea[80]) == (0.0, 8.0, 0.0)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_starts_and_clears(voyage: Voyage, plant: Plant, name: str) -> None:
    rig = Rig(plant, voyage, 1, int(AT_SEA.timestamp() * 1e9))
    rig.step()
    rig.inject(Fault(name))
    sail(rig, 0.1)
    rig.clear(name)
    assert rig.instruments.forced == {}
    assert rig.instruments.drift == {}
    assert rig.process == {}
    assert not rig.ship.failed
    assert (rig.transport.hung, rig.transport.swapped_words, rig.transport.late_s) == (
        False,
        False,
        0.0,
    )
    sail(rig, 0.1)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("meteor"), "no such fault"),
        (Fault("analyser_nan", "AT-999"), "no tag 'AT-999'"),
        (Fault("engine_stop", "7"), "no engine '7'"),
    ],
)
def test_a_fault_that_makes_no_sense_is_told(
    plant: Plant, voyage: Voyage, fault: Fault, told: str
) -> None:
    rig = Rig(plant, voyage, 1, int(AT_SEA.timestamp() * 1e9))
    with pytest.raises(ConfigError, match=told):
        rig.inject(fault)


def test_states_that_capture_are_the_only_ones_with_gas(make: Make) -> None:
    rig = make(IN_PORT)
    for _ in range(5400):
        rig.step()
        if rig.truth.treated_kg_h > 2000.0:
            assert rig.plc.unit.state in CAPTURING
