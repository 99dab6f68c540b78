"""Attack the page for a minute from the same browser and machine: commands, delay, look-ups.

The demo runs with its page.  Beside it, in the same Chromium, a web page of another origin opens
sockets, fetches, frames, forms and windows without end; a program forges Host and Origin on HTTP
and WebSocket, hundreds of times a second, and sends what is no HTTP.  A proxy that records stands
in place of the internet for the browser; what the processes of the demo look up or connect to is
recorded too.

    .venv/bin/python benchmarks/hostile_page.py [SECONDS]

Exit code 0: no command accepted, never slower than 0.5 s, nothing looked up; 1: not so; 77:
Chromium is not installed.
"""

import http.client
import http.server
import os
import re
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from seastack.demo import DemoOptions, launch, prepare
from seastack.fleet import Fleet

SECONDS = 60.0
SLOWEST_S = 0.5
PERIOD_S = 1.0  # of the page's own news
WANTED: list[str] = []  # by the browser, of other hosts
ITS_OWN = re.compile(
    r"\b[\w.-]*(google|googleapis|gvt1)\.com\b"
)  # what Chromium asks of its makers
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--no-pings",
    "--disable-client-side-phishing-detection",
]

# In every process of the demo: what is looked up, and who is connected to, beyond this machine.
WATCH = """
import os, sys
def _note(event, args):
    if event == "socket.getaddrinfo" and args[0] not in (None, "127.0.0.1", "localhost", "::1"):
        _write(f"look-up of {args[0]}")
    if event == "socket.connect" and isinstance(args[1], tuple):
        if args[1][0] not in ("127.0.0.1", "::1", "localhost"):
            _write(f"connection to {args[1][0]}")
def _write(line):
    fd = os.open(os.environ["LOOKUPS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, (line + "\\n").encode()); os.close(fd)
sys.addaudithook(_note)
"""

HOSTILE = """async ([url, seconds]) => {
  const count = {socket: 0, fetch: 0, blind: 0, frame: 0, opened: 0};
  const ws = (protocol) => new Promise((done) => {
    const w = new WebSocket(url.replace("http", "ws") + "/_stcore/stream", protocol);
    w.onopen = () => { count.socket++; w.send("x".repeat(65536)); done(); };
    w.onerror = () => done();
  });
  const until = performance.now() + 1000 * seconds;
  while (performance.now() < until) {
    const some = [];
    for (let i = 0; i < 20; i++) {
      some.push(ws(["streamlit"]), ws(["streamlit", "x", "y"]));
      some.push(fetch(url + "/?" + Math.random()).then(() => count.fetch++, () => 0));
      some.push(fetch(url + "/_stcore/upload_file/a/b",
        {method: "POST", mode: "no-cors", body: "x".repeat(100000)}).then(() => 0, () => 0));
    }
    const frame = document.createElement("iframe");
    frame.src = url; document.body.append(frame);
    const form = document.createElement("form");
    form.method = "post"; form.action = url + "/"; frame.name = "f" + Math.random();
    form.target = frame.name; document.body.append(form); form.submit();
    await Promise.all(some);
    await new Promise((done) => setTimeout(done, 100));
    frame.remove(); form.remove();
  }
  return count;
}"""
GAPS = """() => {
  const find = (root) => {
    const here = root.querySelector("#c-utc b");
    if (here) return here;
    for (const one of root.querySelectorAll("*")) {
      const deeper = one.shadowRoot && find(one.shadowRoot);
      if (deeper) return deeper;
    }
    return null;
  };
  window.gaps = []; let last = performance.now(), was = "", clock = null;
  setInterval(() => {
    if (!clock || !clock.isConnected) clock = find(document);
    const text = clock ? clock.textContent : was;
    if (text === was) return;
    const now = performance.now(); window.gaps.push((now - last) / 1000); last = now; was = text;
  }, 20);
}"""


