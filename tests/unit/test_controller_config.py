"""control.toml and alarms.toml: one clear error for every mistake."""

import shutil
from pathlib import Path

import pytest

from controller.config import configure
from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.plantfile import load_plant


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the demo plant to spoil."""
    return Path(shutil.copytree(locate("demo"), tmp_path / "demo"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


CASES = [
    ("control.toml", "kc_per_pct", "kc_percent", "capture_loop.kc_percent: unknown key"),
    ("control.toml", "[duty]", "[dutty]", "dutty: unknown key; did you mean 'duty'?"),
    ("control.toml", "[lease]", "[lease]\nowner_id = 1", "lease.owner_id"),
    ("control.toml", "disarm_after_s = 900.0", "disarm_after_s = 0.0", "lease.disarm_after_s"),
    ("control.toml", "auto_reentry = true", "auto_reentry = 1", "unit.auto_reentry"),
    ("control.toml", 'bits = ["lean"', 'bits = ["leen"', "setpoint_ok.bits"),
    ("control.toml", '"lean_t", "pr', '"lean", "pr', "setpoint_ok.bits: 'lean' has two bits"),
    ("control.toml", "capture_pct = 60.0", "capture_pct = 95.0", "target.max_pct: 85 is below 95"),
    ("control.toml", "capture_pct = 60.0", "capture_pct = 5.0", "target.capture_pct: 5 is below"),
    ("control.toml", "header_full_barg = 3.0", "header_full_barg = 2.0", "steam.header_full"),
    ("control.toml", "initial_GJ_t = 3.9", "initial_GJ_t = 9.0", "duty.max_GJ_t"),
    (
        "control.toml",
        "follow_tolerance = 0.02",
        "follow_tolerance = 0.02\nfollow_delay_s = 15.0",
        "actuation.follow_delay_s: is gone: nothing ever read it; remove it",
    ),
    ("control.toml", "[first_out]", "[permissive]\n[first_out]", "permissive: is gone"),
    ("control.toml", '2 = "Exhaust', 'two = "Exhaust', "first_out.two: the key must be a number"),
    (
        "control.toml",
        "lost_after_s = 4.0",
        "lost_after_s = 4.5",
        "lease.lost_after_s: 4.5 s is above lease.timeout_s of plant.toml, 4 s; "
        "the PLC has the rig by then: write 4 or less",
    ),
    ("control.toml", "[gas]", "[gas", "syntax"),
    ("alarms.toml", 'role = "so2_quench"', 'role = "so2_qench"', "did you mean 'so2_quench'?"),
    ("alarms.toml", 'signal = "lease"', 'signal = "leash"', "did you mean 'lease'?"),
    ("alarms.toml", "priority = 1", "priority = 9", "priority"),
    ("alarms.toml", 'id = "link_plc"', 'id = "plc_trip"', "this id is used twice"),
    ("alarms.toml", 'signal = "link_plc"', 'role = "co2_in"\nsignal = "link_plc"', "either role"),
    ("alarms.toml", 'follows = ["plc_trip"]', 'follows = ["plc_trop"]', "did you mean 'plc_trip'?"),
    ("alarms.toml", "trip_settle_s = 30.0", "", "give both trip_causes and trip_settle_s"),
    (
        "alarms.toml",
        "trip_causes = [2]",
        "trip_causes = [77]",
        "77 is no number of first_out",
    ),
    (
        "alarms.toml",
        'follows = ["plc_trip"]',
        'follows = ["link_plc"]',
        "back_pressure_high_high_1.trip_causes: none of its follows tells a trip",
    ),
    ("alarms.toml", "low = 19.5", "low = 19.5\nhigh = 25.0", "either high or low"),
    ("alarms.toml", "deadband = 2.0", "dead_band = 2.0", "did you mean 'deadband'?"),
    ("alarms.toml", "[sensor_fault]", "[sensor_faults]", "sensor_fault"),
    ("plant.toml", 'engine = "6L46B"', 'engine = "6L46"', "ship.engine: no engine table '6L46'"),
    ("plant.toml", 'fuel = "MGO"', 'fuel = "MGOO"', "no fuel 'MGOO'; did you mean 'MGO'?"),
]


# Alarms that could never stand or never clear, or say something odd.
ALARMS = [
    ("low = 19.5", "low = -1.0", "alarm space_o2_low.low: -1 is not inside the range [0, 25]: "
     "it would never stand; write a limit inside it"),
    ("low = 19.5", "low = 26.0", "alarm space_o2_low.low: 26 is not inside the range [0, 25]: "
     "it would always stand"),
    ("high = 124.0", "high = 150.0", "150 is not inside the range [0, 150]: it would never stand"),
    ("low = 19.5\ndeadband = 0.3", "low = 19.5\ndeadband = 6.0",
     "alarm space_o2_low.deadband: it clears at 25.5, outside the range [0, 25]: never; "
     "write 5.5 or less"),
    ("high = 10.0\ndeadband = 2.0", "high = 10.0\ndeadband = 10.5",
     "alarm so2_after_quench_high.deadband: it clears at -0.5"),
    ("high = 2.5\ndeadband = 0.5", "high = 3.0\ndeadband = 0.5",
     "alarm lease_lost.high: 3 is not inside the range [0, 3]"),
    ("high = 2.5\ndeadband = 0.5", "high = 2.5\ndeadband = 3.0", "alarm lease_lost.deadband"),
    ("on_delay_s = 60.0", "on_delay_s = 86401.0", "so2_after_quench_high.on_delay_s: input should"),
    ("off_delay_s = 60.0", "off_delay_s = 1e9", "so2_after_quench_high.off_delay_s: input should"),
    ("on_delay_s = 10.0", "on_delay_s = 1e9", "sensor_fault.on_delay_s: input should"),
    ("high = 30.0\ndeadband = 2.0", "high = 24.0\ndeadband = 2.0",
     "alarm back_pressure_high_high_1.high: 24 is not above the 25 of back_pressure_high_1; "
     "write one above it"),
    ("high = 88.0\ndeadband = 1.0\non_delay_s = 30.0\noff_delay_s = 30.0\npriority = 2\n"
     'follows = ["lco2_level_high_high"]', "high = 93.0\npriority = 2",
     "alarm lco2_level_high_high.high: 93 is not above the 93 of lco2_level_high"),
    ('follows = ["link_plc", "lease_lost"]', 'follows = ["lease_denied"]',
     "alarm lease_denied.follows: it follows from itself, so it would never stand; take one out"),
    ("high = 0.5\npriority = 1", 'high = 0.5\npriority = 1\nfollows = ["setpoint_not_followed"]',
     "alarm plc_trip.follows: it follows from itself, by way of others"),
    ('follows = ["space_co2_high_high"]', 'follows = ["copy_refused"]',
     "alarm space_co2_high_1.follows: 'copy_refused' has priority 3, less urgent than the 2 of "
     "this alarm, which it would hide; take it out, or give it priority 2"),
    ('follows = ["space_co2_high_high"]', 'follows = ["space_co2_hih"]',
     "alarm space_co2_high.follows: no alarm 'space_co2_hih'; did you mean"),
    ("engine {index} high-high", "engine {indx} high-high",
     "alarm back_pressure_high_high.text: unknown placeholder {indx}; known is {index}"),
    ("Link to the PLC lost", "Link {index} to the PLC lost",
     "alarm link_plc.text: unknown placeholder {index}; none is filled in here: write it out"),
    ("A leak of CO2.", "A leak of CO2 in space {index}.",
     "alarm space_co2_high_high.cause: unknown placeholder {index}"),
    ('role = "engine_back_pressure"\nindex = "each"', 'role = "engine_back_pressure"\nindex = 9',
     "alarm back_pressure_high_high.index: no tag of role 'engine_back_pressure' has index 9; "
     "there is index 1, 2, 3, 4"),
    ('role = "reboiler_temperature"', 'role = "reboiler_temperature"\nwitness = "C"',
     "alarm reboiler_temperature_high_high.witness: no tag of role 'reboiler_temperature' has "
     "index 0, witness 'C'; there is index 0, 0 witness 'B'"),
    ('role = "so2_quench"', 'role = "lean_flow_sp"',
     "alarm so2_after_quench_high.role: 'lean_flow_sp' is written, not read; "
     "watch its read-back 'lean_flow_sp_active'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ALARMS)
def test_an_alarm_can_stand_clear_and_be_read(
    folder: Path, old: str, new: str, expected: str
) -> None:
    change(folder, "alarms.toml", old, new)
    with pytest.raises(ConfigError) as caught:
        configure(load_plant(folder))
    assert str(caught.value).startswith("alarms.toml: ")
    assert expected in str(caught.value)


def test_one_of_many_may_follow_from_a_single_alarm(folder: Path) -> None:
    change(
        folder,
        "alarms.toml",
        'follows = ["back_pressure_high_high", "plc_trip"]',
        'follows = ["back_pressure_high_high", "plc_trip", "lease_lost"]',
    )
    (rule,) = [r for r in configure(load_plant(folder)).rules if r.id == "back_pressure_high_2"]
    assert rule.parents == ("back_pressure_high_high_2", "plc_trip", "lease_lost")


@pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
def test_one_clear_error(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    change(folder, file, old, new)
    with pytest.raises(ConfigError) as caught:
        configure(load_plant(folder))
    assert file in str(caught.value)
    assert expected in str(caught.value)


def test_a_folder_without_the_blowers_run_down_says_what_to_write(folder: Path) -> None:
    path = folder / "plant.toml"
    path.write_text(path.read_text().split("[bypass]")[0])
    with pytest.raises(ConfigError, match=r"plant.toml: .*\[bypass\] is missing: write run_down_s"):
        load_plant(folder)


@pytest.mark.parametrize("file", ["control.toml", "alarms.toml"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(ConfigError, match=f"{file}: file: not found"):
        configure(load_plant(folder))


def test_layout_of_the_demo() -> None:
    plant = configure(load_plant(locate("demo")))
    kinds = [c.kind for c in plant.layout]
    assert kinds == sorted(kinds, key=("in", "calc", "out").index)
    names = [c.name for c in plant.layout]
    assert len(set(names)) == len(names)
    assert len(plant.read) + len(plant.calc) + len(plant.written) == len(names)


@pytest.mark.parametrize("full", [2400.0, 3000.0])
def test_a_computed_set_point_has_the_range_of_its_plant(folder: Path, full: float) -> None:
    change(folder, "plant.toml", "max_steam_kg_h = 2400.0", f"max_steam_kg_h = {full}")
    spans = {c.name: (c.lo, c.hi) for c in configure(load_plant(folder)).layout}
    assert spans["lean_sp_kg_h"] == (0, 32000)
    assert spans["treated_sp_kg_h"] == (0, 22000)
    assert spans["steam_sp_kg_h"] == (0, full)
    assert spans["steam_margin_kg_h"] == (-full, 2.5 * full)


def test_changing_control_changes_the_hash(folder: Path) -> None:
    before = configure(load_plant(folder)).config_hash
    change(folder, "control.toml", "filter_s = 30.0", "filter_s = 31.0")
    assert configure(load_plant(folder)).config_hash != before


def test_every_alarm_tells_what_to_do() -> None:
    plant = configure(load_plant(locate("demo")))
    for rule in (*plant.rules, *plant.faults.values()):
        assert rule.cause.endswith(".")
        assert rule.consequence.endswith(".")
        assert rule.action.endswith(".")
        assert rule.priority in (1, 2, 3)
