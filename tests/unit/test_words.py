"""One line of plain words a minute, and nothing invented in it."""

import math

from controller.historian.record import Channel
from seastack.words import Cycle, sentence

UNITS = {0: "OFF", 3: "CAPTURE", 5: "HOLD"}
LIMITS = {0: "On target", 1: "Heat-limited"}
CHANNELS = (
    Channel("HS-UNIT", "", "in", labels=UNITS, role="unit_state"),
    Channel("FT-521", "kg/h", "in", role="steam_flow"),
    Channel("FT-800", "kg/h", "in", role="steam_available"),
    Channel("capture_best_pct", "%", "calc"),
    Channel("capture_best_u_pct", "points", "calc"),
    Channel("co2_in_kg_h", "kg/h", "calc"),
    Channel("constraint", "", "calc", labels=LIMITS),
)
T_NS = (4 * 60 + 13) * 60 * 1_000_000_000
VALUES = [3.0, 1900.0, 1900.0, 58.2, 0.9, 1800.0, 1.0]
GOOD = [2] * len(CHANNELS)


def said(values: list[float], quality: list[int]) -> str:
    return sentence(Cycle.of(T_NS, CHANNELS, values, quality))


def test_a_good_cycle_reads_as_promised() -> None:
    assert said(VALUES, GOOD) == (
        "04:13 capturing 58.2 % +/- 0.9 of 1.80 t/h CO2 (treated gas), "
        "heat-limited; steam 1.9 of 1.9 t/h"
    )


def test_a_figure_that_is_not_good_is_not_said() -> None:
    quality = list(GOOD)
    quality[3] = 0
    line = said(VALUES, quality)
    assert "58.2" not in line
    assert "unknown" in line


def test_a_rig_in_hold_is_not_capturing() -> None:
    values = [5.0, *VALUES[1:]]
    assert said(values, GOOD) == "04:13 not capturing, the rig is in HOLD; steam 1.9 of 1.9 t/h"


def test_a_dead_link_is_told_as_no_data() -> None:
    line = said([math.nan] * len(CHANNELS), [0] * len(CHANNELS))
    assert line == "04:13 no data from the rig; steam unknown"


def test_a_voyage_clock_is_never_replaced_by_the_wall_clock() -> None:
    channels = (*CHANNELS, Channel("HS-VOYAGE", "s", "in", role="voyage_time"))
    values = [*VALUES, 1389509640.0]
    said_at_sea = sentence(Cycle.of(T_NS, channels, values, [*GOOD, 2]))
    assert said_at_sea.startswith("06:54 capturing")
    assert sentence(Cycle.of(T_NS, channels, values, [*GOOD, 0])).startswith("capturing")
    lost = sentence(Cycle.of(T_NS, channels, values, [0] * len(channels)))
    assert lost == "no data from the rig; steam unknown"


def test_a_trip_is_said_with_its_first_cause() -> None:
    units = Channel("HS-UNIT", "", "in", labels={7: "TRIP"}, role="unit_state")
    first = Channel("trip_first_out", "", "calc", labels={0: "none", 3: "Blower tripped"})
    channels, values = (units, *CHANNELS[1:], first), [7.0, *VALUES[1:], 3.0]
    line = sentence(Cycle.of(T_NS, channels, values, [*GOOD, 2]))
    assert "the rig is in TRIP (Blower tripped); steam" in line
    line = sentence(Cycle.of(T_NS, channels, values, [*GOOD, 0]))
    assert "the rig is in TRIP; steam" in line
