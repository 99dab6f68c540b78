"""The law of alarms under whatever the instruments say; see `alarm_law`."""

from typing import Final

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from controller.types import Health, Written
from sensors.quality import Reason
from tests.unit.alarm_law import Law
from tests.unit.bench_rig import BenchRig, demo

KINDS: Final = ("bool", "enum", "int")
GAPS: Final = (
    Reason.DEVICE,
    Reason.STALE,
    Reason.LINK,
    Reason.RATE,
    Reason.DOUBTFUL,
    Reason.NE43_LOW,
)


def limits() -> dict[str, list[float]]:
    """Return the limits of the alarms on each analogue instrument."""
    plant, found = demo(), dict[str, list[float]]()
    for rule in plant.rules:
        if rule.channel >= 0 and plant.table.tags[rule.channel].kind not in KINDS:
            found.setdefault(plant.table.tags[rule.channel].name, []).append(rule.limit)
    return found


def spelled(name: str) -> str:
    return name.replace("-", "_").replace(".", "__")


FAMILIES: Final = limits()


def test_the_analogue_alarms_of_the_demo_are_many() -> None:
    assert len(FAMILIES) > 12


def moves(name: str) -> st.SearchStrategy[list[tuple[float, int, Reason | None]]]:
    """Return series of an instrument: a value about its limits, for so long, or a gap."""
    tag = demo().table[name]
    span = tag.hi - tag.lo
    near = st.sampled_from(FAMILIES[name]).flatmap(
        lambda limit: st.floats(-0.04, 0.04).map(lambda off: limit + off * span)
    )
    value = st.one_of(near, st.floats(tag.lo, tag.hi)).map(lambda v: min(max(v, tag.lo), tag.hi))
    seconds = st.one_of(st.integers(1, 4), st.integers(5, 40))
    return st.lists(st.tuples(value, seconds, st.none() | st.sampled_from(GAPS)), max_size=10)


@pytest.mark.parametrize("name", sorted(FAMILIES))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_steps_spikes_and_gaps_of_one_instrument_hide_nothing(
    name: str, data: st.DataObject
) -> None:
    rig = BenchRig()
    law = Law(rig)
    law.run(3)
    for value, seconds, gap in data.draw(moves(name)):
        rig.say(**{spelled(name): value})
        if gap is not None:
            rig.spoil(name, reason=gap)
        law.run(seconds)


def pairs() -> dict[str, tuple[float, float, float]]:
    """Return, by instrument, a value inside, one beyond its alarm and one beyond the worse one."""
    plant, found = demo(), {}
    for rule in plant.rules:
        for cause in (plant.rule_by_id[c] for c in rule.parents):
            if cause.channel == rule.channel >= 0:
                tag = plant.table.tags[rule.channel]
                end = tag.hi if rule.high else tag.lo
                inside = rule.reset - 0.05 * (end - rule.limit)
                between = 0.5 * (rule.limit + cause.limit)
                found[tag.name] = (inside, between, 0.5 * (cause.limit + end))
    return found


PAIRS: Final = pairs()
# Zone, for so long, and every how many seconds one sample of another zone (0: never).
PHASE: Final = st.tuples(
    st.integers(0, 2),
    st.sampled_from([2, 5, 8, 35, 75]),
    st.sampled_from([0, 2, 3, 10]),
    st.integers(0, 2),
)


@pytest.mark.parametrize("name", sorted(PAIRS))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(phases=st.lists(PHASE, min_size=2, max_size=6))
@example(phases=[(1, 75, 10, 2)])  # beyond, with spikes beyond the worse limit
@example(phases=[(2, 35, 0, 0), (1, 75, 0, 0), (1, 75, 0, 0)])  # worse, then a little better
@example(phases=[(2, 35, 0, 0), (0, 75, 0, 0), (1, 75, 0, 0)])  # over, and nobody acknowledged
def test_the_worse_alarm_of_an_instrument_hides_the_other_only_while_active(
    name: str, phases: list[tuple[int, int, int, int]]
) -> None:
    rig = BenchRig()
    law = Law(rig)
    for zone, seconds, every, other in phases:
        for k in range(seconds):
            here = other if every and k % every == 0 else zone
            rig.say(**{spelled(name): PAIRS[name][here]})
            law.run(1)


