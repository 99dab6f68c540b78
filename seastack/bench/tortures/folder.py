"""Changed plant folders: loaded and fit to steer, or refused in words that name the file."""

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from controller.config import configure
from seastack.bench.cycles import Fuzz
from seastack.bench.tortures.mutate import mutated
from seastack.bench.tortures.rules import kind_of
from seastack.bench.tortures.tally import Tally
from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.plantfile import load_plant

CYCLES: Final = 3  # of a plant that could be loaded
_NUMBER: Final = re.compile(rb"(?<![\w\"])-?\d+(\.\d+)?")
_QUOTED: Final = re.compile(rb'"[^"\n]*"')
_VALUES: Final = (
    b"nan", b"inf", b"-inf", b"-1", b"0", b"1e308", b"1e-320", b"9" * 30, b"9" * 5000, b"true",
    b'""', b'"x"', b"[]", b"{}", b"[1, 2]", b"{ a = 1 }", b"1979-05-27", b"[" * 900 + b"]" * 900,
    b'"\\u0000"', b'"\\U0001F600"', b'"a\\nb"', b"'''\n'''", b"0x7fffffffffffffff", b"",
)  # fmt: skip


def plant_folders(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Load so many changed copies of the demo's plant folder; see the module docstring."""
    whole = {f: f.read_bytes() for f in sorted(locate("demo").glob("*.toml"))}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "plant"
        shutil.copytree(locate("demo"), copy)
        for done in range(inputs):
            hit = rng.choice(list(whole))
            (copy / hit.name).write_bytes(_changed(whole[hit], rng))
            _try(copy, hit.name, tally, rng)
            (copy / hit.name).write_bytes(whole[hit])
            shown(done)
    tally.inputs += inputs


def _try(folder: Path, name: str, tally: Tally, rng: Random) -> None:
    with tally.judged(f"changed {name}", ConfigError):
        config = configure(load_plant(folder))
        fuzz = Fuzz(config, rng.randrange(2**31))
        fuzz.press()
        for _ in range(CYCLES):
            fuzz.cycle()
        for rule in fuzz.tally.broken:
            tally.fault(kind_of(rule), f"changed {name}: {rule}")
        tally.met["plants loaded"] += 1


def _changed(text: bytes, rng: Random) -> bytes:
    """Change a file as an editor, a spreadsheet or a bad disk does."""
    if rng.random() < 0.1:
        return mutated(text, rng)
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if not lines:
            break
        at = rng.randrange(len(lines))
        match rng.randrange(7):
            case 0:
                del lines[at]
            case 1:
                lines.insert(rng.randrange(len(lines)), lines[at])
            case 2 | 3:
                lines[at] = _replaced(_NUMBER, lines[at], rng.choice(_VALUES), rng)
            case 4:
                lines[at] = _replaced(_QUOTED, lines[at], rng.choice(_VALUES), rng)
            case 5:
                lines[at] = re.sub(rb"\w+", lambda word: word[0][:-1], lines[at], count=1)
            case _:
                lines.insert(at, rng.choice(_VALUES) + b"\n")
    return b"".join(lines)


def _replaced(pattern: re.Pattern[bytes], line: bytes, value: bytes, rng: Random) -> bytes:
    found = list(pattern.finditer(line))
    if not found:
        return line
    hit = rng.choice(found)
    return line[: hit.start()] + value + line[hit.end() :]
