"""The same runs read back in InfluxQL as in Flux, and words for every other answer."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from controller.historian.bucket import BucketReader
from controller.historian.errors import HistorianError, UnknownRun
from controller.historian.influx import InfluxWriter, Target
from controller.historian.influxql import InfluxqlQuestions, text
from controller.historian.lines import LineMaker
from controller.historian.record import Channel
from controller.voyage.importing import import_run
from seastack.importing import import_from_bucket, list_bucket
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run
from tests.stubserver import StubServer


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as stub:
        yield stub


def readers(server: StubServer, known: tuple[Channel, ...] = CHANNELS) -> list[BucketReader]:
    """Return a reader of each language."""
    writer = InfluxWriter(Target(server.url, "ship", "rig", "secret"))
    asked = InfluxqlQuestions(writer)
    return [
        BucketReader("rig", writer, known),
        BucketReader("rig", writer, known, questions=asked),
    ]


@pytest.mark.parametrize("known", [CHANNELS, (), (*CHANNELS, Channel("NEW-1", "kPa", "in"))])
def test_both_languages_read_the_same(server: StubServer, known: tuple[Channel, ...]) -> None:
    lived = [a_record(s, NOON_NS + (s - 300 * (s >= 400)) * SECOND_NS) for s in range(700)]
    maker = LineMaker(a_run(), CHANNELS)
    server.lines = [maker.line(r, int(r.seq >= 400)) for r in lived]
    flux, ql = readers(server, known)
    assert ql.turns() == flux.turns()
    assert ql.run("r1") == flux.run("r1")
    assert ql.channels("r1") == flux.channels("r1")
    kept, back = list(flux.records("r1")), list(ql.records("r1"))
    assert len(back) == 700
    for a, b in zip(kept, back, strict=True):
        same_values = np.array_equal(a.value, b.value, equal_nan=True)
        assert same_values
        assert (a.quality == b.quality).all()
        assert (a.seq, a.t_ns) == (b.seq, b.t_ns)


def test_a_run_shipped_before_and_after_the_change_of_measurement_is_one(
    server: StubServer,
) -> None:
    """`cycle` had integers where channels had labels; its last rows are sent again as `record`."""
    lived = [a_record(s) for s in range(700)]
    lines = [LineMaker(a_run(), CHANNELS).line(r) for r in lived]
    before = [re.sub(r"(HS-PC-UNIT=\d+)\.0", r"\1i", line) for line in lines]
    before = [line.replace("record,", "cycle,", 1) for line in before]
    assert lines[0].replace("record,", "cycle,", 1) != before[0]
    server.lines = [*before[:400], *lines[340:]]
    for reader in readers(server):
        assert [(t.run, t.last_seq) for t in reader.turns()] == [("r1", 699)]
        for a, b in zip(reader.records("r1"), lived, strict=True):
            assert (a.seq, a.t_ns, a.quality.tolist()) == (b.seq, b.t_ns, b.quality.tolist())
            assert np.array_equal(a.value[b.quality > 0], b.value[b.quality > 0], equal_nan=True)


def test_a_run_is_imported_in_influxql(
    server: StubServer,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    maker = LineMaker(a_run(), CHANNELS)
    server.lines = [maker.line(a_record(s)) for s in range(20) if s != 7]
    given = {"URL": server.url + "/", "ORG": "o", "BUCKET": "rig", "TOKEN": "t"}
    for name, value in given.items():
        monkeypatch.setenv(f"INFLUXDB_V2_{name}", value)
    assert list_bucket(influxql=True) == 0
    assert import_from_bucket(state, "r1", "", influxql=True) == 1
    assert "cycles 7 to 7 are not in the bucket" in capsys.readouterr().out


def test_nothing_there_is_no_run(server: StubServer) -> None:
    with pytest.raises(UnknownRun, match="no run"):
        readers(server)[1].run("r1")


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (401, b'{"error":"authorization failed"}', "401 authorization failed"),
        (404, b'{"error":"not found"}', "404 not found"),
        (429, b"", "429"),
        (500, b"\xff", "500"),
        (204, b"", "not an answer of InfluxDB"),
        (200, b"", "cut, or not one"),
        (200, b"<html>log in</html>", "cut, or not one"),
        (200, b'{"results":[{"statement_id":0,"ser', "cut, or not one"),
        (200, b"[" * 100_000, "cut, or not one"),
        (200, b"[1]", "not one of InfluxDB"),
        (200, b'{"error":"database not found: rig"}', "database not found: rig"),
        (200, b'{"results":[{"error":"timeout\\nnow"}]}', "query failed: timeout now"),
        (200, b'{"results":[{"series":[{"columns":["time"],"values":[["x"]]}]}]}', "milliseconds"),
        (200, b'{"results":[{"series":[{"columns":["a"],"values":[[1,2]]}]}]}', "never wrote"),
        (200, b'{"results":[{"series":[{"values":[[1,2]]}]}]}', "never wrote"),
        (200, b'{"results":[{"partial":true,"series":[{}]}]}', "max-row-limit"),
        (200, b'{"results":[7]}', "never wrote"),
        (200, b"{}", "never wrote"),
    ],
)
def test_every_other_answer_has_one_line_of_words(
    server: StubServer, state: Path, status: int, said: bytes, words: str
) -> None:
    server.on_influxql = lambda query: (status, {"Content-Type": "application/json"}, said)
    with pytest.raises(HistorianError, match=words) as told:
        import_run(readers(server)[1], "r1", state)
    assert str(told.value).isprintable()
    assert not (state / "journal" / "r1").exists()


@pytest.mark.parametrize("plain", ["a", "it's", "back\\slash", "' OR 1=1 --", "line\nend"])
def test_a_text_stays_a_text(plain: str) -> None:
    inside = text(plain)[1:-1]
    assert json.loads('"' + inside.replace("\\'", "'").replace('"', '\\"') + '"') == plain
