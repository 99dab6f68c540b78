"""Sulphur and nitrogen oxides of the rig come from its fuel; the quench takes most of the SO2."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import Fault
from sim.plc_trips import NUMBER
from sim.rig import Rig
from sim.truth import SO2_REMOVED

AT_SEA_NS = int(datetime(2014, 2, 1, 10, 0, tzinfo=UTC).timestamp() * 1e9)


def burning(fuel: str, folder: Path, scrubber: float = 0.0) -> Rig:
    """Return a warm rig of the demo plant with another fuel and scrubber in plant.toml."""
    shutil.copytree(locate("demo"), folder)
    file = folder / "plant.toml"
    written = f'fuel = "{fuel}"\nscrubber_so2_removal = {scrubber}'
    file.write_text(file.read_text().replace('fuel = "MGO"', f"{written}#"))
    rig = Rig(load_plant(folder), voyages.load("birka"), 1, AT_SEA_NS)
    rig.warm()
    return rig


def said(rig: Rig, name: str) -> float:
    return float(rig.value[rig.table.index[name]])


def sail(rig: Rig, seconds: int) -> None:
    for _ in range(seconds):
        rig.step()


def test_marine_gas_oil_keeps_the_sulphur_alarm_quiet_until_the_caustic_is_lost(
    tmp_path: Path,
) -> None:
    rig = burning("MGO", tmp_path / "plant")
    so2, co2 = said(rig, "AT-103"), said(rig, "AT-101")
    assert so2 == pytest.approx(4.3 * co2, abs=5.5)  # 0.1 % sulphur; the analyser's own 5 ppm
    assert said(rig, "AT-211") == pytest.approx((1.0 - SO2_REMOVED) * 4.3 * co2, abs=1.2)
    assert said(rig, "AT-211") < 5.0
    assert 900.0 < said(rig, "AT-104") < 1800.0
    rig.inject(Fault("caustic_loss"))
    sail(rig, 90)
    assert said(rig, "AT-211") > 12.0
    assert said(rig, "AT-221") < 6.0
    rig.clear("caustic_loss")
    sail(rig, 120)
    assert said(rig, "AT-211") < 5.0
    assert said(rig, "AT-221") > 7.0


def test_a_sulphurous_fuel_passes_the_limit_and_heavy_fuel_trips(tmp_path: Path) -> None:
    low = burning("VLSFO", tmp_path / "low")
    assert 10.0 < said(low, "AT-211") < 20.0
    heavy = burning("HFO", tmp_path / "heavy")
    assert heavy.plc.trips.first_out == NUMBER["so2"]  # above 50 ppm for 5 min while it warmed


def test_heavy_fuel_behind_a_scrubber_runs(tmp_path: Path) -> None:
    rig = burning("HFO", tmp_path / "plant", scrubber=0.97)
    assert said(rig, "AT-211") < 5.0
    assert not rig.plc.trips.latched
    assert rig.truth.capture_pct > 30.0


def test_gas_without_sulphur_shows_none(tmp_path: Path) -> None:
    rig = burning("LNG", tmp_path / "plant")
    assert said(rig, "AT-211") == pytest.approx(0.0, abs=1.2)
    assert rig.truth.capture_pct > 30.0
