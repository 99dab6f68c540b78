"""Texts of devices, servers and people, made fit to be shown, logged and stored.

Whatever bytes or characters a peer sends, what goes on from here is one bounded line of
UTF-8: no line ends, controls, terminal codes, direction marks, lone surrogates, private
or unassigned characters, no towers of accents.
"""

import re
import unicodedata
from typing import Final

MOST_ACCENTS: Final = 3  # marks on one letter: no script of a name plate needs more
_CUT: Final = "…"
_USER: Final = re.compile(r"(?<=://)[^/\s]*@")
_SECRET: Final = re.compile(r"(?i)([?&;](?:token|access_token|password|p|u|key|secret)=)[^&;\s]*")
_ACCENT: Final = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_TOWER: Final = re.compile(f"({_ACCENT}{{{MOST_ACCENTS}}}){_ACCENT}+")
# Letters and marks that are printable to Unicode and invisible to people.
_BLANK: Final = dict.fromkeys((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0), " ")


def clean(text: object, limit: int) -> str:
    """Return `text` as one printable line of at most `limit` characters (1 at least).

    Bytes are taken for UTF-8, what is not is marked; None is "".  What is longer ends in
    "...", as one character.  Never raises, whatever the object.
    """
    raw = _read(text, limit)
    if raw.isascii() and raw.isprintable():
        line = raw if "  " not in raw else " ".join(raw.split())
        return _cut(line.strip(), limit)
    composed = unicodedata.normalize("NFC", raw.translate(_BLANK))
    shown = "".join(c if c.isprintable() else " " for c in composed)
    line = unicodedata.normalize("NFC", _TOWER.sub(r"\1", " ".join(shown.split())))
    return _cut(line, limit)


def _read(text: object, limit: int) -> str:
    """Return the object's text; of a long one no more than can matter."""
    most = 8 * max(limit, 1) + 64
    if text is None:
        return ""
    try:
        if isinstance(text, bytes | bytearray | memoryview):
            return bytes(text[:most]).decode("utf-8", "replace")
        return str.__getitem__(text if isinstance(text, str) else str(text), slice(most))
    except Exception:  # noqa: BLE001 - an object of a peer's making may raise anything
        return f"({type(text).__name__})"


def _cut(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    return line[: max(limit - 1, 0)].rstrip() + _CUT


def without_secrets(text: str) -> str:
    """Return a text with the user part and the secret parameters of its addresses left out."""
    return _SECRET.sub(r"\1...", _USER.sub("", text))
