"""A measurement that is lost or contradicted does not stop capture that can go on without it."""

import pytest

from controller.inletcheck import co2_of_o2_pct
from controller.limits import Constraint
from controller.scene import Source
from controller.witnesses import Verdict, Way
from sensors.quality import Reason
from tests.unit.bench_rig import BenchRig

GAS, LIQUID, PRODUCT = ("AT-301",), ("AY-402",), ("FT-601",)


def named(rig: BenchRig, channel: str) -> str:
    """Return the point a calculated channel names, "none" for none."""
    labels = next(c.labels for c in rig.plant.layout if c.name == channel)
    return labels[int(rig.calc(channel))]


@pytest.mark.parametrize("reason", [Reason.DEVICE, Reason.FLATLINE, Reason.NE43_LOW, Reason.STALE])
def test_a_lost_outlet_analyser_stops_nothing(reason: Reason) -> None:
    rig = BenchRig().armed()
    rig.run(120)
    rig.spoil(*GAS, reason=reason)
    told = []
    for _ in range(60):
        told += [e.text for e in rig.run(1).events if e.source == "capture_from"]
    rig.run(300)
    assert rig.sent("HS-PC-UNIT") == 3
    assert rig.calc("mode_capture") == 4
    assert rig.calc("capture_from") == Source.LIQUID_AND_PRODUCT
    assert rig.calc("tier") == 5
    assert named(rig, "missing_point") == "AT-301"
    assert told == ["AT-301 is lost. Capture is steered on liquid and product side."]
    assert not rig.saw("unit_held", "ACTIVE")


@pytest.mark.parametrize(
    ("lost", "source"),
    [
        (GAS + LIQUID, Source.PRODUCT),
        (GAS + PRODUCT, Source.LIQUID),
        (GAS + LIQUID + PRODUCT, Source.NOTHING),
    ],
)
def test_it_goes_on_with_whatever_is_left(lost: tuple[str, ...], source: Source) -> None:
    rig = BenchRig().armed()
    rig.run(120)
    before = rig.calc("trim_capture_pct")
    rig.spoil(*lost)
    rig.run(300)
    assert rig.calc("capture_from") == source
    assert rig.sent("HS-PC-UNIT") == 3
    if source is Source.NOTHING:  # the trim is frozen, the ratio goes on
        assert (rig.calc("mode_capture"), rig.calc("mode_lean"), rig.calc("tier")) == (1, 5, 1)
        assert rig.calc("trim_capture_pct") == before
        lean = rig.sent("FIC-401.SP")
        rig.say(FT_110=18000.0)
        rig.run(300)
        assert rig.sent("FIC-401.SP") == pytest.approx(0.9 * lean, rel=0.02)


def test_without_the_gas_side_the_target_is_not_raised_and_that_is_named() -> None:
    rig = BenchRig().armed()
    rig.run(120)
    rig.spoil(*GAS)
    rig.run(60)
    rig.ask("capture_target", pct=70.0)
    rig.run(600)
    assert rig.calc("target_active_pct") == pytest.approx(60.0)
    assert Constraint(int(rig.calc("constraint"))) is Constraint.GAS_SIDE_LOST
    rig.ask("capture_target", pct=50.0)
    rig.run(600)
    assert rig.calc("target_active_pct") == pytest.approx(50.0)
    rig.mend()
    rig.ask("capture_target", pct=70.0)
    rig.run(600)
    assert rig.calc("target_active_pct") > 65.0


def test_the_trim_of_the_slow_loop_stays_near_what_it_was() -> None:
    rig = BenchRig().armed()
    rig.run(120)
    kept = rig.calc("trim_capture_pct")
    rig.spoil(*GAS)
    rig.say(FT_601=500.0, AY_402=0.35)
    rig.run(7200)
    slow = rig.plant.control.capture_loop.slow_trim
    assert abs(rig.calc("trim_capture_pct") - kept) <= 100.0 * slow + 1.0


def test_an_analyser_that_returns_makes_no_bump() -> None:
    rig = BenchRig().armed()
    rig.run(120)
    rig.spoil(*GAS)
    rig.run(900)
    lean = rig.sent("FIC-401.SP")
    rig.mend()
    rig.say(AT_301=2.2)
    rig.run(5)
    assert rig.sent("FIC-401.SP") == pytest.approx(lean, rel=0.01)
    assert rig.calc("capture_from") == Source.GAS


