"""Ages under clocks that lie: a freeze is old, a stamp ahead is doubt, a known clock is not."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.ageing import PROVEN_S, ClockNews, StampAges, clock_words, in_range
from sensors.opcua_values import ns_of

S = 1_000_000_000
NOW = 1_700_000_000 * S
AHEADS = [0.0, 0.5, 2.0, 600.0, 7200.0, 86400.0 * 365]


class Watched:
    """One point read once a second; `lead_s` its clock's, frozen from `freeze_s` on."""

    def __init__(self, lead_s: float, freeze_s: float = 1e9, scan_s: float = 1.0) -> None:
        self.lead_s, self.freeze_s, self.scan_s = lead_s, freeze_s, scan_s
        self.ages = StampAges(1, 0)

    def at(self, t_s: float) -> tuple[float, bool]:
        """Return age in s and doubt of the read at `t_s`."""
        made = min(t_s, self.freeze_s) // self.scan_s * self.scan_s
        stamp = np.array([NOW + int((made + self.lead_s) * S)])
        utc = NOW + int(t_s * S)
        source, doubt = self.ages.take(np.array([made]), stamp, stamp, utc, int(t_s * S))
        return float(utc - source[0]) / S, bool(doubt[0])


@given(st.sampled_from(AHEADS) | st.floats(0, 1e8), st.integers(0, 200))
def test_a_freeze_is_old_after_three_scans_however_fast_the_clock(
    lead_s: float, freeze_s: int
) -> None:
    point = Watched(lead_s, freeze_s)
    for t in range(freeze_s + 60):
        age_s, _ = point.at(t)
        assert age_s >= max(0.0, t - freeze_s) - 1e-6
    assert age_s > 3.0


@given(st.floats(1.5, 1e8))
def test_a_stamp_ahead_is_doubt_until_the_lead_is_proven(lead_s: float) -> None:
    point = Watched(lead_s)
    doubts = [point.at(t)[1] for t in range(int(PROVEN_S) + 5)]
    assert all(doubts[: int(PROVEN_S)])
    assert not any(doubts[int(PROVEN_S) + 1 :])


def test_a_constant_lead_of_a_frozen_point_is_never_proven() -> None:
    point = Watched(7200.0, 0)
    assert all(point.at(t)[1] for t in range(7000))


def test_a_clock_that_drifts_past_a_second_is_followed_without_doubt() -> None:
    point = Watched(0.0)
    for t in range(20_000):
        point.lead_s = t * 2e-4
        age_s, doubt = point.at(t)
        assert not doubt
        assert age_s < 1.5


def test_a_slow_scan_is_no_freeze_of_the_clock() -> None:
    point = Watched(3600.0, scan_s=10.0)
    found = [point.at(t) for t in range(120)]
    assert max(age for age, _ in found) <= 10.0
    assert not found[-1][1]


def test_a_clock_that_leaps_ahead_later_is_doubted_again() -> None:
    point = Watched(0.0)
    assert not any(point.at(t)[1] for t in range(100))
    point.lead_s = 3600.0
    assert all(point.at(t)[1] for t in range(100, 150))


@given(st.floats(-1e8, 0.5))
def test_a_clock_that_is_not_ahead_is_taken_at_its_word(lead_s: float) -> None:
    point = Watched(lead_s)
    for t in range(5):
        age_s, doubt = point.at(t)
        assert age_s == pytest.approx(max(0.0, -lead_s), abs=1e-6) or age_s <= 0.0
        assert not doubt


@pytest.mark.parametrize(
    ("lead_s", "words"),
    [
        (7200.0, "clock of analysers is 2 h 0 min ahead (time zone?)"),
        (600.0, "clock of analysers is 10 min ahead: its values are doubtful"),
        (-5400.0, "clock of analysers is 1 h 30 min behind (time zone?): its values are taken"),
        (-12.0, "clock of analysers is 12 s behind"),
        (1e7, "clock of analysers is 115 days ahead"),
    ],
)
def test_the_clock_is_told_in_words(lead_s: float, words: str) -> None:
    assert clock_words("analysers", int(lead_s * S)).startswith(words)


def test_it_is_told_once_and_when_it_is_right_again() -> None:
    news, told = ClockNews("a"), []
    for t in range(400):
        lead = 7200 * S if t < 200 else 0
        if said := news.about(lead, t * S):
            told.append((t, said[-6:]))
    assert told == [(3, "r 60 s"), (203, " again")]
    assert news.about(None, 1000 * S) == ""


def test_old_values_after_a_pause_are_no_clock() -> None:
    news = ClockNews("a")
    leads = [0] * 5 + [-5 * S] * 3 + [0] * 100 + [-5 * S, 0] * 50
    assert [said for t, lead in enumerate(leads) if (said := news.about(lead, t * S))] == []


@pytest.mark.parametrize("year", [1, 1601, 1677, 1969, 2200, 2262, 9999])
def test_a_stamp_that_cannot_be_is_none(year: int) -> None:
    assert ns_of(dt.datetime(year, 1, 1)) is None
    assert ns_of(dt.datetime(year, 12, 31, 23, 59, 59, 999999, dt.UTC)) is None


@given(st.datetimes(), st.sampled_from([None, dt.UTC]))
def test_every_other_is_ns_that_fit(stamp: dt.datetime, zone: dt.tzinfo | None) -> None:
    ns = ns_of(stamp.replace(tzinfo=zone))
    assert ns is None or in_range(ns)
    assert (ns is None) == (not 1970 <= stamp.year < 2200 or ns == 0)
