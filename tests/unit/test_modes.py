"""Which mode a loop is in, by table."""

import pytest

from controller import modes
from controller.modes import CAPTURE, LEAN, LEAN_T, TREATED, Loop, Mode, Situation

S = 1_000_000_000


@pytest.mark.parametrize(
    ("target", "good", "armed", "ours", "expected"),
    [
        (Mode.CAS, True, True, True, Mode.CAS),
        (Mode.AUTO, True, True, True, Mode.AUTO),
        (Mode.MAN, True, True, True, Mode.MAN),
        (Mode.CAS, False, True, True, Mode.IMAN),
        (Mode.MAN, False, True, True, Mode.IMAN),
        (Mode.CAS, False, True, False, Mode.IMAN),  # armed and blind beats "PLC has it"
        (Mode.CAS, True, True, False, Mode.LO),
        (Mode.CAS, True, False, False, Mode.LO),
        (Mode.CAS, False, False, False, Mode.LO),
        (Mode.OOS, True, True, True, Mode.OOS),
        (Mode.OOS, False, False, False, Mode.OOS),
    ],
)
def test_actual_mode(target: Mode, good: bool, armed: bool, ours: bool, expected: Mode) -> None:
    assert modes.actual_mode(target, good, Situation(armed, ours)) is expected


@pytest.mark.parametrize(
    ("loop", "mode", "accepted"),
    [
        (LEAN, Mode.CAS, True),
        (LEAN, Mode.MAN, True),
        (CAPTURE, Mode.CAS, False),  # nothing above it yet
        (LEAN_T, Mode.CAS, False),
        (LEAN, Mode.IMAN, False),  # not a mode to ask for
        (LEAN, Mode.LO, False),
        (TREATED, Mode.OOS, True),
    ],
)
def test_requests(loop: int, mode: Mode, accepted: bool) -> None:
    answer = modes.request_mode(Loop(Mode.AUTO), loop, mode, 123.0)
    assert isinstance(answer, Loop) is accepted
    if isinstance(answer, Loop):
        assert answer.setpoint == 123.0  # takes what is in force: no bump


def test_counts_how_long_an_input_is_bad() -> None:
    ours = Situation(armed=True, ours=True)
    loops = list(modes.initial_loops())
    loops[LEAN] = modes.advance(loops[LEAN], False, ours, 100 * S)
    loops[LEAN] = modes.advance(loops[LEAN], False, ours, 130 * S)
    assert modes.bad_for_s(tuple(loops), 161 * S) == pytest.approx(61.0)
    loops[LEAN] = modes.advance(loops[LEAN], True, ours, 162 * S)
    assert modes.bad_for_s(tuple(loops), 163 * S) == 0.0
    assert loops[LEAN].actual is Mode.CAS


def test_plain_set_points_do_not_hold_the_unit() -> None:
    loops = list(modes.initial_loops())
    loops[LEAN_T] = modes.advance(loops[LEAN_T], False, Situation(True, True), S)
    assert loops[LEAN_T].actual is Mode.IMAN
    assert modes.bad_for_s(tuple(loops), 1000 * S) == 0.0