class Recorder(threading.Thread):
    """A proxy that lets nothing through and notes what was wanted."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.wanted: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]

    def run(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection, suppress(OSError):
                connection.settimeout(2.0)
                self.wanted.append(connection.recv(2000).split(b"\r\n")[0].decode("latin-1"))
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A web page of another origin."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<body>another page</body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Forger(threading.Thread):
    """Says it is another host, comes from another page, or is no HTTP at all."""

    def __init__(self, port: int, until: float) -> None:
        super().__init__(daemon=True)
        self._port, self._until = port, until
        self.sent = self.let_in = 0

    def run(self) -> None:
        heads = self._heads()
        while time.monotonic() < self._until:
            for head in heads:
                self.sent += 1
                with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1) as s:
                    s.settimeout(1.0)
                    s.sendall(head)
                    said = s.recv(200)
                    self.let_in += said.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101"))
            time.sleep(0.02)

    def _heads(self) -> list[bytes]:
        upgrade = (
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: streamlit\r\n"
        )
        own = f"127.0.0.1:{self._port}"
        asks = [
            ("GET /", "evil.example", ""),
            ("GET /", f"evil.example:{self._port}", ""),
            ("GET /", f"{own}.evil.example", ""),
            ("GET /", own, "Origin: http://evil.example\r\n"),
            ("GET /_stcore/stream", own, upgrade + "Origin: http://evil.example\r\n"),
            ("GET /_stcore/stream", own, upgrade + "Origin: null\r\n"),
            ("GET /_stcore/stream", own, upgrade),
            ("GET /_stcore/stream", "evil.example", upgrade + f"Origin: http://{own}\r\n"),
            ("PUT /_stcore/upload_file/a/b", own, "Content-Length: 5\r\n"),
            ("GET /_stcore/metrics", own, ""),
        ]
        made = [f"{ask} HTTP/1.1\r\nHost: {h}\r\n{more}\r\n".encode() for ask, h, more in asks]
        return [*made, b"\x16\x03\x01\x02\x00" + bytes(500), b"GET " + b"/" * 100_000]


class Watcher(threading.Thread):
    """Asks for the page itself five times a second; `slowest_s` is the longest answer."""

    def __init__(self, port: int, until: float) -> None:
        super().__init__(daemon=True)
        self._port, self._until = port, until
        self.answers, self.slowest_s = 0, 0.0

    def run(self) -> None:
        while time.monotonic() < self._until:
            began = time.monotonic()
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)) as page:
                page.request("GET", "/")
                answer = page.getresponse()
                answer.read()
            if answer.status == 200:
                self.answers += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            time.sleep(0.2)


@contextmanager
def another_page():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def requests_in(state: Path) -> int:
    """Return how many requests the inbox holds."""
    with closing(sqlite3.connect(f"file:{state / 'inbox.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM request").fetchone()[0])


def longest_gap_s(page: Page) -> tuple[int, float]:
    """Return how often the page's clock moved, and the longest time it stood."""
    gaps = page.evaluate("() => window.gaps")
    return len(gaps), max(gaps, default=float("inf"))


def attacked(state: Path, seconds: float) -> dict[str, float]:
    """Run the demo, attack its page; return the figures."""
    recorder = Recorder()
    recorder.start()
    options = DemoOptions(state=state)
    proxied = [f"--proxy-server=127.0.0.1:{recorder.port}", "--proxy-bypass-list=127.0.0.1"]
    with Fleet(prepare(options, print)) as fleet, another_page() as elsewhere:
        launch(fleet, dashboard=True, say=print)
        with sync_playwright() as p:
            program = shutil.which("chromium")
            browser = p.chromium.launch(executable_path=program, args=[*FLAGS, *proxied])
            page, hostile = browser.new_page(), browser.new_page()
            page.goto(fleet.plan.url)
            page.wait_for_selector("#c-utc b")
            page.wait_for_timeout(10_000)
            before = requests_in(state)
            hostile.goto(elsewhere)
            page.evaluate(GAPS)
            until = time.monotonic() + seconds
            watcher = Watcher(fleet.plan.page_port, until)
            forger = Forger(fleet.plan.page_port, until)
            watcher.start()
            forger.start()
            told = hostile.evaluate(HOSTILE, [fleet.plan.url, seconds])
            watcher.join()
            forger.join()
            moves, gap_s = longest_gap_s(page)
            after = requests_in(state)
            WANTED.extend(recorder.wanted)
            browser.close()
    return {
        "requests in the inbox by the attack": after - before,
        "sockets opened by the other page": told["socket"],
        "answers read by the other page": told["fetch"],
        "forged requests let in": forger.let_in,
        "forged requests": forger.sent,
        "answers of the page": watcher.answers,
        "slowest answer of the page, s": watcher.slowest_s,
        "news shown by the page": moves,
        "longest the page waited for news beyond its second, s": gap_s - PERIOD_S,
        "other hosts wanted by a page": sum(not ITS_OWN.search(w) for w in recorder.wanted),
        "hosts of its makers wanted by the browser itself": len(recorder.wanted),
    }


def main() -> int:
    """Attack, print the figures, return the exit code."""
    if shutil.which("chromium") is None:
        print("chromium is not installed")
        return 77
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        watch = Path(folder) / "watch"
        watch.mkdir()
        (watch / "sitecustomize.py").write_text(WATCH)
        lookups = Path(folder) / "lookups"
        paths = [str(watch), *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ |= {"PYTHONPATH": os.pathsep.join(paths), "LOOKUPS": str(lookups)}
        figures = attacked(Path(folder) / "state", seconds)
        found = lookups.read_text().splitlines() if lookups.exists() else []
    figures["look-ups and connections beyond this machine by the demo"] = len(found)
    for name, value in figures.items():
        print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")
    for line in sorted(set(found)):
        print(line)
    for line in sorted(set(WANTED)):
        print("wanted:", line)
    never = [
        name for name in figures if name.startswith(("requests in", "sockets", "answers read"))
    ]
    never += ["forged requests let in", "other hosts wanted by a page",
              "look-ups and connections beyond this machine by the demo"]  # fmt: skip
    slow = [name for name in figures if name.endswith(", s")]
    good = all(figures[n] == 0 for n in never) and all(figures[n] <= SLOWEST_S for n in slow)
    print("as it must be" if good else "NOT as it must be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
