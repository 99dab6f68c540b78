"""`bench watch` on a few points: the real rig under the real controller, instruments broken."""

import pytest

from seastack.bench.figure import BenchOptions
from seastack.bench.sail import Sailing
from seastack.bench.watch import at_sea, planned, run
from seastack.bench.watch_named import NAMED, Named, told
from seastack.bench.watch_table import Row
from seastack.bench.watch_trial import Said, at_rest, copied, tried
from seastack.bench.watch_uses import uses
from seastack.bench.watch_wire import WiredSailing
from sim.faults import FAULTS, Fault


@pytest.fixture(scope="module")
def base() -> Sailing:
    return at_sea(BenchOptions(), settle_s=120)


@pytest.mark.parametrize("fault", ["NaN", "3.5 mA", "stuck"])
def test_a_broken_level_transmitter_is_said(base: Sailing, fault: str) -> None:
    said = tried(base, ("LT-361",), fault)["LT-361"]
    assert (said.alarm, said.priority) == ("sensor:LT-361", 2)
    assert said.seconds < (20 if fault != "stuck" else 330)


def test_broken_instruments_of_one_trial_are_told_apart(base: Sailing) -> None:
    said = tried(base, ("TT-101", "TT-311", "AT-221"), "3.5 mA")
    assert {s.alarm for s in said.values()} == {"sensor:TT-101", "sensor:TT-311", "sensor:AT-221"}


def test_a_read_back_that_stands_still_is_said_when_its_set_point_moves(base: Sailing) -> None:
    assert tried(base, ("TIC-401.SPR",), "stuck")["TIC-401.SPR"].alarm == "setpoint_not_followed"


def test_a_meter_at_rest_is_not_stuck(base: Sailing) -> None:
    assert tried(base, ("FT-651",), "stuck")["FT-651"] == Said()
    assert at_rest(base, "FT-651")
    assert not at_rest(base, "PT-501")


def test_a_trial_leaves_no_trace_on_the_base(base: Sailing) -> None:
    t_ns, value = base.rig.t_ns, base.rig.value.copy()
    tried(base, ("PT-501",), "NaN")
    assert base.rig.t_ns == t_ns
    assert (base.rig.value == value).all()


def test_every_used_point_is_tried_with_every_fault(base: Sailing) -> None:
    used = uses(base.config, copied(base).cycle)
    names = ["FT-401", "TT-311", "TT-312", "WX-941"]
    rows = {n: Row(base.config.table[n], used[n]) for n in names}
    plan = {(t.names, t.fault) for t in planned(rows, quick=False)}
    assert {f for n, f in plan if n == ("FT-401",)} == {
        "NaN", "3.5 mA", "stuck", "drift up", "drift down"
    }  # fmt: skip
    assert (("TT-311", "TT-312"), "stuck") in plan


def test_the_bench_of_one_point_meets_its_bars() -> None:
    figures = run(BenchOptions(only="TT-521", quick=True))
    assert all(f.ok for f in figures), [f.name for f in figures if not f.ok]
    assert [f.name for f in figures][:1] == ["TT-521, NaN: sensor:TT-521 P2"]


def test_the_page_names_the_cause_of_a_fault_of_the_wire_and_of_an_instrument() -> None:
    base = at_sea(BenchOptions(), settle_s=120, kind=WiredSailing)
    frozen = told(base, Named(Fault("frozen_heartbeat"), "heartbeat"))
    assert (frozen.alarm.alarm, frozen.alarm.priority) == ("link_plc", 1)
    assert frozen.sign_s <= 5.0
    assert frozen.cause_s <= 10.0
    level = told(base, Named(Fault("ma_3_5", "LT-361"), "LT-361"))
    assert (level.clicks, level.alarm.alarm) == (0, "sensor:LT-361")


def test_every_named_fault_of_the_simulator_is_in_the_table() -> None:
    assert {n.fault.name for n in NAMED} == set(FAULTS)
