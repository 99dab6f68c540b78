"""A demo begins where there is something to see, or where it was told to."""

import pytest

from seastack.departure import LEAD_S, start_time_s
from seastack.problems import UserError
from sim import voyages
from sim.voyages import Voyage


def test_the_default_is_half_an_hour_before_a_load_change_at_sea() -> None:
    voyage = voyages.load("birka")
    change = start_time_s(voyage, "") + LEAD_S
    loads = [voyage.at(change + minutes * 60).load_frac for minutes in (-30, 0, 15)]
    assert min(loads) >= 0.35
    assert abs(loads[1] - loads[0]) < 0.05
    assert abs(loads[2] - loads[1]) >= 0.08


def test_a_voyage_without_a_change_begins_where_it_begins() -> None:
    flat = Voyage("flat", [0.0, 3600.0, 7200.0], [8000.0, 8000.0, 8000.0])
    assert start_time_s(flat, "") == 0.0


def test_a_time_is_utc_unless_it_says_otherwise() -> None:
    voyage = voyages.load("birka")
    plain = start_time_s(voyage, "2014-01-12T05:00")
    assert plain == start_time_s(voyage, "2014-01-12T06:00+01:00")


@pytest.mark.parametrize(
    ("wanted", "says"), [("noon", "not a time"), ("2031-01-01", "outside the voyage")]
)
def test_an_impossible_time_is_an_error_that_helps(wanted: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        start_time_s(voyages.load("birka"), wanted)
