"""What the log says of links: one line for what one cause took, two for one outage."""

import logging
import math
from collections.abc import Sequence

import pytest

from controller.linklog import LinkLog
from sensors.driver import Identity
from sensors.link import LinkState

RIG = Identity("Seastack", "SIMULATOR", "1.0", True)
UP = LinkState(up=True, identity=RIG)
DOWN = LinkState(last_error="no answer")
REFUSED = LinkState(last_error="wrong password", refused=True)

Story = Sequence[tuple[float, str, LinkState]]  # at s, link, how it is then

START: Story = [(0.0, "plc", UP), (0.1, "gas", UP)]
BOTH_UP = "0.1 link plc is up: SIMULATOR 1.0; link gas is up: SIMULATOR 1.0"

TABLE: dict[str, tuple[Story, list[str]]] = {
    "a good start": (START, [BOTH_UP]),
    "one link never answers": (
        [(0.0, "plc", UP), (0.4, "gas", DOWN)],
        ["1.0 link plc is up: SIMULATOR 1.0; link gas is down: no answer"],
    ),
    "one link is silent about itself": (
        [(0.0, "plc", UP)],
        ["5.0 link plc is up: SIMULATOR 1.0"],
    ),
    "an outage of one": (
        [*START, (20.0, "plc", DOWN), (80.0, "plc", UP)],
        [
            BOTH_UP,
            "21.0 link plc is down: no answer",
            "80.0 link plc is up after 60.0 s: SIMULATOR 1.0",
        ],
    ),
    "a switch takes both, one is back later": (
        [*START, (20.0, "plc", DOWN), (20.6, "gas", DOWN), (30.0, "gas", UP), (32.0, "plc", UP)],
        [
            BOTH_UP,
            "21.0 link plc is down: no answer; link gas is down: no answer",
            "32.0 link plc is up after 12.0 s: SIMULATOR 1.0; "
            "link gas is up after 9.4 s: SIMULATOR 1.0",
        ],
    ),
    "one is back much later": (
        [*START, (20.0, "plc", DOWN), (20.6, "gas", DOWN), (30.0, "gas", UP), (50.0, "plc", UP)],
        [
            BOTH_UP,
            "21.0 link plc is down: no answer; link gas is down: no answer",
            "35.0 link gas is up after 9.4 s: SIMULATOR 1.0",
            "50.0 link plc is up after 30.0 s: SIMULATOR 1.0",
        ],
    ),
    "back before it was told": (
        [*START, (20.0, "plc", DOWN), (20.7, "plc", UP)],
        [BOTH_UP, "21.0 link plc was away for 0.7 s: no answer"],
    ),
    "a wire that flutters": (
        [*START, *((20.0 + 0.2 * i, "plc", UP if i % 2 else DOWN) for i in range(4))],
        [BOTH_UP, "21.0 link plc was away 2 times, for 0.4 s: no answer"],
    ),
    "up for a moment within an outage": (
        [
            *START,
            (20.0, "plc", DOWN),
            (30.0, "plc", UP),
            (30.0, "plc", DOWN),
            (40.0, "plc", UP),
        ],
        [
            BOTH_UP,
            "21.0 link plc is down: no answer",
            "40.0 link plc is up after 20.0 s: SIMULATOR 1.0",
        ],
    ),
    "down, then refused": (
        [*START, (20.0, "gas", DOWN), (30.0, "gas", REFUSED), (40.0, "gas", UP)],
        [
            BOTH_UP,
            "21.0 link gas is down: no answer",
            "31.0 link gas is down: wrong password",
            "40.0 link gas is up after 20.0 s: SIMULATOR 1.0",
        ],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_what_is_told_and_when(case: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "seastack.link")
    story, expected = TABLE[case]
    log, told = LinkLog(["plc", "gas"]), []
    left = list(story)
    for tenth in range(1000):
        now_s = tenth / 10
        while left and left[0][0] <= now_s + 1e-9:
            at_s, link, state = left.pop(0)
            log.changed(link, state, at_s)
        log.tell(now_s)
        told += [f"{now_s} {r.getMessage()}" for r in caplog.records]
        caplog.clear()
    assert told == expected


def test_a_loss_is_a_warning_a_return_is_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "seastack.link")
    log = LinkLog(["plc"])
    for state in (UP, DOWN, UP):
        log.changed("plc", state, 0.0)
        log.tell(math.inf)
    assert [r.levelname for r in caplog.records] == ["INFO", "WARNING", "INFO"]


def test_at_the_end_nothing_is_left_untold(caplog: pytest.LogCaptureFixture) -> None:
    log = LinkLog(["plc"])
    log.changed("plc", DOWN, 10.0)
    log.tell(10.0)
    assert not caplog.records
    log.tell(math.inf)
    log.tell(math.inf)
    assert [r.getMessage() for r in caplog.records] == ["link plc is down: no answer"]
