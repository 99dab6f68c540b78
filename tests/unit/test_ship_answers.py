"""What a server may answer: only 204 is taken, everything else keeps the rows and has words."""

import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.historian.bucket import BucketReader
from controller.historian.errors import Expired, Refused, ShipError, Unreachable
from controller.historian.influx import InfluxWriter, Target
from controller.historian.reader import JournalReader
from controller.historian.record import Run, is_run_name
from controller.historian.shiperrors import no_answer, refusal, wait_s, without_user
from controller.historian.shipper import Shipper
from controller.voyage.export import plain_cell
from controller.voyage.importing import ImportRefused, import_run
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run
from tests.stubserver import TAKEN, Answer, StubServer
from tests.unit.test_shipper import a_journal, a_writer

PORTAL = b"<html><title>Welcome aboard</title>Log in</html>"
BOUND = datetime.fromtimestamp((NOON_NS + 50 * SECOND_NS) / 1e9, UTC)
RETENTION = (
    '{"code":"unprocessable entity","message":"failure writing points to database: partial write: '
    "dropped 50 points outside retention policy of duration 2160h0m0s - oldest point "
    "cycle,run=r1 at 2014-01-24T12:00:00Z dropped because it violates a "
    "Retention Policy Lower Bound at "
    f'{BOUND:%Y-%m-%dT%H:%M:%S}.123456789Z"}}'
).encode()


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as stub:
        yield stub


def shipped(state: Path, server: StubServer, rounds: int = 1) -> Shipper:
    shipper = Shipper(state, a_writer(server))
    for _ in range(rounds):
        shipper.round()
    return shipper


@pytest.mark.parametrize(
    "status", [200, 201, 202, 203, 206, 301, 302, 303, 307, 308, 405, 415, 511]
)
@pytest.mark.parametrize("body", [PORTAL, b'{"ok":true}', b"", b"\xff\xfe\x00"])
def test_what_is_not_the_agreed_yes_moves_no_cursor(
    state: Path, server: StubServer, status: int, body: bytes
) -> None:
    a_journal(state, 20).close()
    server.said = body
    server.judge = lambda lines: (status, {"Location": "http://portal.example/login"})
    shipper = shipped(state, server, 3)
    assert (shipper.status.state, shipper.status.backlog) == ("refused", 20)
    assert str(status) in shipper.status.problem or not body.isascii()
    assert shipper.status.problem.isprintable()
    server.judge = lambda lines: TAKEN
    shipper.round()
    assert sorted(server.seqs) == list(range(20))


def test_rows_older_than_the_bucket_keeps_are_one_line_and_few_requests(
    state: Path, server: StubServer, caplog: pytest.LogCaptureFixture
) -> None:
    a_journal(state, 2100).close()
    bound_ms = (NOON_NS + 2000 * SECOND_NS) // 1_000_000

    def judge(lines: list[str]) -> Answer:
        kept = [line for line in lines if int(line.rsplit(" ", 1)[1]) >= bound_ms]
        if len(kept) == len(lines):
            return TAKEN
        server.lines += kept  # the rest of such a request is written
        return 422, {}

    moment = datetime.fromtimestamp(bound_ms / 1000, UTC)
    server.said = RETENTION.replace(
        f"{BOUND:%Y-%m-%dT%H:%M:%S}.123456789Z".encode(), f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    )
    server.judge = judge
    with caplog.at_level(logging.INFO, "seastack.shipper"):
        shipper = shipped(state, server, 8)
    assert (shipper.status.state, shipper.status.backlog) == ("shipping", 0)
    assert shipper.status.dead_letters == 0
    assert sorted(set(server.seqs)) == list(range(2000, 2100))
    assert len(server.requests) < 20
    assert len(caplog.records) == 1
    assert "older than the bucket keeps" in caplog.text