@pytest.mark.parametrize("reason", [Reason.DEVICE, Reason.CALIBRATING])
def test_a_lost_inlet_analyser_is_stood_in_for_by_the_engines(reason: Reason) -> None:
    rig = BenchRig().armed()
    rig.run(2400)
    lean = rig.sent("FIC-401.SP")
    rig.spoil("AT-101", reason=reason)
    rig.run(1200)
    assert rig.sent("HS-PC-UNIT") == 3
    assert rig.sent("FIC-401.SP") == pytest.approx(lean, rel=0.03)
    place = rig.plant.calc["lean_sp_kg_h"]
    assert rig.outputs is not None
    assert rig.outputs.calc_reason[place] & int(Reason.SUBSTITUTED)
    # Nothing is claimed of what was captured: the time is a gap.
    gap = rig.calc("captured_gap_s")
    rig.run(10)
    assert rig.calc("captured_gap_s") == gap + 10


def test_a_lost_gas_temperature_is_stood_in_for_by_its_last_value() -> None:
    rig = BenchRig().armed()
    rig.run(120)
    lean = rig.sent("FIC-401.SP")
    rig.spoil("TT-202")
    rig.run(600)
    assert rig.sent("HS-PC-UNIT") == 3
    assert rig.sent("FIC-401.SP") == pytest.approx(lean, rel=0.02)


def test_steam_available_lost_freezes_steam_and_holds_nothing() -> None:
    rig = BenchRig().armed()
    rig.run(120)
    steam = rig.sent("FIC-521.SP")
    rig.spoil("FT-810")
    rig.run(600)
    assert rig.calc("mode_steam") == 1
    assert (rig.sent("FIC-521.SP"), rig.sent("HS-PC-UNIT")) == (steam, 3)


# ---- what really stops it says why ------------------------------------------------------------


@pytest.mark.parametrize(
    ("lost", "point"),
    [
        (("FT-401",), "FT-401"),
        (("FT-110",), "FT-110"),
        (("TT-521", "TT-521B"), "TT-521"),
        (("FIC-401.SPR",), "FIC-401.SPR"),
        (("AT-101", "JT-911", "JT-912"), "AT-101"),
    ],
)
def test_a_hold_names_its_point_and_returns_by_itself(lost: tuple[str, ...], point: str) -> None:
    rig = BenchRig().armed()
    rig.run(60)
    rig.spoil(*lost)
    rig.run(65)
    assert rig.sent("HS-PC-UNIT") == 5
    assert named(rig, "hold_cause") == point
    assert rig.saw("unit_held", "ACTIVE")
    rig.mend()
    rig.run(10)
    assert 15.0 < rig.calc("hold_left_s") < 25.0
    rig.run(40)
    assert rig.sent("HS-PC-UNIT") == 3
    assert named(rig, "hold_cause") == "none"


def test_the_alarm_of_a_hold_tells_the_point_in_words() -> None:
    rig = BenchRig().armed()
    rig.spoil("FT-401")
    texts = []
    for _ in range(70):
        texts += [e.text for e in rig.run(1).events if e.source == "unit_held"]
    back = "it returns by itself 30 s after it is"
    assert texts == [f"Unit held: FT-401 Lean solvent flow, Coriolis is not GOOD; {back}"]


def test_an_analyser_without_exhaust_holds_nothing() -> None:
    rig = BenchRig().armed()
    rig.say(HS_UNIT=5, XS_911=0, XS_912=0, JT_911=0, JT_912=0, HS_PERMIT=1)
    rig.spoil("AT-101", "AT-301", reason=Reason.FLATLINE)
    rig.run(600)
    assert rig.sent("HS-PC-UNIT") == 3  # the request stands, the PLC waits for its engines
    assert not rig.saw("unit_held", "ACTIVE")
    rig.say(HS_UNIT=3, XS_911=1, XS_912=1, JT_911=3500, JT_912=3500, HS_PERMIT=0)
    rig.run(90)
    assert rig.calc("mode_lean") == 5


# ---- exhaust ----------------------------------------------------------------------------------


