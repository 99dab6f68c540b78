"""Voyage files: the built-in one, interpolation, gaps, and every way a file can be wrong."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.exhaust import engines_on_line
from sensors.errors import ConfigError
from sim import voyages
from sim.voyages import ShipSize, Voyage, engines_needed


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def birka() -> Voyage:
    return voyages.load("birka")


def write(folder: Path, text: str) -> Path:
    path = folder / "v.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_built_in_voyage_spans_half_a_year(birka: Voyage) -> None:
    assert birka.start_s == seconds("2013-12-03T00:00")
    assert birka.end_s == seconds("2014-05-31T23:45")


def test_points_are_met_and_joined_by_lines(birka: Voyage) -> None:
    assert birka.at(seconds("2013-12-03T00:00")).total_kW == pytest.approx(1678.8)
    assert birka.at(seconds("2013-12-03T00:07:30")).total_kW == pytest.approx(1679.35)


def test_it_is_held_beyond_its_ends(birka: Voyage) -> None:
    assert birka.at(birka.start_s - 1e6) == birka.at(birka.start_s)
    assert birka.at(birka.end_s + 1e6) == birka.at(birka.end_s)


def test_the_clock_change_is_a_gap_not_a_blackout(birka: Voyage) -> None:
    assert len(birka.gaps) == 3
    before = birka.at(seconds("2014-03-30T03:15")).total_kW
    assert before > 1000.0
    for minute in (30, 37, 45, 59):
        assert birka.at(seconds(f"2014-03-30T03:{minute}")).total_kW == before


def test_total_power_is_split_into_propulsion_and_hotel(birka: Voyage) -> None:
    state = birka.at(seconds("2014-02-01T06:00"))
    assert state.propulsion_kW + state.hotel_kW == pytest.approx(state.total_kW)
    assert state.n_engines == 2
    assert state.load_frac == pytest.approx((9877.0 - 1800.0) / (2 * 5850.0))


def test_the_engine_rule_is_the_models_rule() -> None:
    power = np.linspace(0.0, 23000.0, 401)
    ours = [engines_needed(p, ShipSize()) for p in power.tolist()]
    assert ours == engines_on_line(power).astype(int).tolist()


def test_about_thirty_main_engine_hours_a_day(birka: Voyage) -> None:
    days = 60
    start = seconds("2014-02-01T00:00")
    steps = [birka.at(start + 900.0 * k).n_engines for k in range(96 * days)]
    assert 0.25 * sum(steps) / days == pytest.approx(29.9, abs=2.0)


def test_optional_columns_are_used_and_others_ignored(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "note,timestamp,total_power_demand_kW,sea_water_degC,ship_heat_kW\n"
        "a,2014-01-01 00:00:00,2000,10,400\nb,2014-01-01T00:10:00,4000,20,600\n",
    )
    state = voyages.load(path).at(seconds("2014-01-01T00:05"))
    assert (state.sea_water_degC, state.ship_heat_kW, state.total_kW) == (15.0, 500.0, 3000.0)
    assert state.air_degC != state.air_degC  # not in the file: NaN


def test_a_gzip_file_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "v.csv.gz"
    text = "\ufefftimestamp,total_power_demand_kW\n2014-01-01,1\n2014-01-02,2\n"
    path.write_bytes(gzip.compress(text.encode()))
    assert voyages.load(path).name == "v"


BAD = [
    ("timestamp,power\n", "line 1, column total_power_demand_kW: missing"),
    ("", "line 1, column timestamp: missing; the file is empty"),
    ("timestamp,total_power_demand_kW\n2014-01-01,5\n", "1 usable rows"),
    ("timestamp,total_power_demand_kW\nyesterday,5\n", "line 2, column timestamp: 'yesterday'"),
    ("timestamp,total_power_demand_kW\n2014-01-01,x\n", "line 2, column total_power_demand_kW"),
    ("timestamp,total_power_demand_kW\n2014-01-01\n", "cells are no kW from 0: line 2 empty"),
    ("timestamp,total_power_demand_kW\n2014-01-01,-3\n", "line 2 -3; leave those rows out"),
    ("timestamp,total_power_demand_kW\n2014-01-01,nan\n", "line 2 empty"),
    (
        "timestamp,total_power_demand_kW\n2014-01-02,5\n2014-01-01,5\n",
        "line 3, column timestamp: time does not rise",
    ),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_wrong_file_is_told_by_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as told:
        voyages.load(path)
    assert str(path) in str(told.value)
    assert said in str(told.value)


def test_no_file_and_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; built-in voyages: birka"):
        voyages.load("birkka")
    path = tmp_path / "v.csv"
    path.write_bytes(b"timestamp,\xff\xfe\x00")
    with pytest.raises(ConfigError, match="line 1: is not text"):
        voyages.load(path)
    packed = tmp_path / "v.csv.gz"
    packed.write_bytes(b"not gzip at all")
    with pytest.raises(ConfigError, match=r"no sound \.gz"):
        voyages.load(packed)
