"""Controller and rig together on a manual clock: what a watch would see."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime

import numpy as np
import pytest

from controller.channels import CONSTRAINTS
from controller.config import PlantConfig, configure
from controller.modes import Mode
from controller.scene import Source
from controller.types import Outputs
from seastack.bench.sail import OWNER, Sailing
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sensors.quality import Reason
from sim import voyages
from sim.faults import Fault
from sim.plc_states import Unit
from sim.rig import Rig

AT_SEA = datetime(2014, 2, 1, 10, 0, tzinfo=UTC)
Make = Callable[[], Sailing]


@pytest.fixture(scope="module")
def config() -> PlantConfig:
    return configure(load_plant(locate("demo")))


@pytest.fixture(scope="module")
def make(config: PlantConfig) -> Make:
    voyage = voyages.load("birka")
    warm = Rig(config.plant, voyage, 1, int(AT_SEA.timestamp() * 1e9))
    warm.warm()
    shared = {id(part): part for part in (config.plant, voyage, warm.plant.spec, warm.table)}

    def sailing() -> Sailing:
        return Sailing(deepcopy(warm, dict(shared)), config)

    return sailing


def sail(sailing: Sailing, minutes: float) -> list[Outputs]:
    return [sailing.cycle() for _ in range(round(60 * minutes))]


def armed(make: Make, minutes: float = 3.0) -> Sailing:
    sailing = make()
    sailing.cycle()
    sailing.ask("arm")
    sail(sailing, minutes)
    return sailing


def calc(sailing: Sailing, outputs: Outputs, name: str) -> float:
    return float(outputs.calc[sailing.config.calc[name]])


def said(sailing: Sailing, name: str) -> float:
    return float(sailing.rig.value[sailing.rig.table.index[name]])


def unit(sailing: Sailing) -> Unit:
    return Unit(int(said(sailing, "HS-UNIT")))


OUTPUTS = {"HS-PC-ALARM", "HS-PC-HEALTHY", "HS-PC-CALL"}


def test_in_monitor_only_the_three_outputs_are_written(make: Make) -> None:
    sailing = make()
    assert not any(set(o.write) - OUTPUTS or o.bypass for o in sail(sailing, 2))
    assert said(sailing, "HS-OWNER") == 0


def test_armed_it_takes_the_lease_and_closes_the_loops(make: Make) -> None:
    sailing = armed(make)
    last = sailing.cycle()
    assert said(sailing, "HS-OWNER") == OWNER
    modes = [calc(sailing, last, f"mode_{n}") for n in ("capture", "lean", "steam")]
    assert modes == [Mode.AUTO, Mode.CAS, Mode.CAS]


def test_taking_over_moves_no_set_point_by_a_jump(make: Make) -> None:
    sailing = make()
    sail(sailing, 1)
    sailing.ask("arm")
    names = ("FIC-401.SPR", "FIC-521.SPR", "FIC-110.SPR", "TIC-401.SPR", "PIC-501.SPR")
    seen = []
    for _ in range(120):
        sailing.cycle()
        seen.append([said(sailing, n) for n in names])
    steps = np.abs(np.diff(np.array(seen), axis=0)).max(axis=0)
    control = sailing.config.control
    rates = (control.lean.rate_kg_h_per_s, control.steam.rate_kg_h_per_s)
    assert steps[0] <= 1.5 * rates[0]
    assert steps[1] <= 1.5 * rates[1]


def test_a_healthy_plc_refuses_nothing_over_lease_states_and_a_restart(make: Make) -> None:
    sailing = make()
    said: list[float] = []
    events: list[str] = []

    def on(minutes: float) -> None:
        for outputs in sail(sailing, minutes):
            said.append(calc(sailing, outputs, "setpoints_refused"))
            assert calc(sailing, outputs, "other_master") == 0
            events.extend(e.source for e in outputs.events if e.state == "ACTIVE")

    on(0.1)
    for kind, args in (
        ("arm", {}),
        ("unit", {"state": "HOLD"}),
        ("capture_target", {"pct": 30.0}),
        ("unit", {"state": "CAPTURE"}),
        ("disarm", {}),
        ("arm", {}),
    ):
        sailing.ask(kind, args)
        on(2)
    sailing.rig.restart_plc(8.0)
    on(3)
    assert calc(sailing, sailing.cycle(), "lease") == 2
    assert max(said) == 0
    assert not {"setpoint_refused", "setpoint_not_followed", "other_master"} & set(events)


def test_a_set_point_beyond_the_plcs_own_limit_is_told_with_its_reason(make: Make) -> None:
    sailing = armed(make, 2)
    sailing.rig.plc.points.hi = [20_000.0, *sailing.rig.plc.points.hi[1:]]
    texts = [
        e.text
        for o in sail(sailing, 1)
        for e in o.events
        if (e.source, e.state) == ("setpoint_refused", "ACTIVE")
    ]
    assert texts == ["The PLC refuses set-points: lean flow (out of limits)"]


def test_the_true_capture_follows_a_new_target(make: Make) -> None:
    sailing = armed(make, 10)
    sailing.ask("capture_target", {"pct": 50.0})
    sail(sailing, 40)
    true = [sailing.rig.truth.capture_pct for _ in sail(sailing, 5)]
    # Analysers may be off by their stated accuracy: 2 % of reading each.
    assert np.mean(true) == pytest.approx(50.0, abs=1.5)


def test_steam_loss_is_named_and_capture_goes_down_without_a_trip(make: Make) -> None:
    sailing = armed(make, 5)
    sailing.rig.inject(Fault("steam_loss", value=0.5))
    last = sail(sailing, 15)[-1]
    assert CONSTRAINTS[int(calc(sailing, last, "constraint"))] == "Heat-limited"
    assert calc(sailing, last, "target_active_pct") < calc(sailing, last, "target_pct")
    assert sailing.rig.truth.counters.trips == 0


@pytest.mark.parametrize("mode", ["OOS", "MAN"])
def test_a_held_steam_set_point_gives_up_heat_that_is_gone_and_the_plc_takes_it(
    make: Make, mode: str
) -> None:
    sailing = armed(make, 5)
    sailing.ask("loop_mode", {"loop": "steam", "mode": mode})
    sail(sailing, 0.1)
    sailing.rig.inject(Fault("steam_loss", value=0.7))
    rejects, events = set(), []
    for outputs in sail(sailing, 3):
        share = sailing.config.control.steam.available_share
        heard = outputs.checked.value[sailing.rig.table.index["FT-810"]]
        assert outputs.write["FIC-521.SP"] <= share * heard + 1e-3
        rejects.add(said(sailing, "HS-REJECT"))
        events += [(e.source, e.state) for e in outputs.events if e.kind == "alarm"]
    assert rejects == {0.0}
    assert said(sailing, "FIC-521.SPR") <= said(sailing, "FT-810")
    assert not [e for e in events if e[0] in ("setpoint_not_followed", "write_failed")]


def test_after_the_steam_is_back_nothing_has_wound_up(make: Make) -> None:
    sailing = armed(make, 5)
    sailing.rig.inject(Fault("steam_loss", value=0.5, duration_s=1200))
    sail(sailing, 60)
    true = [sailing.rig.truth.capture_pct for _ in sail(sailing, 20)]
    assert max(true) < 66.0
    assert np.mean(true) == pytest.approx(59.0, abs=2.5)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("analyser_nan", "AT-301"),
        Fault("analyser_stuck", "AT-301"),
        Fault("ma_3_5", "AT-301", 3.5),
        Fault("analyser_drift", "AT-301", 6.0),
        Fault("analyser_nan", "AT-101"),
    ],
    ids=lambda fault: f"{fault.name} {fault.target}",
)
def test_without_an_analyser_capture_goes_on_near_its_target(make: Make, fault: Fault) -> None:
    sailing = armed(make, 35)
    sailing.rig.inject(fault)
    true, units = [], set()
    for _ in range(30 * 60):
        last = sailing.cycle()
        true.append(sailing.rig.truth.capture_pct)
        units.add(unit(sailing))
    assert units == {Unit.CAPTURE}
    assert calc(sailing, last, "capture_from") != Source.GAS
    assert np.mean(true[-600:]) == pytest.approx(60.0, abs=4.5)
    lean = calc(sailing, last, "lean_sp_kg_h")
    sailing.rig.clear(fault.name)
    sail(sailing, 0.1)
    assert calc(sailing, sailing.cycle(), "lean_sp_kg_h") == pytest.approx(lean, rel=0.02)


def test_a_drifting_analyser_is_an_alarm_within_minutes_and_not_followed(make: Make) -> None:
    sailing = armed(make, 35)
    sailing.rig.inject(Fault("analyser_drift", "AT-301", 6.0))
    raised = [
        e.text for o in sail(sailing, 10) for e in o.events if e.source == "witnesses_disagree"
    ]
    assert len(raised) == 1
    assert "gas side is the odd one" in raised[0]
    last = sail(sailing, 10)[-1]
    true, best = sailing.rig.truth.capture_pct, calc(sailing, last, "capture_best_pct")
    assert abs(best - true) <= calc(sailing, last, "capture_best_u_pct") + 3.0
    assert calc(sailing, last, "capture_gas_pct") < true - 20.0


def test_a_lean_flow_that_is_lost_holds_the_unit_and_says_so(make: Make) -> None:
    sailing = armed(make)
    sailing.rig.inject(Fault("ma_3_5", "FT-401", 3.5))
    events = [e for o in sail(sailing, 2.5) for e in o.events]
    assert unit(sailing) is Unit.HOLD
    assert any(e.source == "unit_held" and "FT-401" in e.text for e in events)


@pytest.mark.parametrize("arm", [False, True])
def test_bypass_is_obeyed_in_every_mode_and_needs_a_person_to_leave(make: Make, arm: bool) -> None:
    sailing = armed(make, 1) if arm else make()
    sailing.cycle()
    sailing.ask("bypass")
    sail(sailing, 0.5)  # the damper takes ten seconds, the blower coasts down
    assert said(sailing, "HS-BYPASS") == 1.0
    sail(sailing, 5)
    assert unit(sailing) is not Unit.CAPTURE


def test_lost_steam_readings_leave_the_specific_duty_true(make: Make) -> None:
    sailing = armed(make, 15)
    before = calc(sailing, sailing.cycle(), "srd_GJ_t")
    for second in range(900):
        sailing.rig.step()
        if second % 2:
            sailing.rig.reason[sailing.rig.table.index["FT-521"]] = Reason.DOUBTFUL
        sailing.decide()
    assert calc(sailing, sailing.cycle(), "srd_GJ_t") == pytest.approx(before, rel=0.05)


def test_an_analyser_uncertain_for_ever_is_done_without(make: Make) -> None:
    sailing = armed(make, 5)
    channel = sailing.rig.table.index["AT-301"]
    found = []
    for _ in range(640):
        sailing.rig.step()
        sailing.rig.reason[channel] = Reason.CALIBRATING
        last = sailing.decide()
        found.append((calc(sailing, last, "mode_capture"), calc(sailing, last, "capture_from")))
    assert {mode for mode, _ in found} == {Mode.AUTO}
    assert found[-1][1] == Source.LIQUID_AND_PRODUCT
    assert unit(sailing) is Unit.CAPTURE


def test_boilers_that_lose_heat_are_named(make: Make) -> None:
    sailing = armed(make, 5)
    sailing.rig.inject(Fault("steam_loss", value=0.6))
    events = [e for o in sail(sailing, 8) for e in o.events]
    assert any(e.source == "steam_below_expected" for e in events)


def test_heat_that_is_gone_makes_no_way_of_measuring_lie(make: Make) -> None:
    sailing = armed(make, 40)
    sailing.rig.inject(Fault("steam_loss", value=0.6))
    events = [e for o in sail(sailing, 30) for e in o.events]
    assert any(e.source == "steam_below_expected" for e in events)
    assert not any(e.source == "witnesses_disagree" for e in events)


def test_when_the_controller_dies_the_plc_owns_the_rig_within_five_seconds(make: Make) -> None:
    sailing = armed(make)
    rig, before = sailing.rig, said(sailing, "FIC-401.SPR")
    owner = []
    for _ in range(60):
        rig.step()
        owner.append(said(sailing, "HS-OWNER"))
    assert owner.index(0.0) + 1 <= 5
    assert said(sailing, "FIC-401.SPR") == pytest.approx(before, rel=0.1)
    assert rig.truth.capture_pct > 40.0


def test_key_in_local_refuses_to_arm(make: Make) -> None:
    sailing = make()
    sailing.rig.key(remote=False)
    sail(sailing, 0.1)
    sailing.ask("arm")
    events = sailing.cycle().events
    assert [e.state for e in events if e.source == "arm"] == ["REFUSED"]
    assert not any(set(o.write) - OUTPUTS for o in sail(sailing, 0.5))
