"""What every test gets: no leaked tasks, honest skips, the demo plant, a place for state."""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from seastack.plants.locate import locate

# Skips that no package can cure: they need a server somebody else runs.
EXCUSED = ("influx",)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With SEASTACK_REQUIRE=all a skip for want of a program is a failure."""
    report = yield
    required = os.environ.get("SEASTACK_REQUIRE") == "all"
    if required and report.skipped and not any(m in item.keywords for m in EXCUSED):
        report.outcome = "failed"
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"SEASTACK_REQUIRE=all, yet skipped: {why}"
    return report


@pytest_asyncio.fixture
async def task_watch() -> AsyncIterator[None]:
    """Fail a test that leaves asyncio tasks behind."""
    before = asyncio.all_tasks()
    yield
    # A task cancelled in the test's last line ends in the loop's next rounds.
    for _ in range(3):
        await asyncio.sleep(0)
    leaked = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in leaked:
        if task is not None:
            task.cancel()
    assert not leaked, f"leaked asyncio tasks: {sorted(map(repr, leaked))}"


@pytest.fixture(autouse=True)
def no_leaked_tasks(request: pytest.FixtureRequest) -> None:
    """Watch the tasks of every coroutine test, before its own fixtures start."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("task_watch")


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """Return the folder of the demo plant."""
    return locate("demo")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return an empty state directory."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder
