"""Whole cycles on a paper rig: decisions, hand-overs, bad inputs, replay."""

import dataclasses
import json
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from controller.channels import CONSTRAINTS
from controller.cycle import step
from controller.modes import LOOPS
from controller.recording import command_of, inputs_of, is_request, record_of, sent_values
from controller.snapshot import SnapshotError, state_from_bytes, state_to_bytes
from controller.types import Inputs, State
from models.combustion import LNG_OTTO_MEDIUM, carbon_emitted_kg_h
from sensors.image import Image
from sensors.quality import Quality, Reason
from tests.unit.bench_rig import BenchRig, demo


def test_steady_rig_in_words() -> None:
    rig = BenchRig().armed()
    rig.run(60)
    # 6.0 -> 2.5 vol% dry: 1 - 0.025 * 0.94 / (0.06 * 0.975)
    assert rig.calc("capture_gas_pct") == pytest.approx(59.83, abs=0.02)
    assert rig.calc("capture_gas_u_pct") == pytest.approx(1.17, abs=0.05)
    assert rig.calc("co2_in_kg_h") == pytest.approx(1701, rel=0.002)
    assert rig.calc("engines_running") == 2
    assert rig.calc("engine_load_pct") == pytest.approx(100 * 3500 / 5850)
    assert rig.calc("available_exhaust_kg_h") == pytest.approx(1400 * 36.5, rel=0.05)
    assert rig.calc("back_pressure_margin_1_mbar") == pytest.approx(13.0)
    assert rig.calc("L_G") == pytest.approx(1.05)
    assert [rig.calc(f"mode_{name}") for name in LOOPS] == [4, 5, 5, 5, 4, 4]
    assert rig.calc("tier") == 2
    assert CONSTRAINTS[int(rig.calc("constraint"))] == "On target"


def test_a_solvent_flow_set_by_a_person_is_no_ratio_control() -> None:
    rig = BenchRig()
    rig.armed()
    for mode, tier in (("MAN", 4), ("CAS", 2)):
        rig.ask("loop_mode", loop="lean", mode=mode)
        rig.run(2)
        assert rig.calc("tier") == tier


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "On target"),
        ({"FT_810": 1200.0}, "Heat-limited"),
        ({"PT_810": 2.6}, "Heat-limited"),
        ({"TT_521": 122.6, "TT_521B": 122.6}, "Temperature-limited"),
        ({"FT_911": 250.0, "FT_912": 250.0}, "Gas-limited"),
        ({"HS_UNIT": 5.0}, "Not capturing"),
    ],
)
def test_constraint_is_named(change: dict[str, float], expected: str) -> None:
    rig = BenchRig().armed()
    rig.say(**change)
    rig.run(600)
    assert CONSTRAINTS[int(rig.calc("constraint"))] == expected


@pytest.mark.parametrize(
    ("change", "channel", "sign"),
    [
        ({"AT_101": 6.6}, "lean_sp_kg_h", 1),  # more CO2: more solvent
        ({"AT_101": 5.4}, "lean_sp_kg_h", -1),
        ({"AT_301": 3.0}, "lean_sp_kg_h", 1),  # captures less: more solvent
        ({"TT_521": 118.1, "TT_521B": 118.1}, "steam_sp_kg_h", 1),
        ({"TT_521": 122.1, "TT_521B": 122.1}, "steam_sp_kg_h", -1),
        ({"FT_810": 1500.0}, "steam_sp_kg_h", -1),
        ({"FT_810": 1500.0}, "lean_sp_kg_h", -1),
    ],
)
def test_answers_go_the_right_way(change: dict[str, float], channel: str, sign: int) -> None:
    still, moved = BenchRig().armed(), BenchRig().armed()
    moved.say(**change)
    still.run(120)
    moved.run(120)
    assert sign * (moved.calc(channel) - still.calc(channel)) > 50.0


def test_steam_never_exceeds_what_is_there() -> None:
    rig = BenchRig().armed()
    rig.say(FT_810=900.0)
    rig.run(1)
    assert rig.sent("FIC-521.SP") <= 900.0


def test_infeasible_target_does_not_wind_up() -> None:
    rig = BenchRig().armed()
    rig.run(60)
    rig.say(FT_810=1200.0, AT_301=5.3, FT_521=1150.0)
    rig.run(3600)
    assert rig.calc("target_active_pct") < 45.0
    # An hour below target with the lean flow capped by heat: the integral is where
    # the flow really is, not at its limit.
    per_co2 = rig.plant.control.lean.kg_per_kg_co2
    base = 0.01 * rig.calc("target_active_pct") * rig.calc("co2_in_kg_h") * per_co2
    applied = 100.0 * (rig.calc("lean_sp_kg_h") / base - 1.0)
    assert rig.calc("trim_capture_pct") == pytest.approx(applied, abs=1.0)
    assert applied < 30.0


