"""The rules every test lives under do what they say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
CASES = """
import asyncio
import pytest

@pytest.mark.skipif(True, reason="mbpoll is not installed")
def test_program() -> None: ...

@pytest.mark.skipif(True, reason="root may write everywhere")
def test_other() -> None: ...

async def test_leak() -> None:
    test_leak.task = asyncio.create_task(asyncio.sleep(60))

async def test_tidy() -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
"""


def outcome(tmp_path: Path, require: str) -> str:
    """Run the cases under our conftest; return pytest's closing line."""
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_cases.py").write_text(CASES)
    out = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", str(tmp_path)],
        env={**os.environ, "SEASTACK_REQUIRE": require},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    return out.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("require", "failed", "skipped"), [("", "1 error", "2 skipped"), ("all", "2 errors", "1 skip")]
)
def test_a_missing_program_and_a_leaked_task_are_told(
    tmp_path: Path, require: str, failed: str, skipped: str
) -> None:
    line = outcome(tmp_path, require)
    assert failed in line
    assert skipped in line
    assert "2 passed" in line
