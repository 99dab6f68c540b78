"""The one reader all sessions share: a page a second, trends every five."""

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.historian.errors import HistorianError
from controller.historian.reader import Frame, JournalReader
from controller.historian.record import Channel, Run
from dashboard.charts import CHANNELS, HOUR_S, Series
from dashboard.frame import Page, page_of
from dashboard.freshness import DEAD_S, Freshness
from dashboard.topbar import LOCAL, PANEL, clock

STATE_VARIABLE: Final = "SEASTACK_DASHBOARD_STATE"  # how `serve` tells the page
REPLAY_VARIABLE: Final = "SEASTACK_DASHBOARD_REPLAY"  # a run id; "" or not set: the live one
AFTER_VARIABLE: Final = "SEASTACK_DASHBOARD_AFTER"  # a run id: it and what is older is not shown
SPEED_VARIABLE: Final = "SEASTACK_DASHBOARD_SPEED"
PAGE_KEEP_S: Final = 0.5  # sessions within this share one read
TREND_KEEP_S: Final = 4.0
TREND_POINTS: Final = 360
COMMANDS_SHOWN: Final = 20
UNREADABLE: Final = (sqlite3.Error, HistorianError, OSError)
"""What reading or asking a journal may raise: the page says so and goes on."""


@dataclass(frozen=True, slots=True)
class Trends:
    """The last hour of the channels of the charts, and the time of "now".

    `age_s` is how long ago that was when it was read, in wall seconds.
    """

    now_ns: int
    series: Series
    age_s: float = 0.0


class Source:
    """Reads the newest run below a state directory; safe from any thread.

    A run named by `after`, and what was begun before it, is as if it were not there.
    """

    def __init__(self, state_dir: Path, after: str = "") -> None:
        self.state_dir, self._after = state_dir, after
        self._reader = JournalReader(state_dir)
        self._lock = threading.Lock()
        self._fresh = Freshness()
        self._age_s = 0.0
        self._page: tuple[float, Page | str] = (-1e9, "")
        self._trends: tuple[float, Trends | None] = (-1e9, None)

    def page(self) -> Page | str:
        """Return the page, or one sentence why there is none."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._page[0] > PAGE_KEEP_S:
                self._page = (now_s, self._read_page(now_s))
            return self._page[1]

    def trends(self) -> Trends | None:
        """Return the last hour, None before there is a record."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._trends[0] > TREND_KEEP_S:
                self._trends = (now_s, self._read_trends())
            return self._trends[1]

    def _read_page(self, now_s: float) -> Page | str:
        try:
            frame = self._latest()
            if frame is None:
                return f"Waiting for the controller: its journal is empty. {LOCAL} {PANEL}"
            run = self._reader.run(frame.run)
            age_s = self._age_s = self._age(frame, run, now_s)
            alarms = self._reader.alarms(frame.run)
            commands = self._reader.events(
                frame.run, kind="command", limit=COMMANDS_SHOWN, newest=True
            )
            return page_of(frame, run, alarms, commands, age_s)
        except UNREADABLE as error:
            return f"The journal cannot be read ({error}). {LOCAL} {PANEL}"

    def _latest(self) -> Frame | None:
        frame = self._reader.latest()
        return None if frame is None or frame.run == self._after else frame

    def _age(self, frame: Frame, run: Run, now_s: float) -> float:
        folder = self.state_dir / "journal" / frame.run
        # Not the -shm files: a reader touches those, and a dead controller must look dead.
        written = (p for pattern in ("*.db", "*.db-wal") for p in folder.glob(pattern))
        written_ns = max((p.stat().st_mtime_ns for p in written), default=0)
        return self._fresh.observe(
            frame.run, frame.seq, frame.t_ns, time.time_ns(), now_s, written_ns, run
        )

    def _read_trends(self) -> Trends | None:
        try:
            frame = self._latest()
            if frame is None:
                return None
            names = drawn(frame.channels)
            start_ns = frame.t_ns - HOUR_S * 1_000_000_000
            found = self._reader.trend(
                frame.run, names, start_ns, frame.t_ns, TREND_POINTS, self._after
            )
        except UNREADABLE:
            return None
        return trends_of(frame.t_ns, names, found, self._age_s)


def end_of(hour: Trends) -> str:
    """Return the word for the right end of a trend: now, or the time it was when that is old."""
    return "now" if hour.age_s <= DEAD_S else clock(hour.now_ns)


def drawn(channels: Sequence[Channel]) -> list[str]:
    """Return the channels of the charts that a journal has."""
    present = {c.name for c in channels}
    return [n for n in CHANNELS if n in present]


def trends_of(
    now_ns: int,
    names: Sequence[str],
    found: Mapping[str, NDArray[np.generic]],
    age_s: float = 0.0,
) -> Trends:
    """Return an answer of `JournalReader.trend` as the charts draw it."""
    t_ns = found["t_ns"].astype(np.int64)
    return Trends(now_ns, {n: (t_ns, _believed(found[n], found[f"{n}:q"])) for n in names}, age_s)


def _believed(value: NDArray[np.generic], quality: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the values with BAD ones as NaN: a trend must not draw a lie."""
    return np.where(quality.astype(np.uint8) > 0, value.astype(np.float64), np.nan)
