"""What the plant allows and what binds, by table."""

import math
import re
from pathlib import Path

import pytest

from controller import limits
from controller.channels import AUTHORITY, CONSTRAINTS, LEASE, MODE_LABELS
from controller.limits import Cap, Constraint, Pace

CONTROL_MD = Path(__file__).resolve().parents[2] / "docs/control.md"
NAN = float("nan")


@pytest.mark.parametrize(
    ("available", "expected", "by"),
    [
        (60000.0, 20000.0, Constraint.ON_TARGET),
        (20000.0, 18000.0, Constraint.GAS),
        (0.0, 0.0, Constraint.GAS),
    ],
)
def test_treated_cap(available: float, expected: float, by: Constraint) -> None:
    assert limits.treated_cap(available, 0.9, 20000.0, 22000.0) == Cap(expected, by)


def test_treated_cap_is_not_guessed() -> None:
    assert math.isnan(limits.treated_cap(NAN, 0.9, 20000.0, 22000.0).value)


@pytest.mark.parametrize(
    ("t_degC", "expected"),
    [
        (110.0, 2400.0),
        (121.0, 2400.0),
        (122.0, 1200.0),
        (123.0, 0.0),
        (130.0, 0.0),
        (NAN, 2400.0),
    ],
)
def test_temperature_override(t_degC: float, expected: float) -> None:
    assert limits.temperature_cap(t_degC, 122.0, 2.0, 2400.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("pressure", "expected"),
    [(3.5, 1.0), (3.0, 1.0), (2.75, 0.5), (2.5, 0.0), (0.0, 0.0), (NAN, 1.0)],
)
def test_header_share(pressure: float, expected: float) -> None:
    assert limits.header_share(pressure, 2.5, 3.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("available", "by_temperature", "expected", "by"),
    [
        (3000.0, 2400.0, 2400.0, Constraint.HEAT),
        (1000.0, 2400.0, 950.0, Constraint.HEAT),
        (3000.0, 1200.0, 1200.0, Constraint.TEMPERATURE),
        (0.0, 2400.0, 0.0, Constraint.HEAT),
    ],
)
def test_steam_cap(
    available: float, by_temperature: float, expected: float, by: Constraint
) -> None:
    assert limits.steam_cap(available, 0.95, by_temperature, 2400.0) == Cap(expected, by)


@pytest.mark.parametrize(
    ("steam", "co2", "expected", "by"),
    [
        # 2000 kg/h * 2133 kJ/kg / (3.8 GJ/t * 1800 kg/h) = 62.4 %
        (2000.0, 1800.0, 62.37, Constraint.HEAT),
        (1000.0, 1800.0, 31.18, Constraint.HEAT),
        (2400.0, 900.0, 85.0, Constraint.SOLVENT),
        (9000.0, 2500.0, 56.0, Constraint.TANK),
    ],
)
def test_possible(steam: float, co2: float, expected: float, by: Constraint) -> None:
    cap = limits.possible(
        Cap(steam, Constraint.HEAT), 2133.0, 3.8, co2, 32000.0, 22.5, 1400.0, 85.0
    )
    assert cap.value == pytest.approx(expected, abs=0.01)
    assert cap.by is by


@pytest.mark.parametrize("co2", [NAN, 0.0])
def test_possible_is_unknown_without_gas(co2: float) -> None:
    heat = Cap(2000.0, Constraint.HEAT)
    assert math.isnan(limits.possible(heat, 2133.0, 3.8, co2, 32000.0, 22.5, 1400.0, 85.0).value)


THERE = Pace(60.0, 60.0, 75.0)


