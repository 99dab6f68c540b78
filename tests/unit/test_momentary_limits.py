"""No set-point stands above what is allowed at this moment, whatever its loop's mode.

Steam: the share of what the boilers give, of the header's pressure, of the reboiler's
temperature, and the valve.  Treated flow: the share of the engines' exhaust.
"""

import math
from collections.abc import Callable

import pytest

from controller import limits
from controller.limits import Constraint
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

NAN = float("nan")
STEAM, TREATED = "FIC-521.SP", "FIC-110.SP"
FULL = 2400.0  # the valve


@pytest.mark.parametrize(
    ("available", "header", "by_t", "expected"),
    [
        (3000.0, 1.0, FULL, FULL),
        (1000.0, 1.0, FULL, 970.0),
        (1000.0, 0.5, FULL, 485.0),
        (3000.0, 1.0, 100.0, 100.0),
        (NAN, 1.0, 100.0, 100.0),  # what is not known hides nothing that is
        (NAN, 0.0, FULL, 0.0),
        (NAN, 0.5, FULL, 1200.0),
        (NAN, 1.0, FULL, FULL),
        (-5.0, 1.0, FULL, 0.0),
    ],
)
def test_every_known_part_of_the_steam_limit_binds(
    available: float, header: float, by_t: float, expected: float
) -> None:
    assert limits.steam_ceiling(available, 0.97, header, by_t, FULL) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "ceiling", "expected"),
    [(5.0, 7.0, 5.0), (9.0, 7.0, 7.0), (9.0, 1.0, 2.0), (9.0, NAN, 9.0), (1.0, 0.0, 1.0)],
)
def test_a_ceiling_lowers_within_the_range_only(
    value: float, ceiling: float, expected: float
) -> None:
    assert limits.below(value, ceiling, 2.0) == expected


def test_below_keeps_what_is_not_known() -> None:
    assert math.isnan(limits.below(NAN, 7.0, 2.0))


def _oos(rig: BenchRig, loop: str) -> None:
    rig.ask("loop_mode", loop=loop, mode="OOS")


def _iman(rig: BenchRig, loop: str) -> None:
    # One witness of the steam loop, or the flow of the gas loop, is enough to freeze it.
    rig.spoil("FIC-521.SPR" if loop == "steam" else "FT-110")


def _mode(name: str) -> Callable[[BenchRig, str], None]:
    def ask(rig: BenchRig, loop: str) -> None:
        rig.ask("loop_mode", loop=loop, mode=name)

    return ask


MODES = [
    pytest.param(_oos, id="OOS"),
    pytest.param(_iman, id="IMAN"),
    pytest.param(_mode("MAN"), id="MAN"),
    pytest.param(_mode("AUTO"), id="AUTO"),
    pytest.param(_mode("CAS"), id="CAS"),
]


def _hot(rig: BenchRig) -> float:
    rig.say(TT_521=122.5)
    return 0.25 * FULL


def _very_hot_second_witness(rig: BenchRig) -> float:
    rig.say(TT_521B=124.5)
    return 0.0


def _little_heat(rig: BenchRig) -> float:
    rig.say(FT_810=600.0)
    return 0.97 * 600.0


def _low_header(rig: BenchRig) -> float:
    rig.say(PT_810=2.6)
    return 0.97 * 0.2 * 3300.0


def _blind_and_hot(rig: BenchRig) -> float:
    rig.spoil("FT-810", reason=Reason.NE43_LOW)
    rig.say(TT_521=124.0, TT_521B=124.0)
    return 0.0


def _blind_and_no_header(rig: BenchRig) -> float:
    rig.spoil("FT-810", reason=Reason.NE43_LOW)
    rig.say(PT_810=2.4)
    return 0.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "limit",
    [
        _hot,
        _very_hot_second_witness,
        _little_heat,
        _low_header,
        _blind_and_hot,
        _blind_and_no_header,
    ],
)
def test_steam_never_stands_above_a_limit_that_is_known(
    mode: Callable[[BenchRig, str], None], limit: Callable[[BenchRig], float]
) -> None:
    rig = BenchRig().armed()
    mode(rig, "steam")
    rig.run(2)
    before = rig.sent(STEAM)
    allowed = limit(rig)
    rig.run(1)
    assert before > allowed  # else it proves nothing
    assert rig.sent(STEAM) <= allowed + 1e-6, "in the very cycle in which it is known"
    rig.run(30)
    assert rig.sent(STEAM) <= allowed + 1e-6


