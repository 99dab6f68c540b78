"""An import is whole, or says what is missing, whatever a server answers."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.historian.bucket import BucketReader, Hole
from controller.historian.errors import HistorianError, Refused, ShipError
from controller.historian.influx import InfluxWriter, Target
from controller.historian.lines import LineMaker
from controller.historian.reader import JournalReader
from controller.voyage.importing import import_run
from seastack.importing import import_from_bucket, list_bucket
from seastack.problems import user_errors
from tests.fluxstub import answer
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run
from tests.stubserver import StubServer

CSV = {"Content-Type": "text/csv; charset=utf-8"}
MAKER = LineMaker(a_run(), CHANNELS)
Edit = Callable[[str, str], str]  # query and answer to answer


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as stub:
        stub.lines = [MAKER.line(a_record(seq)) for seq in range(1500)]
        yield stub


def reading(server: StubServer, holes: list[Hole] | None = None) -> BucketReader:
    writer = InfluxWriter(Target(server.url, "ship", "rig", "secret"))
    told = holes if holes is not None else []
    return BucketReader("rig", writer, CHANNELS, on_hole=told.append)


def edited(server: StubServer, edit: Edit) -> None:
    """Have every answer to a question changed."""

    def on_query(body: bytes) -> tuple[int, dict[str, str], bytes]:
        flux = json.loads(body)["query"]
        return 200, CSV, edit(flux, answer(server.lines, flux)).encode()

    server.on_query = on_query


def test_cycles_that_are_not_there_are_told(server: StubServer, state: Path) -> None:
    lost = {0, 1, 599, 600, 601, 1000, 1499}
    server.lines = [
        line for s, line in zip(range(1500), server.lines, strict=True) if s not in lost
    ]
    holes: list[Hole] = []
    assert import_run(reading(server, holes), "r1", state) == 1500 - len(lost)
    assert holes == [(599, 601), (1000, 1000)]  # nobody knows what was before the first


@pytest.mark.parametrize("kept", [1, 7, 300, 599])
def test_an_answer_cut_between_two_rows_is_asked_for_again(
    server: StubServer, state: Path, kept: int
) -> None:
    cut: set[str] = set()

    def edit(flux: str, said: str) -> str:
        if "pivot" not in flux or flux in cut:
            return said
        cut.add(flux)
        return "".join(said.splitlines(keepends=True)[: 4 + kept])

    edited(server, edit)
    holes: list[Hole] = []
    assert import_run(reading(server, holes), "r1", state) == 1500
    assert holes == []
    assert cut


def test_an_answer_that_is_always_cut_is_told_to_the_last_cycle(
    server: StubServer, state: Path
) -> None:
    edited(server, lambda f, said: said if "pivot" not in f else said[: said.rindex("\r\n", 0, -2)])
    holes: list[Hole] = []
    import_run(reading(server, holes), "r1", state)
    assert holes[-1][1] == 1499


ERROR = (
    "#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n"
    ",error,reference\r\n,memory limit,897\r\n"
)


def _other(said: str) -> str:
    """Return the last row of an answer with another value in it."""
    return re.sub(r"\d\.\d+", "99.5", said.splitlines()[-1], count=1) + "\r\n"


ODD: list[tuple[str, Edit, str]] = [
    ("html", lambda f, s: "<html>log in</html>", "makes no sense"),
    ("an error inside", lambda f, s: ERROR if "pivot" in f else s, "memory limit"),
    ("an error at once", lambda f, s: ERROR, "memory limit"),
    ("an error after rows", lambda f, s: s + "\r\n" + ERROR if "pivot" in f else s, "memory limit"),
    ("half a row", lambda f, s: s[: len(s) - 9] if "pivot" in f else s, ""),
    ("a column less", lambda f, s: s.replace("seq", "sequence"), "never wrote"),
    ("no times", lambda f, s: s.replace("_time", "_when"), "never wrote|makes no sense"),
    ("times of another kind", lambda f, s: s.replace("dateTime:RFC3339", "string"), "never wrote"),
    ("impossible times", lambda f, s: re.sub(r"2014-\d\d", "2014-13", s), "makes no sense"),
    ("numbers that are words", lambda f, s: s.replace(",long,", ",string,"), ""),
    ("an odd quality", lambda f, s: re.sub(r",0,", ",77,", s) if "pivot" in f else s, ""),
    ("NUL", lambda f, s: s.replace(",", "\0,"), ""),
    ("a very long cell", lambda f, s: s + "x" * 200_000, "makes no sense"),
    ("a cycle twice", lambda f, s: s + _other(s) if "pivot" in f else s, "twice"),
]


@pytest.mark.parametrize(("what", "edit", "words"), ODD, ids=[what for what, *_ in ODD])
def test_every_odd_answer_has_one_line_of_words_and_leaves_nothing(
    server: StubServer, state: Path, what: str, edit: Edit, words: str
) -> None:
    server.lines = server.lines[:20]
    edited(server, edit)
    told = ""
    try:
        import_run(reading(server), "r1", state)
    except HistorianError as error:
        told = str(error)
    assert re.search(words, told)
    assert told.isprintable()
    with JournalReader(state) as reader:
        assert len(reader.runs()) == (not told)


def test_nothing_at_all_is_no_run(server: StubServer, state: Path) -> None:
    edited(server, lambda flux, said: "")
    with pytest.raises(HistorianError, match="no run 'r1' in bucket rig"):
        import_run(reading(server), "r1", state)


def test_a_clock_that_leapt_from_1970_leaves_no_decades_to_ask_for(
    server: StubServer, state: Path
) -> None:
    lived = [a_record(s, s * SECOND_NS if s < 100 else NOON_NS + s * SECOND_NS) for s in range(200)]
    server.lines = [MAKER.line(r) for r in lived]
    asked: list[str] = []

    def edit(flux: str, said: str) -> str:
        asked.append(flux)
        start = re.search(r"start: time\(v: (\d+)\), stop: 2200", flux)
        if start is None:
            return said
        later = [m for r, m in zip(lived, server.lines, strict=True) if r.t_ns >= int(start[1])]
        return answer(later, flux)

    edited(server, edit)
    assert import_run(reading(server), "r1", state) == 200
    assert len(asked) < 20


def test_two_ships_with_a_run_of_one_name_are_refused(server: StubServer, state: Path) -> None:
    server.lines = [
        *server.lines[:5],
        *(m.replace("plant=demo", "plant=b") for m in server.lines[:5]),
    ]
    with pytest.raises(Refused, match="more than once, of b, demo"):
        import_run(reading(server), "r1", state)


def test_rows_of_others_in_the_measurement_are_not_runs(server: StubServer) -> None:
    server.lines = [*server.lines[:5], "record,host=x seq=1i 1390564800000"]
    assert [t.run for t in reading(server).turns()] == ["r1"]


def test_a_seq_that_comes_back_is_told(server: StubServer, state: Path) -> None:
    back = [MAKER.line(a_record(s, NOON_NS + (s + 700) * SECOND_NS)) for s in range(5)]
    server.lines = [*server.lines[:20], *back]
    with pytest.raises(ShipError, match="two runs of that name"):
        import_run(reading(server), "r1", state)


def test_the_command_tells_what_is_missing_and_ends_with_1(
    server: StubServer,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del server.lines[5:8]
    server.lines.append("record,plant=p\x9b2J,kind=live,run=\x9b31mx seq=1i,q=2i 1390564800000")
    for name, text in zip(
        ("URL", "ORG", "BUCKET", "TOKEN"), (server.url, "o", "rig", "t"), strict=True
    ):
        monkeypatch.setenv(f"INFLUXDB_V2_{name}", text)
    assert list_bucket() == 0
    assert import_from_bucket(state, "r1", "") == 1
    said = capsys.readouterr().out
    assert "cycles 5 to 7 are not in the bucket" in said
    assert all(line.isprintable() for line in said.splitlines())
    assert HistorianError in user_errors()
