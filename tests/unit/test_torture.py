"""A short torture of every door: nothing that must never happen does; and it would be seen."""

import time
from random import Random

import pytest

from seastack.bench import torture
from seastack.bench.figure import BenchOptions
from seastack.bench.tortures.mutate import mutated
from seastack.bench.tortures.rules import kind_of
from seastack.bench.tortures.tally import HANG, LATE, NEVER, OUTSIDE, TRACEBACK, WORDS, Tally
from seastack.bench.tortures.tally import hangs_are_seen as watched
from seastack.problems import UserError


@pytest.mark.parametrize("part", torture.PARTS)
def test_nothing_that_must_never_happen_does(part: str) -> None:
    inputs = {"texts": 3000, "inbox": 2000, "modbus": 500, "opcua": 2000}.get(part, 40)
    found = {f.name: f.value for f in torture.run(BenchOptions(seed=5, only=part, inputs=inputs))}
    assert found["inputs"] >= inputs
    assert {kind: found[kind] for kind in NEVER} == dict.fromkeys(NEVER, 0)


def test_a_part_that_is_none_is_told() -> None:
    with pytest.raises(UserError, match="did you mean modbus"):
        torture.run(BenchOptions(only="modbuss"))


def test_what_must_never_happen_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seastack.bench.tortures.tally.HANG_S", 0.05)
    tally = Tally()
    with watched():
        with tally.judged("a defect"):
            raise KeyError("x")
        with tally.judged("a hang"):
            time.sleep(600)
        with tally.judged("words", ValueError):
            raise ValueError("two\nlines")
        with tally.judged("a refusal", ValueError):
            raise ValueError("in words")
    assert dict(tally.faults) == {TRACEBACK: 1, HANG: 1, WORDS: 1}
    assert tally.met["refused in words: ValueError"] == 2
    assert "a defect: KeyError" in tally.told[0]


def test_each_broken_rule_has_its_kind() -> None:
    assert kind_of("bypass pressed and not written") == LATE
    assert kind_of("ZeroDivisionError: x") == TRACEBACK
    assert kind_of("steam above a limit of the moment") == OUTSIDE


def test_the_same_seed_is_the_same_torture() -> None:
    data = bytes(range(256)) * 40
    one, two = ([mutated(data, Random(7)) for _ in range(3)] for _ in range(2))
    assert one == two
    assert all(changed != data for changed in one)
