"""Files that people bring: read, or refused in one line that names the file; nothing endless."""

import gzip
import os
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from seastack.bench.tortures.mutate import mutated
from seastack.departure import start_time_s
from seastack.fuellog import read_log
from seastack.problems import UserError, nearest
from seastack.validation import table
from sensors.certificates import check_pair, read_certificate
from sensors.errors import ConfigError
from sensors.outsidefile import read_bytes
from sensors.strictfile import read_toml
from sensors.tablefile import CELL_CHARS, read_table
from sim import voyages

HERE = Path(__file__).parent.parent
VOYAGE = (
    "timestamp,total_power_demand_kW,sea_water_degC\n"
    "2014-02-01 05:00:00,9000,4\n2014-02-01 05:01:00,9100,4\n2014-02-01 05:02:00,9300,4.5\n"
)
LOG = "date,Total_day_FO_meters,AE1_hours_day\n2014-02-01,40.1,3\n2014-02-02,41,\n"


def told(path: Path, read: Callable[[Path], object]) -> str:
    """Return the one line a reader refuses a file with, "" when it reads it."""
    try:
        read(path)
    except (ConfigError, UserError) as error:
        text = str(error)
        assert text.isprintable()
        assert path.name in text
        return text
    return ""


READERS: list[tuple[str, bytes, Callable[[Path], object]]] = [
    ("v.csv", VOYAGE.encode(), lambda p: start_time_s(voyages.load(str(p)), "")),
    ("v.csv.gz", gzip.compress(VOYAGE.encode()), lambda p: start_time_s(voyages.load(str(p)), "")),
    ("log.csv", LOG.encode(), read_log),
    ("a.csv", (HERE / "data" / "nccc2017_absorber.csv").read_bytes()[:3000], table.read),
    ("c.toml", b"[limits]\na = 1\nb = [1, 2]\n[[tag]]\nname = 'x'\n", read_toml),
    ("cert.der", b"\x30\x82\x01\x0a" + bytes(range(200)), read_certificate),
]


@pytest.mark.parametrize(("name", "sound", "read"), READERS, ids=[n for n, _, _ in READERS])
def test_no_changed_file_is_a_traceback(
    tmp_path: Path, name: str, sound: bytes, read: Callable[[Path], object]
) -> None:
    rng, path = random.Random(4), tmp_path / name
    path.write_bytes(sound)
    if name != "cert.der":
        assert told(path, read) == ""
    refused = 0
    for _ in range(250):
        path.write_bytes(mutated(sound, rng))
        refused += told(path, read) != ""
    assert refused > 20


ODD = {
    "deep": b"a = " + b"[" * 5000,
    "digits": b"a = " + b"9" * 5000,
    "utf-16": "a = 1".encode("utf-16"),
    "zeros": bytes(3000),
    "long": b"#" * 2_100_000,
}


@pytest.mark.parametrize("case", ODD)
def test_odd_toml_is_refused(tmp_path: Path, case: str) -> None:
    path = tmp_path / "plant.toml"
    path.write_bytes(ODD[case])
    assert told(path, read_toml)


def bomb() -> bytes:
    """Return a .gz of a gigabyte of blank lines in a megabyte."""
    packer = zlib.compressobj(9, wbits=31)
    block = b"\n" * 10_000_000
    return b"".join([*(packer.compress(block) for _ in range(100)), packer.flush()])


TABLES = {
    "a bomb": ("v.csv.gz", bomb, "longer than 50 MB"),
    "cut": ("v.csv.gz", lambda: gzip.compress(VOYAGE.encode())[:-12], "no sound .gz"),
    "not packed": ("v.csv.gz", VOYAGE.encode, "no sound .gz"),
    "a cell without end": ("v.csv", lambda: b"a,b\n1," + b"x" * 140_000, "line 2"),
    "a long cell": ("v.csv", lambda: b"a,b\n1," + b"x" * (CELL_CHARS + 1), "more than 100000"),
    "an open quote": ("v.csv", lambda: b'a,b\n"' + b"x,1\n" * 50_000, "quotation mark"),
}


@pytest.mark.parametrize("case", TABLES)
def test_odd_tables_are_refused(tmp_path: Path, case: str) -> None:
    name, data, words = TABLES[case]
    path = tmp_path / name
    path.write_bytes(data())
    assert words in told(path, read_table)


def test_what_has_no_end_or_is_no_file_is_not_read(tmp_path: Path) -> None:
    assert "no regular file" in told(Path("/dev/zero"), lambda p: read_bytes(p, 100))
    assert "cannot be read" in told(tmp_path, lambda p: read_bytes(p, 100))
    assert "cannot be read" in told(tmp_path / "none", lambda p: read_bytes(p, 100))
    key = tmp_path / "key.pem"
    os.symlink("/dev/zero", key)
    assert told(key, lambda p: check_pair(p, p, ""))


def test_a_voyage_of_thousands_of_years_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(VOYAGE + "9999-12-31 23:59:00,9000,4\n")
    assert "line 5, column timestamp: is 7986 years after" in told(
        path, lambda p: voyages.load(str(p))
    )


def test_the_search_for_a_near_spelling_is_bounded() -> None:
    assert nearest("x" * 10_000_000, (f"name{i}" for i in range(10**9))) == ""