def test_a_server_that_keeps_nothing_of_today_is_not_believed(
    state: Path, server: StubServer
) -> None:
    """Its clock is years ahead: what it drops must be sent again when that is mended."""
    a_journal(state, 50).close()
    ahead = RETENTION.replace(f"{BOUND:%Y-%m-%d}".encode(), b"2999-01-01")
    assert ahead != RETENTION
    server.said = ahead
    server.judge = lambda lines: (422, {})
    shipper = shipped(state, server, 2)
    assert (shipper.status.state, shipper.status.backlog) == ("refused", 50)
    assert "is its clock right" in shipper.status.problem
    server.judge = lambda lines: TAKEN
    shipper.round()
    assert sorted(set(server.seqs)) == list(range(50))


def test_what_is_too_large_is_remembered(state: Path, server: StubServer) -> None:
    a_journal(state, 1200).close()
    server.judge = lambda lines: TAKEN if len(lines) <= 30 else (413, {})
    shipper = shipped(state, server)
    while shipper.status.backlog:
        shipper.round()
    assert sorted(server.seqs) == list(range(1200))
    assert sum(n > 30 for n in server.requests) < 10
    assert len(server.requests) < 80


def test_a_server_that_fails_for_the_size_gets_less(state: Path, server: StubServer) -> None:
    a_journal(state, 1000).close()
    server.judge = lambda lines: TAKEN if len(lines) <= 200 else (500, {})
    shipper = shipped(state, server, 4)
    while shipper.status.backlog:
        shipper.round()
    assert sorted(set(server.seqs)) == list(range(1000))


def test_rejections_are_told_once_and_counted(
    state: Path, server: StubServer, caplog: pytest.LogCaptureFixture
) -> None:
    a_journal(state, 600).close()

    def judge(lines: list[str]) -> Answer:
        odd = any(int(x.split("seq=")[1].split("i")[0]) % 50 == 7 for x in lines)
        return (400, {}) if odd else TAKEN

    server.judge = judge
    with caplog.at_level(logging.INFO, "seastack.shipper"):
        shipper = shipped(state, server)
        while shipper.status.backlog:
            shipper.round()
    assert shipper.status.dead_letters == 12
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("wish", "low", "high"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("999999999999", 3600, 3600),
        ("in 600 s", 500, 600),
        ("in -86400 s", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600, 3600),
        ("soon", 0, 0),
        ("-5", 0, 0),
        ("²", 0, 0),
        ("", 0, 0),
    ],
)
def test_how_long_a_server_wants_us_to_wait(wish: str, low: float, high: float) -> None:
    if wish.startswith("in "):  # a date: made here, for every process names the same tests
        when = datetime.now(UTC) + timedelta(seconds=float(wish.split()[1]))
        wish = format_datetime(when, usegmt=True)
    assert low <= wait_s(wish) <= high
    for name in ("Retry-After", "retry-after", "RETRY-AFTER"):
        error = refusal("u", 429, {name: wish}, "")
        assert isinstance(error, Unreachable)
        assert low <= error.retry_after_s <= high


@given(
    st.integers(0, 999),
    st.dictionaries(st.text(max_size=9), st.text(st.characters(), max_size=30), max_size=3),
    st.one_of(st.binary(max_size=300), st.text(st.characters(), max_size=300), st.none()),
)
def test_any_answer_is_an_error_in_one_line(
    status: int, headers: dict[str, str], body: bytes | str | None
) -> None:
    text = str(refusal("http://x", status, headers, body))
    assert text.startswith(f"http://x: {status}")
    assert text.isprintable()
    assert len(text) < 900


def test_the_reason_is_not_cut_where_it_matters() -> None:
    long = "unexpected error writing points: " + "engine: " * 50 + "no space left on device"
    assert "no space left on device" in str(
        refusal("u", 500, {}, f'{{"message":"{long}"}}'.encode())
    )
    error = refusal("u", 422, {}, RETENTION)
    assert isinstance(error, Expired)
    assert error.bound_ns == NOON_NS + 50 * SECOND_NS


