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
    ("control.toml", "owner_id = 1", "owner_id = 0", "lease.owner_id"),
    ("control.toml", "owner_id = 1", 'owner_id = "1"', "lease.owner_id"),
    ("control.toml", "auto_reentry = true", "auto_reentry = 1", "unit.auto_reentry"),
    ("control.toml", "capture_pct = 60.0", "capture_pct = 95.0", "target.max_pct: 85 is below 95"),
    ("control.toml", "capture_pct = 60.0", "capture_pct = 5.0", "target.capture_pct: 5 is below"),
    ("control.toml", "header_full_barg = 3.0", "header_full_barg = 2.0", "steam.header_full"),
    ("control.toml", "initial_GJ_t = 3.9", "initial_GJ_t = 9.0", "duty.max_GJ_t"),
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
    ("alarms.toml", "low = 19.5", "low = 19.5\nhigh = 25.0", "either high or low"),
    ("alarms.toml", "deadband = 2.0", "dead_band = 2.0", "did you mean 'deadband'?"),
    ("alarms.toml", "[sensor_fault]", "[sensor_faults]", "sensor_fault"),
    ("plant.toml", 'engine = "6L46B"', 'engine = "6L46"', "ship.engine: no engine table '6L46'"),
    ("plant.toml", 'fuel = "MGO"', 'fuel = "MGOO"', "no fuel 'MGOO'; did you mean 'MGO'?"),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
def test_one_clear_error(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    change(folder, file, old, new)
    with pytest.raises(ConfigError) as caught:
        configure(load_plant(folder))
    assert file in str(caught.value)
    assert expected in str(caught.value)


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
