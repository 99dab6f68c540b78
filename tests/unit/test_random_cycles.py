"""Random rigs and requests through the pure step: what must hold in every cycle does.

A short run of what `seastack bench cycles` does a million times; and the rules see
what breaks them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller import actuation, authority, interlocks, limits, regulate
from controller.states import Unit
from seastack.bench.cycles import Fuzz
from tests.unit.bench_rig import demo

CYCLES = 1500


def fuzzed(seed: int, cycles: int) -> Fuzz:
    fuzz = Fuzz(demo(), seed)
    for _ in range(cycles):
        fuzz.cycle()
    return fuzz


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_cycles_break_no_rule(seed: int) -> None:
    tally = fuzzed(seed, CYCLES).tally
    assert (dict(tally.broken), tally.told) == ({}, [])


def test_the_same_seed_is_the_same_run() -> None:
    assert fuzzed(7, 300).tally.met == fuzzed(7, 300).tally.met


def test_every_state_that_the_rules_speak_of_is_met() -> None:
    met = sum((fuzzed(seed, CYCLES).tally.met for seed in (11, 12)), start=fuzzed(13, 10).tally.met)
    assert all(met[what] for what in met), dict(met)
    assert len(met) >= 9


def _held_up(value: float, ceiling: float, low: float) -> float:
    del ceiling, low
    return value


def _never_mind_the_bypass(request: interlocks.UnitRequest, latched: bool) -> object:
    del latched
    return replace(request, asked=Unit.CAPTURE)


def _armed(state: authority.AuthorityState, *_: object) -> authority.AuthorityState:
    return replace(state, authority=authority.Authority.ARMED)


def _chatty(state: actuation.ActuationState, *_: object) -> dict[str, float]:
    return {"HS-PC-OWNER": 1.0, "HS-PC-SEQ": float(state.sequence)}


@pytest.mark.parametrize(
    ("module", "name", "instead", "rule"),
    [
        (limits, "below", _held_up, "above a limit of the moment"),
        (limits, "below", _held_up, "above its share of the exhaust"),
        (regulate, "clamp", lambda value, low, high: value, "outside its range"),
        (interlocks, "gated", _never_mind_the_bypass, "beside a bypass"),
        (authority, "_watching", _armed, "armed by itself"),
        (actuation, "_hand_back", _chatty, "more than a hand-back"),
        (authority, "others", lambda owner, own: False, "another owner has the rig"),
        (limits, "header_share", lambda *_: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_rule_sees_what_breaks_it(
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    instead: Callable[..., object],
    rule: str,
) -> None:
    monkeypatch.setattr(module, name, instead)
    fuzz = Fuzz(demo(), 5)
    for _ in range(4000):
        fuzz.cycle()
        if any(rule in broken for broken in fuzz.tally.broken):
            return
    pytest.fail(f"not seen: {rule}; seen {dict(fuzz.tally.broken)}")
