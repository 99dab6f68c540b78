"""What is put on the wire: blocks, counters, limits, rates, followings."""

import pytest

from controller import actuation
from controller.actuation import ActuationState, HandshakeTags, Words
from controller.authority import Authority, AuthorityState, Lease
from controller.points import SetpointPoints
from controller.types import Written
from tests.unit.bench_rig import FOLLOWS, BenchRig

S = 1_000_000_000
NAN = float("nan")
TAGS = HandshakeTags("BEAT", "SEQ", "OWNER", "LEASE", "UNIT", "ALARM", "HEALTHY", "CALL")
WORDS = Words(owner_id=7, unit=3, common_alarm=True, engineer_call=False)


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        (AuthorityState(), {}),
        (AuthorityState(hand_back=2), {"BEAT": 1, "SEQ": 2, "OWNER": 0}),
        (
            AuthorityState(Authority.ARMED, Lease.HELD, lease_counter=5),
            {
                "BEAT": 1,
                "SEQ": 2,
                "OWNER": 7,
                "LEASE": 5,
                "UNIT": 3,
                "ALARM": 1,
                "HEALTHY": 1,
                "CALL": 0,
                "SP": 42.0,
            },
        ),
    ],
)
def test_block(authority: AuthorityState, expected: dict[str, float]) -> None:
    state = ActuationState(beat=1, sequence=2)
    assert actuation.block(state, authority, TAGS, WORDS, {"SP": 42.0}) == expected


def test_counters_wrap_at_16_bit() -> None:
    state = actuation.next_counters(ActuationState(beat=0xFFFF, sequence=0xFFFF))
    assert (state.beat, state.sequence) == (0, 1)


@pytest.mark.parametrize(
    ("since", "sent", "active", "expected"),
    [
        (0, 100.0, 100.0, 0),
        (0, 100.0, 101.9, 0),
        (0, 100.0, 102.1, 9),
        (3, 100.0, 110.0, 3),
        (3, 100.0, 100.0, 0),
        (3, 100.0, NAN, 0),
        (0, NAN, 100.0, 0),
    ],
)
def test_astray(since: int, sent: float, active: float, expected: int) -> None:
    point = SetpointPoints("SP", 0.0, 100.0, 0)
    assert actuation.astray(since, point, sent, active, 0.02, 9) == expected


def test_heartbeat_and_sequence_move_every_cycle() -> None:
    rig = BenchRig().armed()
    beats, sequences = set(), set()
    for _ in range(50):
        rig.run(1)
        beats.add(rig.sent("HS-PC-BEAT"))
        sequences.add(rig.sent("HS-PC-SEQ"))
    assert (len(beats), len(sequences)) == (50, 50)


def test_every_set_point_stays_in_limits_and_rates() -> None:
    rig = BenchRig().armed()
    rig.ask("loop_mode", loop="lean", mode="MAN")
    rig.ask("loop_setpoint", loop="lean", value=40000.0)
    rig.ask("loop_mode", loop="steam", mode="MAN")
    rig.ask("loop_setpoint", loop="steam", value=-50.0)
    control, before = rig.plant.control, dict.fromkeys(FOLLOWS, NAN)
    for _ in range(600):
        rig.run(1)
        for name in list(FOLLOWS)[:5]:
            tag, value = rig.plant.table[name], rig.sent(name)
            assert tag.lo <= value <= tag.hi
        lean = rig.sent("FIC-401.SP")
        if before["FIC-401.SP"] == before["FIC-401.SP"]:
            assert abs(lean - before["FIC-401.SP"]) <= control.lean.rate_kg_h_per_s + 1e-6
        before["FIC-401.SP"] = lean
    assert rig.sent("FIC-401.SP") == 32000
    assert rig.sent("FIC-521.SP") == 0


def test_taking_over_and_giving_back_moves_no_set_point() -> None:
    rig = BenchRig()
    rig.run(60)
    rig.ask("arm")
    before = {name: rig.sent(name) for name in list(FOLLOWS)[:5]}
    rig.run(1)
    for name, value in before.items():
        tag = rig.plant.table[name]
        assert abs(rig.sent(name) - value) <= 0.005 * (tag.hi - tag.lo), name


def test_a_refused_set_point_alarms_after_a_delay() -> None:
    rig = BenchRig().armed()
    rig.run(5)
    rig.follows.pop("FIC-401.SP")
    rig.say(FIC_401__SPR=20000)
    rig.run(10)
    assert not rig.saw("setpoint_not_followed", "ACTIVE")
    rig.run(10)
    assert rig.saw("setpoint_not_followed", "ACTIVE")


def test_a_failed_write_alarms_and_names_what_was_refused() -> None:
    rig = BenchRig().armed()
    rig.written = Written(False, (("FIC-401.SP", "no answer"),))
    rig.run(12)
    assert rig.saw("write_failed", "ACTIVE")
    mask = int(rig.calc("write_refused"))
    assert [n for i, n in enumerate(rig.plant.written) if mask >> i & 1] == ["FIC-401.SP"]
