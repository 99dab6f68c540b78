"""Files that people bring: read up to a limit, or refused in one line.

A file may be a device without end, a gigabyte of blank lines packed into a megabyte, cut,
damaged, or something else than its name says.  Nothing is unpacked or parsed beyond its
limit, and whatever a decoder raises names the file and a remedy.
"""

import gzip
import io
import stat
import zlib
from pathlib import Path
from typing import BinaryIO, Final

from sensors.errors import ConfigError
from sensors.foreigntext import clean

MB: Final = 1_000_000
TABLE_BYTES: Final = 50 * MB  # unpacked: a year of minutes with thirty columns
SETTINGS_BYTES: Final = 2 * MB  # forty times the demo's largest file
KEY_BYTES: Final = 64_000  # certificates, keys, passwords
_WORDS: Final = 200  # characters of what a decoder says


def read_bytes(path: Path, most: int) -> bytes:
    """Return a regular file's bytes; raise ConfigError for what is none or longer than `most`."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(path.stat().st_mode):
                raise ConfigError(str(path), "file", "is no regular file", "give a file")
            return _at_most(file, most, path)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(str(path), "file", f"cannot be read: {why}") from None


def read_text(path: Path, most: int) -> str:
    """Return a file's text, UTF-8 with or without byte order mark. Raises ConfigError."""
    data = read_bytes(path, most)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"line {line}"
        raise ConfigError(str(path), where, "is not UTF-8 text", "save the file as UTF-8") from None


def read_unpacked(path: Path, most: int = TABLE_BYTES) -> bytes:
    """Return the bytes of a file that may be packed (.gz), unpacked `most` bytes at most.

    Raises ConfigError.
    """
    if path.suffix != ".gz":
        return read_bytes(path, most)
    packed = read_bytes(path, most)
    try:
        with gzip.open(io.BytesIO(packed)) as file:
            return _at_most(file, most, path)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        why = f"is no sound .gz file: {clean(error, _WORDS)}"
        raise ConfigError(str(path), "file", why, "copy it again, or unpack it") from None


def _at_most(file: BinaryIO, most: int, path: Path) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        size = f"{most / MB:g} MB" if most >= MB else f"{most / 1000:g} kB"
        raise ConfigError(str(path), "file", f"is longer than {size} (unpacked)", "split it")
    return data
