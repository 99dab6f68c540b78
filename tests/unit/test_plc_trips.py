"""Trips: every cause alone, its delay, the latch, the first-out."""

import pytest

from sim.plc_trips import NUMBER, TRIPS, Trip, TripLogic

NOTHING = [False] * len(TRIPS)


def only(*names: str) -> list[bool]:
    return [trip.name in names for trip in TRIPS]


@pytest.mark.parametrize("trip", TRIPS, ids=lambda t: t.name)
def test_each_cause_trips_after_its_delay_and_names_itself(trip: Trip) -> None:
    k = TRIPS.index(trip)
    logic, waited = TripLogic(), 0.0
    while not logic.scan(only(TRIPS[k].name), 1.0):
        waited += 1.0
        assert waited <= TRIPS[k].delay_s
    assert waited >= TRIPS[k].delay_s
    assert logic.first_out == k + 1 == NUMBER[TRIPS[k].name]
    assert logic.standing == logic.latched == 1 << k


def test_a_cause_that_blinks_does_not_trip() -> None:
    logic = TripLogic()
    for _ in range(20):
        for _ in range(5):
            assert not logic.scan(only("quench"), 1.0)
        logic.scan(NOTHING, 1.0)
    assert logic.latched == 0


def test_the_first_out_survives_what_follows() -> None:
    logic = TripLogic()
    logic.scan(only("tank"), 6.0)
    assert not logic.scan(only("tank", "esd"), 1.0)  # the same trip goes on
    assert logic.first_out == NUMBER["tank"]
    assert logic.latched >> (NUMBER["esd"] - 1) & 1
    logic.scan(NOTHING, 1.0)
    assert logic.standing == 0
    assert logic.first_out == NUMBER["tank"]


def test_reset_needs_the_cause_gone() -> None:
    logic = TripLogic()
    logic.scan(only("reboiler_hot"), 10.0)
    assert not logic.reset()
    logic.scan(NOTHING, 1.0)
    assert logic.reset()
    assert (logic.latched, logic.first_out) == (0, 0)


def test_what_a_trip_stops() -> None:
    logic = TripLogic()
    logic.scan(only("tank"), 10.0)
    assert logic.stops("C")
    assert not logic.stops("L")
    logic.scan(only("esd"), 1.0)
    assert all(logic.stops(letter) for letter in "CLR")


def test_the_word_fits_one_register() -> None:
    assert len(TRIPS) <= 16
