"""A recorded run on the page: the seam of `Source`, read at the position of a player."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from controller.historian.record import Record, Run
from dashboard.charts import HOUR_S
from dashboard.frame import Page, page_of
from dashboard.freshness import DEAD_S, age_text
from dashboard.player import NS, SPEEDS, Player
from dashboard.recording import Recording
from dashboard.source import COMMANDS_SHOWN, TREND_POINTS, UNREADABLE, Trends, drawn, trends_of
from dashboard.topbar import clock, said

NOTHING_SENT: Final = "This is a replay: nothing is sent."
NO_REQUESTS: Final = "Replay: nothing can be asked from here."
ELSEWHERE: Final = "Bypass: button on the panel, ECR"


class ReplaySource:
    """What one session sees of a recording; `clock` gives monotonic seconds."""

    def __init__(self, recording: Recording, speed: float, clock: Callable[[], float]) -> None:
        self._recording, self._clock = recording, clock
        self._player: Player | None = None
        self._speed = speed
        self._shown: Record | None = None
        self._trends: tuple[int, Trends | None] = (-1, None)

    def steer(self, given: object) -> None:
        """Obey one press of a control. Raises NotASteering and what the journal raises."""
        ends = self._recording.ends()
        if ends is not None:
            now_s = self._clock()
            span = ends[0].mono_ns, ends[1].mono_ns
            self._player = self._settled(now_s, *span).steered(given, now_s, *span)

    def page(self) -> Page | str:
        """Return the page as it was at the position, or one sentence why there is none."""
        run = self._recording.run
        try:
            ends = self._recording.ends()
            if ends is None:
                return f"Replay: run {run.id} has no record."
            first, last = ends
            player = self._settled(self._clock(), first.mono_ns, last.mono_ns)
            self._player = player
            record = self._recording.at(player.at_ns) or first
            page = self._page_at(record, player)
        except UNREADABLE as error:
            return f"Replay: the journal cannot be read ({error})."
        self._shown = record
        page["replay"] = _bar(run, player, record, first, last)
        return page

    def trends(self) -> Trends | None:
        """Return the hour before the record that `page` showed last; None without one."""
        record = self._shown
        if record is None:
            return None
        if self._trends[0] != record.seq:
            try:
                names = drawn(self._recording.channels)
                found = self._recording.trend(names, record, HOUR_S * NS, TREND_POINTS)
            except UNREADABLE:
                return None
            self._trends = (record.seq, trends_of(record.t_ns, names, found))
        return self._trends[1]

    def _settled(self, now_s: float, first_ns: int, last_ns: int) -> Player:
        player = self._player or Player(first_ns, now_s, self._speed)
        return player.settled(now_s, first_ns, last_ns)

    def _page_at(self, record: Record, player: Player) -> Page:
        recording, age_s = self._recording, (player.at_ns - record.mono_ns) / NS
        page = page_of(
            recording.frame(record),
            recording.run,
            recording.alarms(record.seq),
            recording.commands(record.seq, COMMANDS_SHOWN),
            age_s,
        )
        page["banner"] = _then(page["banner"], age_s)
        return page


def _then(banner: Any, age_s: float) -> dict[str, object]:
    """Return the banner of that moment, worded so that nobody acts on it now."""
    if age_s > DEAD_S:
        title = f"Then: nothing was recorded for {age_text(age_s)}."
        return said(title, "Values are the last before the gap.", dead=True, silent=True)
    if not banner["title"]:
        return dict(banner)
    then = {"title": f"Then: {banner['title']}", "text": f"The page said: {banner['text']}"}
    return {**banner, **then}


def _bar(run: Run, player: Player, record: Record, first: Record, last: Record) -> Page:
    """Return what the replay bar shows; times in UTC as recorded, spans in seconds."""
    now_ns = record.t_ns + player.at_ns - record.mono_ns
    at_end = player.at_ns >= last.mono_ns
    return {
        "run": run.id,
        "date": datetime.fromtimestamp(now_ns / NS, UTC).strftime("%Y-%m-%d"),
        "time": clock(now_ns),
        "at_s": (player.at_ns - first.mono_ns) / NS,
        "length_s": (last.mono_ns - first.mono_ns) / NS,
        "from": clock(first.t_ns),
        "to": clock(last.t_ns),
        "playing": player.playing and not at_end,
        "at_end": at_end,
        "speed": player.speed,
        "speeds": sorted({*map(float, SPEEDS), player.speed}),
        "why": NO_REQUESTS,
        "bypass": ELSEWHERE,
    }