def test_a_certificate_nobody_trusts_needs_a_person() -> None:
    wrong = ssl.SSLCertVerificationError(1, "certificate verify failed")
    wrapped = OSError("max retries")
    wrapped.__cause__ = wrong
    assert isinstance(no_answer("u", wrapped), Refused)
    assert "INFLUXDB_V2_SSL_CA_CERT" in str(no_answer("u", wrapped))
    assert isinstance(no_answer("u", ConnectionResetError()), Unreachable)


def test_a_password_in_a_url_is_not_shown(state: Path) -> None:
    assert without_user("http://me:pa@ss@host:8086/x?token=1#2") == "http://host:8086/x"
    assert without_user("http://h/?tenant=secret") == "http://h/"
    assert without_user("https://host/a@b") == "https://host/a@b"
    a_journal(state, 1).close()
    writer = InfluxWriter(Target("http://me:geheim@127.0.0.1:9", "o", "b", "t"), 200)
    shipper = Shipper(state, writer)
    shipper.round()
    assert "geheim" not in shipper.status.problem
    assert "127.0.0.1:9" in shipper.status.problem


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"code":"unauthorized","message":"unauthorized access"}', "unauthorized access"),
        (404, b'{"message":"could not find bucket"}', "could not find bucket"),
        (200, PORTAL, "not an answer of InfluxDB"),
        (400, b"\xff\xff", "400"),
        (302, b"", "302"),
        (503, b"", "503"),
    ],
)
def test_a_refused_question_has_words(
    server: StubServer, status: int, body: bytes, words: str
) -> None:
    server.on_query = lambda _: (status, {"Content-Type": "text/html"}, body)
    reader = BucketReader("bucket", a_writer(server))
    with pytest.raises(ShipError, match=words):
        reader.turns()


def test_every_question_has_an_end_beyond_the_servers_now(server: StubServer, state: Path) -> None:
    asked: list[str] = []
    a_journal(state, 5).close()
    shipped(state, server)

    def on_query(body: bytes) -> tuple[int, dict[str, str], bytes]:
        asked.append(body.decode())
        return 200, {"Content-Type": "text/csv"}, server.answered(body)

    server.on_query = on_query
    assert len(list(BucketReader("bucket", a_writer(server)).records("r1"))) == 5
    assert asked
    assert all("stop:" in one for one in asked)


class Broken:
    """A bucket that goes away in the middle of a run."""

    def __init__(self, run: str = "r1", after: int = 150) -> None:
        self._run, self._after = run, after

    def run(self, run: str) -> Run:
        return a_run(self._run, "live") if run == self._run else a_run(run)

    def channels(self, run: str) -> Any:
        return CHANNELS

    def records(self, run: str) -> Iterator[Any]:
        for seq in range(self._after):
            yield a_record(seq)
        raise Unreachable("gone")


def test_an_import_that_breaks_off_leaves_nothing_and_can_be_begun_again(state: Path) -> None:
    with pytest.raises(Unreachable):
        import_run(Broken(), "r1", state)
    with JournalReader(state) as reader:
        assert reader.runs() == []
    with pytest.raises(Unreachable):
        import_run(Broken(), "r1", state)


@pytest.mark.parametrize(
    "name",
    ["../x", "/tmp/x", "a/b", "", ".", "..", "a..b", "x" * 101, "a\nb", "\x1b[2J", "-x", "a\0"],
)
def test_a_name_that_is_a_path_is_no_run(state: Path, name: str) -> None:
    assert not is_run_name(name)
    with pytest.raises(ImportRefused, match="no name of a run"):
        import_run(Broken(name), name, state)
    assert is_run_name("20260101T000000-live-1f")


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "\nx", "  =x", "\uff1dx"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert plain_cell(text) == f"'{text}"
    assert plain_cell("FT-110") == "FT-110"
