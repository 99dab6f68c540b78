"""Alarms: delay, deadband, latch, acknowledge; a time-jump table."""

from dataclasses import dataclass, field, replace

import pytest

from controller import alarms
from controller.alarms import NO_ALARMS, Condition
from controller.alarmspec import Rule
from controller.eventlog import EventLog
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
NAN = float("nan")


def rule(high: bool = True) -> Rule:
    limit, reset = (25.0, 23.0) if high else (10.0, 12.0)
    return Rule(
        "a", "A", "mbar", 0, -1, limit, reset, high, 5 * S, 10 * S, 2, "always", "why", "so", "do"
    )


@dataclass
class Desk:
    """Feeds one rule; remembers the state of every event."""

    watched: Rule
    t_s: int = 0
    standing: alarms.Alarms = field(default_factory=lambda: NO_ALARMS)

    def at(self, t_s: int, value: float, allowed: bool = True) -> list[str]:
        log = EventLog(0, (1000 + t_s) * S)
        condition = Condition(self.watched, value, allowed)
        self.standing = alarms.advance(self.standing, [condition], log.t_ns, log)
        return [e.state for e in log.events]

    def ack(self, t_s: int) -> str | list[str]:
        log = EventLog(0, (1000 + t_s) * S)
        after = alarms.acknowledge(self.standing, "a", "me", {}, log)
        if isinstance(after, str):
            return after
        self.standing = after
        return [e.state for e in log.events]


Row = tuple[int, float | str, list[str], tuple[int, int]]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [
                (0, 24.9, [], (0, 0)),
                (1, 26.0, [], (0, 0)),
                (5, 26.0, [], (0, 0)),
                (6, 26.0, ["ACTIVE"], (1, 1)),
                (7, 24.0, [], (1, 1)),  # below the limit, inside the deadband
                (8, 22.0, [], (1, 1)),
                (18, 22.0, ["CLEARED"], (0, 1)),  # latched until acknowledged
                (19, "ack", ["ACKNOWLEDGED"], (0, 0)),
            ],
            id="raised, cleared, acknowledged",
        ),
        pytest.param(
            [
                (0, 26.0, [], (0, 0)),
                (5, 26.0, ["ACTIVE"], (1, 1)),
                (6, "ack", ["ACKNOWLEDGED"], (1, 0)),
                (7, 20.0, [], (1, 0)),
                (17, 20.0, ["CLEARED"], (0, 0)),
            ],
            id="acknowledged while it stands",
        ),
        pytest.param(
            [
                (0, 26.0, [], (0, 0)),
                (3, 20.0, [], (0, 0)),  # gone before the delay: nothing
                (4, 26.0, [], (0, 0)),
                (8, 26.0, [], (0, 0)),  # the delay began anew
                (9, 26.0, ["ACTIVE"], (1, 1)),
            ],
            id="a spike raises nothing",
        ),
        pytest.param(
            [
                (0, 26.0, [], (0, 0)),
                (5, 26.0, ["ACTIVE"], (1, 1)),
                (6, 20.0, [], (1, 1)),
                (10, 26.0, [], (1, 1)),
                (17, 20.0, [], (1, 1)),
                (27, 20.0, ["CLEARED"], (0, 1)),
                (28, 26.0, [], (0, 1)),
                (33, 26.0, ["ACTIVE"], (1, 1)),
            ],
            id="comes back while unacknowledged",
        ),
        pytest.param(
            [
                (0, NAN, [], (0, 0)),
                (60, NAN, [], (0, 0)),
                (61, 26.0, [], (0, 0)),
                (66, 26.0, ["ACTIVE"], (1, 1)),
                (70, NAN, [], (1, 1)),
                (700, NAN, [], (1, 1)),  # what is not known clears nothing
            ],
            id="a bad input neither raises nor clears",
        ),
    ],
)
def test_time_table(rows: list[Row]) -> None:
    desk = Desk(rule())
    for t_s, what, events, (active, unacked) in rows:
        got = desk.ack(t_s) if isinstance(what, str) else desk.at(t_s, what)
        counts = alarms.counts(desk.standing)
        assert (got, counts.active, counts.unacked) == (events, active, unacked), t_s
    assert alarms.counts(NO_ALARMS).worst == 0


def test_low_alarm() -> None:
    desk = Desk(rule(high=False))
    assert desk.at(0, 9.0) == []
    assert desk.at(5, 9.0) == ["ACTIVE"]
    assert desk.at(6, 11.0) == []
    assert desk.at(7, 12.0) == []
    assert desk.at(17, 12.0) == ["CLEARED"]


def test_not_allowed_raises_nothing_and_clears() -> None:
    desk = Desk(rule())
    desk.at(0, 30.0, allowed=False)
    assert desk.at(100, 30.0, allowed=False) == []
    desk.at(101, 30.0)
    assert desk.at(106, 30.0) == ["ACTIVE"]
    desk.at(107, 30.0, allowed=False)
    assert desk.at(117, 30.0, allowed=False) == ["CLEARED"]


