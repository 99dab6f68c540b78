"""The log: whatever a record carries, it is one clean line without a password."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.historian.influx import Target
from seastack.cli import main
from seastack.logline import LINE_CHARS, OneLine
from sensors.foreigntext import without_secrets


def shown(message: object, *args: object, error: BaseException | None = None) -> str:
    exc = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("x", logging.WARNING, "f.py", 1, message, args, exc)
    return OneLine().format(record)


class Odd:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@given(st.one_of(st.text(), st.binary(), st.integers(), st.just(Odd())))
def test_any_record_is_one_clean_line(said: object) -> None:
    for line in (shown("link %s is up", said), shown(said), shown(said, 1), shown("%d %d", said)):
        assert line.isprintable()
        assert len(line) <= LINE_CHARS


def test_a_name_plate_forges_no_line_and_clears_no_screen() -> None:
    said = "rig\x1b[2J\n2026-01-01 bypass proven\u2028\u202egnp"
    assert (
        shown("link plc is up: %s", said) == "link plc is up: rig [2J 2026-01-01 bypass proven gnp"
    )


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - whatever the case is about
        return caught


def test_an_exception_is_one_line_that_says_where() -> None:
    line = shown("the writer has stopped", error=raised(ValueError("two\nlines")))
    assert line.startswith("the writer has stopped (ValueError: two lines; ")
    assert line.endswith(" raised)")
    assert "test_log_line.py:" in line


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("http://me:pw@shore:8086: 401", "http://shore:8086: 401"),
        ("https://me:p@w@shore/x?org=a&token=abc;key=d", "https://shore/x?org=a&token=...;key=..."),
        ("http://shore?u=me&p=pw: no answer", "http://shore?u=...&p=... no answer"),
        ("opc.tcp://10.0.0.1:4840/me@here: refused", "opc.tcp://10.0.0.1:4840/me@here: refused"),
        ("modbus-rtu:/dev/ttyS0@9600/1", "modbus-rtu:/dev/ttyS0@9600/1"),
    ],
)
def test_addresses_stand_in_it_without_user_and_token(text: str, left: str) -> None:
    assert without_secrets(text) == left
    assert shown("shipper: %s", text) == f"shipper: {left}"


def test_a_target_shows_neither_token_nor_address() -> None:
    assert "pw" not in repr(Target("http://me:pw@shore", "o", "b", "pw"))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["seastack", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return int(str(end.value.code)), capsys.readouterr().err

    return run


def test_what_was_typed_comes_back_as_one_line(said: Callable[..., Any]) -> None:
    code, err = said("check", "no\x1b[2J\nsuch\udcff")
    assert code == 2
    assert err.count("\n") == 1
    assert err[:-1].isprintable()
    assert "such" in err
