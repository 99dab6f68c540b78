"""A recorded run on the page: what stood at that moment, on a clock the test turns."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

import dashboard
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Event, Record, Run
from controller.inbox import Inbox
from dashboard.player import NS, NotASteering, Player
from dashboard.recording import Recording
from dashboard.replay import ReplaySource
from dashboard.source import REPLAY_VARIABLE, SPEED_VARIABLE, STATE_VARIABLE
from dashboard.topbar import clock
from dashboard.views import overview
from seastack.cli import app
from sensors.quality import Reason
from tests.journal_fixture import alarm, demo_channels, record, resting
from tests.patience import PATIENCE_S

RUN = "20260101T000000-live-1"
T_NS = 1_700_000_000 * NS
SECONDS, GAP = 240, range(100, 130)
STALE, BACK = range(40, 50), 200  # when the steam meter was silent; when UTC was set back


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def mono_ns(second: int) -> int:
    return 5 * NS + second * NS


def utc_ns(second: int) -> int:
    return T_NS + second * NS - (150 * NS if second >= BACK else 0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Path:
    """Return a state directory: 240 s with a gap, a silent meter, an alarm and two requests."""
    state = tmp_path_factory.mktemp("recorded")
    channels = demo_channels(demo_folder)
    run = Run(RUN, "live", "demo", "0" * 64, "0.1.0", 1, T_NS, title="MV Demo")
    journal = Journal(state, run, channels, patient=True)
    value = np.array([resting(c) for c in channels])
    steam = [c.name for c in channels].index("FT-521")
    for seq, second in enumerate(s for s in range(SECONDS) if s not in GAP):
        value[steam] = 1000.0 + second
        reasons, ages = {}, {}
        if second in STALE:
            reasons, ages = {"FT-521": Reason.STALE}, {"FT-521": (second - 39) * 1000}
        row = record(channels, value.copy(), seq, utc_ns(second), reasons, ages)
        row = Record(seq, row.t_ns, mono_ns(second), 1, *arrays(row))
        journal.append(row, story(seq, second))
    journal.close()
    return state


def arrays(r: Record) -> tuple[Any, ...]:
    return r.value, r.quality, r.reason, r.age_ms


def story(seq: int, second: int) -> list[Event]:
    t_ns = utc_ns(second)
    told: Mapping[int, list[Event]] = {
        30: [alarm(seq, t_ns, "so2", "SO2 high", 3)],
        60: [Event(seq, t_ns, "alarm", "so2", "ACKNOWLEDGED", "SO2 high", by="2/E")],
        70: [Event(seq, t_ns, "command", "arm", "ACCEPTED", "Armed", by="2/E")],
        80: [Event(seq, t_ns, "alarm", "so2", "CLEARED", "SO2 high")],
        90: [Event(seq, t_ns, "command", "arm", "REFUSED", "No lease", by="C/E")],
    }
    return told.get(second, [])


@pytest.fixture(scope="module")
def recording(recorded: Path) -> Iterator[Recording]:
    with JournalReader(recorded) as reader:
        yield Recording(reader, RUN)


@pytest.fixture
def replay(recording: Recording) -> tuple[ReplaySource, Clock]:
    turned = Clock()
    return ReplaySource(recording, 1.0, turned), turned


def page_at(source: ReplaySource, second: float) -> Any:
    source.steer({"do": "pause"})
    source.steer({"do": "seek", "value": second})
    page = source.page()
    assert isinstance(page, dict)
    return page


@given(st.integers(0, SECONDS * 1000))
def test_the_record_that_stood_is_found_at_any_position(recording: Recording, ms: int) -> None:
    written = [s for s in range(SECONDS) if s not in GAP]
    found = recording.at(5 * NS + ms * 1_000_000)
    assert found is not None
    assert found.mono_ns == mono_ns(max(s for s in written if s * 1000 <= ms))


def test_it_plays_at_its_speed_and_stands_when_paused(replay: tuple[ReplaySource, Clock]) -> None:
    source, turned = replay
    page: Any = source.page()
    assert (page["seq"], page["replay"]["playing"]) == (0, True)
    turned.now_s += 20
    page = source.page()
    assert page["replay"]["time"] == clock(utc_ns(20))
    source.steer({"do": "speed", "value": 7})
    turned.now_s += 10
    page = source.page()
    assert (page["seq"], page["replay"]["at_s"]) == (90, 90.0)
    source.steer({"do": "pause"})
    turned.now_s += 1000
    page = source.page()
    assert (page["seq"], page["replay"]["playing"]) == (90, False)
    source.steer({"do": "step", "value": -60})
    page = source.page()
    assert page["seq"] == 30


def test_the_end_is_the_end_and_play_begins_anew(replay: tuple[ReplaySource, Clock]) -> None:
    source, turned = replay
    source.page()
    turned.now_s += 1e5
    page: Any = source.page()
    assert (page["replay"]["at_s"], page["replay"]["at_end"]) == (SECONDS - 1.0, True)
    source.steer({"do": "play"})
    page = source.page()
    assert (page["seq"], page["replay"]["playing"]) == (0, True)


def test_what_was_stale_then_is_stale_now(replay: tuple[ReplaySource, Clock]) -> None:
    source, _ = replay
    steam = page_at(source, 45)["mimic"]["readouts"]["steam"]
    assert (steam["u"], steam["q"]) == ("6 s", "F")  # its age then, not the age of the recording
    steam = page_at(source, 50)["mimic"]["readouts"]["steam"]
    assert (steam["v"], steam["u"], steam["q"]) == ("1.05", "t/h", "")


def test_alarms_and_commands_stand_as_they_stood(replay: tuple[ReplaySource, Clock]) -> None:
    source, _ = replay
    assert [len(page_at(source, s)["alarms"]["rows"]) for s in (29, 30, 79, 80)] == [0, 1, 1, 0]
    assert [page_at(source, s)["alarms"]["unacked"] for s in (59, 60, 59)] == [1, 0, 1]
    verdicts = [page_at(source, s)["cmd"]["verdict"] for s in (69, 70, 90)]
    assert verdicts[0] == ""
    assert verdicts[1].endswith("Armed (2/E)")
    assert verdicts[2].endswith("No lease (C/E)")


def test_a_gap_is_said_and_not_bridged(replay: tuple[ReplaySource, Clock]) -> None:
    source, _ = replay
    page = page_at(source, 111)
    assert page["banner"]["title"] == "Then: nothing was recorded for 12 s."
    assert page["banner"]["dead"]
    assert page["replay"]["time"] == clock(utc_ns(111))
    assert page_at(source, 130)["banner"]["title"] == ""


def test_trends_hold_the_time_before_and_nothing_later(recorded: Path, demo_folder: Path) -> None:
    """UTC was set back at 200 s: by UTC alone what came later would be mixed in."""
    with JournalReader(recorded) as reader:
        assert reader.turns(RUN)
        source = ReplaySource(Recording(reader, RUN), 1.0, Clock())
        assert source.trends() is None
        page_at(source, 60)
        hour = source.trends()
        assert hour is not None
        t_ns, steam = hour.series["FT-521"]
        assert hour.now_ns == utc_ns(60)
        assert t_ns[-1] == utc_ns(60)
        assert np.nanmax(steam) == 1060.0
        assert np.isnan(steam[40:50]).all()  # BAD then, not drawn now
        page_at(source, 210)
        hour = source.trends()
        assert hour is not None
        t_ns, steam = hour.series["FT-521"]
        assert (np.diff(t_ns) > 0).all()
        assert steam[-1] == 1210.0


NONSENSE = [
    None,
    {"do": "eject"},
    {"do": "seek", "value": "1"},
    {"do": "seek", "value": float("nan")},
    {"do": "speed", "value": 0},
    {"do": "speed", "value": 1001},
    {"do": "speed", "value": True},
]


@pytest.mark.parametrize("given_", NONSENSE)
def test_a_control_nobody_has_is_refused(given_: object) -> None:
    with pytest.raises(NotASteering):
        Player(0, 0.0).steered(given_, 0.0, 0, NS)


def test_an_absurd_seek_ends_at_an_end() -> None:
    player = Player(0, 0.0).steered({"do": "seek", "value": 1e300}, 0.0, 0, 7 * NS)
    assert player.at_ns == 7 * NS


APP = str(Path(dashboard.__file__).with_name("app.py"))


@pytest.fixture
def replaying(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(STATE_VARIABLE, str(recorded))
    monkeypatch.setenv(REPLAY_VARIABLE, RUN)
    monkeypatch.setenv(SPEED_VARIABLE, "60")
    return recorded


def test_the_page_runs_on_a_replay(replaying: Path) -> None:
    at = AppTest.from_file(
        str(Path(dashboard.__file__).with_name("app.py")), default_timeout=PATIENCE_S
    )
    at.run()
    assert not at.exception
    assert not at.error
    assert len(at.get("echarts_chart")) == 3


def test_a_run_that_is_gone_is_said(replaying: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REPLAY_VARIABLE, "20250101T000000-live-9")
    at = AppTest.from_file(
        str(Path(dashboard.__file__).with_name("app.py")), default_timeout=PATIENCE_S
    )
    at.run()
    assert not at.exception
    assert "Replay: the run cannot be read" in at.error[0].value


def test_a_press_in_a_replay_reaches_no_inbox(
    replaying: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(replaying)
    said: list[str] = []
    pressed = SimpleNamespace(
        request={"presses": [{"kind": "bypass", "args": {}, "by": "", "n": 1}]}
    )
    monkeypatch.setattr(streamlit, "session_state", {overview.KEY: pressed})
    monkeypatch.setattr(streamlit, "toast", said.append)
    overview.handle()
    assert inbox.poll() == []
    inbox.close()
    assert said == ["This is a replay: nothing is sent."]


def test_the_command_names_the_nearest_run_and_refuses_other_speeds(recorded: Path) -> None:
    run = CliRunner().invoke
    words = ["dashboard", "--state", str(recorded), "--replay"]
    wrong = run(app, [*words, RUN[:-1] + "2"])
    assert wrong.exit_code != 0
    assert RUN in str(wrong.exception or "") + wrong.output
    assert run(app, [*words, RUN, "--speed", "1001"]).exit_code == 2


def test_the_list_of_runs_names_the_replay(recorded: Path) -> None:
    listed = CliRunner().invoke(app, ["voyages", "--state", str(recorded)])
    assert listed.exit_code == 0
    assert f"seastack dashboard --replay RUN --speed 60 --state {recorded}" in listed.output
