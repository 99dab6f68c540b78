"""The event loop's own log: a line of each kind a minute, and what was left out is counted."""

import logging
from typing import Any

from controller.loopnoise import AGAIN_S, OncePerKind
from seastack.logline import OneLine


def record(text: str, *args: Any, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error is not None else None
    return logging.LogRecord("asyncio", logging.ERROR, __file__, 1, text, args, info)


def test_what_repeats_is_told_once_a_minute_with_its_count() -> None:
    now = [0.0]
    noise = OncePerKind(lambda: now[0])
    shown = []
    for k in range(1000):
        now[0] = k * 0.1
        one = record("Fatal error: %s", f"head {k}", error=ValueError("bad\nbytes\x1b[2J"))
        if noise.filter(one):
            shown.append(OneLine().format(one))
    assert shown == [
        "Fatal error: head 0 (ValueError: bad bytes [2J; )",
        "Fatal error: head 600 (and 599 times since it was told last)"
        " (ValueError: bad bytes [2J; )",
    ]
    assert AGAIN_S == 60.0


def test_other_kinds_and_odd_messages_pass() -> None:
    noise = OncePerKind(lambda: 0.0)
    assert noise.filter(record("a %s", 1))
    assert noise.filter(record("b %s", 1))
    odd = record("c %s %s", 1)  # one argument is missing
    assert noise.filter(odd)
    assert OneLine().format(odd) == "c %s %s"
    assert not noise.filter(record("a %s", 2))
