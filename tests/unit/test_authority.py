"""Arming, the lease and its loss: tables, then through whole cycles."""

from dataclasses import dataclass, field

import pytest

from controller import authority
from controller.authority import Authority, AuthorityState, Handshake, Lease, LeaseTimes
from controller.eventlog import EventLog
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
NAN = float("nan")
TIMES = LeaseTimes(ask_again_s=5.0, lost_after_s=4.0)
OUTPUTS = {"HS-PC-ALARM", "HS-PC-HEALTHY", "HS-PC-CALL"}


@pytest.mark.parametrize(
    ("armed", "owner", "key", "expected"),
    [
        (False, 0.0, 1.0, ""),
        (False, 7.0, 1.0, ""),  # our own id from an earlier life
        (False, 0.0, 0.0, "the key switch is in LOCAL: the panel has the rig"),
        (False, 9.0, 1.0, "owner 9 holds the lease"),
        (False, NAN, 1.0, "the PLC's handshake cannot be read: check the link to the PLC"),
        (False, 0.0, NAN, "the PLC's handshake cannot be read: check the link to the PLC"),
        (True, 7.0, 1.0, "already armed"),
    ],
)
def test_refusals(armed: bool, owner: float, key: float, expected: str) -> None:
    state = AuthorityState(Authority.ARMED if armed else Authority.MONITOR)
    assert authority.refuse_arming(state, Handshake(owner, key, 7)) == expected


@dataclass
class Desk:
    state: AuthorityState = field(default_factory=lambda: authority.arm(AuthorityState(), "me", S))

    def hear(self, t_s: float, owner: float, key: float = 1.0) -> AuthorityState:
        t_ns = int(t_s * S)
        shake = Handshake(owner, key, 7)
        self.state = authority.advance(self.state, shake, TIMES, t_ns, EventLog(0, t_ns))
        return self.state


def test_asks_again_until_granted() -> None:
    desk = Desk()
    first = desk.state.lease_counter
    assert desk.hear(3, 0.0).lease_counter == first
    assert desk.hear(6, 0.0).lease_counter == first + 1
    assert desk.hear(9, 0.0).lease_counter == first + 1
    assert desk.hear(11, 0.0).lease_counter == first + 2
    assert desk.hear(12, 7.0).lease is Lease.HELD
    assert desk.state.waiting_ns == 0


def test_does_not_ask_while_another_owner_has_it() -> None:
    desk = Desk()
    first = desk.state.lease_counter
    assert desk.hear(60, 9.0).lease_counter == first


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([(2, 7.0)], Lease.HELD),
        ([(2, 7.0), (3, 0.0)], Lease.LOST),
        ([(2, 7.0), (3, 9.0)], Lease.LOST),
        ([(2, 7.0), (3, NAN)], Lease.HELD),  # silence is no loss yet
        ([(2, 7.0), (3, NAN), (6, NAN)], Lease.HELD),
        ([(2, 7.0), (3, NAN), (7, NAN)], Lease.LOST),
        ([(2, 7.0), (3, NAN), (6, 7.0), (9, NAN)], Lease.HELD),
        ([(2, 7.0), (3, 0.0), (8, 0.0)], Lease.ASKED),
        ([(2, 7.0), (3, 0.0), (8, 0.0), (9, 7.0)], Lease.HELD),
    ],
)
def test_lease_life(heard: list[tuple[float, float]], expected: Lease) -> None:
    desk = Desk()
    for t_s, owner in heard:
        desk.hear(t_s, owner)
    assert desk.state.lease is expected


def test_key_to_local_disarms() -> None:
    desk = Desk()
    desk.hear(2, 7.0)
    state = desk.hear(3, 7.0, key=0.0)
    assert (state.authority, state.lease) == (Authority.MONITOR, Lease.NONE)
    assert state.hand_back == authority.HAND_BACK_CYCLES


def test_counter_wraps_and_is_never_the_same_twice() -> None:
    state = AuthorityState(lease_counter=0xFFFF)
    assert authority.arm(state, "me", S).lease_counter == 1
    assert authority.arm(AuthorityState(), "me", 0).lease_counter == 1


# ---- through whole cycles --------------------------------------------------------------------


def test_monitor_writes_its_three_outputs_and_nothing_else_for_an_hour() -> None:
    rig = BenchRig()
    for _ in range(360):
        assert set(rig.run(10, dt_s=10.0).write) == OUTPUTS


