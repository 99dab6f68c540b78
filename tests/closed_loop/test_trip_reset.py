"""A trip of the simulated rig, reset by the controller: from TRIP by READY back to CAPTURE."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from controller.config import PlantConfig, configure
from controller.historian.record import Event
from seastack.bench.sail import Sailing
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import Fault
from sim.plc_states import CAPTURING, Unit
from sim.rig import Rig

AT_SEA = datetime(2014, 2, 1, 10, 0, tzinfo=UTC)
Make = Callable[[], Sailing]


@pytest.fixture(scope="module")
def make() -> Make:
    config: PlantConfig = configure(load_plant(locate("demo")))
    voyage = voyages.load("birka")
    warm = Rig(config.plant, voyage, 1, int(AT_SEA.timestamp() * 1e9))
    warm.warm()
    shared = {id(part): part for part in (config.plant, voyage, warm.plant.spec, warm.table)}

    def sailing() -> Sailing:
        made = Sailing(deepcopy(warm, dict(shared)), config)
        run(made, 5)
        made.ask("arm")
        run(made, 60)
        return made

    return sailing


def run(sailing: Sailing, seconds: int) -> list[Event]:
    return [e for _ in range(seconds) for e in sailing.cycle().events]


def unit(sailing: Sailing) -> Unit:
    return Unit(int(sailing.rig.value[sailing.rig.table.index["HS-UNIT"]]))


def ask(sailing: Sailing, state: str, seconds: int = 12) -> list[Event]:
    """Ask and return what was said about the unit."""
    sailing.ask("unit", {"state": state})
    return [e for e in run(sailing, seconds) if (e.kind, e.source) == ("command", "unit")]


@pytest.mark.parametrize(
    ("fault", "stopped"),
    [("blower_trip", Unit.TRIP), ("esd", Unit.ESD), ("back_pressure", Unit.TRIP)],
)
def test_a_tripped_rig_comes_back_by_ready_and_capture(
    make: Make, fault: str, stopped: Unit
) -> None:
    sailing = make()
    sailing.rig.inject(Fault(fault))
    run(sailing, 30)
    assert unit(sailing) is stopped
    (refused,) = ask(sailing, "CAPTURE")
    assert refused.state == "REFUSED"
    assert stopped.name in refused.text
    early = ask(sailing, "READY")
    assert [e.state for e in early] == ["ACCEPTED", "NOT DONE"], "the cause still stands"
    assert unit(sailing) is stopped
    sailing.rig.clear()
    run(sailing, 30)
    assert unit(sailing) is stopped, "the latch stays"
    assert [e.state for e in ask(sailing, "READY")] == ["ACCEPTED", "DONE"]
    assert unit(sailing) is Unit.READY
    ask(sailing, "CAPTURE", 60)
    assert unit(sailing) in CAPTURING


def test_an_esd_on_a_latched_trip_is_reset_with_it(make: Make) -> None:
    sailing = make()
    sailing.rig.inject(Fault("blower_trip"))
    run(sailing, 10)
    sailing.rig.inject(Fault("esd"))
    run(sailing, 10)
    assert unit(sailing) is Unit.ESD
    sailing.rig.clear("blower_trip")
    run(sailing, 5)
    said = ask(sailing, "READY")
    assert "Emergency shut-down button still stands" in said[-1].text
    sailing.rig.clear("esd")
    run(sailing, 5)
    assert [e.state for e in ask(sailing, "READY")] == ["ACCEPTED", "DONE"]
