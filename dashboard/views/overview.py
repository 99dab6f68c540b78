"""The overview: one drawing updated every second, three trends every five."""

import os
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Final

import streamlit as st

from controller import inbox
from controller.historian.errors import HistorianError
from dashboard.charts import TRENDS, trend
from dashboard.mimic import drawing
from dashboard.requests import NotARequest, requests_of
from dashboard.source import STATE_VARIABLE, Source
from dashboard.themes import Look

PAGE_S: Final = 1.0
TREND_S: Final = 5.0
KEY: Final = "overview"


def _asset(name: str) -> str:
    return files("dashboard").joinpath(f"assets/{name}").read_text(encoding="utf-8")


@st.cache_resource(show_spinner=False)
def source(state_dir: str) -> Source:
    """Return the one reader of this server."""
    return Source(Path(state_dir))


overview = st.components.v2.component(
    "seastack_overview",
    html=_asset("overview.html").replace("<!--MIMIC-->", drawing()),
    css=_asset("overview.css"),
    js=_asset("overview.js"),
)


def state_dir() -> str:
    """Return the state directory this page shows."""
    return os.environ.get(STATE_VARIABLE) or os.environ.get("STATE_DIRECTORY") or "state"


def handle() -> None:
    """Put what was asked on the page into the inbox."""
    payload = getattr(st.session_state.get(KEY), "request", None)
    here = source(state_dir())
    try:
        for request in requests_of(payload):
            inbox.post(here.state_dir, request.kind, dict(request.args), request.by)
    except (NotARequest, HistorianError, sqlite3.Error, OSError) as error:
        st.toast(f"Not sent: {error}")


@st.fragment(run_every=PAGE_S)
def live() -> None:
    """Draw the page from the newest record."""
    page = source(state_dir()).page()
    if isinstance(page, str):
        st.error(page)
        return
    overview(data=page, key=KEY, on_request_change=handle)


@st.fragment(run_every=TREND_S)
def trends() -> None:
    """Draw the last hour."""
    hour = source(state_dir()).trends()
    if hour is None:
        return
    look: Look = "dark" if st.context.theme.type == "dark" else "light"
    for place, (i, spec) in zip(st.columns(len(TRENDS)), enumerate(TRENDS), strict=True):
        with place:
            option = trend(spec, hour.series, hour.now_ns, look)
            st.echarts_chart(option, theme=None, height="stretch", key=f"trend{i}", alt=spec.title)


def main() -> None:
    """Lay out the page."""
    st.set_page_config(page_title="Seastack", page_icon="🌊", layout="wide")
    st.html(f"<style>{_asset('page.css')}</style>")
    live()
    with st.container(key="trends"):
        trends()
