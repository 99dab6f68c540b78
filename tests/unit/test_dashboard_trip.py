"""The page in TRIP and ESD: which, since when, what to do; causes above what follows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.config import configure
from controller.historian.eventlog import StandingAlarm
from controller.historian.record import Channel
from dashboard.alarmlist import alarm_list, causes_first
from dashboard.frame import page_of
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sensors.quality import Reason
from tests.unit.test_dashboard_frame import RUN, T_NS, frame_of

NAN = float("nan")
LATCHED = {
    "HS-UNIT": 7.0,
    "HS-PERMIT": 4.0,
    "trip_state": 1.0,
    "trip_latched": 1.0,
    "trip_first_out": 3.0,
    "trip_for_s": 65.0,
    "trip_standing": 1.0,
    "unit_goal": 5.0,
}


@pytest.fixture(scope="module")
def channels() -> list[Channel]:
    return list(configure(load_plant(Path(locate("demo")))).layout)


def page(
    channels: list[Channel], changes: dict[str, float], age_s: float = 0.1, **more: Any
) -> Any:
    return page_of(frame_of(channels, {**LATCHED, **changes}, **more), RUN, [], [], age_s)


def head(made: Any) -> tuple[str, ...]:
    return tuple(made["head"][k] for k in ("constraint", "line1", "line2", "line3"))


def test_a_trip_says_which_since_when_and_how_to_get_out(channels: list[Channel]) -> None:
    made = page(channels, {})
    assert head(made) == (
        "Tripped",
        "Blower tripped.",
        "Since 22:12:15; the cause still stands.",
        "Remove the cause, Reset (READY), Ask CAPTURE.",
    )
    assert made["head"]["constraint_class"] == "stopped"
    assert (made["top"]["state"], made["top"]["state_note"]) == ("TRIP", "Blower tripped")
    assert made["cmd"]["unit_label"] == "Reset (READY)"


@pytest.mark.parametrize(
    ("changes", "line2", "line3"),
    [
        ({"trip_standing": 0.0}, "the cause is gone.", "Reset (READY), then Ask CAPTURE."),
        ({"trip_standing": NAN}, "whether the cause stands is unknown.", "Reset (READY), then"),
        ({"authority": 0.0}, "the cause still stands.", "Arm and Reset (READY), or reset at the"),
    ],
)
def test_it_says_whether_the_cause_stands_or_only_the_latch(
    channels: list[Channel], changes: dict[str, float], line2: str, line3: str
) -> None:
    made = page(channels, changes)
    assert made["head"]["line2"] == f"Since 22:12:15; {line2}"
    assert made["head"]["line3"].startswith(line3)


@pytest.mark.parametrize(
    ("changes", "line1", "line2"),
    [
        ({"trip_first_out": 1.0, "trip_latched": 0.0}, "Emergency shut-down button.", "Since"),
        ({}, "On a latched trip: Blower tripped.", "Since 22:12:15;"),
        ({"trip_for_s": NAN}, "On a latched trip: Blower tripped.", "The cause still stands."),
        ({"trip_first_out": 0.0, "trip_latched": 0.0}, "The PLC does not tell the cause.", "Since"),
    ],
)
def test_an_esd_is_named_everywhere(
    channels: list[Channel], changes: dict[str, float], line1: str, line2: str
) -> None:
    made = page(channels, {"HS-UNIT": 8.0, "trip_state": 2.0, **changes})
    assert made["head"]["constraint"] == "Emergency shut-down"
    assert made["head"]["line1"] == line1
    assert made["head"]["line2"].startswith(line2)
    assert made["top"]["state"] == "ESD"


def test_old_words_of_a_dead_rig_claim_no_trip(channels: list[Channel]) -> None:
    dead = page(channels, {}, reasons={"HS-PLC-BEAT": Reason.LINK, "HS-UNIT": Reason.LINK})
    assert dead["banner"]["dead"]
    assert dead["head"]["constraint"] != "Tripped"


def standing(name: str, *, acked: bool = False, priority: int = 1, **data: object) -> StandingAlarm:
    return StandingAlarm(name, priority, True, acked, T_NS, name, data)


def test_a_cause_stands_above_what_follows_from_it() -> None:
    a = standing("a", follows=["b"])
    b = standing("b", follows=["c", "elsewhere"])
    c, other = standing("c"), standing("other")
    assert [x.id for x in causes_first([a, other, b, c])] == ["c", "b", "a", "other"]
    urgent = standing("urgent")
    minor = standing("minor", priority=2, follows=["c"])
    assert [x.id for x in causes_first([urgent, c, minor])] == ["urgent", "c", "minor"]


def test_a_new_consequence_stands_above_a_cause_that_somebody_knows() -> None:
    new, known = standing("new", follows=["known"]), standing("known", acked=True)
    assert [x.id for x in causes_first([new, known])] == ["new", "known"]


@pytest.mark.parametrize(
    ("limit", "unit", "shown"),
    [(0.5, "", False), (1.5, "", False), (2.5, "", False), (2.0, "", True), (1.5, "vol%", True)],
)
def test_a_limit_between_two_states_is_no_measure(limit: float, unit: str, shown: bool) -> None:
    alarm = replace(standing("x"), data={"value": 3.0, "limit": limit, "unit": unit})
    made: Any = alarm_list([alarm])
    assert (">" in made["rows"][0]["meta"]) is shown


def test_an_old_word_of_a_dead_plc_offers_no_reset(channels: list[Channel]) -> None:
    lost = dict.fromkeys(("HS-PLC-BEAT", "HS-UNIT"), Reason.LINK)
    made = page(channels, {"trip_state": NAN, "trip_first_out": NAN}, reasons=lost)
    assert made["cmd"]["unit_label"] == "Ask CAPTURE"
    assert made["top"]["state_class"] == ""


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"trip_state": 2.0, "trip_latched": 0.0, "trip_first_out": 1.0}, "shut down"),
        ({"trip_state": 2.0}, "Blower tripped"),
        ({"trip_first_out": 0.0}, "latched"),
    ],
)
def test_the_top_bar_says_what_is_latched(
    channels: list[Channel], changes: dict[str, float], note: str
) -> None:
    assert page(channels, changes)["top"]["state_note"] == note
