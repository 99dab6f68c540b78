"""The shipper against a server that answers as told: nothing lost, nothing in a loop."""

import logging
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.historian.cursor import Cursor, merged, missing, read_shipped, read_status, without
from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.shipper import BACKOFF_S, Shipper
from tests.journals import CHANNELS, a_record, a_run
from tests.patience import PATIENCE_S
from tests.stubserver import HALF_CLOSED, TAKEN, Answer, StubServer

spans = st.tuples(st.integers(0, 60), st.integers(0, 10)).map(lambda s: (s[0], s[0] + s[1]))


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as stub:
        yield stub


def a_writer(server: StubServer) -> InfluxWriter:
    return InfluxWriter(Target(server.url, "ship", "rig", "secret"))


def a_journal(state: Path, cycles: int, name: str = "r1", kind: str = "live") -> Journal:
    journal = Journal(state, a_run(name, kind), CHANNELS, patient=True)
    for seq in range(cycles):
        journal.append(a_record(seq))
    assert journal.flush()
    return journal


def refusing(status: int, **headers: str) -> Answer:
    return status, {k.replace("_", "-"): v for k, v in headers.items()}


@given(st.lists(spans, max_size=8))
def test_intervals_hold_exactly_what_was_added(parts: list[tuple[int, int]]) -> None:
    held: list[tuple[int, int]] = []
    for part in parts:
        held = merged(held, part)
    members = {i for a, b in parts for i in range(a, b + 1)}
    assert {i for a, b in held for i in range(a, b + 1)} == members
    assert all(b + 1 < c for (_, b), (c, _) in pairwise(held))
    cut = {i for a, b in without(held, (20, 30)) for i in range(a, b + 1)}
    assert cut == members - set(range(20, 31))
    gaps = missing(held, (5, 55))
    assert {i for a, b in gaps for i in range(a, b + 1)} == set(range(5, 56)) - members


def test_all_rows_arrive_once_in_requests_of_at_most_400(state: Path, server: StubServer) -> None:
    a_journal(state, 1500).close()
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    assert sorted(server.seqs) == list(range(1500))
    assert max(server.requests) <= 400
    assert (shipper.status.state, shipper.status.backlog) == ("shipping", 0)


def test_live_rows_go_before_old_ones(state: Path, server: StubServer) -> None:
    journal = a_journal(state, 3000)
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    assert server.seqs[:400] == list(range(2600, 3000))
    journal.append(a_record(3000))
    journal.flush()
    shipper.round()
    assert 3000 in server.seqs
    assert 2000 not in server.seqs
    journal.close()


def test_a_new_shipper_goes_on_where_the_old_one_ended(state: Path, server: StubServer) -> None:
    journal = a_journal(state, 100)
    first = Shipper(state, a_writer(server))
    first.round()
    first.stop()
    for seq in range(100, 130):
        journal.append(a_record(seq))
    journal.close()
    server.lines.clear()
    Shipper(state, a_writer(server)).round()
    assert server.seqs == list(range(40, 130))  # the last minute again, in case it was lost