@pytest.mark.parametrize("seed", range(4))
def test_noise_walks_and_spikes_of_all_instruments_at_once_hide_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rig = BenchRig()
    rig = rig.armed() if seed % 2 else rig
    law = Law(rig)
    law.run(2)
    names = sorted(FAMILIES)
    tags = {n: rig.plant.table[n] for n in names}
    span = {n: t.hi - t.lo for n, t in tags.items()}
    level = {n: float(rng.choice(FAMILIES[n])) for n in names}
    noise = {n: span[n] * float(rng.choice([0.0005, 0.005, 0.02])) for n in names}
    for k in range(150):
        rig.mend()
        for n in names:
            if rng.random() < 0.02:
                level[n] = float(rng.choice(FAMILIES[n])) + span[n] * float(rng.normal(0.0, 0.02))
            level[n] += 0.2 * noise[n] * float(rng.normal())
            spike = 0.1 * span[n] * float(rng.normal()) if rng.random() < 0.05 else 0.0
            value = level[n] + spike + noise[n] * float(rng.normal())
            rig.say(**{spelled(n): min(max(value, tags[n].lo), tags[n].hi)})
            if rng.random() < 0.05:
                rig.spoil(n, reason=GAPS[int(rng.integers(len(GAPS)))])
        if k % 40 > 36:
            rig.cut(str(rng.choice(["plc", "analysers"])))
        law.run(1)
    assert len(law.raised) > 5, "the run is no run of alarms"


TROUBLES: Final = (
    "plc", "analysers", "blink", "write", "unfollowed", "unowned", "trip", "bypassed",
    "deaf", "stuck", "many faults", "one fault", "no unit",
)  # fmt: skip


def trouble(rig: BenchRig, kinds: frozenset[str], k: int) -> None:
    """Make the rig suffer from these, from a clean one on."""
    rig.mend()
    rig.health = Health(inbox_deaf="deaf" in kinds, journal_fault="deaf" in kinds)
    failing = "write" in kinds and k % 5 != 4
    rig.written = Written(not failing, (("FIC-401.SP", "no answer"),) if failing else ())
    rig.follows.pop("HS-PC-OWNER", None)
    rig.say(HS_OWNER=0.0 if "unowned" in kinds else 1.0, HS_TRIP=2.0 if "trip" in kinds else 0.0)
    rig.say(HS_FIRST_OUT=2.0 if "trip" in kinds else 0.0, HS_UNIT=7.0 if "trip" in kinds else 3.0)
    if "unfollowed" in kinds:
        rig.say(TIC_401__SPR=30.0)
    if "stuck" in kinds:
        rig.say(FT_521=400.0)
    if "bypassed" in kinds:
        rig.say(HS_BYPASS=1.0, FT_110=20000.0)
    if "no unit" in kinds:
        rig.spoil("HS-UNIT")
    watched = [rig.plant.table.tags[c].name for c in rig.plant.faults]
    if "many faults" in kinds:
        rig.spoil(*watched[::2])
    if "one fault" in kinds:
        rig.spoil(*watched[:3], reason=Reason.STALE)
    for link in ("plc", "analysers"):
        if link in kinds or ("blink" in kinds and k % 7 == 6):
            rig.cut(link)


EPISODE = st.tuples(
    st.frozensets(st.sampled_from(TROUBLES), max_size=3),
    st.one_of(st.integers(1, 5), st.integers(6, 45)),
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(EPISODE, min_size=1, max_size=8))
def test_troubles_of_links_writes_and_the_plc_hide_nothing(
    episodes: list[tuple[frozenset[str], int]],
) -> None:
    rig = BenchRig().armed()
    law = Law(rig)
    for kinds, seconds in episodes:
        for k in range(seconds):
            trouble(rig, kinds, k)
            law.run(1)