@pytest.mark.parametrize("mode", MODES)
def test_treated_flow_never_stands_above_the_share_of_exhaust(
    mode: Callable[[BenchRig, str], None],
) -> None:
    rig = BenchRig().armed()
    mode(rig, "treated")
    rig.run(2)
    assert rig.sent(TREATED) == pytest.approx(20000.0)
    rig.say(XS_912=0, JT_912=0, FT_912=0)  # the second engine stops
    rig.say(FT_911=350.0, JT_911=1700.0)  # the first at half the load
    rig.run(1)
    allowed = 0.9 * rig.calc("available_exhaust_kg_h")
    assert 6000.0 < allowed < 20000.0
    assert rig.sent(TREATED) <= allowed + 1e-6
    rig.run(5)
    assert rig.sent(TREATED) <= 0.9 * rig.calc("available_exhaust_kg_h") + 1e-6


def test_below_the_end_of_its_range_a_set_point_stands_at_the_end() -> None:
    rig = BenchRig().armed()
    _oos(rig, "treated")
    for n in (1, 2):
        rig.say(**{f"XS_91{n}": 0, f"JT_91{n}": 0, f"FT_91{n}": 0})
    rig.run(1)
    assert rig.sent(TREATED) == 6000.0


def test_a_frozen_set_point_goes_down_at_once_and_never_up_by_itself() -> None:
    rig = BenchRig().armed()
    _oos(rig, "steam")
    rig.say(FT_810=600.0)
    rig.run(3)
    rig.say(FT_810=3300.0)
    rig.run(60)
    assert rig.sent(STEAM) == pytest.approx(582.0)
    rig.ask("loop_mode", loop="steam", mode="CAS")
    first = rig.sent(STEAM)
    rig.run(1)
    assert 582.0 <= first <= rig.sent(STEAM) <= 582.0 + 8.0 + 1e-6, "at its rate, without a jump"


def test_a_persons_set_point_comes_back_at_its_rate() -> None:
    rig = BenchRig().armed()
    rig.ask("loop_mode", loop="steam", mode="MAN")
    rig.say(FT_810=600.0)
    rig.run(3)
    rig.say(FT_810=3300.0)
    before = rig.sent(STEAM)
    rig.run(1)
    assert rig.sent(STEAM) == pytest.approx(before + 4.0)
    rig.run(400)
    assert rig.sent(STEAM) == pytest.approx(1890.0)


@pytest.mark.parametrize("mode", ["OOS", "MAN"])
def test_it_is_said_while_a_held_set_point_is_held_down(mode: str) -> None:
    rig = BenchRig().armed()
    rig.ask("loop_mode", loop="steam", mode=mode)
    rig.run(2)
    assert rig.calc("setpoints_limited") == 0
    rig.say(FT_810=600.0)
    rig.run(20)
    assert rig.calc("setpoints_limited") == 1
    assert rig.events.count(("mode", "loop_steam", "LIMITED")) == 1
    rig.say(FT_810=3300.0)
    rig.run(2)
    assert rig.calc("setpoints_limited") == 0
    assert rig.saw("loop_steam", "FREE")


def test_the_set_point_with_the_plc_is_limited_as_soon_as_it_is_written() -> None:
    """The lease just granted, gas side not settled yet: the PLC follows what is written."""
    rig = BenchRig()
    rig.say(FT_810=600.0)
    rig.run(2)
    rig.ask("arm")
    rig.run(2)
    assert rig.calc("lease") == 2
    assert rig.calc("mode_steam") == 2  # LO: not ours yet
    assert rig.sent(STEAM) == pytest.approx(582.0)


def test_in_monitor_the_set_point_shown_is_the_one_in_force() -> None:
    rig = BenchRig()
    rig.say(FT_810=600.0)
    rig.run(60)
    assert rig.calc("steam_sp_kg_h") == 1890.0


def test_a_set_point_on_its_way_down_is_not_called_not_followed() -> None:
    rig = BenchRig().armed()
    rig.follows.pop(STEAM)
    rig.say(FT_810=600.0)
    for k in range(40):  # the PLC's own rate, 2 %/s of 2400 kg/h
        rig.say(FIC_521__SPR=max(582.0, 1890.0 - 48.0 * k))
        rig.run(1)
    assert not rig.saw("setpoint_not_followed", "ACTIVE")


def test_a_set_point_that_stays_where_it_was_is_called_not_followed() -> None:
    rig = BenchRig().armed()
    rig.follows.pop(STEAM)
    rig.say(FT_810=600.0)
    rig.run(25)
    assert rig.saw("setpoint_not_followed", "ACTIVE")


def test_the_word_for_the_limit_stays() -> None:
    assert limits.steam_cap(NAN, 0.97, 0.0, FULL).by is Constraint.HEAT