def test_values_that_are_not_good_are_no_gas_limit_from_the_first_cycle_on() -> None:
    rig = BenchRig().armed()
    rig.run(60)
    rig.spoil(*(f"{t}{n}" for t in ("JT-91", "FT-91") for n in (1, 2, 3, 4)), "FT-110", "AT-101")
    named_limits = {
        Constraint(int(rig.run(1).calc[rig.plant.calc["constraint"]])) for _ in range(30)
    }
    assert named_limits == {Constraint.UNKNOWN}
    assert named(rig, "missing_point") == "FT-110"
    assert rig.calc("available_exhaust_kg_h") != rig.calc("available_exhaust_kg_h")


def test_one_engine_unknown_bounds_the_gas_from_below_and_is_no_limit_to_name() -> None:
    rig = BenchRig().armed()
    rig.say(FT_911=250.0, FT_912=250.0)
    rig.run(600)
    assert Constraint(int(rig.calc("constraint"))) is Constraint.GAS
    both = rig.calc("available_exhaust_kg_h")
    rig.spoil("JT-912", "FT-912")
    rig.run(60)
    assert rig.calc("available_exhaust_kg_h") == pytest.approx(both / 2, rel=0.01)
    assert Constraint(int(rig.calc("constraint"))) is Constraint.UNKNOWN
    assert named(rig, "missing_point") == "JT-912"


# ---- a way that two others contradict ---------------------------------------------------------


def drifted(rig: BenchRig, minutes: int, **per_min: float) -> BenchRig:
    """Let instruments drift by so much a minute, until the ways disagree or time is up."""
    index = rig.plant.table.index
    start = {name: rig.value[index[name.replace("_", "-")]] for name in per_min}
    for minute in range(1, minutes + 1):
        rig.say(**{name: start[name] + minute * rate for name, rate in per_min.items()})
        rig.run(60)
    return rig


@pytest.mark.parametrize(
    ("drift", "odd", "minutes"),
    [
        ({"AT_301": 0.1}, Way.GAS, 10),
        ({"AT_301": -0.05}, Way.GAS, 20),
        ({"FT_601": 12.0}, Way.PRODUCT, 15),
        ({"AY_402": 0.002}, Way.LIQUID, 30),
        ({"AY_401": -0.002}, Way.LIQUID, 30),
    ],
)
def test_a_drift_is_an_alarm_and_the_odd_one_is_left_out(
    drift: dict[str, float], odd: Way, minutes: int
) -> None:
    rig = BenchRig().armed()
    rig.run(2000)
    assert rig.calc("witness_state") == Verdict.AGREE
    drifted(rig, minutes, **drift)
    assert rig.calc("witness_state") == Verdict.DISAGREE
    assert rig.calc("witness_odd") == odd
    assert rig.saw("witnesses_disagree", "ACTIVE")
    assert odd not in rig_counted(rig)
    assert rig.sent("HS-PC-UNIT") == 3
    if odd is Way.GAS:
        rig.run(60)
        assert rig.calc("capture_from") == Source.LIQUID_AND_PRODUCT


def test_an_inlet_analyser_that_lies_is_told_from_the_outlet_by_oxygen() -> None:
    rig = BenchRig().armed()
    rig.say(AT_102=o2_of_co2(6.0, rig))
    rig.run(2000)
    assert rig.calc("witness_state") == Verdict.AGREE
    lean = rig.sent("FIC-401.SP")
    drifted(rig, 25, AT_101=0.04)
    assert rig.calc("witness_odd") == Way.INLET
    # All ways rest on it: nothing is claimed; feed-forward goes by the engines.
    assert rig.calc("capture_best_pct") != rig.calc("capture_best_pct")
    assert rig.sent("HS-PC-UNIT") == 3
    rig.run(300)
    assert rig.sent("FIC-401.SP") == pytest.approx(lean, rel=0.1)
    rig.say(AT_101=6.0)  # repaired
    rig.run(4500)
    assert rig.calc("witness_state") == Verdict.AGREE
    assert rig.calc("witness_odd") == Way.NONE


def test_oxygen_alone_takes_no_way_of_measuring_away() -> None:
    rig = BenchRig().armed()
    rig.say(AT_102=18.0)
    rig.run(3000)
    assert rig.calc("witness_state") == Verdict.AGREE
    assert rig.calc("capture_from") == Source.GAS


