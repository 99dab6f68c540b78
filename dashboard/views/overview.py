"""The overview: one drawing updated every second, three trends every five.

The same page shows a recorded run when the server is told one; then every
session has a position of its own, and no button can ask for anything.
"""

import os
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

import streamlit as st

from controller import inbox
from controller.historian.reader import JournalReader
from dashboard.charts import TRENDS, trend
from dashboard.mimic import drawing
from dashboard.player import NotASteering
from dashboard.presses import WRONG, send, unheard
from dashboard.recording import Recording
from dashboard.replay import NOTHING_SENT, ReplaySource
from dashboard.requests import Request
from dashboard.source import (
    AFTER_VARIABLE,
    REPLAY_VARIABLE,
    SPEED_VARIABLE,
    STATE_VARIABLE,
    UNREADABLE,
    Source,
    end_of,
)
from dashboard.themes import Look

PAGE_S: Final = 1.0
TREND_S: Final = 5.0
KEY: Final = "overview"
_REPLAY_KEY: Final = "replay_source"
_HEARD_KEY: Final = "heard"
STEERING: Final[tuple[type[Exception], ...]] = (NotASteering, *UNREADABLE, *WRONG)


def _asset(name: str) -> str:
    return files("dashboard").joinpath(f"assets/{name}").read_text(encoding="utf-8")


@st.cache_resource(show_spinner=False)
def source(state_dir: str) -> Source:
    """Return the one reader of this server."""
    return Source(Path(state_dir), os.environ.get(AFTER_VARIABLE, ""))


@st.cache_resource(show_spinner=False)
def recording(state_dir: str, run: str) -> Recording:
    """Return the recorded run that all sessions of this server read."""
    return Recording(JournalReader(Path(state_dir)), run)


overview = st.components.v2.component(
    "seastack_overview",
    html=_asset("overview.html").replace("<!--MIMIC-->", drawing()),
    css=_asset("overview.css") + _asset("replay.css"),
    js=_asset("overview.js") + _asset("replay.js"),
)


def state_dir() -> str:
    """Return the state directory this page shows."""
    return os.environ.get(STATE_VARIABLE) or os.environ.get("STATE_DIRECTORY") or "state"


def replayed_run() -> str:
    """Return the run this server replays, "" when it shows the live one."""
    return os.environ.get(REPLAY_VARIABLE, "")


def shown() -> Source | ReplaySource:
    """Return what this session looks at. Raises HistorianError for a run that is not there."""
    run = replayed_run()
    if not run:
        return source(state_dir())
    if _REPLAY_KEY not in st.session_state:
        speed = float(os.environ.get(SPEED_VARIABLE) or 1.0)
        st.session_state[_REPLAY_KEY] = ReplaySource(
            recording(state_dir(), run), speed, time.monotonic
        )
    found: ReplaySource = st.session_state[_REPLAY_KEY]
    return found


def _presses(trigger: str) -> list[Mapping[str, object]]:
    """Return what was pressed and not obeyed yet; it counts as heard from now on."""
    payload = getattr(st.session_state.get(KEY), trigger, None)
    presses, heard = unheard(payload, st.session_state.get(_HEARD_KEY, 0.0))
    st.session_state[_HEARD_KEY] = heard
    return presses


def handle() -> None:
    """Put what was asked on the page into the inbox; in a replay nothing is."""
    if replayed_run():
        st.toast(NOTHING_SENT)
        return
    for text in send(_presses("request"), _post, UNREADABLE):
        st.toast(text)


def _post(request: Request) -> None:
    inbox.post(Path(state_dir()), request.kind, dict(request.args), request.by)


def steer() -> None:
    """Move the replay of this session."""
    for press in _presses("steer"):
        try:
            here = shown()
            if isinstance(here, ReplaySource):
                here.steer(press)
        except STEERING as error:
            st.toast(f"Replay: {error}")


@st.fragment(run_every=PAGE_S)
def live() -> None:
    """Draw the page from the newest record, or from the one a replay has come to."""
    try:
        page = shown().page()
    except UNREADABLE as error:
        page = f"Replay: the run cannot be read ({error})."
    if isinstance(page, str):
        st.error(page)
        return
    page = {**page, "heard": st.session_state.get(_HEARD_KEY, 0.0)}
    overview(data=page, key=KEY, on_request_change=handle, on_steer_change=steer)


def trends() -> None:
    """Draw the last hour, of a replay the hour before its moment."""
    try:
        hour = shown().trends()
    except UNREADABLE:
        return  # `live` says why
    if hour is None:
        return
    look: Look = "dark" if st.context.theme.type == "dark" else "light"
    now = "then" if replayed_run() else end_of(hour)
    for place, (i, spec) in zip(st.columns(len(TRENDS)), enumerate(TRENDS), strict=True):
        with place:
            option = trend(spec, hour.series, hour.now_ns, look, now)
            st.echarts_chart(option, theme=None, height="stretch", key=f"trend{i}", alt=spec.title)


def main() -> None:
    """Lay out the page."""
    run = replayed_run()
    title = f"REPLAY {run}" if run else "Seastack"
    st.set_page_config(page_title=title, page_icon="🌊", layout="wide")
    st.html(f"<style>{_asset('page.css')}</style>")
    live()
    with st.container(key="trends"):
        # A replay runs fast and jumps: its curves must keep up with its numbers.
        st.fragment(trends, run_every=PAGE_S if run else TREND_S)()