@pytest.mark.parametrize(
    ("tags", "loop"),
    [
        (["FT-110"], "lean"),
        (["FT-810"], "steam"),
        (["TT-521", "TT-521B"], "steam"),
        (["FT-110"], "treated"),
        (["TT-401"], "lean_t"),
        (["PT-501"], "pressure"),
    ],
)
def test_bad_input_freezes_its_loop(tags: list[str], loop: str) -> None:
    rig = BenchRig().armed()
    rig.run(5)
    rig.spoil(*tags)
    rig.run(1)
    assert rig.calc(f"mode_{loop}") == 1
    before = {k: rig.calc(k) for k in ("lean_t_sp_degC", "pressure_sp_kPa", "treated_sp_kg_h")}
    frozen = {"lean": "lean_sp_kg_h", "steam": "steam_sp_kg_h"}.get(loop)
    held = rig.calc(frozen) if frozen else 0.0
    rig.run(30)
    assert {k: rig.calc(k) for k in before} == before
    assert not frozen or rig.calc(frozen) == held
    assert rig.calc("unit_asked") == 3


def test_without_any_way_of_measuring_the_trim_is_frozen() -> None:
    rig = BenchRig().armed()
    rig.run(5)
    rig.spoil("AT-301", "AY-402", "FT-601")
    rig.run(20)  # liquid and product side speak of the analysers' moment, 15 s ago
    before = rig.calc("trim_capture_pct")
    rig.run(30)
    assert (rig.calc("mode_capture"), rig.calc("unit_asked")) == (1, 3)
    assert rig.calc("trim_capture_pct") == before


def test_one_of_two_reboiler_temperatures_is_enough() -> None:
    rig = BenchRig().armed()
    rig.spoil("TT-521")
    rig.run(5)
    assert rig.calc("mode_steam") == 5


def test_bad_input_for_a_minute_asks_for_hold_and_comes_back() -> None:
    rig = BenchRig().armed()
    rig.spoil("FT-401")
    rig.run(59)
    assert rig.calc("unit_asked") == 3
    rig.run(3)
    assert rig.sent("HS-PC-UNIT") == 5
    assert rig.calc("unit_goal") == 3
    rig.mend()
    rig.run(20)
    assert rig.sent("HS-PC-UNIT") == 5
    rig.run(15)
    assert rig.sent("HS-PC-UNIT") == 3


def test_calibration_freezes_the_trim_but_keeps_the_mode() -> None:
    rig = BenchRig().armed()
    rig.run(30)
    rig.spoil("AY-402", "FT-601")  # nor has the other two ways
    rig.say(AT_101=0.1, AT_301=9.0)
    rig.spoil("AT-101", "AT-301", reason=Reason.CALIBRATING)
    before = rig.calc("trim_capture_pct")
    lean = rig.sent("FIC-401.SP")
    rig.run(240)
    assert rig.calc("mode_capture") == 4
    assert rig.calc("trim_capture_pct") == before
    assert rig.sent("FIC-401.SP") == pytest.approx(lean, rel=0.01)
    assert np.isnan(rig.calc("capture_gas_pct"))
    rig.run(400)  # longer than a calibration may take: the trim is shed, the ratio goes on
    assert rig.calc("mode_capture") == 1
    assert rig.calc("mode_lean") == 5


@pytest.mark.parametrize("bad", [float("nan"), 2.4e-41, -999.0, 1e30])
def test_absurd_numbers_never_reach_control(bad: float) -> None:
    rig = BenchRig().armed()
    rig.run(10)
    before = rig.sent("FIC-401.SP")
    rig.say(FT_110=bad, AT_101=bad, FT_810=bad)
    outputs = rig.run(5)
    index = rig.plant.table.index
    assert all(outputs.checked.quality[index[t]] == Quality.BAD for t in ("FT-110", "AT-101"))
    assert rig.sent("FIC-401.SP") == before
    assert all(np.isfinite(v) for v in outputs.write.values())


# ---- unit requests --------------------------------------------------------------------------


def test_engine_stop_and_return_need_nobody() -> None:
    rig = BenchRig().armed()
    rig.say(HS_UNIT=5, XS_911=0, XS_912=0, HS_PERMIT=1)
    rig.run(1800)
    assert rig.sent("HS-PC-UNIT") == 3  # the request stands, the PLC waits for its permissives
    rig.say(HS_UNIT=3, XS_911=1, XS_912=1, HS_PERMIT=0)
    rig.run(90)
    assert rig.calc("mode_capture") == 4


