"""A child ends when its parent is gone, in order if it can, and at once if told."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seastack.child import Child
from tests.patience import PATIENCE_S

SERVICE = """
import os, signal, sys, time
from seastack.parent import end_with_parent
def orderly(number, frame):
    os.write(1, b"handed back\\n")  # print may be under way: it cannot be entered twice
    sys.exit(0)
signal.signal(signal.SIGTERM, orderly)
end_with_parent(int(sys.argv[1]))
print("running", flush=True)
time.sleep(600)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return reading and writing end; whoever closed one is fine."""
    reading, writing = os.pipe()
    yield reading, writing
    for fd in (reading, writing):
        try:
            os.close(fd)
        except OSError:
            continue


def test_closing_the_pipe_ends_the_child_in_order(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    child = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(reading)],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(reading,),
        start_new_session=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "running\n"
        assert child.poll() is None
        os.close(writing)
        assert child.wait(PATIENCE_S) == 0
        assert child.stdout.read() == "handed back\n"


def test_a_child_that_fails_leaves_its_last_words(tmp_path: Path, pipe: tuple[int, int]) -> None:
    arguments = ["run", "nowhere", "--state", str(tmp_path / "state")]
    child = Child("run", arguments, tmp_path / "run.log", pipe[0])
    assert child.process.wait(PATIENCE_S) == 2
    child.end()  # ending what has ended is no error
    assert "no plant called 'nowhere'" in child.last_words()
    assert not (tmp_path / "state").exists()


def test_a_killed_child_is_gone_and_collected(tmp_path: Path, pipe: tuple[int, int]) -> None:
    child = Child("dashboard", ["dashboard", "--state", str(tmp_path)], tmp_path / "log", pipe[0])
    assert os.getsid(child.pid) == child.pid
    child.kill()
    assert child.process.returncode == -signal.SIGKILL
