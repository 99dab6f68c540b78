"""The page of an hour really sailed; its pictures are the ones in the docs."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import open_page, serving
from tests.browser.sailed import SailedVoyage
from tests.browser.test_overview import NIGHT, overlaps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the page of a sailed hour that goes on."""
    state_dir = tmp_path_factory.mktemp("sailed")
    voyage, stop = SailedVoyage(state_dir), threading.Event()

    def sail() -> None:
        while not stop.wait(0.5):
            voyage.go_on()

    thread = threading.Thread(target=sail)
    thread.start()
    try:
        with serving(state_dir) as (address, _):
            yield address
    finally:
        stop.set()
        thread.join(10)
        voyage.close()


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
