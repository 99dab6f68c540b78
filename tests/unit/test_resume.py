"""A new life takes over target, loops and alarms from the one before, and nothing else."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.authority import Authority
from controller.historian.eventlog import StandingAlarm
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Run
from controller.leftover import resume_command
from controller.recording import record_of, sent_values
from controller.resume import ENDING
from controller.types import Command, Outputs, State
from controller.voyage.replay import replay
from tests.unit.bench_rig import BenchRig, demo


class Recorded(BenchRig):
    """The rig on paper, every cycle in a journal."""

    def __init__(self, state: Path, run: str) -> None:
        super().__init__()
        described = Run(run, "live", "demo", self.plant.config_hash, "0.1.0", None, self.t_ns)
        self.journal = Journal(state, described, self.plant.layout, patient=True)

    def begin(self, before: Command | None) -> Outputs:
        """Run the first cycle with what the run before left."""
        return self._cycle((before,) if before else (), 1.0)

    def ending(self) -> Outputs:
        """End in order, as the service does."""
        return self._cycle((Command(0, "disarm", "shutdown", self.t_ns, {ENDING: 1.0}),), 1.0)

    def _cycle(self, commands: tuple[Command, ...], dt_s: float) -> Outputs:
        outputs = super()._cycle(commands, dt_s)
        assert self.inputs is not None
        sent = sent_values(self.plant, outputs)
        record = record_of(self.plant, self.inputs, outputs, sent, self.seq)
        self.journal.append(record, outputs.events)
        return outputs


@contextmanager
def life(state: Path, run: str) -> Iterator[Recorded]:
    rig = Recorded(state, run)
    try:
        yield rig
    finally:
        rig.journal.close()


def rig_end(state: Path, before: str) -> float:
    """Return the time of the newest cycle before a run began, s."""
    with JournalReader(state) as reader:
        frames = [reader.latest(b.run.id) for b in reader.begun() if b.run.id != before]
    return max(f.t_ns for f in frames if f is not None) / 1e9


def standing(state: Path, run: str) -> dict[str, StandingAlarm]:
    with JournalReader(state) as reader:
        return {a.id: a for a in reader.alarms(run)}


def first_life(state: Path) -> None:
    """Leave behind: a changed target, one alarm acknowledged, one not, one cleared."""
    with life(state, "one") as rig:
        rig.armed()
        rig.ask("capture_target", pct=52.5)
        rig.say(PT_102=27.0, PT_741=18.5)
        rig.run(10)  # before the trip: within a moment of it, the trip tells it
        rig.say(HS_TRIP=2.0, HS_FIRST_OUT=2.0)
        rig.run(20)
        rig.ask("ack", alarm="lco2_pressure_high")
        rig.say(PT_102=12.0)
        rig.run(20)


def test_alarms_keep_time_words_and_acknowledgement_over_two_restarts(state: Path) -> None:
    first_life(state)
    before = standing(state, "one")
    assert {"back_pressure_high_2", "lco2_pressure_high", "plc_trip"} <= set(before)
    assert "Exhaust back-pressure" in before["plc_trip"].text
    for run in ("two", "three"):
        with life(state, run) as rig:
            rig.t_ns += 3_600_000_000_000
            rig.say(PT_741=18.5, HS_TRIP=2.0, HS_FIRST_OUT=2.0)
            rig.begin(resume_command(state, "demo", rig.t_ns))
        assert standing(state, run) == before
    with JournalReader(state) as reader:
        acked = [e for e in reader.events("three", kind="alarm") if e.state == "ACKNOWLEDGED"]
    assert [e.by for e in acked] == ["tester"]


def test_nobody_steers_is_an_alarm_after_a_kill_until_a_person_arms(state: Path) -> None:
    with life(state, "one") as rig:
        rig.armed()
    for run in ("two", "three"):  # and over one more restart
        with life(state, run) as rig:
            outputs = rig.begin(resume_command(state, "demo", rig.t_ns))
            assert "it was armed: nobody steers" in outputs.events[-1].text
            rig.run(10)
            assert rig.calc("nobody_steers") == 1
            assert rig.saw("nobody_steers", "ACTIVE")
            assert not any(rig.run(1).write.get("HS-PC-OWNER") for _ in range(60))
    with JournalReader(state) as reader:
        (alarm,) = [a for a in reader.alarms("three") if a.id == "nobody_steers"]
    assert alarm.text == "Nobody steers: the controller is back in MONITOR since a restart"
    with life(state, "four") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        rig.armed()
        assert rig.calc("nobody_steers") == 0
        assert rig.saw("nobody_steers", "CLEARED")


def test_an_orderly_end_while_armed_is_no_persons_will(state: Path) -> None:
    with life(state, "one") as rig:
        rig.armed()
        rig.ending()
        rig.run(2)
    with life(state, "two") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        assert rig.calc("nobody_steers") == 1
        rig.ask("disarm")  # a person accepts MONITOR
        assert rig.calc("nobody_steers") == 0
        rig.ending()
    with life(state, "three") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        rig.run(20)
        assert not rig.saw("nobody_steers", "ACTIVE")


def test_a_restart_in_monitor_is_no_alarm(state: Path) -> None:
    for run in ("one", "two"):
        with life(state, run) as rig:
            rig.begin(resume_command(state, "demo", rig.t_ns))
            rig.run(20)
            assert rig.calc("nobody_steers") == 0


def test_the_captured_total_goes_on_and_the_time_nobody_ran_is_a_gap(state: Path) -> None:
    with life(state, "one") as rig:
        rig.run(3600, dt_s=5.0)
        total, gap = rig.calc("captured_total_t"), rig.calc("captured_gap_s")
    assert total > 0.5
    for run, away_s, counted_s in (("two", 1800.0, 1800.0), ("three", 1e6, 86_400.0)):
        with life(state, run) as rig:
            rig.t_ns += int((rig_end(state, run) + away_s) * 1e9) - rig.t_ns - 1_000_000_000
            rig.begin(resume_command(state, "demo", rig.t_ns + 1_000_000_000))
            assert rig.calc("captured_total_t") == pytest.approx(total, abs=1e-3)
            assert rig.calc("captured_gap_s") == pytest.approx(gap + counted_s, abs=3)
            rig.run(60)
            assert rig.calc("captured_total_t") > total
            total, gap = rig.calc("captured_total_t"), rig.calc("captured_gap_s")
        assert replay(state, run, demo()).differing == 0


def test_a_clock_set_back_between_two_lives_makes_no_negative_gap(state: Path) -> None:
    with life(state, "one") as rig:
        rig.run(120)
        gap, set_back_ns = rig.calc("captured_gap_s"), rig.t_ns - 3_600_000_000_000
    with life(state, "two") as rig:
        rig.begin(resume_command(state, "demo", set_back_ns))
        assert rig.calc("captured_gap_s") == pytest.approx(gap, abs=2)


@pytest.mark.parametrize("amount", ["x", -5.0, None, float("nan"), float("inf")])
def test_a_total_that_is_none_is_not_taken_over(state: Path, amount: object) -> None:
    rig = Recorded(state, "one")
    args = {"captured_t": amount, "gap_s": amount, "away_s": amount}
    rig.begin(Command(0, "resume", "restart", rig.t_ns, args))  # type: ignore[arg-type]
    rig.journal.close()
    assert 0.0 <= rig.calc("captured_total_t") < 0.01
    assert 0.0 <= rig.calc("captured_gap_s") < 5


@pytest.mark.parametrize(
    "odd",
    ["", "[", "7", "null", "[7, null, []]", '{"lean": 7}', '{"lean": {"mode": []}}', "[" * 99_999],
)
def test_what_a_damaged_journal_left_ends_no_start(state: Path, odd: str) -> None:
    rig = Recorded(state, "one")
    args: dict[str, float | str] = {"run": "before", "alarms": odd, "loops": odd}
    outputs = rig.begin(Command(0, "resume", "restart", rig.t_ns, {**args, "target_pct": 10**400}))
    rig.journal.close()
    assert "0 standing alarms" in outputs.events[-1].text
    assert rig.state.target_pct == 60.0


def test_it_takes_over_the_target_and_never_arms_itself(state: Path) -> None:
    first_life(state)
    with life(state, "two") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        assert rig.state.target_pct == 52.5
        assert rig.state.authority.authority is Authority.MONITOR
        assert not any("HS-PC-OWNER" in rig.run(1).write for _ in range(60))


def test_loops_stay_as_a_person_left_them_over_two_restarts(state: Path) -> None:
    with life(state, "one") as rig:
        rig.armed()
        rig.ask("loop_mode", loop="lean", mode="MAN")
        rig.ask("loop_setpoint", loop="lean", value=20_000.0)
        rig.ask("loop_mode", loop="steam", mode="MAN")
        rig.ask("loop_mode", loop="steam", mode="CAS")
        rig.ask("loop_setpoint", loop="lean_t", value=42.0)
        rig.ask("loop_mode", loop="pressure", mode="CAS")  # refused: it never could
    for run in ("two", "three"):
        with life(state, run) as rig:
            outputs = rig.begin(resume_command(state, "demo", rig.t_ns))
            told = next(e.text for e in outputs.events if e.source == "resume")
            assert told.endswith(
                "loop lean in MAN at 20000; loop lean_t in AUTO at 42. In MONITOR."
            )
            assert [loop.target.name for loop in rig.state.loops] == [
                *("AUTO", "MAN", "CAS", "CAS", "AUTO", "AUTO")
            ]
            rig.armed()
            written = [rig.run(1).write for _ in range(200)]
            lean = [block["FIC-401.SP"] for block in written if "FIC-401.SP" in block]
            assert lean[0] > 20_500.0, "it begins at what is in force"
            assert lean[-1] == 20_000.0
            assert written[-1]["TIC-401.SP"] == 42.0


def test_a_bypass_that_was_not_proven_is_asked_for_again(state: Path) -> None:
    with life(state, "one") as rig:
        rig.armed()
        rig.ask("bypass")
        rig.run(5)
    with life(state, "two") as rig:
        outputs = rig.begin(resume_command(state, "demo", rig.t_ns))
        assert outputs.bypass, "in MONITOR too"
        assert "a bypass was asked for and not proven" in outputs.events[0].text
        assert rig.run(60).bypass
        rig.bypassed()
        rig.run(2)
        assert rig.saw("bypass", "DONE")
    with life(state, "three") as rig:
        assert not rig.begin(resume_command(state, "demo", rig.t_ns)).bypass


def test_a_latched_bypass_is_remembered_until_the_plcs_word_is_read(state: Path) -> None:
    with life(state, "one") as rig:
        rig.run(3)
        rig.bypassed()
        rig.run(3)
    with life(state, "two") as rig:
        rig.spoil("HS-PERMIT")  # and the PLC's request stands at CAPTURE
        rig.begin(resume_command(state, "demo", rig.t_ns))
        rig.ask("arm")
        for _ in range(5):
            assert rig.run(1).write["HS-PC-UNIT"] == 5.0
        rig.say(HS_PERMIT=0)
        rig.ask("unit", state="CAPTURE")
        assert rig.run(1).write["HS-PC-UNIT"] == 3.0


def test_the_clock_set_back_between_two_lives_does_not_bring_the_older_one_back(
    state: Path,
) -> None:
    first_life(state)
    with life(state, "two") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        rig.ask("capture_target", pct=44.0)
    (segment,) = (state / "journal" / "two").glob("*.db")
    db = sqlite3.connect(segment)
    db.execute("UPDATE run SET created_ns=created_ns-3600000000000")
    db.commit()
    db.close()
    with JournalReader(state) as reader:
        assert reader.newest_run() == "two"
    with life(state, "three") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        assert rig.state.target_pct == 44.0


def test_a_loop_or_mode_this_version_does_not_have_is_left_alone(state: Path) -> None:
    rig = Recorded(state, "one")
    before = rig.state.loops
    choices = {"lean": {"mode": "CAS9"}, "pressure": {"mode": "CAS"}, "gone": {"mode": "MAN"}}
    rig.begin(Command(0, "resume", "restart", rig.t_ns, {"loops": json.dumps(choices)}))
    rig.journal.close()
    assert [loop.target for loop in rig.state.loops] == [loop.target for loop in before]


def test_what_went_away_meanwhile_is_cleared(state: Path) -> None:
    first_life(state)
    with life(state, "two") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        rig.run(30)
        assert rig.saw("lco2_pressure_high", "CLEARED")
    assert not standing(state, "two")["plc_trip"].active
    assert "lco2_pressure_high" not in standing(state, "two")


def test_a_resumed_run_replays_to_the_bit(state: Path) -> None:
    first_life(state)
    with life(state, "two") as rig:
        rig.begin(resume_command(state, "demo", rig.t_ns))
        rig.run(40)
    report = replay(state, "two", demo())
    assert (report.cycles, report.skipped, report.differing) == (41, 0, 0)


def test_a_person_cannot_ask_for_it(state: Path) -> None:
    rig = BenchRig()
    rig.run(1)
    rig.ask("resume", target_pct=20.0)
    assert rig.saw("resume", "REFUSED")
    assert rig.state.target_pct == 60.0


def test_nothing_to_take_over(state: Path) -> None:
    assert resume_command(state, "demo", 0) is None
    first_life(state)
    assert resume_command(state, "another plant", 0) is None


def test_a_torn_segment_is_said_and_the_run_before_it_serves(state: Path) -> None:
    first_life(state)
    torn = state / "journal" / "20990101T000000-live-1" / "2099-01-01.db"
    torn.parent.mkdir()
    torn.write_bytes(b"torn" * 1000)
    command = resume_command(state, "demo", 0)
    assert command is not None
    with life(state, "two") as rig:
        outputs = rig.begin(command)
    (verdict,) = [e for e in outputs.events if e.kind == "command"]
    assert "from run one: target 52.5 %" in verdict.text
    assert "2099-01-01.db of run 20990101T000000-live-1 is damaged" in verdict.text


def test_with_nothing_but_a_torn_segment_it_starts_and_says_so(state: Path) -> None:
    torn = state / "journal" / "20990101T000000-live-1" / "2099-01-01.db"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"torn" * 1000)
    with life(state, "two") as rig:
        (verdict, *_) = rig.begin(resume_command(state, "demo", 0)).events
    assert "is damaged" in verdict.text


def test_an_alarm_the_plant_no_longer_has_is_dropped_and_said(state: Path) -> None:
    first_life(state)
    command = resume_command(state, "demo", 0)
    assert command is not None
    args = dict(command.args)
    args["alarms"] = str(args["alarms"]).replace("lco2_pressure_high", "of_yore")
    with life(state, "two") as rig:
        outputs = rig.begin(Command(0, command.kind, command.by, 0, args))
    (verdict,) = [e for e in outputs.events if e.kind == "command"]
    assert "1 the plant no longer has" in verdict.text
    assert isinstance(rig.state, State)
