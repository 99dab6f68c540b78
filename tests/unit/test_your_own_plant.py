"""docs/your-own-plant.md is executed: its files, its commands, its columns."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seastack.cli import app

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


def test_the_voyage_of_the_page_is_sailed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, COMMANDS[1].split())
    assert result.exit_code in (0, 1), result.output  # 1: a bar missed in half an hour
    assert "mine-voyage.csv" in result.output or "voyage" in result.output


def test_the_packing_of_the_page_is_the_file_beside() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert text == (ROOT / "docs" / "examples" / "mine_packing.toml").read_text(encoding="utf-8")
