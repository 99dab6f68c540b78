"""The demo as a user starts and ends it: real processes, real sockets, nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.historian.reader import JournalReader
from tests.patience import PATIENCE_S, wait_until

UP = "SIMULATOR: no ship is connected"


def children_of(state: Path) -> list[int]:
    """Return the processes whose command line names a state directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--parent-pipe" in words and str(state).encode() in words:
                found.append(int(entry.name))
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a headless demo and wait until it is up."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "seastack.cli", "demo", "--no-dashboard", "--speed", "5"]
    process = subprocess.Popen(
        [*command, "--state", str(state)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        assert process.stdout is not None
        said = ""
        while UP not in said:
            line = process.stdout.readline()
            assert line, f"the demo ended: {said}"
            said += line
        yield process, state
        process.kill()


def test_it_arms_itself_runs_and_ends_in_order(demo: tuple[subprocess.Popen[str], Path]) -> None:
    process, state = demo
    assert len(children_of(state)) == 2
    assert process.stdout is not None
    said = process.stdout.readline()  # comes five seconds after the start
    assert "capturing" in said
    assert "steam" in said
    process.send_signal(signal.SIGINT)
    said = process.stdout.read()
    assert process.wait(PATIENCE_S) == 0, said
    assert "ending: controller, dashboard, simulator" in said
    assert children_of(state) == []
    with JournalReader(state) as reader:
        (run,) = reader.runs()
        events = reader.events(run.run.id)
    assert run.ended_ns is not None
    armed = [e for e in events if e.source == "arm"]
    assert [(e.state, e.by) for e in armed] == [("ACCEPTED", "demo")]
    assert any(e.source == "disarm" and e.by == "shutdown" for e in events)
    # The controller ended before the rig did: it never saw its links go.
    last = [e.state for e in events if e.kind == "link"][-2:]
    assert last == ["UP", "UP"]


def child(state: Path, command: str) -> int:
    """Return the process of a child by its command."""
    (pid,) = [p for p in children_of(state) if command in words_of(p)]
    return pid


def words_of(pid: int) -> list[str]:
    return (Path("/proc") / str(pid) / "cmdline").read_bytes().decode().split("\0")


def hear(process: subprocess.Popen[str], wanted: str) -> str:
    """Read what the demo says until it says the wanted; return all of it."""
    assert process.stdout is not None
    said = ""
    while wanted not in said:
        line = process.stdout.readline()
        assert line, f"the demo ended: {said}"
        said += line
    return said


def test_who_is_killed_comes_back_and_the_controller_unarmed(
    demo: tuple[subprocess.Popen[str], Path],
) -> None:
    process, state = demo
    assert "--fresh" in words_of(child(state, "run"))
    with JournalReader(state) as reader:
        first = reader.newest_run()
    os.kill(child(state, "run"), signal.SIGKILL)
    hear(process, "run ended: killed by signal 9")
    assert "the PLC has the rig within 5 s" in hear(process, "the controller is back, in MONITOR")
    assert f"seastack arm --state {state}" in hear(process, "seastack arm")
    assert "--fresh" not in words_of(child(state, "run"))
    os.kill(child(state, "sim"), signal.SIGKILL)
    assert "the rig is gone" in hear(process, "the rig is back")
    assert process.poll() is None
    with JournalReader(state) as reader:
        runs = [r.run.id for r in reader.runs()]
        events = reader.events(runs[-1], kind="command")
        frame = reader.latest(runs[-1])
    assert (len(runs), runs[0]) == (2, first)
    (taken_over,) = [e for e in events if e.source == "resume"]
    assert taken_over.data["args"]["run"] == first
    assert [e for e in events if e.source == "arm"] == []
    assert frame is not None
    assert frame.value[[c.name for c in frame.channels].index("authority")] == 0.0


def test_a_killed_demo_takes_its_children_with_it(
    demo: tuple[subprocess.Popen[str], Path],
) -> None:
    process, state = demo
    assert len(children_of(state)) == 2
    process.kill()
    wait_until(lambda: children_of(state) == [])
