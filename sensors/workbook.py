"""Tables that people keep as .xlsx: the first sheet that holds anything, as lines of text cells.

A workbook is a ZIP of XML: its unpacked size is looked at before anything is parsed.  Numbers
are what the file stores, not what a cell shows of them; a formula is its last computed result;
dates become ISO 8601.
"""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from sensors.errors import ConfigError
from sensors.foreigntext import clean
from sensors.outsidefile import MB, read_bytes

SUFFIXES: Final = (".xlsx", ".xlsm")
OTHERS: Final = (".xls", ".xlsb", ".ods", ".numbers")
MOST_COLUMNS: Final = 1000
_WORDS: Final = 200


def is_workbook(path: Path) -> bool:
    """Return whether a name says workbook; raise ConfigError for the kinds that are not read."""
    kind = path.suffix.lower()
    if kind in OTHERS:
        why = f"is a {kind} workbook"
        raise ConfigError(str(path), "file", why, "save it as .xlsx or .csv")
    return kind in SUFFIXES


def lines(path: Path, most: int, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of every row that has any; raise ConfigError for a bad workbook."""
    data = read_bytes(path, most)
    _bounded(path, data, most)
    import openpyxl  # costs a tenth of a second, and most tables are CSV

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations it does not know
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            yield from _sheet(path, book, notes)
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged workbook raises anything
        why = f"is no sound workbook: {clean(error, _WORDS) or type(error).__name__}"
        raise ConfigError(str(path), "file", why, "copy it again, or save it as CSV") from None


def _bounded(path: Path, data: bytes, most: int) -> None:
    """Raise ConfigError for what is no ZIP, is locked, or unpacks to more than `most` bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        why = f"is no sound workbook: {clean(error, _WORDS)}"
        remedy = "copy it again, or save it as CSV (a password on it has to go)"
        raise ConfigError(str(path), "file", why, remedy) from None
    if sum(part.file_size for part in parts) > most:
        why = f"is longer than {most / MB:g} MB (unpacked)"
        raise ConfigError(str(path), "file", why, "split it")


def _sheet(path: Path, book: Any, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    sheets = book.worksheets
    for sheet in sheets:
        found = False
        sheet.reset_dimensions()  # what a file says of its size may be one cell, or a million
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if len(row) > MOST_COLUMNS:
                why = f"has {len(row)} columns"
                raise ConfigError(str(path), f"line {number}", why, "is it a table?")
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                if not found and len(sheets) > 1:
                    notes.append(f"sheet {clean(sheet.title, _WORDS)!r} of {len(sheets)} is read")
                found = True
                yield number, cells
        if found:
            return


def _text(value: object) -> str:
    """Return a cell as a CSV file would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return repr(value) if isinstance(value, int | float) else str(value)