def test_runs_of_other_kinds_stay_at_home(state: Path, server: StubServer) -> None:
    a_journal(state, 5, "b1", "bench").close()
    a_journal(state, 3, "r1", "live").close()
    Shipper(state, a_writer(server)).round()
    assert len(server.lines) == 3
    assert all("run=r1" in line for line in server.lines)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again_later_and_later(
    state: Path, server: StubServer, status: int
) -> None:
    a_journal(state, 10).close()
    shipper = Shipper(state, a_writer(server))
    server.judge = lambda lines: refusing(status)
    waits = [shipper.round() for _ in range(8)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert (shipper.status.state, shipper.status.backlog) == ("unreachable", 10)
    assert str(status) in shipper.status.problem
    server.judge = lambda lines: TAKEN
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    assert sorted(server.seqs) == list(range(10))
    assert shipper.status.problem == ""


def test_the_server_may_ask_for_more_patience(state: Path, server: StubServer) -> None:
    a_journal(state, 1).close()
    server.judge = lambda lines: refusing(429, Retry_After="17")
    assert Shipper(state, a_writer(server)).round() == 17.0


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_login_keeps_everything_and_is_told(
    state: Path, server: StubServer, status: int
) -> None:
    a_journal(state, 10).close()
    shipper = Shipper(state, a_writer(server))
    server.judge = lambda lines: refusing(status)
    shipper.round()
    assert shipper.refused()
    told = read_status(state)
    assert told is not None
    assert (told.state, told.backlog, told.dead_letters) == ("refused", 10, 0)
    assert "check token" in told.problem
    assert "secret" not in told.problem


def test_one_poisoned_row_does_not_block_the_others(state: Path, server: StubServer) -> None:
    a_journal(state, 300).close()

    def judge(lines: list[str]) -> Answer:
        return refusing(400) if any("seq=123i" in line for line in lines) else TAKEN

    server.judge = judge
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    assert sorted(server.seqs) == [s for s in range(300) if s != 123]
    assert shipper.status.dead_letters == 1
    shipper.stop()
    assert [(run, seq) for run, seq, _ in Cursor(state).dead_letters()] == [("r1", 123)]


def test_one_poisoned_point_in_10_000_costs_exactly_that_point(
    state: Path, server: StubServer
) -> None:
    a_journal(state, 10_000).close()
    poisoned = "seq=4321i,"
    server.judge = lambda lines: refusing(400) if any(poisoned in line for line in lines) else TAKEN
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    assert sorted(server.seqs) == [s for s in range(10_000) if s != 4321]
    assert len(server.requests) < 10_000 / 400 + 25
    assert shipper.status.dead_letters == 1
    assert shipper.status.state == "shipping"
    shipper.stop()


def test_a_poisoned_row_that_is_alone_does_not_block_the_others(
    state: Path, server: StubServer
) -> None:
    journal = a_journal(state, 20)
    server.judge = lambda lines: refusing(400) if any("seq=20i," in x for x in lines) else TAKEN
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    journal.append(a_record(20))
    journal.close()
    shipper.round()
    assert (shipper.status.state, shipper.status.dead_letters) == ("shipping", 1)
    assert shipper.status.backlog == 0


def test_a_dead_letter_that_is_taken_later_is_none_any_more(
    state: Path, server: StubServer
) -> None:
    a_journal(state, 100).close()
    server.judge = lambda lines: refusing(422) if any("seq=70i," in x for x in lines) else TAKEN
    first = Shipper(state, a_writer(server))
    first.round()
    first.stop()
    assert first.status.dead_letters == 1
    server.judge = lambda lines: TAKEN
    second = Shipper(state, a_writer(server))
    second.round()  # sends the last minute again
    assert second.status.dead_letters == 0
    assert set(server.seqs) == set(range(100))


def test_a_half_closed_answer_is_no_answer(state: Path, server: StubServer) -> None:
    a_journal(state, 10).close()
    shipper = Shipper(state, a_writer(server))
    server.judge = lambda lines: (HALF_CLOSED, {})
    assert shipper.round() == BACKOFF_S[0]
    assert (shipper.status.state, shipper.status.backlog) == ("unreachable", 10)
    server.judge = lambda lines: TAKEN
    shipper.round()
    assert sorted(server.seqs) == list(range(10))


def test_a_link_too_slow_for_400_rows_gets_fewer_and_nothing_is_lost(
    state: Path, server: StubServer
) -> None:
    a_journal(state, 500).close()

    def slow(lines: list[str]) -> Answer:
        if len(lines) > 120:
            time.sleep(2.5)
        return TAKEN

    server.judge = slow
    shipper = Shipper(state, InfluxWriter(Target(server.url, "o", "b", "t"), timeout_ms=1000))
    waits = [shipper.round() for _ in range(2)]
    assert waits == list(BACKOFF_S[:2])
    assert shipper.status.state == "unreachable"
    server.lines.clear()
    give_up = time.monotonic() + PATIENCE_S
    while (shipper.round(), shipper.status.backlog)[1] and time.monotonic() < give_up:
        pass
    assert set(server.seqs) == set(range(500))
    assert shipper.status.backlog == 0


def test_a_server_that_rejects_everything_does_not_bury_the_backlog(
    state: Path, server: StubServer
) -> None:
    a_journal(state, 300).close()
    server.judge = lambda lines: refusing(400)
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    assert shipper.status.state == "refused"
    assert shipper.status.dead_letters <= 10
    server.judge = lambda lines: TAKEN
    shipper.round()
    assert len(set(server.seqs)) == 300
    assert shipper.status.backlog == 0


def test_a_dead_server_is_a_state_and_one_log_line(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    a_journal(state, 4).close()
    writer = InfluxWriter(Target("http://127.0.0.1:9", "o", "b", "t"))
    shipper = Shipper(state, writer)
    waits = [shipper.round() for _ in range(4)]
    assert waits == list(BACKOFF_S[:4])
    assert shipper.status.state == "unreachable"
    assert len([r for r in caplog.records if r.name.endswith("shipper")]) == 1


def test_a_server_that_comes_back_is_one_log_line_on_the_console(
    state: Path, server: StubServer, caplog: pytest.LogCaptureFixture
) -> None:
    a_journal(state, 4).close()
    shipper = Shipper(state, a_writer(server))
    with caplog.at_level(logging.INFO, "seastack"):  # what the console is set to
        server.judge = lambda lines: refusing(503)
        shipper.round()
        shipper.round()
        server.judge = lambda lines: TAKEN
        shipper.round()
        shipper.round()
    told = [(r.name, r.getMessage()) for r in caplog.records]
    assert told[1:] == [("seastack.shipper", "shipper: the server takes rows again")]
    assert "rows wait in the journal" in told[0][1]


def test_the_thread_ships_what_is_written_meanwhile(state: Path, server: StubServer) -> None:
    journal = a_journal(state, 1)
    shipper = Shipper(state, a_writer(server), period_s=0.02)
    shipper.start()
    for seq in range(1, 50):
        journal.append(a_record(seq))
        time.sleep(0.002)
    journal.close()
    shipper.stop()
    assert not any(t.name == "shipper" for t in threading.enumerate())
    assert sorted(set(server.seqs)) == list(range(50))
    told = read_status(state)
    assert told is not None
    assert (told.state, told.backlog) == ("stopped", 0)


def test_rows_acknowledged_just_before_an_outage_are_sent_again(
    state: Path, server: StubServer
) -> None:
    journal = a_journal(state, 50)
    shipper = Shipper(state, a_writer(server))
    shipper.round()
    server.lines.clear()  # killed: it had them in memory only
    server.judge = lambda lines: refusing(503)
    journal.append(a_record(50))
    journal.close()
    shipper.round()
    server.judge = lambda lines: TAKEN
    shipper.round()
    assert set(server.seqs) == set(range(51))
    assert read_shipped(state) == {"r1": [(0, 50)]}


def test_where_nothing_is_shipped_there_is_no_status(state: Path) -> None:
    assert read_status(state) is None
