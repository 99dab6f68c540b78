"""What the page says about a record: numbers, words, quality, age."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.historian.eventlog import LoggedEvent, StandingAlarm
from controller.historian.reader import Frame
from controller.historian.record import Channel, Run
from dashboard import charts, mimic, readouts
from dashboard.frame import page_of, values_of
from dashboard.freshness import Freshness, age_text
from dashboard.headline import window
from dashboard.rigstate import BypassState, Constraint, bypass_of
from dashboard.values import Point, Values
from dashboard.witnesses import witnesses
from sensors.quality import Reason
from tests.journal_fixture import demo_channels, record, resting

T_NS = 1_700_000_000_000_000_000
BYPASSED = float(1 << 10)  # of HS-PERMIT
RUN = Run("r", "live", "MV Demo", "", "0", None, T_NS)


@pytest.fixture(scope="module")
def channels(demo_folder: Path) -> list[Channel]:
    return demo_channels(demo_folder)


def frame_of(
    channels: list[Channel],
    changes: Mapping[str, float] | None = None,
    reasons: Mapping[str, Reason] | None = None,
    ages_ms: Mapping[str, int] | None = None,
) -> Frame:
    value = np.array([(changes or {}).get(c.name, resting(c)) for c in channels])
    r = record(channels, value, 7, T_NS, reasons, ages_ms)
    return Frame("r", 7, T_NS, r.value, r.quality, r.reason, r.age_ms, tuple(channels))


def page(channels: list[Channel], age_s: float = 0.4, **kwargs: Any) -> dict[str, Any]:
    return page_of(frame_of(channels, **kwargs), RUN, [], [], age_s)


def values(channels: list[Channel], **kwargs: Any) -> Values:
    return values_of(frame_of(channels, **kwargs))


def head(channels: list[Channel], **kwargs: Any) -> dict[str, Any]:
    found: dict[str, Any] = page(channels, **kwargs)["head"]
    return found


def test_headline_names_the_limit_and_what_would_help(channels: list[Channel]) -> None:
    h = head(channels)
    assert (h["value"], h["band"], h["constraint"]) == ("57.9", "± 0.8", "Heat-limited")
    assert h["line1"] == "58 % is possible with the steam there is."
    # (65 - 58.2) % of 1.697 t/h at 3.85 GJ/t over 2.133 GJ/t of steam
    expected = 0.068 * 1.697 * 3.85 / 2.133
    assert h["line2"] == f"About {expected:.2f} t/h more steam gives 65 %."


def test_no_advice_from_a_duty_that_is_not_good(channels: list[Channel]) -> None:
    h = head(channels, reasons={"srd_GJ_t": Reason.SUBSTITUTED})
    assert h["line2"] == "More engine load gives more steam."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bypass_state": 3.0, "HS-UNIT": 5.0}, "Bypassed: all exhaust"),
        ({"bypass_state": 2.0, "bypass_overdue": 1.0, "HS-UNIT": 5.0}, "Bypassed, but not proven"),
        ({"bypass_state": 2.0, "bypass_left_s": 9.0, "HS-UNIT": 5.0}, "Bypassed: the blower runs"),
        ({"HS-BYPASS": 1.0, "HS-UNIT": 5.0}, "The rig is in HOLD"),
        ({"engines_running": 0.0}, "No main engine runs"),
        ({"HS-UNIT": 5.0}, "The rig is in HOLD"),
    ],
)
def test_not_capturing_says_why(
    channels: list[Channel], changes: dict[str, float], said: str
) -> None:
    h = head(channels, changes={"constraint": 6.0, **changes})
    assert h["line1"].startswith(said)


def test_hold_names_what_the_plc_misses(channels: list[Channel]) -> None:
    made = page(channels, changes={"constraint": 6.0, "HS-UNIT": 5.0, "HS-PERMIT": 0b1001000})
    assert (made["head"]["line2"], made["head"]["line3"]) == (
        "No steam for the rig.",
        "Instrument air is low.",
    )
    assert made["top"]["state"] == "HOLD"
    assert not made["bypass"]["taken"]


def test_a_rate_of_before_is_not_shown_big_outside_capture(channels: list[Channel]) -> None:
    h = head(channels, changes={"constraint": 6.0, "HS-UNIT": 5.0})
    assert (h["value"], h["unit"], h["pct"], h["lo"]) == ("–", "", None, None)
    assert h["band"] == "last 10 min: 57.9 %"
    quiet = head(channels, changes={"HS-UNIT": 5.0, "capture_10min_pct": math.nan})
    assert (quiet["value"], quiet["band"]) == ("–", "")


@pytest.mark.parametrize(
    ("covered_s", "minutes", "said"),
    [
        (math.nan, 10, "mean of 10 min"),
        (481.0, 10, "mean of 10 min"),
        (250.0, 10, "mean of 4 min so far"),
        (40.0, 10, "mean of 40 s so far"),
        (2900.0, 60, "mean of 1 h"),
        (2800.0, 60, "mean of 46 min so far"),
    ],
)
def test_a_mean_says_what_it_covers(covered_s: float, minutes: int, said: str) -> None:
    covered = Point(covered_s, 2, 0, 0.0, Channel("covered", "s", "calc"))
    assert window(covered, minutes) == said


@pytest.mark.parametrize(
    ("number", "css"),
    [(0, ""), (1, "held"), (5, "held"), (6, ""), (7, ""), (8, ""), (9, ""), (10, "")],
)
def test_only_a_limit_is_marked_as_one(channels: list[Channel], number: int, css: str) -> None:
    h = head(channels, changes={"constraint": number})
    assert h["constraint_class"] == css
    assert h["line1"]


@pytest.mark.parametrize(
    ("number", "left", "said"),
    [
        (8, 4.4, "Coming up to 65 %, in force in 4 min."),
        (8, 0.0, "Coming up to 65 %."),
        (8, math.nan, "Coming up to 65 %."),
        (10, 0.0, "Above the target: coming down to 65 %."),
        (10, 0.3, "Above the target: coming down to 65 %, in force in 1 min."),
    ],
)
def test_a_rate_on_its_way_says_where_to_and_how_long(
    channels: list[Channel], number: int, left: float, said: str
) -> None:
    assert head(channels, changes={"constraint": number, "target_ramp_min": left})["line1"] == said


def test_the_limits_are_numbered_as_the_controller_numbers_them(channels: list[Channel]) -> None:
    labels = next(c.labels for c in channels if c.name == "constraint")
    assert set(labels) == set(Constraint)
    first = {c: c.name.split("_")[0].lower() for c in Constraint}
    words = {Constraint.NEARING_TARGET: "approaching", Constraint.PLC_CONTROL: "under plc"}
    for number, word in (first | words).items():
        assert labels[number].lower().startswith(word)


def test_a_limit_of_a_later_version_is_shown_in_its_own_words(channels: list[Channel]) -> None:
    shown = head(channels, changes={"constraint": float(max(Constraint) + 1)})
    assert shown["constraint"]
    assert shown["constraint_class"] == ""


def test_a_ratio_to_no_gas_is_a_dash(channels: list[Channel]) -> None:
    made = page(channels, changes={"FT-110": 240.0, "L_G": 63.55})
    ratio = next(n for n in made["nums"] if n["unit"] == "kg/kg")
    assert (ratio["value"], ratio["letter"], ratio["class"]) == ("–", "", "")
    readout = made["mimic"]["readouts"]["lg"]
    assert (readout["v"], readout["q"], readout["p"]) == ("–", "", None)
    assert page(channels)["mimic"]["readouts"]["lg"]["v"] == "1.09"


BUTTON: dict[str, tuple[dict[str, float], tuple[str, str, str]]] = {
    "none": ({"bypass_state": 0}, ("", "Bypass now", "")),
    "asked": ({"bypass_state": 1}, ("sent", "Bypass asked", "controller has it, PLC next")),
    "not heard by the PLC": (
        {"bypass_state": 1, "bypass_overdue": 1},
        ("unheard", "Not confirmed", "use the panel"),
    ),
    "blower runs down": (
        {"bypass_state": 2, "bypass_left_s": 12.0},
        ("sent", "Bypass asked", "PLC has it: at most 12 s left"),
    ),
    "not proven": (
        {"bypass_state": 2, "bypass_overdue": 1, "bypass_unknown": 8},
        ("unheard", "Not proven", "PLC has it: look at the panel"),
    ),
    "proven": ({"bypass_state": 3}, ("active", "Bypassed, proven", "exhaust goes to the funnel")),
    "contradicted": (
        {"bypass_state": 4, "bypass_against": 12},
        ("unheard", "Contradicted", "look at the panel"),
    ),
}


@pytest.mark.parametrize("how", BUTTON)
def test_the_bypass_button_says_what_the_controller_decided(
    channels: list[Channel], how: str
) -> None:
    changes, said = BUTTON[how]
    b: Any = page(channels, changes=changes)["bypass"]
    assert (b["class"], b["title"], b["text"]) == said
    assert b["taken"] == (how != "none")


def test_no_word_of_the_plc_proves_a_bypass_on_the_page(channels: list[Channel]) -> None:
    says = {"HS-PERMIT": BYPASSED, "HS-BYPASS": 1.0, "bypass_state": 2.0, "bypass_overdue": 1.0}
    made = page(channels, changes={**says, "HS-UNIT": 5.0})
    assert not str(made["bypass"]["title"]).startswith("Bypassed")
    assert made["head"]["line1"] == "Bypassed, but not proven: look at the panel."
    assert made["top"]["state_note"] == "bypass not proven"


def test_a_contradicted_bypass_is_said_whatever_else_is(channels: list[Channel]) -> None:
    made = page(channels, changes={"bypass_state": 4.0, "bypass_against": 12.0})
    assert made["head"]["line1"] == "The bypass is contradicted: look at the panel."
    assert made["head"]["line2"] == "Denied by blower, treated flow."
    assert made["top"]["state_note"] == "bypass contradicted"


def test_the_states_of_a_bypass_are_numbered_as_the_controller_numbers_them(
    channels: list[Channel],
) -> None:
    labels = next(c.labels for c in channels if c.name == "bypass_state")
    assert {int(s): s.name.lower() for s in BypassState} == labels


def test_of_an_older_journal_the_plcs_words_are_shown(channels: list[Channel]) -> None:
    before = [c for c in channels if not c.name.startswith("bypass_") or c.name == "bypass_asked"]

    def told(dead: bool = False, silent: bool = False, **kwargs: Any) -> tuple[bool, bool, bool]:
        b = bypass_of(values(before, **kwargs), dead, silent)
        return b.pending, b.latched, b.proven

    asked = {"bypass_asked": 1.0}
    held = {"HS-PERMIT": BYPASSED}
    proven = {**held, "HS-BYPASS": 1.0}
    assert told() == (False, False, False)
    assert told(changes=asked) == (True, False, False)
    assert told(changes=held) == (False, True, False)
    assert told(changes=proven) == (False, True, True)
    assert told(changes=proven, reasons={"HS-PERMIT": Reason.LINK}) == (False, False, False)
    assert told(changes=proven, reasons={"HS-BYPASS": Reason.STALE}) == (False, True, False)
    assert told(changes={**asked, **proven}, dead=True) == (True, False, False)
    assert told(changes={**asked, **proven}, dead=True, silent=True) == (False, False, False)


def test_a_missing_capture_figure_is_a_dash_and_no_bar(channels: list[Channel]) -> None:
    h = head(channels, changes={"capture_10min_pct": math.nan})
    assert (h["value"], h["pct"], h["band"]) == ("–", None, "")


def test_witnesses_agree_within_their_bands(channels: list[Channel]) -> None:
    w = witnesses(values(channels))
    assert str(w["verdict"]).startswith("All three agree")
    rows: Any = w["rows"]
    assert [r["name"] for r in rows] == ["gas side", "liquid side", "product", "combined"]
    assert all(0 <= r["lo"] < r["mid"] < r["hi"] <= 100 for r in rows)


@pytest.mark.parametrize(
    ("changes", "said", "clash"),
    [
        ({"witness_state": 3.0, "witness_odd": 1.0}, "the gas side is the odd one", True),
        ({"witness_state": 3.0}, "nobody knows which is wrong", True),
        ({"witness_state": 0.0}, "Not compared yet", False),
        ({"witness_state": math.nan}, "This journal does not tell", False),
        # Figures far apart now are no verdict: means over minutes are compared.
        ({"capture_gas_pct": 66.0}, "All three agree", False),
    ],
)
def test_the_verdict_on_the_witnesses_is_the_controllers(
    channels: list[Channel], changes: dict[str, float], said: str, clash: bool
) -> None:
    w = witnesses(values(channels, changes=changes))
    assert said in str(w["verdict"])
    assert (w["class"] == "clash") is clash


def test_a_witness_that_is_not_good_or_left_out_is_drawn_so(channels: list[Channel]) -> None:
    doubt = {"capture_gas_pct": Reason.TRANSIENT}
    w = witnesses(values(channels, changes={"capture_gas_pct": 90.0}, reasons=doubt))
    assert str(w["verdict"]).startswith("Two of 3 agree")
    rows: Any = w["rows"]
    assert (rows[0]["class"].strip(), rows[0]["letter"]) == ("q", "S")
    out: Any = witnesses(values(channels, changes={"witness_state": 3.0, "witness_odd": 2.0}))
    assert [r["class"].strip() for r in out["rows"]] == ["", "q", "", "sum"]


def test_one_good_witness_alone_is_said(channels: list[Channel]) -> None:
    bad = {f"capture_{w}_pct": Reason.LINK for w in ("liquid", "product")}
    w = witnesses(values(channels, changes={"witness_state": 2.0}, reasons=bad))
    assert w["verdict"] == "Only the gas side is GOOD: nothing confirms it."


def test_no_good_witness_is_said(channels: list[Channel]) -> None:
    bad = {f"capture_{w}_pct": Reason.LINK for w in ("gas", "liquid", "product")}
    assert "No way" in str(witnesses(values(channels, reasons=bad))["verdict"])


def test_readouts_carry_unit_letter_age_and_limit(channels: list[Channel]) -> None:
    m: Any = mimic.mimic(
        values(
            channels,
            changes={"TT-521": 123.4},
            reasons={"AT-301": Reason.CALIBRATING, "FT-401": Reason.STALE},
            ages_ms={"FT-401": 12_000},
        )
    )
    r = m["readouts"]
    assert (r["reboiler"]["v"], r["reboiler"]["c"]) == ("123.4", "out")
    assert (r["co2out"]["c"], r["co2out"]["q"], r["co2out"]["u"]) == ("unc", "C", "%")
    assert (r["lean"]["c"], r["lean"]["u"], r["lean"]["q"]) == ("bad", "12 s", "F")
    assert r["pstrip"]["v"] == "1.86"  # 186 kPa shown in bar


def test_every_id_of_the_data_is_in_the_drawing(channels: list[Channel]) -> None:
    m: Any = mimic.mimic(values(channels))
    svg = mimic.drawing()
    prefixes = {
        "readouts": "ro", "texts": "t", "equipment": "eq",
        "pipes": "p", "levels": "lv", "profiles": "pf",
    }  # fmt: skip
    for part, prefix in prefixes.items():
        for name in m[part]:
            assert svg.count(f'id="{prefix}-{name}"') == 1, f"{part} {name}"
    assert svg.count('id="ro-') == len(m["readouts"])


def test_every_readout_has_its_channel(channels: list[Channel]) -> None:
    names = {c.name for c in channels} | {"bed_peak"}
    assert {r.channel for r in readouts.READOUTS} <= names
    assert set(charts.CHANNELS) <= names


def test_engine_rows_tell_margin_and_stopped(channels: list[Channel]) -> None:
    m: Any = mimic.mimic(values(channels))
    assert (m["readouts"]["engine1"]["v"], m["texts"]["load1"]["v"]) == ("12.6", "3.1 MW")
    assert m["readouts"]["engine1"]["c"] == "on"
    assert (m["readouts"]["engine3"]["v"], m["texts"]["load3"]["v"]) == ("–", "stopped")


def test_margin_is_worked_out_when_the_controller_has_none(channels: list[Channel]) -> None:
    m: Any = mimic.mimic(values(channels, changes={"back_pressure_margin_1_mbar": math.nan}))
    assert m["readouts"]["engine1"]["v"] == "12.6"  # high limit 25 less 12.4


def test_a_bad_bed_temperature_is_marked_and_not_the_peak(channels: list[Channel]) -> None:
    m: Any = mimic.mimic(values(channels, reasons={"TT-316": Reason.RANGE}))
    points = m["profiles"]["absorber"]
    assert [p[2] for p in points] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert m["readouts"]["peak"]["v"] == "61.4"


def test_top_bar_of_a_simulator_and_of_a_ship(channels: list[Channel]) -> None:
    top: Any = page(channels)["top"]
    assert (top["badge"], top["state"], top["command"]) == ("SIMULATOR", "CAPTURE", "ECR")
    assert (top["control"], top["control_note"]) == ("PI + ratio", "ARMED")
    assert top["command_note"] == "lease held"
    assert top["sub"] == "2 of 4 engines, 53 % load"
    ship: Any = page(channels, changes={"HS-IDENT": 0.0, "HS-KEY": 0.0})["top"]
    assert (ship["badge"], ship["command"]) == ("SHIP", "LOCAL panel")


@pytest.mark.parametrize(
    ("modes", "note"),
    [
        ({"mode_lean": 3}, "ARMED, lean MAN"),
        ({"mode_pressure": 0}, "ARMED, pressure OOS"),
        ({"mode_lean": 3, "mode_steam": 3}, "ARMED, 2 loops held"),
        ({"mode_lean": 2, "mode_steam": 1}, "ARMED"),
    ],
)
def test_a_loop_that_a_person_holds_is_said(
    channels: list[Channel], modes: dict[str, float], note: str
) -> None:
    assert page(channels, changes=modes)["top"]["control_note"] == note


@pytest.mark.parametrize(
    ("refused", "reason", "note"),
    [
        (0.0, 3.0, "lease held"),
        (2.0, 3.0, "2 refused: out of limits"),
        (5.0, 0.0, "5 refused"),
    ],
)
def test_what_the_plc_refuses_is_said_with_its_reason(
    channels: list[Channel], refused: float, reason: float, note: str
) -> None:
    changes = {"setpoints_refused": refused, "HS-REJECT": reason, "lease": 2.0}
    assert page(channels, changes=changes)["top"]["command_note"] == note


@pytest.mark.parametrize(
    ("unsteered", "control", "css"), [(1.0, "nobody steers", "bad"), (0.0, "monitor", "")]
)
def test_monitor_that_nobody_wanted_cannot_be_overlooked(
    channels: list[Channel], unsteered: float, control: str, css: str
) -> None:
    changes = {"nobody_steers": unsteered, "authority": 0.0, "tier": 0.0}
    shown = page(channels, changes=changes)
    assert (shown["top"]["control"], shown["top"]["control_class"]) == (control, css)
    assert (shown["cmd"]["authority"], shown["cmd"]["authority_class"]) == ("MONITOR", css)
    assert shown["cmd"]["stay"] is bool(unsteered)


def test_a_dead_controller_is_said_at_once(channels: list[Channel]) -> None:
    b: Any = page(channels, age_s=12.3)["banner"]
    assert b["title"] == "No data from the controller for 12 s."
    assert b["text"] == (
        "The PLC takes the rig within 5 s; check the panel. "
        "Bypass: push button on the capture panel, ECR."
    )
    assert b["dead"]
    assert b["silent"]
    assert not page(channels, age_s=1.2)["banner"]["title"]


def test_a_dead_link_is_said(channels: list[Channel]) -> None:
    b: Any = page(channels, reasons={"HS-PLC-BEAT": Reason.LINK}, ages_ms={"HS-PLC-BEAT": 4000})[
        "banner"
    ]
    assert b["title"] == "No data from the PLC for 4.0 s."
    assert b["dead"]
    assert not b["silent"]  # the controller lives: it takes a disarm, its alarms are of now
    half: Any = page(channels, reasons={"AT-101": Reason.LINK})["banner"]
    assert half["title"].startswith("No data from the analysers")
    assert not half["dead"]


def test_alarms_keep_their_first_time_and_their_advice(channels: list[Channel]) -> None:
    data = {"value": 2.94, "limit": 3.0, "unit": "barg", "cause": "c", "action": "a"}
    low = StandingAlarm("low", 2, True, False, T_NS, "Steam low", data)
    gone = StandingAlarm("gone", 3, False, False, T_NS, "Was high", {})
    made: Any = page_of(frame_of(channels), RUN, [low, gone], [], 0.1)
    first, second = made["alarms"]["rows"]
    assert first["meta"] == "P2 · 22:13:20 · 2.94 < 3 barg"
    assert first["details"] == [["Cause", "c"], ["What to do", "a"]]
    assert second["meta"].endswith("gone, not acknowledged")
    assert made["top"]["alarms"] == "2 new · 2 standing"
    assert made["top"]["alarm_class"] == "a2 new"


def test_no_alarm_of_a_dead_controller_is_not_none(channels: list[Channel]) -> None:
    made = page(channels, age_s=12.3)
    assert made["top"]["alarms"] == "unknown"
    assert made["alarms"]["title"] == "Alarms: unknown"
    assert page(channels)["top"]["alarms"] == "none"
    stood = StandingAlarm("low", 2, True, True, T_NS, "Steam low", {})
    last: Any = page_of(frame_of(channels), RUN, [stood], [], 12.3)
    assert last["alarms"]["title"] == "Alarms: last known"


def test_a_yes_or_no_has_no_limit(channels: list[Channel]) -> None:
    data = {"value": 0.0, "limit": 0.5, "unit": ""}
    down = StandingAlarm("down", 2, True, True, T_NS, "Link down", data)
    made: Any = page_of(frame_of(channels), RUN, [down], [], 0.1)
    assert made["alarms"]["rows"][0]["meta"] == "P2 · 22:13:20"


def test_what_is_not_good_is_not_claimed(channels: list[Channel]) -> None:
    bad = {"HS-KEY": Reason.LINK, "engines_running": Reason.NAN}
    top: Any = page(channels, changes={"HS-KEY": 0.0}, reasons=bad)["top"]
    assert (top["command"], top["sub"]) == ("ECR", "engines unknown")
    shut: Any = page(channels, changes={"ZSC-102": 1.0}, reasons={"ZSC-102": Reason.LINK})["mimic"]
    assert shut["texts"]["inlet"]["v"] == "98 %"
    assert shut["equipment"]["inlet"] == "on q"


def test_verdicts_come_from_the_journal(channels: list[Channel]) -> None:
    bypass = LoggedEvent(1, T_NS, "command", "bypass", "ACCEPTED", "Bypass requested", id=4)
    refused = LoggedEvent(2, T_NS, "command", "arm", "REFUSED", "Key is LOCAL", by="2/E", id=5)
    made: Any = page_of(frame_of(channels), RUN, [], [bypass, refused], 0.1)
    assert (made["bypass"]["taken"], made["bypass"]["verdict_id"]) == (False, 4)
    assert made["cmd"]["verdict"] == "22:13:20  Key is LOCAL (2/E)"
    assert made["cmd"]["verdict_class"] == "no"


def test_the_way_back_to_capture_is_offered(channels: list[Channel]) -> None:
    assert page(channels)["cmd"]["unit_ask"] == "HOLD"
    assert page(channels, changes={"unit_goal": 5.0})["cmd"]["unit_ask"] == "CAPTURE"


@pytest.mark.parametrize(
    "changes",
    [{"trip_state": 1.0}, {"trip_state": 2.0}, {"HS-UNIT": 7.0}, {"HS-UNIT": 8.0}],
)
def test_in_a_trip_the_button_is_the_reset(
    channels: list[Channel], changes: dict[str, float]
) -> None:
    cmd = page(channels, changes=changes)["cmd"]
    assert (cmd["unit_ask"], cmd["unit_label"]) == ("READY", "Reset (READY)")


def test_a_reset_without_effect_looks_like_a_refusal(channels: list[Channel]) -> None:
    failed = LoggedEvent(1, T_NS, "command", "unit", "NOT DONE", "Not reset: it stands.", id=4)
    made: Any = page_of(frame_of(channels), RUN, [], [failed], 0.1)
    assert made["cmd"]["verdict_class"] == "no"


def test_age_on_the_walls_time() -> None:
    f = Freshness()
    assert f.observe("r", 1, T_NS, T_NS + 400_000_000, 10.0, 0) == pytest.approx(0.4)
    assert f.observe("r", 1, T_NS, T_NS + 9_000_000_000, 18.6, 0) == pytest.approx(9.0)


def test_age_in_a_demo_faster_than_the_wall() -> None:
    f = Freshness()
    wall = T_NS + 10**15
    assert f.observe("r", 1, T_NS, wall, 10.0, wall) == pytest.approx(0.0)
    assert f.observe("r", 1, T_NS, wall + 4 * 10**9, 14.0, wall) == pytest.approx(4.0)
    assert f.observe("r", 5, T_NS + 4 * 10**10, wall + 5 * 10**9, 15.0, 0) == pytest.approx(0.0)


def test_a_page_opened_on_a_dead_run_does_not_call_it_fresh() -> None:
    f = Freshness()
    wall = T_NS + 10**15
    assert f.observe("r", 1, T_NS, wall, 10.0, wall - 60 * 10**9) == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("age_s", "text"), [(0.42, "0.4 s"), (12.3, "12 s"), (600.0, "10 min"), (9000.0, "2 h")]
)
def test_age_text(age_s: float, text: str) -> None:
    assert age_text(age_s) == text


def test_trend_leaves_gaps_and_holds_every_value() -> None:
    spec = charts.TRENDS[2]
    t = np.array([0, 60, 120], dtype=np.int64) * 1_000_000_000
    series = {
        "FT-810": (t, np.array([1800.0, math.nan, 1790.0])),
        "FT-521": (t, np.array([1730.0, 1735.0, 1728.0])),
    }
    option: Any = charts.trend(spec, series, int(t[-1]), "dark")
    available, used = option["series"]
    assert available["data"] == [[-2.0, 1.8], [-1.0, None], [0.0, 1.79]]
    assert used["name"] == "used"
    assert option["yAxis"]["min"] <= 1.728
    assert option["yAxis"]["max"] >= 1.8
    assert option["yAxis"]["max"] - option["yAxis"]["min"] >= spec.least


@pytest.mark.parametrize(("age_min", "shown"), [(1.5, 4), (19, 20), (60, 60), (90, 60)])
def test_a_young_run_fills_the_chart(age_min: float, shown: int) -> None:
    t = np.array([0, int(age_min * 60e9)], dtype=np.int64)
    series = {"FT-521": (t, np.array([1.0, 2.0]))}
    option: Any = charts.trend(charts.TRENDS[2], series, int(t[-1]), "light")
    assert option["xAxis"]["min"] == -shown


def test_trend_without_any_value_still_draws() -> None:
    option: Any = charts.trend(charts.TRENDS[0], {}, 0, "light")
    assert option["series"] == []
    assert option["yAxis"]["max"] > option["yAxis"]["min"]