@pytest.mark.parametrize(
    ("capturing", "controlled", "pace", "gas", "expected"),
    [
        (False, True, THERE, Constraint.GAS, Constraint.NOT_CAPTURING),
        (True, True, THERE, Constraint.GAS, Constraint.GAS),
        (True, True, Pace(60.0, 50.0, 50.0), Constraint.GAS, Constraint.HEAT),
        (True, True, THERE, Constraint.ON_TARGET, Constraint.ON_TARGET),
        (True, False, THERE, Constraint.ON_TARGET, Constraint.NOT_CONTROLLED),
        (True, True, THERE, Constraint.UNKNOWN, Constraint.UNKNOWN),
        # A target that ramps is limited by nothing, whatever the gas and heat are.
        (True, True, Pace(60.0, 12.0, 75.0), Constraint.GAS, Constraint.APPROACHING),
        (True, True, Pace(60.0, 12.0, math.nan), Constraint.ON_TARGET, Constraint.APPROACHING),
        (True, True, Pace(10.0, 55.0, 75.0), Constraint.GAS, Constraint.ABOVE_TARGET),
        # Ramping up to less than was asked: the limit is named, and it is the true one.
        (True, True, Pace(60.0, 12.0, 40.0), Constraint.ON_TARGET, Constraint.HEAT),
        # The gas side is lost: the target rises to what it was and no farther, and says why.
        (True, True, Pace(60.0, 40.0, 75.0, 50.0), Constraint.ON_TARGET, Constraint.APPROACHING),
        (True, True, Pace(60.0, 50.0, 75.0, 50.0), Constraint.GAS, Constraint.GAS_SIDE_LOST),
        (True, True, Pace(60.0, 40.0, 40.0, 50.0), Constraint.ON_TARGET, Constraint.HEAT),
        (True, True, Pace(45.0, 45.0, 75.0, 50.0), Constraint.ON_TARGET, Constraint.ON_TARGET),
    ],
)
def test_the_limit_named_is_the_true_one(
    capturing: bool, controlled: bool, pace: Pace, gas: Constraint, expected: Constraint
) -> None:
    cap = Cap(50.0, Constraint.HEAT)
    assert limits.binding(capturing, controlled, pace, cap, Cap(18000.0, gas)) is expected


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (59.0, Constraint.ON_TARGET),
        (57.5, Constraint.APPROACHING),
        (63.0, Constraint.ABOVE_TARGET),
        (math.nan, Constraint.UNKNOWN),
    ],
)
def test_on_target_is_said_only_where_the_measurement_is(
    measured: float, expected: Constraint
) -> None:
    assert limits.arrived(Constraint.ON_TARGET, measured, 60.0) is expected
    assert limits.arrived(Constraint.HEAT, measured, 60.0) is Constraint.HEAT


def test_the_table_of_words_is_the_controllers() -> None:
    section = CONTROL_MD.read_text().split("## What limits it")[1].split("\n## ")[0]
    said = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE)
    assert said[0] == "word"
    assert said[1:] == [CONSTRAINTS[c] for c in Constraint]
    assert f"more than {limits.NEAR_PCT:g} points" in section


def test_what_is_not_known_is_not_called_a_limit() -> None:
    assert limits.treated_cap(math.nan, 0.9, 2e4, 2.2e4).by is Constraint.UNKNOWN
    heat = Cap(2000.0, Constraint.HEAT)
    unknown = limits.possible(heat, 2133.0, 3.8, math.nan, 32000.0, 22.5, 1400.0, 85.0)
    assert unknown.by is Constraint.UNKNOWN


def test_words_of_the_journal_stay_with_their_numbers() -> None:
    """Recorded voyages hold the numbers: a word may be mended, never moved."""
    assert MODE_LABELS == {0: "OOS", 1: "IMAN", 2: "LO", 3: "MAN", 4: "AUTO", 5: "CAS"}
    assert AUTHORITY == {0: "MONITOR", 1: "ARMED"}
    assert LEASE == {0: "none", 1: "asked", 2: "held", 3: "lost"}
    assert CONSTRAINTS[int(Constraint.TANK)] == "Tank-limited"
    assert sorted(CONSTRAINTS) == list(range(12))


@pytest.mark.parametrize(("counted", "by"), [(True, Constraint.GAS), (False, Constraint.UNKNOWN)])
def test_exhaust_not_all_counted_bounds_the_flow_and_is_no_limit_to_name(
    counted: bool, by: Constraint
) -> None:
    assert limits.treated_cap(1.5e4, 0.9, 2e4, 2.2e4, counted) == Cap(1.35e4, by)
    assert limits.treated_cap(5e4, 0.9, 2e4, 2.2e4, counted).by is Constraint.ON_TARGET
