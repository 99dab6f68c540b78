"""The overview as an engineer meets it: in a browser, with no other host in the world."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.historian.record import Event
from controller.inbox import Inbox
from dashboard.charts import TRENDS
from sensors.quality import Reason
from tests.browser.conftest import Site, open_page
from tests.patience import wait_until

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
NIGHT = "/?embed_options=dark_theme"

# All texts of the drawing and all pipes, measured on the screen. A text's box is
# taken without its line spacing: 16 % above and below are never ink.
MEASURE = """() => {
  const root = [...document.querySelectorAll("*")].find(
    (e) => e.shadowRoot && e.shadowRoot.getElementById("page")).shadowRoot;
  const rig = root.querySelector(".rig");
  const texts = [...rig.querySelectorAll("text")].map((e) => {
    const b = e.getBoundingClientRect(), trim = b.height * 0.16;
    return {t: e.textContent, l: b.left, r: b.right, top: b.top + trim, b: b.bottom - trim};
  }).filter((x) => x.t.trim() && x.r > x.l);
  const hits = [];
  const over = (a, b) => Math.min(a.r, b.r) - Math.max(a.l, b.l) > 0.5
    && Math.min(a.b, b.b) - Math.max(a.top, b.top) > 0.5;
  texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
    if (over(a, b)) hits.push(`"${a.t}" and "${b.t}"`);
  }));
  for (const path of rig.querySelectorAll(".pipe path:not(.tip)")) {
    const m = path.getScreenCTM(), n = path.getTotalLength();
    for (let s = 0; s <= n; s += 3) {
      const p = path.getPointAtLength(s).matrixTransform(m);
      for (const t of texts)
        if (p.x > t.l - 2 && p.x < t.r + 2 && p.y > t.top - 1 && p.y < t.b + 1)
          hits.push(`"${t.t}" and pipe ${path.parentElement.id}`);
    }
  }
  const frame = rig.getBoundingClientRect();
  for (const t of texts)
    if (t.l < frame.left || t.r > frame.right) hits.push(`"${t.t}" and the edge`);
  const boxes = ".replay, .then, .top, .head, .wit, .nums, .alarms, .strip, .cell, .n";
  for (const e of root.querySelectorAll(boxes))
    if (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2)
      hits.push(`${e.className} overflows by ${e.scrollWidth - e.clientWidth}`
        + ` x ${e.scrollHeight - e.clientHeight}`);
  return [...new Set(hits)];
}"""


MEASURE_WORDS = """([title, words]) => {
  const pen = document.createElement("canvas").getContext("2d");
  const width = (font, t) => { pen.font = font; return pen.measureText(t).width; };
  const face = "Noto Sans, DejaVu Sans, sans-serif";
  return [width(`13px ${face}`, title), words.map((w) => width(`bold 11.5px ${face}`, w))];
}"""


def overlaps(page: Page) -> list[str]:
    """Return what overlaps when the page has come to rest."""
    found: list[str] = []

    def rests() -> bool:
        found[:] = page.evaluate(MEASURE)
        return not found

    with suppress(AssertionError):  # what never comes to rest is for the test to tell
        wait_until(rests)
    return found


@pytest.mark.parametrize(
    ("path", "ground"),
    [("/?embed_options=light_theme", "rgb(247, 247, 247)"), (NIGHT, "rgb(0, 0, 0)")],
)
def test_both_themes_with_no_other_host(
    chromium: Browser, quiet: Site, path: str, ground: str
) -> None:
    page = open_page(chromium, quiet.url + path)
    expect(page.locator(".head .limit")).to_have_text("Heat-limited")
    expect(page.locator("#page")).to_have_css("background-color", ground)
    expect(page.locator(".st-key-trends canvas")).to_have_count(3)
    page.wait_for_timeout(1200)
    assert overlaps(page) == []
    hosts: set[str] = page.hosts  # type: ignore[attr-defined]
    assert hosts == {quiet.url.removeprefix("http://")}
    page.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (1600, 900)])
def test_fits_the_screen_without_scrolling(
    page: Page, quiet: Site, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    size = "() => [document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]"
    wait_until(lambda: page.evaluate(size) == [width, height], "no scrolling")
    charts = page.locator(".st-key-trends canvas")

    def inside(i: int) -> bool:
        box = charts.nth(i).bounding_box()
        return (
            box is not None
            and box["y"] + box["height"] <= height
            and box["x"] + box["width"] <= width
        )

    wait_until(lambda: all(inside(i) for i in range(3)), "every chart on the screen")
    assert overlaps(page) == []


def test_readable_on_a_tablet_held_upright(page: Page, quiet: Site) -> None:
    page.set_viewport_size({"width": 900, "height": 1280})
    chart = page.locator(".st-key-trends canvas").first
    try:
        width = "() => document.scrollingElement.scrollWidth"
        wait_until(lambda: page.evaluate(width) <= 900, "no scrolling sideways")
        wait_until(lambda: (chart.bounding_box() or {"height": 0})["height"] > 150, "a chart")
        assert overlaps(page) == []
    finally:
        page.set_viewport_size({"width": 1600, "height": 900})


def test_readable_at_three_metres(page: Page, quiet: Site) -> None:
    def px(selector: str) -> float:
        size = page.locator(selector).first.evaluate("e => getComputedStyle(e).fontSize")
        return float(size.removesuffix("px"))

    assert px(".big b") >= 60
    assert px(".head .limit") >= 24
    assert px("#c-state b") >= 18
    assert px(".n b") >= 18
    scale = page.locator(".rig").evaluate("e => e.getScreenCTM().a")
    assert px("#ro-steam .val") * scale >= 18


LONG = {
    "FT-110": 21999.0, "TT-110": 388.0, "FT-401": 31990.0, "FT-402": 33990.0, "AT-211": 29.9,
    "AT-303": 9.9, "PDT-331": 39.9, "PT-110": -19.9, "PT-101": 37.4, "JT-911": 5800.0,
    "back_pressure_margin_1_mbar": -12.4, "LT-741A": 100.0, "LT-361": 100.0, "LT-521": 100.0,
    "LT-451": 100.0, "hours_to_full": 899.0, "FT-651": 1250.0, "AT-623": 100.0, "SI-110": 3550.0,
    "ZT-102": 100.0, "JT-831": 388.0, "AY-401": 0.512, "TT-821": -1.9, "constraint": 0.0,
    "steam_margin_kg_h": 2390.0, "available_exhaust_kg_h": 158800.0, "TT-521": 124.9,
    "capture_10min_pct": 100.0, "capture_10min_u_pct": 12.4, "captured_total_t": 10234.56,
    "sec_el_kWh_t": 498.0, "engine_load_pct": 100.0, "engines_running": 4.0,
}  # fmt: skip


def test_labels_never_touch_at_any_length(page: Page, quiet: Site) -> None:
    quiet.feeder.changes = {**LONG}
    expect(page.locator("#ro-treated .v")).to_have_text("22.0")
    page.wait_for_timeout(300)
    assert overlaps(page) == []
    names = [c.name for c in quiet.feeder.voyage.channels if not c.name.startswith("HS-")]
    quiet.feeder.reasons = dict.fromkeys(names, Reason.STALE)
    quiet.feeder.ages_ms = dict.fromkeys(names, 99_000)
    expect(page.locator("#ro-treated .u")).to_have_text("99 s")
    expect(page.locator("#ro-treated .q")).to_have_text("F")
    page.wait_for_timeout(300)
    assert overlaps(page) == []


def test_a_frozen_page_says_so_itself(page: Page, quiet: Site) -> None:
    os.kill(quiet.server.pid, signal.SIGSTOP)
    try:
        banner = page.locator(".banner")
        expect(banner).to_contain_text("This page is frozen")
        expect(banner).to_contain_text("push button on the capture panel")
        expect(page.locator("#page")).to_have_class("frozen")
        page.locator("#bypass").click()
        expect(page.locator("#bypass")).to_have_text("Not confirmeduse the panel")
        expect(page.locator("#c-utc i")).to_have_text("UTC, stopped")
    finally:
        os.kill(quiet.server.pid, signal.SIGCONT)
    expect(page.locator(".banner")).to_be_hidden()
    expect(page.locator("#page")).not_to_have_class("frozen")


def test_a_dead_controller_is_said_and_greyed(chromium: Browser, page: Page, quiet: Site) -> None:
    quiet.feeder.paused = True
    banner = page.locator(".banner")
    expect(banner).to_contain_text("No data from the controller for")
    expect(banner).to_contain_text("The PLC takes the rig within 5 s; check the panel.")
    expect(page.locator("#page")).to_have_class("dead silent")
    expect(page.locator("#apply")).to_be_disabled()
    expect(page.locator("#arm")).to_be_disabled()
    expect(page.locator("#c-alarms b")).to_have_text("unknown")
    expect(page.locator("#c-utc i")).to_have_text("UTC, stopped")
    page.locator("#bypass").click()  # nobody will answer: that is said at once
    expect(page.locator("#bypass")).to_have_text("Not confirmeduse the panel")
    fresh = open_page(chromium, quiet.url)  # who comes later is told the same
    expect(fresh.locator(".banner")).to_contain_text("No data from the controller for")
    fresh.close()
    quiet.feeder.paused = False
    expect(banner).to_be_hidden()


def poll(inbox: Inbox, kind: str) -> Any:
    found: list[Any] = []

    def there() -> bool:
        found.extend(c for c in inbox.poll() if c.kind == kind)
        return bool(found)

    wait_until(there, f"a request {kind!r} in the inbox")
    return found[0]


def test_monitor_that_nobody_wanted_is_accepted_with_a_button(page: Page, quiet: Site) -> None:
    inbox = Inbox(quiet.state_dir)
    expect(page.locator("#stay")).to_be_hidden()
    quiet.feeder.changes = {"nobody_steers": 1.0, "authority": 0.0, "lease": 0.0, "tier": 0.0}
    expect(page.locator("#stay")).to_be_visible()
    expect(page.locator("#c-control b")).to_have_text("nobody steers")
    page.locator("#who").fill("2/E")
    page.locator("#stay").click()
    assert poll(inbox, "disarm").by == "2/E"
    inbox.close()


def test_buttons_put_requests_into_the_inbox(page: Page, quiet: Site) -> None:
    inbox = Inbox(quiet.state_dir)
    page.locator("#who").fill("")
    page.locator("#apply").click()  # nobody's name: nothing is sent
    expect(page.locator("#who")).to_have_class("miss")
    expect(page.locator("#verdict")).to_have_text("Who asks? Enter your name")
    page.locator("#who").fill("2/E")
    page.locator("#target").fill("62.5")
    page.locator("#apply").click()
    asked = poll(inbox, "capture_target")
    assert (asked.by, asked.args) == ("2/E", {"pct": 62.5})
    page.locator("#target").fill("162")
    page.locator("#apply").click()
    assert inbox.poll() == []  # 162 % is no target
    page.locator("#target").fill("65")
    page.locator("#arm").click()
    assert poll(inbox, "disarm").by == "2/E"
    page.locator("#unit").click()
    assert poll(inbox, "unit").args == {"state": "HOLD"}
    page.locator(".row .ack").first.click()
    one = poll(inbox, "ack").args
    assert one["alarm"] == "steam_header_low"
    assert float(one["raised_ms"]) > 1e12
    page.locator("#ack-all").click()
    assert poll(inbox, "ack").args == one
    inbox.close()


def test_two_presses_at_once_both_arrive(page: Page, quiet: Site) -> None:
    """A bypass must not be lost because another button was pressed right after it."""
    inbox = Inbox(quiet.state_dir)
    inbox.poll()  # a bypass of the test before
    page.locator("#page").evaluate(
        "e => { e.querySelector('#bypass').click(); e.querySelector('#ack-all').click(); }"
    )
    kinds: list[str] = []

    def both() -> bool:
        kinds.extend(c.kind for c in inbox.poll())
        return len(kinds) >= 2

    wait_until(both, "two requests")
    assert kinds == ["bypass", "ack"]
    time.sleep(1.2)
    assert inbox.poll() == []  # each once
    inbox.close()


def test_bypass_is_one_press_and_tells_how_far_it_got(page: Page, quiet: Site) -> None:
    inbox = Inbox(quiet.state_dir)
    inbox.poll()  # a bypass of the test before
    button = page.locator("#bypass")
    page.locator("#who").fill("")  # a bypass waits for nobody's name
    button.click()
    expect(button).to_contain_text("Bypass asked")
    assert poll(inbox, "bypass").by == "dashboard"
    seq, t_ns = quiet.feeder.voyage.seq, time.time_ns()
    heard = Event(seq, t_ns, "command", "bypass", "ACCEPTED", "Bypass requested by dashboard")
    quiet.feeder.events = [heard]
    expect(button).to_contain_text("controller has it")
    expect(page.locator("#verdict")).to_contain_text("Bypass requested")
    quiet.feeder.changes = {"HS-PERMIT": 1024.0, "bypass_state": 2.0, "bypass_left_s": 12.0}
    expect(button).to_contain_text("PLC has it: at most 12 s left")
    quiet.feeder.changes = {"HS-BYPASS": 1.0}  # the PLC's word proves nothing
    expect(button).to_contain_text("PLC has it: at most")
    quiet.feeder.changes = {"bypass_state": 3.0, "bypass_left_s": 0.0}
    expect(button).to_contain_text("Bypassed, proven")
    quiet.feeder.changes = {"bypass_state": 4.0}
    expect(button).to_contain_text("Contradicted")
    quiet.feeder.changes = {"HS-PERMIT": 0.0, "bypass_state": 0.0}  # shut in HOLD: no bypass
    expect(button).to_contain_text("Bypass now")
    quiet.feeder.changes = {"HS-BYPASS": 0.0}
    inbox.close()


def test_a_bypass_of_somebody_else_is_seen(chromium: Browser, quiet: Site) -> None:
    quiet.feeder.changes = {"bypass_asked": 1.0, "bypass_state": 1.0}
    page = open_page(chromium, quiet.url)
    button = page.locator("#bypass")
    expect(button).to_have_text("Bypass askedcontroller has it, PLC next")
    expect(page.locator("#c-state")).to_contain_text("bypass asked")
    quiet.feeder.changes = {"bypass_overdue": 1.0}
    expect(button).to_have_text("Not confirmeduse the panel")
    quiet.feeder.changes = {"bypass_asked": 0.0, "bypass_state": 0.0, "bypass_overdue": 0.0}
    page.close()


def test_a_dead_plc_leaves_the_controller_its_buttons(page: Page, quiet: Site) -> None:
    quiet.feeder.reasons = {"HS-PLC-BEAT": Reason.LINK, "HS-PERMIT": Reason.LINK}
    quiet.feeder.ages_ms = {"HS-PLC-BEAT": 4000}
    expect(page.locator(".banner")).to_contain_text("No data from the PLC")
    expect(page.locator("#page")).to_have_class("dead")
    expect(page.locator("#arm")).to_be_enabled()
    expect(page.locator(".cards .alarms")).to_have_css("opacity", "1")
    expect(page.locator(".cards .nums")).to_have_css("opacity", "0.6")
    expect(page.locator("#c-utc i")).to_have_text("UTC")


def test_alarms_that_do_not_fit_are_counted(page: Page, quiet: Site) -> None:
    seq, t_ns = quiet.feeder.voyage.seq, time.time_ns()
    names = [f"more_{i}" for i in range(3)]
    come = [Event(seq, t_ns, "alarm", n, "ACTIVE", n, priority=3) for n in names]
    quiet.feeder.events = come
    expect(page.locator(".row")).to_have_count(5)
    expect(page.locator(".alarms .more")).to_have_text("▾ 2 more below")
    page.locator(".alarms .list").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    expect(page.locator(".alarms .more")).to_be_hidden()
    assert overlaps(page) == []
    seq = quiet.feeder.voyage.seq
    gone = [Event(seq, t_ns, "alarm", n, s, n) for n in names for s in ("ACKNOWLEDGED", "CLEARED")]
    quiet.feeder.events = gone
    expect(page.locator(".row")).to_have_count(2)


def test_the_words_of_a_trend_fit_beside_its_title(page: Page) -> None:
    for spec in TRENDS:
        title, words = page.evaluate(MEASURE_WORDS, [spec.title, [x.word for x in spec.lines]])
        # Edges 10 and 12, padding 2 x 5, a sample of 14 with 5 after it, 7 between entries.
        legend = sum(w + 14 + 5 for w in words) + 7 * (len(words) - 1)
        assert 10 + title + 10 + legend + 12 < 305, spec.title  # a third of a 1280 x 720 screen


def test_an_alarm_opens_to_cause_consequence_and_action(page: Page, quiet: Site) -> None:
    row = page.locator(".row").first
    row.locator("b").first.click()
    expect(row.locator("dl")).to_be_visible()
    expect(row.locator("dd").nth(2)).to_contain_text("Raise engine load")
    page.wait_for_timeout(1500)  # a second later it is still open
    expect(row.locator("dl")).to_be_visible()
    row.locator("b").first.click()
    expect(row.locator("dl")).to_be_hidden()


def test_night_never_flashes_white(chromium: Browser, quiet: Site) -> None:
    page = chromium.new_page(viewport={"width": 400, "height": 300})
    page.route("**/static/**", lambda route: route.abort())  # the page before any script
    page.goto(quiet.url + NIGHT)
    ground = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    body = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(0, 0, 0)"
    assert body in ("rgba(0, 0, 0, 0)", "rgb(0, 0, 0)")
    page.close()