@pytest.mark.parametrize(
    "what",
    [
        {"HS_UNIT": 7.0, "HS_TRIP": 4.0},
        {"HS_UNIT": 8.0},
        {"HS_UNIT": 5.0, "HS_PERMIT": 1024.0},
        {"HS_UNIT": 5.0, "HS_UNIT_ASKED": 5.0},
    ],
    ids=["trip", "esd", "bypass", "request dropped"],
)
def test_after_a_bypass_or_trip_a_person_is_needed(what: dict[str, float]) -> None:
    rig = BenchRig().armed()
    rig.run(10)
    rig.follows.pop("HS-PC-UNIT")
    rig.say(**what)
    rig.run(10)
    assert rig.calc("unit_goal") == 5
    rig.say(HS_UNIT=5, HS_TRIP=0, HS_PERMIT=0, HS_UNIT_ASKED=5)
    rig.run(600)
    assert rig.sent("HS-PC-UNIT") == 5
    rig.ask("unit", state="CAPTURE")
    assert rig.sent("HS-PC-UNIT") == 3


@pytest.mark.parametrize(
    ("kind", "args", "state"),
    [
        ("capture_target", {"pct": 50.0}, "ACCEPTED"),
        ("capture_target", {}, "REFUSED"),
        ("capture_target", {"pct": "much"}, "REFUSED"),
        ("unit", {"state": "hold"}, "ACCEPTED"),
        ("unit", {"state": "TRIP"}, "REFUSED"),
        ("unit", {"state": "FLY"}, "REFUSED"),
        ("loop_mode", {"loop": "lean", "mode": "MAN"}, "ACCEPTED"),
        ("loop_mode", {"loop": "lean", "mode": "IMAN"}, "REFUSED"),
        ("loop_mode", {"loop": "rudder", "mode": "MAN"}, "REFUSED"),
        ("loop_setpoint", {"loop": "lean", "value": 20000.0}, "REFUSED"),  # it is in CAS
        ("loop_setpoint", {"loop": "lean_t", "value": 41.0}, "ACCEPTED"),
        ("ack", {"alarm": "nothing"}, "REFUSED"),
        ("ack", {"alarm": "all"}, "ACCEPTED"),
        ("scuttle", {}, "REFUSED"),
    ],
)
def test_verdicts(kind: str, args: dict[str, float | str], state: str) -> None:
    rig = BenchRig().armed()
    outputs = rig.ask(kind, **args)
    verdicts = [e for e in outputs.events if is_request(e)]
    assert [(e.state, e.by) for e in verdicts] == [(state, "tester")]
    assert verdicts[0].text.endswith(".")
    assert json.dumps(dict(verdicts[0].data))
    again = command_of(verdicts[0])
    assert (again.kind, dict(again.args)) == (kind, args)


@pytest.mark.parametrize(("asked", "got"), [(50.0, 50.0), (99.0, 85.0), (3.0, 10.0)])
def test_target_beyond_limits_is_limited_and_said(asked: float, got: float) -> None:
    rig = BenchRig()
    outputs = rig.ask("capture_target", pct=asked)
    assert rig.calc("target_pct") == got
    assert ("limited" in outputs.events[0].text) == (asked != got)


NONSENSE: tuple[Any, ...] = (
    *(nan, inf, -inf, True, False, 10**400, -(10**400), 1e308, -1e9),
    *("60", "", None, [60.0], {}),
)


@pytest.mark.parametrize(("kind", "key"), [("capture_target", "pct"), ("loop_setpoint", "value")])
def test_nonsense_is_refused_in_words_and_not_limited(kind: str, key: str) -> None:
    rig, steam = BenchRig().armed(), LOOPS.index("steam")
    rig.ask("loop_mode", loop="steam", mode="MAN")
    before = rig.state.loops[steam], rig.state.target_pct
    for value in NONSENSE:
        verdict, *_ = rig.ask(kind, **{key: value}, loop="steam").events
        assert verdict.state == "REFUSED", value
        assert verdict.text.isprintable()
        assert len(verdict.text) < 200
        assert (rig.state.loops[steam], rig.state.target_pct) == before, value


def test_unit_request_needs_the_lease() -> None:
    rig = BenchRig()
    rig.run(2)
    events = rig.ask("unit", state="CAPTURE").events
    assert [e.state for e in events] == ["REFUSED"]


@pytest.mark.parametrize("loop", ["lean", "steam", "treated", "lean_t", "pressure"])
def test_hand_to_man_and_back_has_no_bump(loop: str) -> None:
    rig = BenchRig().armed()
    rig.run(300)
    names = dict(zip(LOOPS[1:], list(rig.follows)[:5], strict=True))
    name = {"lean": "FIC-401.SP", "steam": "FIC-521.SP", "treated": "FIC-110.SP"}.get(loop)
    name = name or names[loop]
    normal = "AUTO" if loop in ("lean_t", "pressure") else "CAS"
    tag, before = rig.plant.table[name], rig.sent(name)
    for mode in ("MAN", normal):
        rig.ask("loop_mode", loop=loop, mode=mode)
        assert abs(rig.sent(name) - before) <= 0.005 * (tag.hi - tag.lo)
        rig.run(30)
        before = rig.sent(name)


