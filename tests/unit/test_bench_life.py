"""The scoring of soak and power sees what it is there to see."""

import random
from pathlib import Path

import numpy as np
import pytest

from seastack.bench import power, soak
from seastack.bench.power import Death
from seastack.plantargs import plant_of
from seastack.served import Served

NS = 1_000_000_000


@pytest.mark.parametrize(
    ("mb_an_hour", "files", "met"), [(0.0, 30, True), (5.0, 30, False), (0.0, 31, False)]
)
def test_a_leak_misses_its_bar(mb_an_hour: float, files: int, met: bool) -> None:
    wall = np.arange(0.0, 2160.0, 5.0)
    noise = np.random.default_rng(1).normal(0.0, 0.2, wall.size)
    memory = 200.0 + mb_an_hour * wall * soak.SPEED / 3600.0 + noise
    handles = np.where(wall > 1500.0, files, 30)
    samples = np.stack([wall, memory, handles], axis=1)
    assert all(f.ok for f in soak.score(samples, 2160.0)) is met


def test_a_tail_is_torn_behind_what_was_committed(tmp_path: Path) -> None:
    whole = bytes(range(256)) * 40
    for seed in range(30):
        file = tmp_path / f"{seed}-wal"
        file.write_bytes(whole)
        power._tear(file, 4000, random.Random(seed))
        torn = file.read_bytes()
        assert torn[:4000] == whole[:4000]
        assert torn != whole
    power._tear(tmp_path / "not there", 0, random.Random(1))


def test_losses_are_counted_and_must_be_told() -> None:
    tags = plant_of("demo").tags
    value = np.ones((20, len(tags)))
    value[10:, tags.index["HS-OWNER"]] = 0.0
    served = Served(np.arange(20, dtype=np.int64) * NS, value)
    whole = Death("kill", 6 * NS, "a", 50, True, "Taken over", 1.0, 52)
    short = Death("tail", 6 * NS, "b", 50, True, "Taken over", 1.0, 49)
    hushed = Death("anywhere", 6 * NS, "c", 50, False, "Taken over", 1.0, -1)
    told = Death("anywhere", 6 * NS, "d", 50, False, "it is damaged", 1.0, -1)

    def failed(*deaths: Death) -> list[str]:
        return [f.name for f in power.score(list(deaths), served, tags) if not f.ok]

    assert failed(whole, told) == []
    assert failed(whole, short) == ["lives that lost acknowledged cycles"]
    assert failed(whole, hushed) == ["torn anywhere: losses nobody told of"]
    late = Death("kill", 2 * NS, "e", 50, True, "", 1.0, 52)
    assert failed(late) == ["PLC owns the rig after, slowest"]
