"""`seastack ship`: what waits is sent, sent again, compared, with the server named outside."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.historian.cursor import Cursor, intervals, read_shipped, read_status
from controller.historian.influx import InfluxWriter, Target
from controller.historian.shipper import Shipper
from controller.historian.statedir import StateDir
from seastack.copying import compare, send, send_again
from seastack.problems import UserError
from tests.patience import PATIENCE_S
from tests.stubserver import StubServer
from tests.unit.test_shipper import a_journal, refusing

Told = pytest.CaptureFixture[str]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    with StubServer() as stub:
        given = {"URL": stub.url, "ORG": "ship", "BUCKET": "rig", "TOKEN": "t"}
        for name, text in given.items():
            monkeypatch.setenv(f"INFLUXDB_V2_{name}", text)
        yield stub


def rows(server: StubServer) -> set[str]:
    return set(server.lines)


def test_numbers_become_intervals() -> None:
    assert intervals([]) == []
    assert intervals([7, 3, 3, 4, 9, 8]) == [(3, 4), (7, 9)]


def test_what_waits_is_sent_and_said(server: StubServer, state: Path, capsys: Told) -> None:
    a_journal(state, 950).close()
    assert send(state) == 0
    assert len(rows(server)) == 950
    assert "all cycles" in capsys.readouterr().out
    assert read_shipped(state) == {"r1": [(0, 949)]}
    assert send(state) == 0, "nothing waits: done at once"


@pytest.mark.parametrize("influxql", [False, True])
def test_a_bucket_made_anew_gets_everything_again(
    server: StubServer, state: Path, capsys: Told, influxql: bool
) -> None:
    """What the cursor counts as there, and is not: told by comparing, sent by asking."""
    a_journal(state, 500).close()
    a_journal(state, 300, "r2").close()
    assert send(state) == 0
    assert compare(state, "all", influxql=influxql) == 0
    restored = [line for line in server.lines if "run=r2" not in line]
    server.lines = [line for line in restored if not 100 <= _seq(line) < 120]  # an older backup
    capsys.readouterr()
    assert compare(state, "all", influxql=influxql) == 1
    told = capsys.readouterr().out
    assert all(word in told for word in ("480", "20", "cycle 100, 2014-01-24 12:01 UTC", "300"))
    assert "seastack ship --again all" in told
    assert compare(state, "r1", influxql=influxql) == 1
    assert send_again(state, "all") == 0
    assert compare(state, "all", influxql=influxql) == 0
    assert len(rows(server)) == 800


def _seq(line: str) -> int:
    return int(line.split("seq=")[1].split("i")[0])


def test_rows_that_a_server_rejects_are_counted_apart(
    server: StubServer, state: Path, capsys: Told
) -> None:
    a_journal(state, 30).close()
    server.judge = lambda lines: refusing(422 if any(_seq(x) == 7 for x in lines) else 204)
    assert send(state) == 0
    assert "1 dead letters" in capsys.readouterr().out
    assert compare(state, "r1") == 1
    assert "1 of them dead" in capsys.readouterr().out.replace("\n", " ")
    server.judge = lambda lines: refusing(204)
    assert send_again(state, "r1") == 0
    assert compare(state, "r1") == 0


def test_a_running_controller_sends_again_by_itself(server: StubServer, state: Path) -> None:
    """It has the cursor in memory: what is asked for reaches it by the file."""
    journal = a_journal(state, 400)
    with StateDir(state):
        writer = InfluxWriter(Target(server.url, "ship", "rig", "t"))
        shipper = Shipper(state, writer, period_s=0.02)
        shipper.start()
        _wait(lambda: len(rows(server)) == 400)
        server.lines = []
        assert send_again(state, "r1") == 0
        _wait(lambda: len(rows(server)) == 400)
        shipper.stop()
    journal.close()


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_unknown_run_is_named_with_the_nearest(server: StubServer, state: Path) -> None:
    a_journal(state, 3, "20260101T000000-live-000001-aaaaaaaa").close()
    a_journal(state, 3, "r9", "replay").close()
    with pytest.raises(UserError, match="did you mean 20260101T"):
        send_again(state, "20260101T000000-live-000001-aaaaaaab")
    with pytest.raises(UserError, match="of kind replay: only live"):
        compare(state, "r9")
    assert server.requests == []


def test_without_a_server_or_beside_a_controller_it_says_what_to_do(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INFLUXDB_V2_URL", raising=False)
    a_journal(state, 3).close()
    ways: list[Callable[[], int]] = [
        lambda: send(state),
        lambda: send_again(state, "all"),
        lambda: compare(state, "r1"),
    ]
    for asked in ways:
        with pytest.raises(UserError, match="INFLUXDB_V2_URL"):
            asked()
    with StateDir(state):
        with pytest.raises(UserError, match="ships by itself"):
            send(state)
        with pytest.raises(UserError, match="the controller that runs there sends nothing"):
            send_again(state, "all")


@pytest.mark.parametrize("status", [401, 503])
def test_a_server_that_takes_nothing_is_told_and_nothing_is_lost(
    server: StubServer, state: Path, capsys: Told, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.historian.shipper.BACKOFF_S", (0.01,))
    monkeypatch.setattr(time, "sleep", lambda s: None)
    server.judge = lambda lines: refusing(status)
    a_journal(state, 30).close()
    assert send(state) == 1
    told = capsys.readouterr().out
    assert "30 cycles wait in the journal, nothing is lost" in told
    assert str(status) in told


def test_a_wish_survives_until_somebody_ships(state: Path) -> None:
    cursor = Cursor(state)
    cursor.add("r1", (0, 9))
    cursor.ask_again(["r1", "r1", "never-shipped"])
    cursor.close()
    again = Cursor(state)
    assert sorted(again.take_back_asked()) == ["never-shipped", "r1"]
    assert again.shipped("r1") == []
    assert again.take_back_asked() == []
    again.close()
    assert read_shipped(state) == {}
    assert read_status(state) is None
