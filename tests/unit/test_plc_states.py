"""The unit's state machine: permissives, bypass, trips, requests."""

import pytest

from sim.plc_states import CAPTURING, GRACE_S, Permit, Sequencer, Unit

HOT, COLD = 118.0, 90.0


def run(unit: Sequencer, missing: int, seconds: float, t_reb: float = HOT) -> Unit:
    for _ in range(round(seconds)):
        unit.scan(missing | (Permit.HOT if t_reb < 112.0 else 0), False, False, t_reb, 1.0)
    return unit.state


def capturing() -> Sequencer:
    unit = Sequencer()
    unit.ask(Unit.CAPTURE)
    assert run(unit, 0, 20) is Unit.CAPTURE
    return unit


def test_ready_stays_ready_until_asked() -> None:
    assert run(Sequencer(), 0, 1000) is Unit.READY


def test_capture_goes_through_warm_until_the_reboiler_is_hot() -> None:
    unit = Sequencer()
    unit.ask(Unit.CAPTURE)
    assert run(unit, 0, 60, COLD) is Unit.WARM
    assert run(unit, 0, 2, HOT) is Unit.CAPTURE


INLET = [
    Permit.ENGINE,
    Permit.DAMPERS,
    Permit.TRIP,
    Permit.STEAM,
    Permit.TANK,
    Permit.AIR,
    Permit.VENTILATION,
    Permit.PUMPS,
    Permit.EXHAUST,
    Permit.BYPASS,
]


@pytest.mark.parametrize("bit", INLET)
def test_a_missing_permissive_keeps_it_from_capture(bit: Permit) -> None:
    unit = Sequencer()
    unit.ask(Unit.CAPTURE)
    assert run(unit, int(bit), 100) not in CAPTURING


@pytest.mark.parametrize("bit", [b for b in INLET if b is not Permit.BYPASS])
def test_a_lost_permissive_holds_and_its_return_goes_on_by_itself(bit: Permit) -> None:
    unit = capturing()
    assert run(unit, int(bit), GRACE_S) is Unit.CAPTURE
    assert run(unit, int(bit), 2) not in CAPTURING
    assert run(unit, int(bit), 60) not in CAPTURING
    assert run(unit, 0, 30) is Unit.CAPTURE


def test_a_cold_reboiler_does_not_stop_a_running_capture() -> None:
    assert run(capturing(), 0, 60, COLD) is Unit.CAPTURE


@pytest.mark.parametrize("state", list(Unit))
def test_a_bypass_is_obeyed_in_every_state_at_once(state: Unit) -> None:
    unit = Sequencer(state=state, asked=Unit.CAPTURE)
    unit.button(True)
    assert unit.bypassed
    assert unit.state not in CAPTURING
    assert unit.state is not Unit.WARM
    assert run(unit, int(Permit.BYPASS), 100) not in CAPTURING


def test_only_a_fresh_request_leaves_a_bypass() -> None:
    unit = capturing()
    unit.button(True)
    unit.button(False)
    assert run(unit, 0, 100) is Unit.HOLD
    unit.ask(Unit.CAPTURE)
    assert run(unit, 0, 30) is Unit.CAPTURE


def test_a_button_held_down_is_one_request() -> None:
    unit = capturing()
    unit.button(True)
    unit.ask(Unit.CAPTURE)
    unit.button(True)
    assert run(unit, 0, 30) is Unit.CAPTURE


@pytest.mark.parametrize("state", list(Unit))
@pytest.mark.parametrize("esd", [False, True])
def test_trip_and_esd_are_reached_from_every_state(state: Unit, esd: bool) -> None:
    unit = Sequencer(state=state, asked=Unit.CAPTURE)
    unit.scan(0, True, esd, HOT, 1.0)
    assert unit.state is (Unit.ESD if esd else Unit.TRIP)
    assert run(unit, 0, 1) is Unit.READY  # the latch was reset by request
    assert run(unit, 0, 100) not in CAPTURING  # a trip ends the standing request


@pytest.mark.parametrize("wanted", [7, 8, -1, 99])
def test_trip_and_esd_cannot_be_asked_for(wanted: int) -> None:
    unit = Sequencer()
    assert not unit.ask(wanted)
    assert unit.asked is Unit.READY


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        (Unit.HOLD, Unit.HOLD),
        (Unit.TURNDOWN, Unit.TURNDOWN),
        (Unit.READY, Unit.READY),
        (Unit.WARM, Unit.WARM),
        (Unit.COOLDOWN, Unit.COOLDOWN),
    ],
)
def test_requests_while_capturing(wanted: Unit, reached: Unit) -> None:
    unit = capturing()
    unit.ask(wanted)
    assert run(unit, 0, 30) is reached


def test_off_comes_after_cooling_down_and_ready_leaves_it() -> None:
    unit = capturing()
    unit.ask(Unit.OFF)
    assert run(unit, 0, 30, HOT) is Unit.COOLDOWN
    assert run(unit, 0, 5, 50.0) is Unit.OFF
    unit.ask(Unit.READY)
    assert run(unit, 0, 2, 50.0) is Unit.READY