def o2_of_co2(co2_pct: float, rig: BenchRig) -> float:
    """Return the dry O2 (vol%) that belongs to a dry CO2."""
    low, high = 5.0, 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (
            (middle, high) if co2_of_o2_pct(middle, rig.plant.fuel) > co2_pct else (low, middle)
        )
    return low


def rig_counted(rig: BenchRig) -> set[Way]:
    """Return the ways the combined figure lies between."""
    best, found = rig.calc("capture_best_pct"), set()
    for way in (Way.GAS, Way.LIQUID, Way.PRODUCT):
        name = way.name.lower()
        value, u = rig.calc(f"capture_{name}_pct"), rig.calc(f"capture_{name}_u_pct")
        if abs(best - value) <= u:
            found.add(way)
    return found


def test_until_the_odd_one_is_known_the_band_covers_the_quarrel() -> None:
    rig = BenchRig().armed()
    rig.spoil("AY-402")  # two ways only: nobody can tell which is wrong
    rig.run(2000)
    drifted(rig, 15, AT_301=0.1)
    assert rig.calc("witness_state") == Verdict.DISAGREE
    assert rig.calc("witness_odd") == Way.NONE
    best, u = rig.calc("capture_best_pct"), rig.calc("capture_best_u_pct")
    for way in ("gas", "product"):
        assert abs(best - rig.calc(f"capture_{way}_pct")) <= u


def test_one_way_alone_is_said_to_be_alone() -> None:
    rig = BenchRig().armed()
    rig.spoil("AY-402", "FT-601")
    rig.run(2000)
    assert rig.calc("witness_state") == Verdict.ONLY_ONE


def test_a_disbelieved_analyser_stays_so_over_a_hold() -> None:
    rig = BenchRig().armed()
    rig.run(2000)
    drifted(rig, 12, AT_301=0.1)
    rig.say(HS_UNIT=5)
    rig.run(300)
    rig.say(HS_UNIT=3)
    rig.run(200)
    assert rig.calc("witness_odd") == Way.GAS
    assert rig.calc("capture_from") != Source.GAS


# ---- steam ------------------------------------------------------------------------------------


def test_boilers_that_lose_heat_are_an_alarm() -> None:
    rig = BenchRig().armed()
    rig.say(TT_101=330.0, TT_102=330.0, JY_801=500.0)
    rig.run(60)
    expected = rig.calc("steam_expected_kg_h")
    rig.say(FT_810=0.95 * expected)
    rig.run(900)
    assert not rig.saw("steam_below_expected", "ACTIVE")
    rig.say(FT_810=0.4 * expected)
    rig.run(420)
    assert rig.saw("steam_below_expected", "ACTIVE")
    assert rig.calc("steam_short") == 1.0


def test_engines_that_stop_are_no_lost_heat() -> None:
    rig = BenchRig().armed()
    rig.run(60)
    rig.say(XS_911=0, XS_912=0, JT_911=0, JT_912=0, FT_810=0.0)
    rig.run(900)
    assert not rig.saw("steam_below_expected", "ACTIVE")


# ---- what a mean is of ------------------------------------------------------------------------


def test_a_mean_tells_how_long_nothing_was_captured() -> None:
    rig = BenchRig().armed()
    rig.run(900)
    rig.say(HS_UNIT=5)
    rig.run(360)
    assert rig.calc("capture_10min_idle_s") == pytest.approx(360, abs=60)
    assert rig.calc("capture_10min_covered_s") == pytest.approx(240, abs=60)


def test_an_engine_that_starts_is_no_lost_heat_while_its_drum_fills() -> None:
    rig = BenchRig().armed()
    rig.say(XS_911=0, XS_912=0, JT_911=0, JT_912=0, JY_801=0.0, FT_810=0.0)
    rig.run(600)
    rig.say(XS_911=1, XS_912=1, JT_911=3500, JT_912=3500, TT_101=330.0, TT_102=330.0)
    rig.run(1)
    full = rig.calc("steam_expected_kg_h")
    for second in range(0, 900, 10):
        rig.say(FT_810=full * (1.0 - 2.718 ** (-second / 90.0)))
        rig.run(10)
        assert rig.calc("steam_short") != 1.0
