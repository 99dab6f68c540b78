"""Every fault ends on clear: what it touched is again what it would have been without it."""

from copy import deepcopy
from dataclasses import replace

import pytest

from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import FAULTS, Fault
from sim.plc_states import Unit
from sim.rig import Rig

START_NS = 1_389_502_800 * 1_000_000_000
# Points that move, points that never do, points the plant model does not write at all.
INSTRUMENTS = ("AT-301", "LT-361", "PT-501", "GT-801", "XS-821", "TT-521", "FT-401")
STILL = ("GT-801", "GT-802", "GT-811", "PT-841", "XS-821", "AT-621", "AT-622", "AT-623")
TARGETS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("analyser_drift", "analyser_stuck", "analyser_nan", "ma_3_5"), INSTRUMENTS),
    "process_value": (*STILL, *INSTRUMENTS, "PT-101", "PT-810", "TT-821"),
    "engine_stop": ("1", "2", "3", "4"),
}
CASES = [(name, target) for name in FAULTS for target in TARGETS.get(name, ("",))]


@pytest.fixture(scope="module")
def started() -> Rig:
    rig = Rig(load_plant(locate("demo")), voyages.load("birka"), 1, START_NS)
    for _ in range(30):
        rig.step()
    return rig


def copy(rig: Rig) -> Rig:
    shared = (rig.plant, rig.voyage, rig.plant.spec, rig.table)
    return deepcopy(rig, {id(part): part for part in shared})


def run(seconds: int, *rigs: Rig) -> None:
    for rig in rigs:
        for _ in range(seconds):
            rig.step()


def switches(rig: Rig) -> tuple[object, ...]:
    """Return everything a fault may set."""
    wired, transport, ship = rig.plc.wired, rig.transport, rig.ship
    return (
        dict(rig.instruments.forced),
        dict(rig.instruments.drift),
        dict(rig.process),
        (transport.swapped_words, transport.late_s, transport.hung, transport.frozen_heartbeat),
        (ship.steam_factor, ship.extra_back_pressure_mbar, set(ship.failed)),
        rig.climate.sea_offset_K,
        rig.truth.so2_removed,
        (wired.esd, wired.blower_fault),
    )


@pytest.mark.parametrize(("name", "target"), CASES)
@pytest.mark.parametrize("by_itself", [False, True])
def test_what_a_fault_touched_comes_back(
    started: Rig, name: str, target: str, by_itself: bool
) -> None:
    rig, twin = copy(started), copy(started)
    value = 0.9 if name == "process_value" else None
    rig.inject(Fault(name, target, value, duration_s=20.0 if by_itself else None))
    run(20, rig, twin)
    if not by_itself:
        rig.clear(name)
    run(2, rig, twin)
    assert switches(rig) == switches(twin)
    rig.press(Unit.READY)  # a trip stays latched until it is reset
    run(150, rig, twin)
    for tag in {target, FAULTS[name].target} & set(rig.table.index):
        i, span = rig.table.index[tag], rig.table[tag].hi - rig.table[tag].lo
        # The plant may have moved meanwhile: the instrument tells its truth again.
        assert rig.value[i] == pytest.approx(rig._true[i], abs=0.03 * span), tag
    if name in ("esd", "blower_trip", "back_pressure"):
        assert rig.plc.trips.latched == 0
        assert rig.plc.unit.state is twin.plc.unit.state


def test_a_point_that_never_moves_comes_back(started: Rig) -> None:
    rig = copy(started)
    for tag in STILL:
        before = rig.value[rig.table.index[tag]]
        rig.inject(Fault("process_value", tag, 0.5 * rig.table[tag].hi))
        run(30, rig)
        rig.clear("process_value")
        run(120, rig)
        i, span = rig.table.index[tag], rig.table[tag].hi - rig.table[tag].lo
        assert rig.value[i] == pytest.approx(before, abs=0.02 * span), tag


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("key", ["value", "start_s", "duration_s"])
def test_a_number_that_is_none_is_refused(started: Rig, key: str, number: float) -> None:
    rig = copy(started)
    with pytest.raises(ConfigError, match=f"process_value.{key}: {number} is not a finite"):
        rig.inject(replace(Fault("process_value"), **{key: number}))  # type: ignore[arg-type]


def test_clearing_what_is_no_fault_is_an_error(started: Rig) -> None:
    with pytest.raises(ConfigError, match=r"blower: no such fault; known: .*blower_trip"):
        copy(started).clear("blower")
