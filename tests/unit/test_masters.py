"""Signs of another master: by number, and by what a copy of us is known by."""

import pytest

from controller import masters
from controller.masters import Heard, Masters, Sign
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
NAN = float("nan")


class Watch:
    """What a controller with number 7 hears, one second a cycle."""

    def __init__(self, armed: bool = True, sequence: int = 1000) -> None:
        self.signs, self.armed, self.sequence, self.t_s = Masters(), armed, sequence, 100
        for _ in range(100 if armed else 0):  # it has written for a while
            self.hear(NAN, NAN)

    def hear(self, owner: float, ack: float) -> Sign:
        self.t_s += 1
        self.sequence = self.sequence % 65535 + 1
        heard = Heard(owner, ack, 7, self.sequence, self.armed, 14.0)
        self.signs = masters.advance(self.signs, heard, self.t_s * S)
        return self.signs.sign


@pytest.mark.parametrize(
    ("sequence", "ack", "expected"),
    [
        (5, 5.0, 0.0),
        (5, 3.0, 2.0),
        (1, 65535.0, 1.0),  # the counter goes from 65535 to 1
        (2, 65535.0, 2.0),
        (5, 6.0, 65534.0),
        (5, 0.0, NAN),
        (5, NAN, NAN),
        (5, 3.5, NAN),
        (5, 70000.0, NAN),
    ],
)
def test_how_far_the_plc_is_behind(sequence: int, ack: float, expected: float) -> None:
    assert masters.behind(sequence, ack) == pytest.approx(expected, nan_ok=True)


def test_our_own_acknowledgements_are_no_sign_however_late() -> None:
    for late in (0, 1, 5, 40, 59):
        watch = Watch()
        for _ in range(200):
            assert watch.hear(7, watch.sequence - late) is Sign.NONE


def test_two_acknowledgements_that_are_not_ours_are_a_twin() -> None:
    watch = Watch()
    watch.hear(7, watch.sequence)
    assert watch.hear(7, 40_000) is Sign.NONE, "one may be a relic"
    assert watch.hear(7, 40_001) is Sign.TWIN
    assert masters.words(watch.signs) == "our own number 7"


def test_a_twin_that_counts_just_behind_us_is_one_by_its_steps_back() -> None:
    watch = Watch()
    for k in range(6):
        watch.hear(7, watch.sequence - 30 * (k % 2))
    assert watch.signs.sign is Sign.TWIN


def test_what_was_acknowledged_before_we_began_to_write_is_not_ours() -> None:
    watch = Watch(armed=False)
    for _ in range(5):
        watch.hear(0, 990)
    watch.armed = True
    for k in range(3):  # just behind us, and never sent
        watch.hear(7, watch.sequence - 20 + k)
    assert watch.signs.sign is Sign.TWIN


def test_a_lease_of_our_number_that_was_unseen_for_a_while_is_none_yet() -> None:
    watch = Watch(armed=False)
    watch.hear(7, 500)
    for _ in range(60):
        watch.hear(NAN, NAN)
    assert watch.hear(7, 500) is Sign.NONE


def test_a_twin_that_is_heard_now_and_then_is_one_too() -> None:
    watch = Watch()
    for k in range(9):
        watch.hear(7, 40_000 + k if k % 4 == 3 else watch.sequence)
    assert watch.signs.sign is Sign.TWIN


@pytest.mark.parametrize("late", [5, 500])
def test_what_the_plc_acknowledged_before_a_silence_is_a_relic(late: int) -> None:
    watch = Watch()
    watch.hear(7, watch.sequence)
    for _ in range(late):
        watch.hear(NAN, NAN)
    for ack in (1102, watch.sequence, watch.sequence):
        assert watch.hear(7, ack) is Sign.NONE


def test_a_plc_that_restarts_is_nobody() -> None:
    watch = Watch()
    for owner, ack in ((7, 1100), (0, 0), (0, 0), (7, 0), (7, 1104), (7, 1105)):
        assert watch.hear(owner, ack) is Sign.NONE


def test_in_monitor_a_lease_of_our_number_that_lasts_is_a_twin() -> None:
    watch = Watch(armed=False)
    signs = [watch.hear(7, 500) for _ in range(20)]
    assert signs[:12] == [Sign.NONE] * 12, "our own of a moment ago runs out"
    assert signs[-1] is Sign.TWIN


def test_in_monitor_a_lease_of_our_number_that_is_used_is_a_twin_at_once() -> None:
    watch = Watch(armed=False)
    assert [watch.hear(7, 40_000 + k) for k in range(3)][-1] is Sign.TWIN


def test_in_monitor_another_number_with_the_rig_is_everyday() -> None:
    watch = Watch(armed=False)
    assert {watch.hear(9, 40_000 + k) for k in range(60)} == {Sign.NONE}


def test_another_number_is_named_until_it_is_gone() -> None:
    watch = Watch()
    assert watch.hear(9, 1) is Sign.OTHER
    assert masters.words(watch.signs) == "owner 9"
    watch.armed = False
    assert [watch.hear(9, k) for k in range(60)][-1] is Sign.OTHER
    assert [watch.hear(0, 0) for k in range(12)][-1] is Sign.NONE
    assert watch.hear(9, 1) is Sign.NONE


# ---- through whole cycles --------------------------------------------------------------------


def test_a_copy_of_this_pc_disarms_it_and_nothing_is_handed_back() -> None:
    rig = BenchRig().armed()
    lean = []
    for k in range(5):
        rig.say(HS_SEQ_ACK=40_000 + k)  # who writes last in a scan is the other one
        outputs = rig.run(1)
        lean.append("FIC-401.SP" in outputs.write)
        assert outputs.write.get("HS-PC-OWNER") != 0
    assert not any(lean[3:]), "within seconds"
    assert rig.calc("authority") == 0
    assert rig.saw("other_master", "ACTIVE")
    outputs = rig.ask("arm")
    (verdict,) = [e for e in outputs.events if e.kind == "command"]
    assert verdict.state == "REFUSED"
    assert "our own number 1" in verdict.text


def test_with_a_twin_on_the_rig_a_controller_in_monitor_writes_no_output_either() -> None:
    rig = BenchRig()
    rig.run(5)
    for k in range(5):
        rig.say(HS_OWNER=1, HS_SEQ_ACK=40_000 + k)
        outputs = rig.run(1)
    assert rig.calc("other_master") == 1
    assert dict(outputs.write) == {}


def test_the_alarm_names_the_number() -> None:
    rig = BenchRig().armed()
    rig.follows.pop("HS-PC-OWNER")
    texts = []
    rig.say(HS_OWNER=4711)
    for _ in range(3):
        texts += [e.text for e in rig.run(1).events if e.source == "other_master"]
    assert texts == ["Another controller is master of this rig: owner 4711"]


def test_two_starts_of_one_installation_count_apart() -> None:
    first, second = BenchRig(), BenchRig()
    first.nonce, second.nonce = 11, 40_000
    for rig in (first, second):
        rig.run(1)
        rig.ask("arm")
    assert first.sent("HS-PC-SEQ") != second.sent("HS-PC-SEQ")
    assert first.sent("HS-PC-LEASE") != second.sent("HS-PC-LEASE")
