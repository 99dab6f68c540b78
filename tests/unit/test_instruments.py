"""Instruments: lag, dead time, bias within accuracy, noise, quantisation, range, faults."""

import numpy as np
import pytest

from seastack.plants.locate import locate
from sensors.image import F64
from sensors.plantfile import Plant, load_plant
from sensors.quality import Reason
from sim.instruments import Instruments


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_plant(locate("demo"))


def middle(plant: Plant) -> F64:
    """Return a true value for every tag, well inside its range."""
    values = []
    for tag in plant.tags.tags:
        low, high = tag.normal or (tag.lo, tag.hi)
        value = low + 0.6 * (high - low)
        values.append(value if tag.kind == "float" else round(value))
    return np.array(values)


def settled(plant: Plant, seed: int = 1) -> tuple[Instruments, F64]:
    true = middle(plant)
    instruments = Instruments(plant.tags, seed)
    instruments.settle(true)
    return instruments, true


def mean(instruments: Instruments, true: F64, n: int = 600) -> F64:
    rows = np.array([instruments.read(true, float(k), 1.0) for k in range(n)])
    average: F64 = rows.mean(axis=0)
    return average


def test_every_bias_lies_within_the_stated_accuracy_and_is_there(plant: Plant) -> None:
    instruments, true = settled(plant)
    error = np.abs(mean(instruments, true) - true)
    tags = plant.tags.tags
    stated = np.array(
        [t.accuracy_rel * abs(x) + t.accuracy_abs for t, x in zip(tags, true, strict=True)]
    )
    noise = 4.0 * 0.016 * 20000.0 / np.sqrt(600.0)  # the noisiest tag: treated flow
    for tag, e, limit in zip(tags, error.tolist(), stated.tolist(), strict=True):
        room = noise if tag.role in ("treated_flow", "lean_flow", "rich_flow") else 0.02
        step = (tag.hi - tag.lo) / 16000.0
        assert e <= limit + room + step, tag.name
    assert np.count_nonzero(error > 0.2 * np.maximum(stated, 1e-12)) > 60


def test_handshake_and_setpoints_pass_untouched(plant: Plant) -> None:
    instruments, true = settled(plant)
    index = plant.tags.index
    true[index["HS-PC-SEQ"]] = 65535.0
    true[index["FIC-401.SP"]] = 24123.456
    true[index["FIC-401.SPR"]] = 24123.456
    value = instruments.read(true, 0.0, 1.0)
    for name in ("HS-PC-SEQ", "FIC-401.SP", "FIC-401.SPR"):
        assert value[index[name]] == true[index[name]]


def test_the_analyser_waits_for_its_sample_line(plant: Plant) -> None:
    instruments, true = settled(plant)
    i = plant.tags.index["AT-301"]
    before = mean(instruments, true, 60)[i]
    true[i] *= 0.5
    seen = [float(instruments.read(true, 0.0, 1.0)[i]) for _ in range(90)]
    assert min(seen[:14]) > 0.9 * before  # 15 s of dead time
    assert seen[22] < 0.9 * before  # then a lag of 8 s
    assert np.mean(seen[70:]) == pytest.approx(0.5 * before, rel=0.03)


@pytest.mark.parametrize("dt_s", [0.1, 0.5, 2.0])
def test_the_dead_time_does_not_depend_on_the_step(plant: Plant, dt_s: float) -> None:
    instruments, true = settled(plant)
    i = plant.tags.index["AT-101"]
    instruments.read(true, 0.0, dt_s)
    before, t = float(true[i]), 0.0
    true[i] *= 0.5
    while float(instruments.read(true, 0.0, dt_s)[i]) > 0.93 * before * instruments.gain[i]:
        t += dt_s
    assert 14.0 <= t <= 18.0


def test_noise_is_white_seeded_and_of_the_stated_size(plant: Plant) -> None:
    i = plant.tags.index["PT-501"]
    rows = []
    for seed in (1, 1, 2):
        instruments, true = settled(plant, seed)
        rows.append([float(instruments.read(true, 0.0, 1.0)[i]) for _ in range(400)])
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]
    assert np.std(rows[0]) == pytest.approx(0.6, rel=0.15)  # kPa, NCCC 2017
    assert abs(np.corrcoef(rows[0][1:], rows[0][:-1])[0, 1]) < 0.15


def test_loop_currents_come_in_whole_microamperes(plant: Plant) -> None:
    instruments, true = settled(plant)
    tag = plant.tags["LT-361"]
    value = float(instruments.read(true, 0.0, 1.0)[plant.tags.index["LT-361"]])
    microampere = 4000.0 + 16000.0 * (value - tag.lo) / (tag.hi - tag.lo)
    assert microampere == pytest.approx(round(microampere), abs=1e-6)


def test_an_instrument_ends_at_its_range(plant: Plant) -> None:
    instruments, true = settled(plant)
    at = plant.tags.index
    true[at["TT-521"]], true[at["FT-491"]] = 1000.0, -500.0
    for _ in range(100):
        value = instruments.read(true, 0.0, 1.0)
    assert value[at["TT-521"]] == pytest.approx(150.0 * 1.03125)
    assert value[at["FT-491"]] == 0.0


def test_forced_and_drifting_instruments(plant: Plant) -> None:
    instruments, true = settled(plant)
    at = plant.tags.index
    instruments.forced[at["AT-101"]] = float("nan")
    instruments.drift[at["AT-301"]] = (0.0, 0.6)
    value = instruments.read(true, 1800.0, 1.0)
    assert np.isnan(value[at["AT-101"]])
    expected = true[at["AT-301"]] * instruments.gain[at["AT-301"]] + 0.3
    assert value[at["AT-301"]] == pytest.approx(expected, rel=0.03)


def test_calibration_holds_the_value_and_says_so(plant: Plant) -> None:
    instruments, true = settled(plant)
    i = plant.tags.index["AT-101"]
    held = set()
    for second in range(10790, 10900):
        value = instruments.read(true, 0.0, 1.0)
        reason = np.zeros(len(value), dtype=np.uint32)
        instruments.calibrate(value, reason, float(second))
        assert (reason[i] == Reason.CALIBRATING) == (10800 <= second < 10890)
        if reason[i]:
            held.add(float(value[i]))
    assert len(held) == 1