def test_acknowledging_nothing_is_refused() -> None:
    desk = Desk(rule())
    assert desk.ack(0) == "no alarm 'a' stands"
    desk.at(0, 30.0)
    desk.at(5, 30.0)
    desk.ack(6)
    assert desk.ack(7) == "already acknowledged"


def test_nothing_new_gives_the_same_object() -> None:
    desk = Desk(rule())
    for t_s in range(20):
        desk.at(t_s, 30.0)
    before = desk.standing
    desk.at(21, 30.0)
    assert desk.standing is before


# ---- the demo plant's list, through whole cycles --------------------------------------------


def at_once(cause: Rule, seconds: int, value: float = 30.0) -> list[str]:
    """Run an effect of 10 s beside a cause that began later; return what was raised."""
    effect = replace(rule(), id="effect", on_ns=10 * S, parents=(cause.id,))
    standing: alarms.Alarms = NO_ALARMS
    raised: list[str] = []
    for t in range(seconds):
        log = EventLog(0, (1000 + t) * S)
        began = 30.0 if t >= 9 else 0.0
        conditions = [Condition(cause, began), Condition(effect, value)]
        standing = alarms.advance(standing, conditions, log.t_ns, log)
        raised += [f"{t} {e.source}" for e in log.events if e.state == "ACTIVE"]
    return raised


def test_a_fault_that_is_due_within_seconds_speaks_for_what_follows_from_it() -> None:
    link = replace(rule(), id="link", channel=-1, signal=0, on_ns=2 * S)
    assert at_once(link, 40) == ["11 link"]


def test_neither_a_fault_that_needs_long_nor_a_measured_value_is_waited_for() -> None:
    slow = replace(rule(), id="slow", channel=-1, signal=0, on_ns=20 * S)
    value = replace(rule(), id="value", on_ns=2 * S)
    assert at_once(slow, 20) == ["10 effect"]
    assert at_once(value, 20) == ["10 effect", "11 value"]


def test_a_steady_rig_has_no_alarm() -> None:
    rig = BenchRig()
    rig.run(120)
    assert [e for e in rig.events if e[0] == "alarm"] == []


@pytest.mark.parametrize(
    ("tag", "value", "alarm", "delay_s"),
    [
        ("PT_102", 27.0, "back_pressure_high_2", 6),
        ("PT_103", 33.0, "back_pressure_high_high_3", 5),
        ("TT_521", 122.5, "reboiler_temperature_high", 21),
        ("TT_521", 124.5, "reboiler_temperature_high_high", 4),
        ("AT_211", 15.0, "so2_after_quench_high", 61),
        ("PT_741", 18.5, "lco2_pressure_high", 11),
        ("LT_741A", 89.0, "lco2_level_high", 31),
        ("GT_802", 2.0, "space_co2_high_high_2", 3),
        ("GT_811", 19.0, "space_o2_low", 3),
        ("PT_810", 2.6, "steam_header_low", 31),
        ("HS_TRIP", 2.0, "plc_trip", 1),
    ],
)
def test_process_alarms(tag: str, value: float, alarm: str, delay_s: int) -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(**{tag: value})
    rig.run(delay_s - 1 if delay_s > 1 else 1)
    assert rig.saw(alarm, "ACTIVE") is (delay_s == 1)
    rig.run(1)
    assert rig.saw(alarm, "ACTIVE")


def test_a_trip_is_told_with_its_first_out() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(HS_TRIP=2, HS_FIRST_OUT=2, HS_UNIT=7)
    events = [e for e in rig.run(1).events if e.source == "plc_trip"]
    assert events[0].text == (
        "Rig tripped by the PLC: Exhaust back-pressure of an engine high-high"
    )
    assert events[0].priority == 1
    assert set(events[0].data) == {"value", "limit", "unit", "cause", "consequence", "action"}


def test_a_dead_link_is_exactly_one_alarm() -> None:
    rig = BenchRig()
    rig.run(30)
    rig.cut("plc")
    rig.run(120)
    raised = [e for e in rig.events if e[0] == "alarm" and e[2] == "ACTIVE"]
    assert raised == [("alarm", "link_plc", "ACTIVE")]


def test_a_broken_instrument_is_no_process_alarm() -> None:
    rig = BenchRig()
    rig.run(5)
    rig.say(TT_521=149.0)
    rig.spoil("TT-521", reason=Reason.NE43_HIGH)
    rig.run(60)
    raised = [e[1] for e in rig.events if e[0] == "alarm" and e[2] == "ACTIVE"]
    assert raised == ["sensor:TT-521"]
    rig.say(TT_521=119.5)
    rig.run(15)
    assert rig.saw("sensor:TT-521", "CLEARED")
    assert rig.calc("alarms_unacked") == 1
    rig.ask("ack", alarm="sensor:TT-521")
    assert rig.calc("alarms_unacked") == 0
