"""The rules every test lives under do what they say."""

import os
import re
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


# A bar on time, a time-out of a few seconds or a deadline judges the machine, not the code.
TIMED = re.compile(
    r"perf_counter|process_time|monotonic(_ns)?\(\) - |mark\.timeout\([12]?\d?\d\)|deadline=\d"
    r"|[( ]timeout=\d|default_timeout=\d|\.wait\([\d.]+\)(?! == False)|flush\(\d(\.\d+)?\)"
)
# A poll's own step is no bar: what is waited for has PATIENCE_S.
STEPS = ("urlopen(", "while not ")


def test_no_test_judges_how_fast_the_machine_is() -> None:
    """What is waited for gets `tests.patience`; how fast it is belongs to a bench."""
    found = []
    for path in sorted(CONFTEST.parent.rglob("*.py")):
        if path.name in ("patience.py", Path(__file__).name):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if TIMED.search(line) and not any(step in line for step in STEPS):
                found.append(f"{path.relative_to(CONFTEST.parent)}:{number}: {line.strip()}")
    assert found == []
