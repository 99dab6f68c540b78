"""What the PLC says of our set-points is compared with what was sent, and told."""

import pytest

from controller import acceptance
from controller.acceptance import AT_REST, Acceptance, Meaning, Said
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
NAN = float("nan")
# Bits: lean, steam, lean_t, pressure, treated; set-points: lean, steam, treated, lean_t, pressure.
DEMO = Meaning((0, 1, 3, 4, 2), 0b11111, clears=True)


def heard(
    *said: tuple[float, float, float], meaning: Meaning = DEMO, first: int = 100
) -> Acceptance:
    """Return the verdict after one cycle each of (acknowledged, ok word, reason), a second each.

    The acknowledged sequence is told as how far it is behind.
    """
    state = AT_REST
    for k, (late, ok, reason) in enumerate(said):
        sequence = first + k
        state = acceptance.advance(
            state, Said(sequence - late, ok, reason, sequence), meaning, k * S + S
        )
    return state


@pytest.mark.parametrize(
    ("ok", "refused"),
    [
        (31.0, 0),
        (30.0, 0b00001),  # lean
        (0.0, 0b11111),
        (27.0, 0b01000),  # bit 2: lean temperature
        (15.0, 0b00100),  # bit 4: treated flow
        (NAN, 0),
        (30.5, 0),
    ],
)
def test_which_bit_is_which_set_point(ok: float, refused: int) -> None:
    assert heard((0, ok, 0)).refused == refused


def test_a_set_point_the_plant_has_not_is_not_missed() -> None:
    slip = Meaning((0, 1, 3, 4, 2), 0b11011, clears=True)
    assert heard((0, 0, 0), meaning=slip).count == 4


def test_words_that_cannot_be_read_leave_the_verdict() -> None:
    assert heard((0, 30, 3), (NAN, NAN, NAN)).refused == 1
    assert heard((0, 30, 3), (0, NAN, 3)).refused == 1


@pytest.mark.parametrize("late", [0, 1, 3, 59])
def test_a_slow_plc_that_acknowledges_is_behind_and_refuses_nothing(late: int) -> None:
    state = heard(*[(late, 31.0, 0.0)] * 100, first=1000)
    assert (state.behind, state.count) == (late, 0)


def test_a_plc_that_acknowledges_nothing_refuses_all() -> None:
    def stuck(cycles: int) -> Acceptance:
        return heard(*[(k, 31.0, 0.0) for k in range(cycles)])

    assert (stuck(5).behind, stuck(5).count) == (4, 0)
    assert (stuck(8).behind, stuck(8).count) == (7, 5)


def test_an_acknowledgement_of_before_the_lease_is_none_of_ours() -> None:
    state = heard(*[(40_000, 31.0, 0.0)] * 8, first=50_000)
    assert (state.behind, state.count) == (7, 5)


def test_zero_acknowledges_nothing() -> None:
    state = AT_REST
    for k in range(8):
        state = acceptance.advance(state, Said(0.0, 31.0, 0.0, 20 + k), DEMO, k * S + S)
    assert state.count == 5


@pytest.mark.parametrize(("clears", "count"), [(True, 1), (False, 0)])
def test_a_reason_that_stays_is_a_refusal_where_it_is_of_the_last_write(
    clears: bool, count: int
) -> None:
    said = heard((0, 31.0, 4.0), meaning=Meaning(DEMO.bits, DEMO.bound, clears))
    assert (said.count, said.reason) == (count, 4)


# ---- through whole cycles --------------------------------------------------------------------


def texts(rig: BenchRig, seconds: int, **said: float) -> list[str]:
    found = []
    for _ in range(seconds):
        rig.say(**said)
        found += [
            e.text
            for e in rig.run(1).events
            if (e.source, e.state) == ("setpoint_refused", "ACTIVE")
        ]
    return found


def test_the_alarm_names_the_set_points_and_the_plcs_reason() -> None:
    rig = BenchRig().armed()
    assert texts(rig, 20, HS_SP_OK=28, HS_REJECT=3) == [
        "The PLC refuses set-points: lean flow, steam flow (out of limits)"
    ]
    assert rig.calc("setpoints_refused") == 2


def test_what_the_plc_refuses_is_told_once_and_not_as_not_followed_too() -> None:
    rig = BenchRig().armed()
    del rig.follows["FIC-401.SP"]
    rig.say(FIC_401__SPR=12_000)
    assert texts(rig, 60, HS_SP_OK=30, HS_REJECT=4)
    assert not rig.saw("setpoint_not_followed", "ACTIVE")


def test_a_plc_that_echoes_and_acknowledges_nothing_is_told() -> None:
    rig = BenchRig().armed()
    del rig.follows["HS-PC-SEQ"]
    (text,) = texts(rig, 30)
    assert "of the last" in text
    assert "writes is acknowledged" in text
    assert rig.calc("sequence_behind") > 20


def test_outside_the_lease_nothing_is_judged() -> None:
    rig = BenchRig()
    assert texts(rig, 60, HS_SP_OK=0, HS_REJECT=3, HS_SEQ_ACK=7) == []
    assert rig.calc("setpoints_refused") == 0
    assert rig.calc("sequence_behind") == 0


def test_a_healthy_plant_has_no_alarm_of_it() -> None:
    rig = BenchRig().armed()
    assert texts(rig, 120) == []
    assert rig.calc("setpoints_refused") == 0
    assert rig.calc("sequence_behind") == 0
