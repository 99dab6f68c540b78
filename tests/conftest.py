"""What every test gets: no leaked tasks, honest skips, the demo plant, a place for state."""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings

from seastack.plants.locate import locate
from sensors.pki import ensure_demo_pki

# How a test says that a program of the system is missing. Other skips (a server that
# somebody else must run, being root) stay skips.
ABSENT = "is not installed"

# No example has a deadline: on a busy machine it would judge the machine.
settings.register_profile("seastack", deadline=None)
settings.load_profile("seastack")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[object]) -> None:
    """Say what the processes do before the first test: nothing else would for a while."""
    _say(config, f"{len(specs)} processes read the tests (half a minute on a quiet machine)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Say that a process has read the tests; the first test begins when all have."""
    _say(node.config, f"{node.gateway.id}: {len(ids)} tests read")


# These wait for sockets, browsers and minutes of plant time: last, they would keep one
# process busy while the others are done.
WAITING = ("browser", "faults", "closed_loop", "contract")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that wait longest; `make test` keeps this order."""
    items.sort(key=lambda item: item.path.parent.name not in WAITING)


def _say(config: pytest.Config, line: str) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With SEASTACK_REQUIRE=all a skip for want of a program is a failure."""
    report = yield
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if os.environ.get("SEASTACK_REQUIRE") == "all" and report.skipped and ABSENT in why:
        report.outcome = "failed"
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


@pytest.fixture(scope="session")
def demo_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pki folder to copy, for keys take long to make."""
    return ensure_demo_pki(tmp_path_factory.mktemp("keys") / "pki").folder


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return an empty state directory."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder
