"""A short run of `bench flips`: no changed bit is silent; and a silent one would be seen."""

import pytest

from seastack.bench import flips
from seastack.bench.figure import BenchOptions
from seastack.bench.tortures.tally import HANG, TRACEBACK, WORDS


def test_no_flipped_bit_is_silent() -> None:
    found = {f.name: f.value for f in flips.run(BenchOptions(seed=2, inputs=60))}
    assert found["flips"] == 60
    assert {kind: found[kind] for kind in ("silent", TRACEBACK, HANG, WORDS)} == dict.fromkeys(
        ("silent", TRACEBACK, HANG, WORDS), 0
    )


def test_a_silent_one_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flips, "verify", lambda *_: [])
    found = {f.name: f.value for f in flips.run(BenchOptions(seed=2, inputs=10))}
    assert found["silent"] > 0
