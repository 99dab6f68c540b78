"""A web page of another origin in the same browser: it commands nothing and frames nothing."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from controller.inbox import Inbox
from tests.browser.conftest import Site, open_page
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.browser

TRIES = """async (url) => {
  const told = {};
  const ws = (address) => new Promise((done) => {
    const w = new WebSocket(address, ["streamlit"]);
    w.onopen = () => done("open"); w.onerror = () => done("refused");
  });
  told.socket = await ws(url.replace("http", "ws") + "/_stcore/stream");
  told.fetch = await fetch(url + "/").then(() => "read", () => "refused");
  const blind = {method: "POST", mode: "no-cors", body: "x"};
  told.blind = await fetch(url + "/_stcore/upload_file/a/b", blind)
    .then((r) => r.type, () => "refused");
  const frame = document.createElement("iframe");
  frame.name = "f"; frame.src = url;
  const loaded = new Promise((done) => { frame.onload = done; });
  document.body.append(frame);
  await loaded;
  const form = document.createElement("form");
  form.method = "post"; form.action = url + "/"; form.target = "f";
  document.body.append(form); form.submit();
  const opened = window.open(url);
  told.opened = opened ? "opened" : "blocked";
  for (let i = 0; i < 200; i++) {
    ws(url.replace("http", "ws") + "/_stcore/stream");
    fetch(url + "/?" + i, {mode: "no-cors"}).catch(() => 0);
  }
  return told;
}"""


class _Empty(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<body>another page</body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Return the address of a web page on another port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(PATIENCE_S)
    server.server_close()


def test_another_web_page_commands_nothing(chromium: Browser, quiet: Site, elsewhere: str) -> None:
    page = open_page(chromium, quiet.url)
    hostile = chromium.new_page()
    hostile.goto(elsewhere)
    told = hostile.evaluate(TRIES, quiet.url)
    assert told["socket"] == told["fetch"] == "refused"
    expect(hostile.frame_locator("iframe").locator("#root")).to_have_count(0)
    before = page.locator("#c-utc b").inner_text()
    expect(page.locator("#c-utc b")).not_to_have_text(before)
    inbox = Inbox(quiet.state_dir)
    assert list(inbox.poll()) == []
    inbox.close()
    hostile.close()
    page.close()


def test_the_page_keeps_its_own_policy(chromium: Browser, quiet: Site) -> None:
    context = chromium.new_context()
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda m: said.append(m.text))
    answer = page.goto(quiet.url)
    assert answer is not None
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    expect(page.locator(".st-key-trends canvas")).to_have_count(3)
    expect(page.locator("#ro-steam .v")).not_to_be_empty()
    assert [t for t in said if "Content Security Policy" in t] == []
    context.close()
