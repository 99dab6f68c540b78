"""Refused points are asked again seldom, in blocks, and come back by few questions."""

from sensors.modbus_refused import AGAIN_S, RefusedPoints
from tests.contract.test_modbus_answers import tag

MANY = [tag(a) for a in range(100)]


def refused_at(now_s: float) -> RefusedPoints:
    points = RefusedPoints()
    for one in MANY:
        points.add(one, now_s)
    return points


def test_nothing_is_asked_before_its_time_and_all_in_one_question_then() -> None:
    points = refused_at(100.0)
    assert points.are_all(MANY)
    assert points.due(100.0 + AGAIN_S - 0.1, 125) is None
    block = points.due(100.0 + AGAIN_S, 125)
    assert block is not None
    assert block.tags == tuple(MANY)
    points.back(block)
    assert list(points) == []
    assert points.due(1e9, 125) is None


def test_a_round_that_is_refused_again_ends_and_waits() -> None:
    points, asked = refused_at(0.0), 0
    while (block := points.due(AGAIN_S, 125)) is not None:
        points.still(block, 125)
        asked += 1
    assert asked == 2 * len(MANY) - 1
    assert points.due(2 * AGAIN_S - 0.1, 125) is None
    assert points.due(2 * AGAIN_S, 125) is not None


def test_one_that_stays_away_keeps_no_other() -> None:
    """All but one are there by now: few questions, at once, bring them back."""
    points, away, asked = refused_at(0.0), MANY[41], 0
    while len(list(points)) > 1:
        block = points.due(AGAIN_S, 125)
        assert block is not None
        asked += 1
        points.still(block, 125) if away in block.tags else points.back(block)
    assert list(points) == [away]
    assert asked < 40


def test_no_question_is_longer_than_the_device_takes() -> None:
    points = refused_at(0.0)
    block = points.due(AGAIN_S, 16)
    assert block is not None
    assert block.count == 16
