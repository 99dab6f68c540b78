"""Named faults: a value of zero counts, defaults are the kind's, and the table tells the truth."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seastack.bench.blows import PLANT, RIG
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import FAULTS, Fault, checked
from sim.rig import Rig

TABLE = Path(__file__).resolve().parents[2] / "docs/faults.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (\S+) \| (\S+) \|$", re.MULTILINE)
START_NS = 1_389_502_800 * 1_000_000_000


def known(_: str) -> bool:
    return True


def drift(rig: Rig) -> float:
    return rig.instruments.drift[rig.table.index["AT-301"]][1]


def level_pct(rig: Rig) -> float:
    """Return what LT-361 says: 0 mA is a quarter of the range below its zero."""
    return rig.instruments.forced[rig.table.index["LT-361"]]


def space_co2(rig: Rig) -> float:
    return rig.process[rig.table.index["GT-801"]]


TABLE_OF_VALUES: list[tuple[str, Callable[[Rig], float], float, float, float]] = [
    # name, what it sets, at 0, without a value, at 0.5
    ("analyser_drift", drift, 0.0, 0.3, 0.5),
    ("ma_3_5", level_pct, -25.0, -3.125, -21.875),
    ("late_server", lambda rig: rig.transport.late_s, 0.0, 2.0, 0.5),
    ("steam_loss", lambda rig: rig.ship.steam_factor, 1.0, 0.4, 0.5),
    ("sea_water_plus_8", lambda rig: rig.climate.sea_offset_K, 0.0, 8.0, 0.5),
    ("back_pressure", lambda rig: rig.ship.extra_back_pressure_mbar, 0.0, 28.0, 0.5),
    ("caustic_loss", lambda rig: rig.truth.so2_removed, 0.0, 0.3, 0.5),
    ("process_value", space_co2, 0.0, 0.0, 0.5),
]


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig(load_plant(locate("demo")), voyages.load("birka"), 1, START_NS)


@pytest.mark.parametrize(("name", "seen", "none", "own", "half"), TABLE_OF_VALUES)
def test_zero_is_a_value_and_none_is_the_faults_own(
    rig: Rig, name: str, seen: Callable[[Rig], float], none: float, own: float, half: float
) -> None:
    for value, expected in ((0.0, none), (None, own), (0.5, half)):
        rig.inject(Fault(name, value=value))
        rig.step()
        assert seen(rig) == pytest.approx(expected), value
        rig.clear(name)


@pytest.mark.parametrize(("away_s", "scans"), [(0.0, 1), (None, 8), (3.0, 3)])
def test_a_restart_is_a_restart_however_short(away_s: float | None, scans: int) -> None:
    rig = Rig(load_plant(locate("demo")), voyages.load("birka"), 1, START_NS)
    rig.inject(Fault("plc_restart", value=away_s))
    before, steps = rig.plc, 0
    while rig.plc is before and steps < 60:
        rig.step()
        steps += 1
    assert steps == scans


def test_a_value_where_none_is_taken_does_no_harm() -> None:
    assert checked(Fault("esd", value=0.7), known, 4).name == "esd"


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_only_what_takes_a_value_has_one_of_its_own(name: str) -> None:
    kind = FAULTS[name]
    assert ("VALUE" in kind.text) == (kind.value is not None)
    assert checked(Fault(name), known, 4) == Fault(name, kind.target, kind.value)


@pytest.mark.parametrize("name", sorted({**RIG, **PLANT}))
def test_the_storm_gives_a_value_only_to_faults_that_take_one(name: str) -> None:
    assert {**RIG, **PLANT}[name] is None or FAULTS[name].value is not None


def test_the_table_names_every_fault_as_it_is() -> None:
    told = {name: rest for name, *rest in ROW.findall(TABLE.read_text())}
    assert told == {
        name: [kind.text, kind.target or "-", "-" if kind.value is None else f"{kind.value:g}"]
        for name, kind in FAULTS.items()
    }
