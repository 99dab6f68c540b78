"""The house keeps its shape: rooms, sizes, imports, nothing that should not be there."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("seastack", "controller", "sensors", "models", "dashboard", "sim")
FILES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def test_the_rooms_are_there() -> None:
    assert len(FILES) > 20


def test_the_rooms_init_files_are_empty() -> None:
    talkative = [str(p) for p in FILES if p.name == "__init__.py" and p.read_text().strip()]
    assert talkative == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {str(p): n for p in FILES if (n := p.read_text().count("\n")) > LONGEST_FILE}
    assert long == {}


def test_no_function_is_longer_than_a_page() -> None:
    long = {
        f"{path}:{node.name}": length
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "NotImplementedError", "pickle"])
def test_nothing_is_left_unfinished(word: str) -> None:
    assert [str(p) for p in FILES if re.search(rf"\b{word}\b", p.read_text())] == []


def test_whatever_is_logged_is_heard() -> None:
    """The console shows logger "seastack" from INFO on, every other from WARNING on."""
    assert [str(p) for p in FILES if "getLogger(__name__)" in p.read_text()] == []


def unexplained_broad_excepts(path: Path) -> list[str]:
    """Return places that catch everything, do not raise again, and say no reason."""
    text = path.read_text()
    lines = text.splitlines()
    return [
        f"{path}:{node.lineno}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not isinstance(node.body[-1], ast.Raise)
        and not any("#" in line for line in lines[node.lineno - 2 : node.lineno + 1])
    ]


def test_whoever_catches_everything_says_why() -> None:
    assert [place for path in FILES for place in unexplained_broad_excepts(path)] == []


def test_imports_run_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    out = subprocess.run([str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode == 0, out.stdout