# ---- purity, replay, snapshots --------------------------------------------------------------


def test_step_changes_nothing_it_was_given() -> None:
    rig = BenchRig().armed()
    before = state_to_bytes(rig.state)
    state = rig.state
    rig.run(20)
    assert state_to_bytes(state) == before


def test_snapshot_is_exact_and_refuses_others() -> None:
    rig = BenchRig().armed()
    rig.spoil("AT-301")
    rig.run(90)
    data = state_to_bytes(rig.state)
    assert state_to_bytes(state_from_bytes(data)) == data
    for wrong in (b"", b"[]", b"{}", b'{"version":99,"state":{}}', b'{"version":1,"state":{}}'):
        with pytest.raises(SnapshotError):
            state_from_bytes(wrong)


def test_replay_from_a_record_decides_the_same() -> None:
    plant, rig = demo(), BenchRig().armed()
    live = replayed = state_from_bytes(state_to_bytes(rig.state))
    rng = np.random.default_rng(3)
    read = [i for i, t in enumerate(plant.table.tags) if t.direction == "in" and t.kind == "float"]
    for k in range(400):
        t_ns = rig.t_ns + (k + 1) * 1_000_000_000
        raw = _noisy(rig, rng, read, t_ns, k)
        inputs = Inputs(1000 + k, t_ns, 1_000_000_000, raw)
        live, outputs = step(live, inputs, plant)
        sent = sent_values(plant, outputs)
        record = record_of(plant, inputs, outputs, sent, k)
        again = inputs_of(record, (), plant)
        replayed, repeated = step(replayed, again, plant)
        assert repeated.write == outputs.write
        assert np.array_equal(repeated.calc, outputs.calc, equal_nan=True)
        assert np.array_equal(repeated.calc_reason, outputs.calc_reason)
        if k % 100 == 0:
            replayed = state_from_bytes(state_to_bytes(replayed))
    assert state_to_bytes(live) == state_to_bytes(replayed)


def _noisy(rig: BenchRig, rng: np.random.Generator, read: list[int], t_ns: int, k: int) -> Image:
    value, reason = rig.value.copy(), rig.reason.copy()
    value[read] *= 1.0 + 0.01 * rng.standard_normal(len(read))
    value[rig.plant.table.index["HS-PLC-BEAT"]] = k % 65536
    reason[rng.integers(0, len(value), 2)] |= np.uint32(Reason.CALIBRATING)
    if k % 97 == 0:
        reason[rng.integers(0, len(value), 3)] |= np.uint32(Reason.DEVICE)
    return Image.of(rig.plant.table, t_ns, value, reason, np.zeros(len(value), dtype=np.int32))


def test_every_channel_has_a_number_or_a_reason() -> None:
    rig = BenchRig()
    outputs = rig.run(1)
    assert len(outputs.calc) == len(rig.plant.calc)
    missing = np.isnan(outputs.calc)
    assert (outputs.calc_quality[missing] == Quality.BAD).all()
    assert (outputs.calc_quality[~missing] >= Quality.UNCERTAIN).all()


def test_counting_invents_nothing() -> None:
    rig = BenchRig()
    rig.run(20)  # the delay line fills
    before, gap = rig.calc("captured_total_t"), rig.calc("captured_gap_s")
    rig.run(3600)
    rate = rig.calc("captured_kg_h")
    assert rig.calc("captured_total_t") - before == pytest.approx(1e-3 * rate, rel=0.01)
    assert rig.calc("captured_gap_s") == gap
    before = rig.calc("captured_total_t")
    rig.spoil("AT-101", "AT-301")
    rig.run(720)
    assert rig.calc("captured_total_t") == before
    assert rig.calc("captured_gap_s") == pytest.approx(gap + 720)
    assert rig.calc("capture_10min_pct") != rig.calc("capture_10min_pct")  # nothing measured
    assert rig.calc("capture_1h_pct") == pytest.approx(59.8, abs=2.0)


def test_initial_state_is_monitor() -> None:
    state = State.initial(demo().table, 60.0)
    assert state.authority.authority == 0


def test_slipped_methane_is_no_co2_of_the_ship() -> None:
    rig = BenchRig()
    rig.plant = dataclasses.replace(demo(), fuel=LNG_OTTO_MEDIUM)
    rig.run(1500)
    fuel_kg_h = 700.0 + 700.0 + 300.0
    emitted = carbon_emitted_kg_h(fuel_kg_h, LNG_OTTO_MEDIUM)
    assert emitted < 0.98 * fuel_kg_h * LNG_OTTO_MEDIUM.factor
    assert rig.calc("ship_gross_pct") == pytest.approx(100.0 * rig.calc("captured_kg_h") / emitted)
