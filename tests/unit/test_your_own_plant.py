"""docs/your-own-plant.md is executed: its files, its commands, its columns."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seastack.cli import app
from seastack.departure import load_voyage, start_time_s
from seastack.plants.locate import locate
from sensors.plantfile import load_plant

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-own-plant.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("seastack ")
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


def test_the_plant_of_the_page_is_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = COMMANDS[0].replace("parity.svg", str(tmp_path / "parity.svg")).split()
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, words)
    assert result.exit_code == 0, result.output
    for told in ("house-ring-40", "of your own file", "column_P_mbarg above 101.325 kPa", "of 2"):
        assert told in result.output
    assert "within 2 sd" in result.output
    assert (tmp_path / "parity.svg").read_text().count('class="b"') >= 4


def test_the_voyage_of_the_page_is_read_and_sailed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (said,) = re.findall(r"`seastack (validate voyage [^`]*)`", PAGE)
    read = CliRunner(env={"COLUMNS": "200"}).invoke(app, said.split())
    assert read.exit_code == 0, read.output
    assert "8611.1 kW" in read.output
    sailed = CliRunner().invoke(app, [*COMMANDS[1].split(), "--json"])
    figures = {f["name"]: f for f in json.loads(sailed.stdout)["figures"]}
    assert figures["PLC trips"]["value"] == 0
    assert figures["limit violations"]["value"] == 0
    assert figures["in CAPTURE with an engine >= 30 % load"]["ok"]


def test_the_demo_of_the_page_has_somewhere_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = COMMANDS[2].split()
    assert words[:2] == ["demo", "--voyage"]
    voyage = load_voyage(words[2], load_plant(locate("demo")))
    assert voyage.start_s <= start_time_s(voyage, "") <= voyage.end_s


def test_the_packing_of_the_page_is_the_file_beside() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert text == (ROOT / "docs" / "examples" / "mine_packing.toml").read_text(encoding="utf-8")
