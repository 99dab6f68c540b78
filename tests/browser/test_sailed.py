"""The page of an hour really sailed; its pictures are the ones in the docs."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.historian.reader import JournalReader
from controller.inbox import Inbox
from dashboard.topbar import clock
from tests.browser.conftest import open_page, serving
from tests.browser.sailed import RUN, SailedVoyage
from tests.browser.test_overview import NIGHT, overlaps
from tests.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
MOMENT = 3000


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the state directory of a sailed hour that goes on."""
    folder = tmp_path_factory.mktemp("sailed")
    voyage, stop = SailedVoyage(folder), threading.Event()

    def sail() -> None:
        while not stop.wait(0.5):
            voyage.go_on()

    thread = threading.Thread(target=sail)
    thread.start()
    try:
        yield folder
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        voyage.close()


@pytest.fixture(scope="module")
def url(state_dir: Path) -> Iterator[str]:
    """Return the page of the sailed hour."""
    with serving(state_dir) as (address, _):
        yield address


@pytest.fixture(scope="module")
def replay_url(state_dir: Path) -> Iterator[str]:
    """Return the page that replays the same hour."""
    with serving(state_dir, RUN, 60.0) as (address, _):
        yield address


@pytest.mark.parametrize(
    ("path", "name"),
    [("/?embed_options=light_theme", "overview_day.png"), (NIGHT, "overview_night.png")],
)
def test_heat_limits_and_the_page_says_so(
    chromium: Browser, url: str, path: str, name: str
) -> None:
    page = open_page(chromium, url + path)
    expect(page.locator(".head .limit")).to_have_text("Heat-limited")
    expect(page.locator(".alarms")).to_contain_text("SO2 after the quench high")
    page.wait_for_timeout(1500)
    assert overlaps(page) == []
    target = SCREENSHOTS / name
    if os.environ.get("SEASTACK_SCREENSHOTS") or not target.exists():
        page.screenshot(path=str(target), animations="disabled")
    hosts: set[str] = page.hosts  # type: ignore[attr-defined]
    assert hosts == {url.removeprefix("http://")}
    page.close()


def seek(page: Page, second: int) -> None:
    """Stop and go to a second of the recording."""
    if page.locator(".replay .play").inner_text() == "Pause":
        page.locator(".replay .play").click()
    expect(page.locator(".replay .doing")).not_to_contain_text("playing")
    page.locator(".replay .seek").evaluate(
        "(e, s) => { e.value = s; for (const n of ['input', 'change'])"
        " e.dispatchEvent(new Event(n, {bubbles: true})); }",
        second,
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [("/?embed_options=light_theme", "replay_day.png"), (NIGHT, "replay_night.png")],
)
def test_a_replay_shows_that_moment_and_cannot_be_taken_for_now(
    chromium: Browser, state_dir: Path, replay_url: str, path: str, name: str
) -> None:
    with JournalReader(state_dir) as reader:
        (record,) = reader.chunk(RUN, MOMENT, MOMENT, 1)
    page = open_page(chromium, replay_url + path)
    expect(page.locator(".replay .word")).to_be_visible()
    expect(page.locator(".replay .run")).to_have_text(RUN)
    seek(page, 1400)  # the quench's SO2 rises only after this
    expect(page.locator("#verdict")).to_contain_text("Capture target")
    expect(page.locator(".alarms")).not_to_contain_text("SO2 after the quench high")
    seek(page, MOMENT)
    expect(page.locator(".replay .when")).to_contain_text(clock(record.t_ns))
    expect(page.locator(".alarms")).to_contain_text("SO2 after the quench high")
    expect(page.locator("#verdict")).to_contain_text("Acknowledged")
    page.wait_for_timeout(1500)
    expect(page.locator(".replay .when")).to_contain_text(clock(record.t_ns))  # it stands still
    assert overlaps(page) == []
    if name == "replay_day.png":
        target = SCREENSHOTS / name
        if os.environ.get("SEASTACK_SCREENSHOTS") or not target.exists():
            page.screenshot(path=str(target), animations="disabled")
    if folder := os.environ.get("SEASTACK_LOOK"):
        page.screenshot(path=str(Path(folder) / name), animations="disabled")
    page.set_viewport_size({"width": 900, "height": 1280})
    width = "() => document.scrollingElement.scrollWidth"
    wait_until(lambda: page.evaluate(width) <= 900, "no scrolling sideways")
    assert overlaps(page) == []
    if folder := os.environ.get("SEASTACK_LOOK"):
        page.screenshot(path=str(Path(folder) / f"upright_{name}"), animations="disabled")
    hosts: set[str] = page.hosts  # type: ignore[attr-defined]
    assert hosts == {replay_url.removeprefix("http://")}
    page.close()


def test_a_replay_has_no_way_to_ask_and_sessions_have_their_own_place(
    chromium: Browser, state_dir: Path, replay_url: str
) -> None:
    inbox = Inbox(state_dir)
    first, second = open_page(chromium, replay_url), open_page(chromium, replay_url)
    for name in ("#bypass", "#arm", "#apply", "#unit", "#ack-all", ".row .ack"):
        expect(first.locator(name).first).not_to_be_visible()
    expect(first.locator("#target")).to_be_disabled()
    expect(first.locator(".inert")).to_contain_text("nothing can be asked from here")
    expect(first.locator(".nobypass")).to_contain_text("button on the panel")
    for name in ("#bypass", "#arm", "#unit", "#ack-all"):  # somebody who insists
        first.locator(name).evaluate("e => { e.disabled = false; e.click(); }")
    seek(first, 600)
    expect(first.locator(".replay .doing")).to_have_text("paused")
    expect(second.locator(".replay .doing")).to_have_text("playing 60 x")
    first.locator(".replay select").select_option("1000")
    first.locator(".replay .play").click()
    expect(first.locator(".replay .doing")).to_have_text("playing 1000 x")
    first.wait_for_timeout(1500)
    assert inbox.poll() == []
    inbox.close()
    first.close()
    second.close()
