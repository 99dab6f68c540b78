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


def test_a_trip_in_standby_is_reset_though_ready_was_asked_before(make: Make) -> None:
    sailing = make()
    ask(sailing, "READY")
    assert unit(sailing) is Unit.READY
    sailing.rig.inject(Fault("blower_trip"))
    run(sailing, 10)
    assert unit(sailing) is Unit.TRIP
    sailing.rig.clear()
    run(sailing, 5)
    assert [e.state for e in ask(sailing, "READY")] == ["ACCEPTED", "DONE"]


def raised(events: list[Event]) -> list[str]:
    return [e.source for e in events if (e.kind, e.state) == ("alarm", "ACTIVE")]


@pytest.mark.parametrize(
    ("fault", "alarm"),
    [("blower_trip", "plc_trip"), ("esd", "plc_esd"), ("back_pressure", "plc_trip")],
)
def test_one_cause_is_one_alarm_from_trip_to_capture(make: Make, fault: str, alarm: str) -> None:
    sailing = make()
    sailing.rig.inject(Fault(fault))
    events = run(sailing, 20)
    sailing.rig.clear()
    events += run(sailing, 600)
    assert raised(events) == [alarm]
    sailing.ask("unit", {"state": "READY"})
    events += run(sailing, 10)
    sailing.ask("unit", {"state": "CAPTURE"})
    events += run(sailing, 300)
    # What the ESD let run into the sump is told once it is over, until the pump has drawn it.
    after = {"absorber_sump_level_high"} if fault == "esd" else set()
    assert set(raised(events)) - after == {alarm}
    assert unit(sailing) in CAPTURING


def test_back_pressure_under_another_latched_trip_is_told_for_each_engine(make: Make) -> None:
    sailing = make()
    sailing.rig.inject(Fault("blower_trip"))
    run(sailing, 20)
    sailing.rig.clear()
    run(sailing, 300)
    sailing.rig.inject(Fault("back_pressure"))
    engines = {
        f"back_pressure_high_high_{e.number}"
        for e in sailing.config.points.engines
        if sailing.rig.ship.running[e.number - 1]
    }
    assert engines
    assert engines <= set(raised(run(sailing, 8)))


def test_back_pressure_that_the_trip_does_not_relieve_is_told(make: Make) -> None:
    sailing = make()
    sailing.rig.inject(Fault("back_pressure"))
    events = run(sailing, 60)
    assert raised(events)[0] == "plc_trip"
    later = [e for e in events if e.source.startswith("back_pressure_high_high")]
    assert later
    assert all(e.text.endswith(", with the rig tripped") for e in later)
