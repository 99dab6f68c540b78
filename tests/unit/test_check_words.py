"""What `seastack check` says of clocks, and of what would notice that a link stands still."""

import shutil
from pathlib import Path

import pytest

from seastack.check import doubted
from sensors.freeze import freeze_seen_by
from sensors.plantfile import load_plant
from sensors.quality import Quality, Reason
from sensors.reading import Reading

NOW = 1_700_000_000_000_000_000


def read(*leads_s: float) -> list[Reading]:
    made = [NOW + int(lead * 1e9) for lead in leads_s]
    return [Reading(1.0, Quality.GOOD, Reason.NONE, t, NOW) for t in made]


def test_a_stamp_ahead_is_doubt_and_the_clock_is_named() -> None:
    readings, words = doubted("analysers", read(7200.0, -0.2))
    assert [r.quality for r in readings] == [Quality.UNCERTAIN, Quality.GOOD]
    assert words.startswith("clock of analysers is 2 h 0 min ahead (time zone?)")


def test_a_clock_behind_is_named_by_its_newest_stamp() -> None:
    assert doubted("a", read(-900.0, -600.0))[1].startswith("clock of a is 10 min behind")
    assert doubted("a", read(-900.0, -0.3))[1] == ""
    assert doubted("a", [])[1] == ""


@pytest.mark.parametrize(
    ("link", "old", "new", "said"),
    [
        ("plc", "", "", "its heartbeat"),
        ("analysers", "", "", "the source time stamps"),
        ("analysers", 'security = "Basic256Sha256"',
         'security = "Basic256Sha256"\ntime = "received"', "flatline_s of"),
    ],
)  # fmt: skip
def test_what_notices_a_freeze(
    demo_folder: Path, tmp_path: Path, link: str, old: str, new: str, said: str
) -> None:
    folder = tmp_path / "plant"
    shutil.copytree(demo_folder, folder)
    tags = folder / "tags.toml"
    tags.write_text(tags.read_text().replace(old, new, 1))
    words = freeze_seen_by(load_plant(folder), link)
    assert words.startswith(said)
    assert ("time stamps" in words) == (said == "the source time stamps")
