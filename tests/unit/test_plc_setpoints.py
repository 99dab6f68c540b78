"""Set-points of the simulated PLC: limits, rates, sequence, and no jump."""

import pytest

from sim.plc_lease import Reject
from sim.plc_setpoints import LEAN, LOCAL_SLEW, REMOTE_SLEW, STEAM, TREATED, SetPoints

LO = [8000.0, 0.0, 35.0, 160.0, 6000.0]
HI = [32000.0, 2400.0, 45.0, 200.0, 22000.0]
START = [24000.0, 1800.0, 40.0, 190.0, 20000.0]


def points() -> SetPoints:
    return SetPoints(LO, HI, list(START))


def changed(i: int, value: float) -> list[float]:
    block = list(START)
    block[i] = value
    return block


def test_a_good_block_is_accepted_and_acknowledged() -> None:
    sp = points()
    assert sp.judge(5, changed(LEAN, 25000.0), True) is Reject.NONE
    assert (sp.ok_word, sp.acknowledged, sp.accepted[LEAN]) == (31, 5, 25000.0)


@pytest.mark.parametrize("i", range(5))
@pytest.mark.parametrize("wrong", ["low", "high", "nan", "inf"])
def test_out_of_limits_is_refused_and_the_rest_of_the_block_stands(i: int, wrong: str) -> None:
    value = {"low": LO[i] - 1.0, "high": HI[i] + 1.0, "nan": float("nan"), "inf": float("inf")}
    sp = points()
    other = STEAM if i != STEAM else LEAN
    block = changed(i, value[wrong])
    block[other] += 10.0
    assert sp.judge(1, block, True) is Reject.LIMITS
    assert sp.accepted[i] == START[i]
    assert sp.accepted[other] == START[other] + 10.0
    assert sp.ok_word == 31 & ~(1 << i)


def test_the_limits_themselves_are_allowed_even_as_float32() -> None:
    sp = SetPoints(LO, HI, list(HI))
    block = [v * (1.0 + 3e-8) for v in HI]
    assert sp.judge(1, block, True) is Reject.NONE


def test_a_leap_is_refused_while_capturing_only() -> None:
    sp = points()
    assert sp.judge(1, changed(LEAN, 9000.0), True) is Reject.RATE
    assert sp.accepted[LEAN] == START[LEAN]
    assert sp.judge(2, changed(LEAN, 9000.0), False) is Reject.NONE


@pytest.mark.parametrize("i", [STEAM, TREATED])
def test_less_steam_and_less_gas_are_never_refused_for_being_a_leap(i: int) -> None:
    sp = points()
    assert sp.judge(1, changed(i, LO[i]), True) is Reject.NONE
    assert sp.accepted[i] == LO[i]
    sp.active[i] = LO[i]
    back = [*sp.accepted[:i], START[i], *sp.accepted[i + 1 :]]
    assert sp.judge(2, back, True) is Reject.RATE


def test_an_old_sequence_with_new_values_is_stale() -> None:
    sp = points()
    sp.judge(3, START, True)
    assert sp.judge(3, START, True) is Reject.NONE
    assert sp.judge(3, changed(STEAM, 1900.0), True) is Reject.STALE_SEQUENCE
    assert sp.accepted[STEAM] == START[STEAM]


@pytest.mark.parametrize("slew", [REMOTE_SLEW, LOCAL_SLEW])
def test_the_active_set_point_never_jumps_and_arrives(slew: tuple[float, ...]) -> None:
    sp = points()
    target = [9000.0, 100.0, 36.0, 165.0, 7000.0]
    for _ in range(400):
        before = list(sp.active)
        sp.follow(target, slew, 1.0)
        for i in range(5):
            step = abs(sp.active[i] - before[i])
            assert step <= slew[i] * (HI[i] - LO[i]) + 1e-9
    assert sp.active == pytest.approx(target)


def test_a_new_owner_starts_from_what_is_in_force() -> None:
    sp = points()
    sp.judge(1, changed(LEAN, 26000.0), True)
    sp.follow(sp.accepted, REMOTE_SLEW, 1.0)
    sp.take_over()
    assert sp.accepted == sp.active
    assert sp.ok_word == 0
