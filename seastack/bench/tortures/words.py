"""Texts as peers, devices and people may send them; what becomes of them must be one clean line."""

from collections.abc import Callable
from random import Random
from typing import Final

from seastack.bench.tortures.tally import WORDS, Tally
from sensors.foreigntext import clean

# Line ends and separators, controls, direction marks, joiners, lone surrogates, tags, private
# use, unassigned; and what means something to HTML, CSV, SQL, Flux, JSON, terminals and logs.
_ODD: Final = (
    "\n\r\t\0\x0b\x0c\x1b\x7f\x85\u2028\u2029\u200b\u200e\u202e\u2066\u2069\ufeff\ufffe\uffff"
    "\ud800\udfff\U000e0041\U0010fffd\u0378\u0301\u0300\u00ad\u034f\u115f\u3164"
)
_TELLING: Final = (
    "\x1b[2J", "\x1b]0;t\x07", "<script>", "</div>", "=cmd|' /C'!A0", "'; --", '"', "\\", "${x}",
    "%s%n", "{0}", "\\u0000", "&#0;", ",", "|", "`", "Ä", "é", "e\u0301" * 3, "😀", "中", "\r\n",
)  # fmt: skip
_LIMITS: Final = (1, 2, 3, 8, 40, 100, 500)


def any_text(rng: Random, most: int) -> str:
    """Return text of at most `most` characters with anything in it."""
    parts = []
    for _ in range(rng.randrange(1 + most // 4)):
        match rng.randrange(4):
            case 0:
                parts.append(rng.choice(_ODD))
            case 1:
                parts.append(rng.choice(_TELLING))
            case 2:
                parts.append(chr(rng.randrange(0x110000)))
            case _:
                parts.append(chr(rng.randrange(32, 127)) * rng.randrange(6))
    return "".join(parts)[:most]


class _Unspeakable:
    """An object that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no name")

    __repr__ = __str__


def _anything(rng: Random) -> object:
    match rng.randrange(12):
        case 0:
            return rng.randbytes(rng.randrange(300))
        case 1:
            return rng.choice((None, 1, 10**5000, float("nan"), _Unspeakable(), [b"\xff"], {1: 2}))
        case 2:
            return any_text(rng, 5000)
    return any_text(rng, 120)


def texts(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Make so many foreign things clean; each must become one bounded line that stays as it is."""
    for done in range(inputs):
        held, limit = _anything(rng), rng.choice(_LIMITS)
        with tally.judged("a text"):
            text = clean(held, limit)
            if len(text) > limit or (text and not text.isprintable()):
                tally.fault(WORDS, f"{held!r:.200} becomes {text!r}, at most {limit} characters")
            text.encode()
            if clean(text, limit) != text:
                tally.fault(WORDS, f"{text!r} does not stay as it is")
        if done % 1000 == 0:
            shown(done)
    tally.inputs += inputs