def test_arming_asks_and_then_holds() -> None:
    rig = BenchRig()
    rig.run(60)
    block = rig.ask("arm").write
    assert block["HS-PC-OWNER"] == 1
    # The block that wins the lease changes nothing the PLC has in force.
    assert (block["FIC-401.SP"], block["FIC-521.SP"], block["HS-PC-UNIT"]) == (21000, 1890, 3)
    rig.run(1)
    assert rig.calc("lease") == Lease.HELD
    assert rig.saw("lease", "HELD")


@pytest.mark.parametrize(
    ("change", "word"),
    [({"HS_KEY": 0.0}, "LOCAL"), ({"HS_OWNER": 5.0}, "owner 5")],
)
def test_arming_is_refused_in_plain_words(change: dict[str, float], word: str) -> None:
    rig = BenchRig()
    rig.run(2)
    rig.say(**change)
    outputs = rig.ask("arm")
    verdict = next(e for e in outputs.events if e.kind == "command")
    assert verdict.state == "REFUSED"
    assert word in verdict.text
    assert set(outputs.write) <= OUTPUTS


def test_disarm_hands_the_rig_back() -> None:
    rig = BenchRig().armed()
    block = rig.ask("disarm").write
    assert block["HS-PC-OWNER"] == 0
    assert "FIC-401.SP" not in block
    rig.run(5)
    assert rig.outputs is not None
    assert set(rig.outputs.write) == OUTPUTS
    assert rig.calc("authority") == 0


def test_lease_loss_alarms_and_is_asked_for_again() -> None:
    rig = BenchRig().armed()
    rig.follows.pop("HS-PC-OWNER")
    rig.say(HS_OWNER=0)
    rig.run(3)
    assert rig.calc("lease") == Lease.LOST
    assert rig.saw("lease_lost", "ACTIVE")
    counter = rig.sent("HS-PC-LEASE")
    rig.run(5)
    assert rig.sent("HS-PC-LEASE") == counter + 1
    rig.say(HS_OWNER=1)
    rig.run(2)
    assert rig.calc("lease") == Lease.HELD


@pytest.mark.parametrize("armed", [False, True])
def test_bypass_is_asked_in_every_mode_until_proven(armed: bool) -> None:
    rig = BenchRig().armed() if armed else BenchRig()
    rig.run(2)
    assert rig.ask("bypass").bypass
    assert rig.run(20).bypass
    rig.say(HS_BYPASS=1, HS_UNIT=5, HS_UNIT_ASKED=5)
    assert rig.run(2).bypass  # exhaust goes to the funnel in any HOLD: that alone proves nothing
    rig.bypassed()
    assert not rig.run(2).bypass
    assert rig.saw("bypass", "DONE")
    assert rig.calc("unit_goal") == 5


@pytest.mark.parametrize("order", [("bypass", "unit"), ("unit", "bypass")])
def test_no_other_request_of_the_same_cycle_swallows_a_bypass(order: tuple[str, str]) -> None:
    rig = BenchRig().armed()
    assert rig.ask_all(*order, state="CAPTURE").bypass
    assert rig.run(5).bypass
    assert rig.calc("unit_goal") == 5


def test_bypass_is_asked_while_the_link_is_down() -> None:
    rig = BenchRig().armed()
    rig.cut("plc")
    rig.ask("bypass")
    assert rig.run(120).bypass
    assert rig.saw("bypass_not_proven", "ACTIVE")


@pytest.mark.parametrize("kind", ["unbypass", "close_bypass", ""])
def test_no_request_closes_a_bypass(kind: str) -> None:
    rig = BenchRig().armed()
    rig.say(HS_BYPASS=1)
    outputs = rig.ask(kind)
    assert [e.state for e in outputs.events if e.kind == "command"] == ["REFUSED"]


def test_simulator_silent_then_back() -> None:
    rig = BenchRig().armed()
    rig.spoil(*[t.name for t in rig.plant.table.tags], reason=Reason.LINK)
    rig.run(1)
    assert [rig.calc(f"mode_{n}") for n in ("capture", "lean", "steam", "treated")] == [1, 1, 1, 1]
    frozen = rig.sent("FIC-401.SP")
    rig.run(2)
    assert rig.sent("FIC-401.SP") == frozen
    rig.mend()
    rig.run(2)
    assert rig.calc("lease") == Lease.HELD
    assert rig.calc("mode_lean") == 5
