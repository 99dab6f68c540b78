"""A real journal that goes on, the real server, a real Chromium with nothing but this machine."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from controller.historian.record import Event
from sensors.quality import Reason
from tests.journal_fixture import Voyage
from tests.patience import PATIENCE_S, wait_until

expect.set_options(timeout=PATIENCE_S * 1000)  # how fast is for the benches to say

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
SERVE = """
import sys
from pathlib import Path
from dashboard.server import serve
serve(Path(sys.argv[1]), int(sys.argv[2]), replay=sys.argv[3], speed=float(sys.argv[4]))
"""


@dataclass
class Feeder:
    """Appends a cycle every half second until told to pause; what the test sets goes into each."""

    voyage: Voyage
    changes: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    ages_ms: Mapping[str, int] = field(default_factory=dict)
    paused: bool = False
    events: list[Event] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stop.wait(0.5):
            if not self.paused:
                events, self.events = self.events, []
                self.voyage.go_on(self.changes, self.reasons, self.ages_ms, events)

    def stop(self) -> None:
        self._stop.set()


@dataclass(frozen=True)
class Site:
    """The page under test."""

    url: str
    state_dir: Path
    feeder: Feeder
    server: subprocess.Popen[bytes]


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert server.poll() is None, "the server ended while starting"
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1.0):
                return True
        except OSError:
            return False

    wait_until(answers, "the server answers")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser for which no other host exists.

    For a module, not the session: while it lives, its event loop runs in this
    thread, and no coroutine test could.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(
    state_dir: Path, replay: str = "", speed: float = 1.0
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the page of a state directory, or of a recorded run; yield its address and process."""
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(state_dir), str(port), replay, str(speed)],
        env={**os.environ},
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[Site]:
    """Return the running page of a voyage that goes on."""
    state_dir = tmp_path_factory.mktemp("state")
    feeder = Feeder(Voyage(state_dir, demo_folder))
    thread = threading.Thread(target=feeder.run)
    thread.start()
    try:
        with serving(state_dir) as (url, server):
            yield Site(url, state_dir, feeder, server)
    finally:
        feeder.stop()
        thread.join(PATIENCE_S)
        feeder.voyage.close()


@pytest.fixture
def quiet(site: Site) -> Iterator[Site]:
    """Return the site; whatever the test changes is undone after it."""
    before = site.feeder.voyage.value.copy()
    yield site
    feeder = site.feeder
    touched = bool(feeder.changes or feeder.reasons)
    feeder.changes, feeder.reasons, feeder.ages_ms, feeder.paused = {}, {}, {}, False
    feeder.voyage.value[:] = before
    if touched:
        time.sleep(1.6)  # the next test sees a record without it


@pytest.fixture(scope="module")
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """Return one page most tests share; each leaves it as it found it."""
    shared = open_page(chromium, site.url)
    yield shared
    shared.close()


def open_page(browser: Browser, url: str, width: int = 1600, height: int = 900) -> Page:
    """Return a page that shows live values and charts, with the hosts it asked for."""
    page = browser.new_page(viewport={"width": width, "height": height})
    hosts: set[str] = set()
    page.on("request", lambda r: hosts.add(r.url.split("/")[2] if "//" in r.url else r.url[:20]))
    page.goto(url)
    page.wait_for_function(SHOWS_VALUES, timeout=PATIENCE_S * 1000)
    page.wait_for_selector(".st-key-trends canvas", timeout=PATIENCE_S * 1000)
    page.hosts = hosts  # type: ignore[attr-defined]
    return page


SHOWS_VALUES = """() => {
  const host = [...document.querySelectorAll("*")].find(
    (e) => e.shadowRoot && e.shadowRoot.getElementById("page"));
  return host && host.shadowRoot.querySelector("#ro-steam .v")?.textContent;
}"""
