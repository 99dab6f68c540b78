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


def test_a_lease_under_our_own_number_that_we_do_not_hold_must_run_out_first() -> None:
    why = authority.refuse_arming(AuthorityState(), Handshake(7.0, 1.0, 7))
    assert "our number 7 still holds a lease" in why
    assert "wait" in why


def test_who_just_handed_back_may_arm_at_once() -> None:
    handing = authority.disarm(authority.arm(AuthorityState(), "me", S))
    assert authority.refuse_arming(handing, Handshake(7.0, 1.0, 7)) == ""


def test_arming_is_refused_while_there_are_signs_of_a_twin() -> None:
    why = authority.refuse_arming(AuthorityState(), Handshake(0.0, 1.0, 7, twin=True))
    assert "another controller uses our own number 7" in why


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


@pytest.mark.parametrize(
    "heard", [[(2, 9.0)], [(2, 7.0), (3, 9.0)], [(2, 7.0), (3, 0.0), (4, 9.0)]]
)
def test_another_owner_ends_armed_at_once_and_nothing_is_handed_back(
    heard: list[tuple[float, float]],
) -> None:
    desk = Desk()
    for t_s, owner in heard:
        state = desk.hear(t_s, owner)
    assert (state.authority, state.lease, state.hand_back) == (Authority.MONITOR, Lease.NONE, 0)
    assert "another controller" in state.unsteered


@pytest.mark.parametrize("owner", [0.0, NAN])
def test_armed_without_the_lease_ends_by_itself(owner: float) -> None:
    desk = Desk()
    desk.hear(2, 7.0)
    desk.hear(10, owner)
    desk.hear(20, owner)  # lost by now, whichever way
    waiting = desk.state.waiting_ns // S
    assert desk.hear(waiting + 899, owner).authority is Authority.ARMED
    state = desk.hear(waiting + 900, owner)
    assert (state.authority, state.hand_back) == (Authority.MONITOR, 0)
    assert "15 min" in state.unsteered


def test_never_granted_ends_too_and_a_lease_held_never_does() -> None:
    desk = Desk()
    assert desk.hear(901, 0.0).authority is Authority.MONITOR
    desk = Desk()
    for t_s in range(2, 4000, 100):
        assert desk.hear(t_s, 7.0).authority is Authority.ARMED


def test_a_lease_is_handed_back_only_until_the_plc_has_taken_it() -> None:
    """Owner 0 written once more would take it from who was granted it meanwhile."""
    for owner in (0.0, 9.0):
        desk = Desk()
        desk.hear(2, 7.0)
        desk.state = authority.disarm(desk.state)
        assert desk.hear(3, 7.0).hand_back
        assert desk.hear(4, owner).hand_back == 0


@pytest.mark.parametrize(("key", "left"), [(0.0, ""), (1.0, "x"), (NAN, "x")])
def test_the_panel_with_the_rig_is_somebody_who_steers(key: float, left: str) -> None:
    desk = Desk(AuthorityState(unsteered="x"))
    assert desk.hear(2, 0.0, key).unsteered == left


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([(2, 7.0)], Lease.HELD),
        ([(2, 7.0), (3, 0.0)], Lease.LOST),
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


def test_after_an_hour_of_another_owner_a_person_arms_again() -> None:
    rig = BenchRig().armed()
    rig.follows.pop("HS-PC-OWNER")
    rig.say(HS_OWNER=9)
    outputs = rig.run(1)
    assert rig.calc("authority") == 0
    assert not {"HS-PC-OWNER", "HS-PC-LEASE", "FIC-401.SP"} & set(outputs.write)
    told = [e.text for e in outputs.events if e.source == "authority"]
    assert "Owner 9 has the rig" in told[0]
    assert rig.calc("other_master") == 1
    rig.run(1800, dt_s=2.0)
    assert rig.saw("other_master", "ACTIVE")
    assert not rig.saw("other_master", "CLEARED")
    rig.say(HS_OWNER=0)
    assert not {"HS-PC-OWNER", "HS-PC-LEASE"} & set(rig.run(1800, dt_s=2.0).write)
    assert (rig.calc("authority"), rig.calc("lease"), rig.calc("other_master")) == (0, 0, 0)
    assert rig.calc("nobody_steers") == 1
    rig.follows["HS-PC-OWNER"] = "HS-OWNER"
    rig.ask("arm")
    rig.run(2)
    assert (rig.calc("lease"), rig.calc("nobody_steers")) == (Lease.HELD, 0)


def test_two_hours_without_the_link_end_armed() -> None:
    rig = BenchRig().armed()
    rig.cut("plc")
    rig.run(7200, dt_s=5.0)
    assert rig.calc("authority") == 0
    rig.mend()
    rig.say(HS_OWNER=0)
    assert "HS-PC-OWNER" not in rig.run(60).write
    assert rig.calc("nobody_steers") == 1
    assert rig.saw("nobody_steers", "ACTIVE")
    rig.ask("disarm")
    rig.run(3)
    assert rig.calc("nobody_steers") == 0
    assert rig.saw("nobody_steers", "CLEARED")


@pytest.mark.parametrize("how", ["disarm", "key"])
def test_a_persons_will_is_no_alarm(how: str) -> None:
    rig = BenchRig().armed()
    rig.say(HS_KEY=0.0) if how == "key" else rig.ask("disarm")
    rig.run(60)
    assert (rig.calc("authority"), rig.calc("nobody_steers")) == (0, 0)
    assert not rig.saw("nobody_steers", "ACTIVE")


def test_a_plc_that_restarts_is_no_other_master() -> None:
    rig = BenchRig().armed()
    rig.follows.pop("HS-PC-OWNER")
    rig.follows.pop("HS-PC-SEQ")
    rig.say(HS_OWNER=0, HS_SEQ_ACK=0)
    rig.run(8)
    rig.follows |= {"HS-PC-OWNER": "HS-OWNER", "HS-PC-SEQ": "HS-SEQ-ACK"}
    rig.run(30)
    assert (rig.calc("lease"), rig.calc("authority")) == (Lease.HELD, 1)
    assert not rig.saw("other_master", "ACTIVE")


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
