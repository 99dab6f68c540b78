"""A trip met and reset in a browser: the simulated rig and its PLC, controller, inbox and page."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.config import configure
from controller.historian.journal import Journal
from controller.historian.record import Run
from controller.inbox import Inbox
from seastack.bench.sail import Sailing
from seastack.departure import start_time_s
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import Fault
from sim.rig import Rig
from tests.browser.conftest import open_page, serving
from tests.browser.test_overview import NIGHT, overlaps
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SIZES = ((1366, 768), (1920, 1080))
DAY = "/?embed_options=light_theme"


class Watch:
    """The rig under its controller at two plant seconds a second, hearing the page's inbox."""

    def __init__(self, state_dir: Path) -> None:
        config = configure(load_plant(locate("demo")))
        voyage = voyages.load("birka")
        rig = Rig(config.plant, voyage, 1, time.time_ns(), voyage_start_s=start_time_s(voyage, ""))
        rig.warm()
        run = Run(
            "20260101T000000-live-1", "live", config.plant.name, config.config_hash, "0.1.0", 1,
            rig.t_ns, title=config.spec.plant.title,
        )  # fmt: skip
        self.journal = Journal(state_dir, run, config.layout, commit_every=1, patient=True)
        self.inbox = Inbox(state_dir)
        self.sailing = Sailing(rig, config, self.journal)
        self.faults: list[Fault | str] = []  # to inject, or the name to clear
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self.sailing.cycle()
        self.sailing.ask("arm", by="2/E")
        for _ in range(90):
            self.sailing.cycle()
        self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(0.5):
            for fault in self.faults:
                if isinstance(fault, Fault):
                    self.sailing.rig.inject(fault)
                else:
                    self.sailing.rig.clear(fault)
            self.faults = []
            for command in self.inbox.poll():
                self.sailing.ask(command.kind, command.args, command.by)
            self.sailing.cycle()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(PATIENCE_S)
        self.inbox.close()
        self.journal.close()


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watch, str]]:
    state_dir = tmp_path_factory.mktemp("trip")
    found = Watch(state_dir)
    found.start()
    try:
        with serving(state_dir) as (url, _):
            yield found, url
    finally:
        found.stop()


def press(page: Page, button: str) -> None:
    page.locator("#unit", has_text=button).click()


def look(page: Page) -> None:
    """Nothing overlaps nor overflows, whatever the words and the size."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(800)
        assert overlaps(page) == []
        if folder := os.environ.get("SEASTACK_LOOK"):
            name = f"{page.locator('#c-state b').inner_text()}_{width}_{time.time():.0f}.png"
            page.screenshot(path=str(Path(folder) / name), animations="disabled")


@pytest.mark.parametrize(
    ("path", "fault", "unit", "title", "alarm"),
    [
        (DAY, "blower_trip", "TRIP", "Tripped", "Blower tripped"),
        (NIGHT, "esd", "ESD", "Emergency shut-down", "Emergency shut-down (ESD)"),
    ],
)
def test_a_trip_is_reset_from_the_page_and_captures_again(
    watch: tuple[Watch, str],
    chromium: Browser,
    path: str,
    fault: str,
    unit: str,
    title: str,
    alarm: str,
) -> None:
    rig, url = watch
    page = open_page(chromium, url + path, *SIZES[0])
    page.locator("#who").fill("C/E")
    expect(page.locator("#unit")).to_have_text("Ask HOLD")
    rig.faults = [Fault(fault)]
    expect(page.locator("#c-state b")).to_have_text(unit)
    expect(page.locator(".head .limit")).to_have_text(title)
    expect(page.locator(".head")).to_contain_text("the cause still stands")
    expect(page.locator(".alarms")).to_contain_text(alarm)
    look(page)
    press(page, "Reset (READY)")
    expect(page.locator("#verdict")).to_contain_text("still stands")
    expect(page.locator("#verdict")).to_contain_text("Not reset")
    rig.faults = [fault]
    expect(page.locator(".head")).to_contain_text("the cause is gone")
    page.locator("#ack-all").click()
    expect(page.locator(".alarms .row.unacked")).to_have_count(0)
    expect(page.locator(".alarms"), "it stays while it is latched").to_contain_text(alarm)
    look(page)
    press(page, "Reset (READY)")
    expect(page.locator("#c-state b")).to_have_text("READY")
    expect(page.locator("#verdict")).to_contain_text("The trip is reset")
    press(page, "Ask CAPTURE")
    expect(page.locator("#c-state b")).to_have_text("CAPTURE")
    expect(page.locator(".alarms")).not_to_contain_text(alarm)
    page.close()
