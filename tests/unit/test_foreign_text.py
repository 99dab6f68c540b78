"""Whatever a peer or a person sends becomes one bounded, printable line that can be stored."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.historian.eventrow import TEXT_CHARS, UNSTORED, event_row
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Event
from sensors.driver import Identity, WriteResult
from sensors.errors import LinkLost
from sensors.foreigntext import clean
from tests.journals import CHANNELS, NOON_NS, a_record, a_run


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no name")


class Huge:
    def __str__(self) -> str:
        return str(10**5000)  # a ValueError: more digits than Python writes


class Endless:
    def __str__(self) -> str:
        return "x" * 10_000_000


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("Analyser 40 °C", "Analyser 40 °C"),
        (b"Analyser 40 \xb0C", "Analyser 40 \ufffdC"),
        ("Analyser 40 \udcb0C", "Analyser 40 C"),
        ("two\r\nlines\x1b[2J", "two lines [2J"),
        ("a\u202egnp.exe\u2066\ufeff", "a gnp.exe"),
        ("e\u0301", "é"),
        ("e" + "\u0301" * 40, "é" + "\u0301" * 3),
        ("\u3164\u2800", ""),
        ("\0", ""),
        (None, ""),
        (12.5, "12.5"),
        ("x" * 99, "x" * 19 + "…"),
        (Huge(), "(Huge)"),
        (Unspeakable(), "(Unspeakable)"),
        (Endless(), "x" * 19 + "…"),
    ],
)
def test_a_text_becomes_one_line(given_text: object, line: str) -> None:
    assert clean(given_text, 20) == line


@given(
    st.one_of(st.text(st.characters()), st.binary(), st.integers(), st.lists(st.text())),
    st.integers(1, 40),
)
def test_any_text_becomes_one_line_that_stays_as_it_is(text: object, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert line == line.strip()
    assert clean(line, limit) == line
    line.encode()


def test_what_a_device_says_of_itself_and_of_us_is_clean() -> None:
    who = Identity("A\nB", "x" * 5000, "\udcff1", False, ("r\x1b[1m",) * 99)
    assert (who.vendor, who.version, who.remarks[0]) == ("A B", "1", "r [1m")
    assert len(who.product) == 100
    assert len(who.remarks) == 20
    assert str(LinkLost("refused:\r\nBad" + "y" * 9000)).startswith("refused: Bad")
    assert len(str(LinkLost("y" * 9000))) <= 400
    tag: Any = None
    assert WriteResult(tag, 1.0, 1.0, False, "no\n\0way").problem == "no way"


class Trap(str):
    """A text that is none as soon as somebody works with it."""

    def __getitem__(self, _at: object) -> str:
        raise RuntimeError("no letters")

    def isprintable(self) -> bool:
        raise RuntimeError("not told")


def test_a_text_with_a_will_of_its_own_is_but_a_text() -> None:
    assert clean(Trap("a\nb"), 9) == "a b"
    assert clean(type("T\nx", (), {"__str__": None})(), 9) == "(T x)"


ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters()),
        st.binary(),
        st.just(Unspeakable()),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.text(), st.integers()), inner)
    ),
    max_leaves=8,
)


@given(st.tuples(ODD, ODD, ODD, ODD, ODD, ODD, ODD), st.dictionaries(st.text(), ODD, max_size=3))
def test_any_event_is_a_row(cells: tuple[Any, ...], data: dict[str, Any]) -> None:
    kind, source, state, text, priority, by, seq = cells
    row = event_row(1, Event(seq, seq, kind, source, state, text, priority, by, by, by, data))
    assert json.loads(str(row[-1])) is not None
    for cell in row:
        assert isinstance(cell, int | str)
        if isinstance(cell, int):
            assert -(2**63) <= cell < 2**63
        else:
            cell.encode()


def test_data_that_point_at_themselves_or_are_endless_are_said_to_be_left_out() -> None:
    class NoInt:
        def __int__(self) -> int:
            raise RuntimeError("no number")

    odd: Any = NoInt()
    assert event_row(1, Event(odd, odd, "system", "s", "N", "t", odd))[1:3] == (0, 0)
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    row = event_row(1, Event(0, 0, "system", "s", "N", "t", data=loop))
    assert len(str(row[-1])) < TEXT_CHARS * 2
    many = {str(i): "x" * 500 for i in range(1000)}
    assert UNSTORED in str(event_row(1, Event(0, 0, "system", "s", "N", "t", data=many))[-1])


def test_an_event_nobody_could_store_costs_no_cycle(state: Any) -> None:
    journal = Journal(state, a_run(), CHANNELS)
    odd = Event(0, NOON_NS, "link", "analysers", "UP", "is up: A 40 \udcb0C\0\n" + "x" * 99_999, 0)
    journal.append(a_record(0), [odd, Event(10**30, 0, "system", "s", "N", "t", data={"a": {1}})])
    journal.append(a_record(1))
    journal.close()
    assert journal.fault is None
    with JournalReader(state) as reader:
        assert [r.seq for r in reader.records("r1")] == [0, 1]
        texts = [e.text for e in reader.events("r1")]
    assert texts[0].startswith("is up: A 40 C x")
    assert len(texts) == 2
