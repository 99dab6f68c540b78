"""How old the page says its data is: never fresher than it is, at any lag and speed."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.historian.archive import archive_day
from controller.historian.journal import Journal
from controller.historian.reader import Frame, JournalReader
from controller.historian.record import Run
from dashboard.frame import values_of
from dashboard.freshness import DEAD_S, Freshness, wall_age_s
from dashboard.readouts import value_age
from dashboard.source import Source, Trends, end_of
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run

WALL_NS = 1_800_000_000 * SECOND_NS


def a_life(speed: float, apart_s: float) -> Run:
    """Return a run whose time was `apart_s` before the wall's when it began."""
    started_ns = WALL_NS - int(apart_s * SECOND_NS)
    return replace(a_run(), started_ns=started_ns, speed=speed, wall_ns=WALL_NS)


def an_old_frame() -> Frame:
    """Return a frame whose values were 4 s old when its cycle read them."""
    r = a_record(1)
    return Frame("r1", 1, NOON_NS, r.value, r.quality, r.reason, r.age_ms * 0 + 4000, CHANNELS)


@given(
    st.floats(0.0, 600.0),
    st.sampled_from([0.5, 1.0, 2.0, 5.0, 10.0]),
    st.sampled_from([0.0, -3600.0, 3600.0, 4e8]),
)
def test_the_age_is_the_lag_at_every_speed_and_epoch(
    lag_s: float, speed: float, apart_s: float
) -> None:
    run, fresh = a_life(speed, apart_s), Freshness()
    for k in range(20):
        since_s = 1000.0 + k
        t_ns = run.started_ns + int((since_s - lag_s) * speed * SECOND_NS)
        wall_ns = WALL_NS + int(since_s * SECOND_NS)
        age_s = fresh.observe("r1", k, t_ns, wall_ns, float(k), wall_ns, run)
        assert age_s == pytest.approx(lag_s, abs=1e-3)


@pytest.mark.parametrize("lag_s", [0.0, 4.0, 6.0, 30.0, 600.0, 7200.0])
def test_records_that_come_late_are_late_where_the_run_says_nothing(lag_s: float) -> None:
    fresh = Freshness()
    for k in range(20):
        wall_ns = WALL_NS + k * SECOND_NS
        t_ns = wall_ns - int(lag_s * SECOND_NS)
        age_s = fresh.observe("r1", k, t_ns, wall_ns, float(k), wall_ns)
        assert age_s == pytest.approx(lag_s)
        assert (age_s > DEAD_S) == (lag_s > DEAD_S), "the banner goes by this"


@given(st.floats(0.1, 1e6), st.sampled_from([1.0, 10.0]))
def test_a_run_that_ended_grows_old_however_it_is_read(dead_s: float, speed: float) -> None:
    run = a_life(speed, 0.0)
    t_ns = run.started_ns + int(60 * speed * SECOND_NS)
    wall_ns = WALL_NS + int((60 + dead_s) * SECOND_NS)
    assert Freshness().observe("r1", 7, t_ns, wall_ns, 3.0, 0, run) >= dead_s - 1e-3


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
@pytest.mark.parametrize("lag_s", [0.0, 30.0])
def test_a_step_of_the_machines_clock_makes_nothing_old_or_new(
    follows: bool, step_s: float, lag_s: float
) -> None:
    """On a ship records follow the machine's clock; a demo's go on with its monotonic one."""
    run, fresh = a_life(1.0, 0.0), Freshness()
    for k in range(60):
        stepped_s = step_s if k >= 30 else 0.0
        wall_ns = WALL_NS + int((1000 + k + stepped_s) * SECOND_NS)
        made_s = 1000 + k - lag_s + (stepped_s if follows and k - lag_s >= 30 else 0.0)
        t_ns = run.started_ns + int(made_s * SECOND_NS)
        age_s = fresh.observe("r1", k, t_ns, wall_ns, float(k), wall_ns, run)
        assert age_s == pytest.approx(lag_s)


def test_a_record_that_stands_is_old_even_if_the_wall_was_set_back() -> None:
    run, fresh = a_life(1.0, 0.0), Freshness()
    fresh.observe("r1", 1, WALL_NS, WALL_NS, 10.0, WALL_NS, run)
    assert fresh.observe("r1", 1, WALL_NS, WALL_NS - 3600 * SECOND_NS, 40.0, 0, run) == 30.0


def test_a_run_that_says_nothing_has_no_age_of_its_own() -> None:
    assert wall_age_s(a_run(), NOON_NS, WALL_NS) is None


def test_what_the_run_says_survives_the_journal_and_its_archive(tmp_path: Path) -> None:
    run = replace(a_run(), speed=5.0, wall_ns=WALL_NS)
    journal = Journal(tmp_path, run, CHANNELS)
    for i in range(5):
        journal.append(a_record(i))
    journal.close()
    with JournalReader(tmp_path) as reader:
        assert reader.run("r1") == run
    (segment,) = (tmp_path / "journal" / "r1").glob("*.db")
    archive_day(segment)
    with JournalReader(tmp_path) as reader:
        assert reader.run("r1") == run


@pytest.mark.parametrize(("age_s", "age", "end"), [(0.4, "4 s", "now"), (30.0, "34 s", "12:00:00")])
def test_what_the_page_draws_of_an_old_record_is_old_too(age_s: float, age: str, end: str) -> None:
    values = values_of(an_old_frame(), age_s if age_s > DEAD_S else 0.0)
    assert value_age(values["AT-101"]) == age
    assert end_of(Trends(NOON_NS, {}, age_s)) == end


@pytest.mark.parametrize(("stated", "speed"), [(True, 1.0), (True, 5.0), (False, 1.0)])
def test_the_page_of_a_slow_disk_says_so(tmp_path: Path, stated: bool, speed: float) -> None:
    """Records come every second, each a minute and a half late."""
    now_ns = time.time_ns()
    run = replace(a_run(), started_ns=now_ns - 1000 * SECOND_NS)
    if stated:
        run = replace(run, speed=speed, wall_ns=now_ns - int(1000 / speed) * SECOND_NS)
    journal, source = Journal(tmp_path, run, CHANNELS), Source(tmp_path)
    for i in range(3):
        t_ns = now_ns - int(90 * speed) * SECOND_NS + i * SECOND_NS
        journal.append(a_record(i, t_ns))
    journal.close()
    made: Any = source.page()
    assert made["banner"]["title"] == f"No data from the controller for {made['top']['age']}."
    assert 85 <= int(made["top"]["age"].split()[0]) <= 119
    assert made["alarms"]["title"] == "Alarms: unknown"
    trends = source.trends()
    assert trends is not None
    assert end_of(trends) != "now"
