"""The page as Streamlit runs it, without a browser."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

import dashboard
from controller.historian.reader import JournalReader
from controller.inbox import Inbox
from dashboard.presses import unheard
from dashboard.server import FirstPaint, serve
from dashboard.source import STATE_VARIABLE, Source
from dashboard.themes import options, palettes
from dashboard.views import overview
from tests.journal_fixture import Voyage
from tests.patience import PATIENCE_S

APP = Path(dashboard.__file__).with_name("app.py")


@pytest.fixture
def voyage(state: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    v = Voyage(state, demo_folder, cycles=120)
    yield v
    v.close()


def run() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=PATIENCE_S).run()


def test_the_page_runs_on_a_journal(voyage: Voyage) -> None:
    app = run()
    assert not app.exception
    assert not app.error
    assert len(app.get("echarts_chart")) == 3


def test_the_page_waits_for_a_journal(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    app = run()
    assert not app.exception
    assert "Waiting for the controller" in app.error[0].value
    assert "push button on the capture panel" in app.error[0].value


def test_all_sessions_share_one_read(voyage: Voyage, state: Path) -> None:
    source = Source(state)
    first = source.page()
    assert isinstance(first, dict)
    voyage.go_on()
    assert source.page() is first  # within half a second nobody reads again


def test_what_was_before_a_new_demo_is_not_shown(voyage: Voyage, state: Path) -> None:
    with JournalReader(state) as reader:
        before = reader.newest_run() or ""
    source = Source(state, after=before)
    said = source.page()
    assert isinstance(said, str)
    assert said.startswith("Waiting for the controller")
    assert source.trends() is None
    assert isinstance(Source(state, after="another").page(), dict)


def test_an_unreadable_journal_is_said_not_raised(state: Path) -> None:
    folder = state / "journal" / "20260101T000000-live-1"
    folder.mkdir(parents=True)
    (folder / "2026-01-01.db").write_bytes(b"not a database")
    said = Source(state).page()
    assert isinstance(said, str)
    assert "push button on the capture panel" in said


def test_a_press_reaches_the_inbox(
    voyage: Voyage, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(state)

    bypass = {"kind": "bypass", "args": {}, "by": "", "n": 7}
    pressed = SimpleNamespace(request={"presses": [bypass]})
    monkeypatch.setattr(streamlit, "session_state", {overview.KEY: pressed})
    overview.handle()
    (command,) = inbox.poll()
    assert (command.kind, command.by) == ("bypass", "dashboard")
    hold = {"kind": "unit", "args": {"state": "HOLD"}, "by": "2/E", "n": 8}
    pressed.request = {"presses": [bypass, hold]}  # the page does not know yet it was heard
    overview.handle()
    assert [c.kind for c in inbox.poll()] == ["unit"]
    inbox.close()


def test_quick_presses_are_all_obeyed_and_each_once() -> None:
    first, second = {"n": 5.0, "kind": "bypass"}, {"n": 6.0, "kind": "ack"}
    assert unheard({"presses": [second, first]}, 0.0) == ([first, second], 6.0)
    assert unheard({"presses": [first, second]}, 5.0) == ([second], 6.0)
    several: list[object] = [None, [], {"presses": 3}, {"presses": [{"n": "x"}, {"n": math.nan}]}]
    for nonsense in several:
        assert unheard(nonsense, 4.0) == ([], 4.0)


def test_both_themes_name_the_same_colours() -> None:
    light, dark = palettes()["light"], palettes()["dark"]
    assert set(light) == set(dark)
    assert dark["backgroundColor"] == "#000000"
    assert options()["theme.dark.textColor"] == dark["textColor"]


def test_an_unknown_theme_is_refused_before_anything_starts(state: Path) -> None:
    with pytest.raises(ValueError, match="one of day, night"):
        serve(state, 0, "dusk")


async def answer(theme: str, query: bytes = b"") -> tuple[dict[Any, Any], bytes]:
    page = b"<html><head><title>Streamlit</title></head></html>"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert all(name != b"accept-encoding" for name, _ in scope["headers"])
        length = str(len(page)).encode()
        start = {"status": 200, "headers": [(b"content-length", length)]}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": page[:20], "more_body": True})
        await send({"type": "http.response.body", "body": page[20:]})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    headers = [(b"accept-encoding", b"gzip")]
    scope = {"type": "http", "path": "/", "query_string": query, "headers": headers}
    await FirstPaint(app, theme)(scope, receive, send)
    return dict(sent[0]["headers"]) | {"status": sent[0]["status"]}, sent[1]["body"]


async def test_the_ground_is_painted_before_any_script() -> None:
    head, body = await answer("day")
    assert head[b"content-length"] == str(len(body)).encode()
    assert b"<title>Seastack</title>" in body
    assert body.index(b"html.night{background:#000000}") < body.index(b"<title>")


async def test_a_night_server_sends_visitors_to_the_night_page() -> None:
    head, _ = await answer("night")
    assert (head["status"], head[b"location"]) == (307, b"/?embed_options=dark_theme")
    chosen, _ = await answer("night", b"embed_options=light_theme")
    assert chosen["status"] == 200
